import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type CborObject, decodeCanonical, encodeCanonical } from '#base/canonical';
import { Fault } from '#base/fault';
import { importPublicKey, type PublicKey, SIGNATURE_ALGORITHMS, type SignatureAlgorithm } from '#crypto/sign';
import { PRIVATE, replaceFile } from '#edge/machine/durable-file';
import { readIfThere, readTextIfThere } from '#edge/machine/read-if-there';
import type { CommandKey } from '#edge/pki/key-exchange-message';
import { decodeEndpointState, type EndpointState, encodeEndpointState } from '#model/thing/endpoint-state';

/** What a device and its platform agreed on, as it was told. */
export interface KeptAgreement {
  readonly secret: Uint8Array;
  readonly commandKeys: readonly CommandKey[];
  /** `host:port` of the broker, where the platform said so. */
  readonly mqtt?: string;
}

/** What a device keeps over a restart beside its certificate (`createDeviceFiles`), in the same directory. */
export interface DeviceStorage {
  readAgreement(): KeptAgreement | undefined;
  keepAgreement(agreement: KeptAgreement): void;
  readState(): EndpointState | undefined;
  /** Durable when it returns: called before the message that it allows for leaves. */
  keepState(state: EndpointState): void;
  /** How often the device was switched on, this time included. Durable when it returns. */
  countStart(): number;
}

const AGREEMENT_LIMIT = 65_536;

/** Everything is written synchronously: a device behaviour is told that its state is kept, not that it will be. */
export function createDeviceStorage(directory: string): DeviceStorage {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const paths = {
    agreement: join(directory, 'agreement.cbor'),
    state: join(directory, 'channel.cbor'),
    starts: join(directory, 'starts'),
  };
  return {
    readAgreement: () => {
      const bytes = readIfThere(paths.agreement);
      return bytes === undefined ? undefined : agreementOf(bytes);
    },
    keepAgreement: ({ secret, commandKeys, mqtt }) => {
      const keys = commandKeys.map(({ algorithm, key }) => ({ algorithm, key }));
      replaceFile(paths.agreement, encodeCanonical({ secret, commandKeys: keys, mqtt: mqtt ?? '' }), PRIVATE);
    },
    readState: () => {
      const bytes = readIfThere(paths.state);
      return bytes === undefined ? undefined : decodeEndpointState(bytes);
    },
    keepState: (state) => replaceFile(paths.state, encodeEndpointState(state), PRIVATE),
    countStart: () => {
      const starts = Number(readTextIfThere(paths.starts)?.trim() || 0) + 1;
      if (!Number.isSafeInteger(starts)) throw malformed('starts');
      replaceFile(paths.starts, new TextEncoder().encode(`${starts}\n`), PRIVATE);
      return starts;
    },
  };
}

/** The keys that must all have signed a command. @throws Fault `device.state-malformed` for an algorithm that is not known here */
export const commandKeysOf = ({ commandKeys }: KeptAgreement): readonly PublicKey[] =>
  commandKeys.map(({ algorithm, key }) => {
    if (!Object.hasOwn(SIGNATURE_ALGORITHMS, algorithm)) throw malformed(`command key of \`${algorithm}\``);
    return importPublicKey(algorithm as SignatureAlgorithm, key);
  });

function agreementOf(bytes: Uint8Array): KeptAgreement {
  const { secret, commandKeys, mqtt } = decodeCanonical(bytes, AGREEMENT_LIMIT) as CborObject;
  if (!(secret instanceof Uint8Array) || !Array.isArray(commandKeys)) throw malformed('agreement');
  return {
    secret,
    commandKeys: commandKeys as unknown as readonly CommandKey[],
    ...(typeof mqtt === 'string' && mqtt !== '' ? { mqtt } : {}),
  };
}

const malformed = (what: string): Fault =>
  new Fault('device.state-malformed', `device: what was kept of \`${what}\` cannot be read; enrol the device anew`);
