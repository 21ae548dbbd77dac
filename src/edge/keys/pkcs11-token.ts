import { execFile } from 'node:child_process';
import { Fault } from '#base/fault';
import { SECOND } from '#base/time';

/** A token behind a PKCS#11 module: an HSM, a smart card, SoftHSM. */
export interface Pkcs11TokenDeps {
  /** Path of the module, a shared library. */
  readonly module: string;
  /** Label of the token. */
  readonly token: string;
  readonly pin: () => string;
  /** OpenSC's tool; found by `PATH` by default. */
  readonly tool?: string;
}

/** A generic secret in the token. */
export interface Pkcs11Key {
  readonly label: string;
  /** `CKA_ID`, lower-case hexadecimal. */
  readonly id: string;
}

export interface Pkcs11Token {
  /** The secret keys that there are. */
  keys(): Promise<readonly Pkcs11Key[]>;
  /** Makes one of 32 bytes that never leaves the token. */
  make(key: Pkcs11Key): Promise<void>;
  /** HMAC-SHA-256 under a key of the token, computed in it. */
  mac(id: string, message: Uint8Array): Promise<Uint8Array>;
}

const LONGEST = 20 * SECOND;
const OUTPUT_LIMIT = 1_024 * 1_024;
const MAC_BYTES = 32;
const PIN_VARIABLE = 'WARDTWIN_PKCS11_PIN';

/**
 * Speaks to a token through OpenSC's `pkcs11-tool`: a module in a process of its own takes no memory of ours with it when it fails.
 * INVARIANT: the PIN is in the environment of that process and what comes out of it in a pipe: neither is in an argument, which everybody
 * on the machine could read, nor in a file. Every method throws Fault `keys.unavailable`, `keys.refused`.
 */
export function openPkcs11Token({ module, token, pin, tool = 'pkcs11-tool' }: Pkcs11TokenDeps): Pkcs11Token {
  const run = (args: readonly string[], input?: Uint8Array): Promise<Buffer> => {
    const session = ['--module', module, '--token-label', token, '--login', '--pin', `env:${PIN_VARIABLE}`];
    const env = { ...process.env, [PIN_VARIABLE]: pin() };
    const options = { env, timeout: LONGEST, maxBuffer: OUTPUT_LIMIT, encoding: 'buffer' } as const;
    return new Promise((resolve, reject) => {
      const child = execFile(tool, [...session, ...args], options, (error, out, told) => {
        if (error === null) resolve(out);
        else reject(faultOf(error, told.toString()));
      });
      // a tool that ended before it read says why by its status
      child.stdin?.on('error', () => {});
      child.stdin?.end(input);
    });
  };

  return {
    keys: async () => keysIn((await run(['--list-objects', '--type', 'secrkey'])).toString()),
    make: async ({ id, label }) => {
      const kind = ['--keygen', '--key-type', 'GENERIC:32', '--sensitive', '--private', '--usage-sign'];
      await run([...kind, '--id', id, '--label', label]);
    },
    mac: async (id, message) => {
      const out = await run(['--sign', '--mechanism', 'SHA256-HMAC', '--id', id], message);
      if (out.length !== MAC_BYTES) throw new Fault('keys.unavailable', `pkcs11: token \`${token}\` gave no MAC`);
      return new Uint8Array(out);
    },
  };
}

/** As the tool lists objects: a line with the kind of each, then its attributes, indented. */
function keysIn(listing: string): readonly Pkcs11Key[] {
  return listing.split(/^(?=\S)/m).flatMap((object): readonly Pkcs11Key[] => {
    const label = /^\s+label:\s+(.+)$/m.exec(object)?.[1]?.trim();
    const id = /^\s+ID:\s+([0-9a-f]+)\s*$/im.exec(object)?.[1]?.toLowerCase();
    return label === undefined || id === undefined ? [] : [{ label, id }];
  });
}

/** Only the module's own code is told: whatever else the tool says was not looked at by us. */
function faultOf(error: Error & { readonly code?: unknown }, told: string): Fault {
  if (error.code === 'ENOENT') {
    return new Fault('keys.unavailable', 'pkcs11: no `pkcs11-tool`; install OpenSC, or state its path as `tool`');
  }
  const code = /\b(CKR_[A-Z_]+)\b(?![\s\S]*\bCKR_)/.exec(told)?.[1];
  if (code?.startsWith('CKR_PIN_') === true) {
    return new Fault('keys.refused', `pkcs11: the token refused the PIN (\`${code}\`); mind how often it may be wrong`);
  }
  const why = code ?? (/No slot with token/.test(told) ? 'no such token' : 'no reason was told');
  return new Fault('keys.unavailable', `pkcs11: the token cannot be used (\`${why}\`); check module, token and key`);
}
