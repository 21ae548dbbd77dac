import { Fault } from '#base/fault';
import type { StoredSecret } from '#edge/store/store';

/** That the root key for a secret is not here, or that the secret is not the one which was wrapped. */
export const wrongRootKey = ({ name, rootKeyId }: StoredSecret, why: string): Fault =>
  new Fault(
    'keys.wrong-root-key',
    `root keys: secret \`${name}\` was wrapped under \`${rootKeyId}\`, ${why}; restore the root keys that belong to this store`,
    { name, rootKeyId },
  );
