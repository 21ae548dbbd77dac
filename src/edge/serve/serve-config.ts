import { readFileSync, statSync } from 'node:fs';
import { isIP } from 'node:net';
import { dirname, resolve } from 'node:path';
import { Fault } from '#base/fault';
import { catalogRoot } from '../catalog/catalog-directory.ts';
import { openCatalogFile, type ReferenceFault } from '../catalog/read-catalog-file.ts';
import { isLoopback } from '../machine/loopback.ts';
import { type WitnessConfig, witnessFaults } from '../witness/remote-witness.ts';

/** The configuration file, as `catalog/schemas/serve.schema.json` describes it. */
export interface ServeConfig {
  readonly names?: readonly string[];
  readonly addresses?: readonly string[];
  readonly publicUrl?: string;
  readonly origin?: string;
  readonly http?: { readonly host?: string; readonly port?: number };
  readonly mqtt?: MqttConfig;
  readonly store?: string;
  readonly keys?: KeysConfig;
  readonly certificates?: { readonly deviceDays?: number };
  readonly sessions?: { readonly idleMin?: number; readonly absoluteHours?: number };
  readonly oidc?: OidcSettings;
  readonly policies?: string;
  readonly containment?: boolean;
  /** Who cosigns the checkpoints, and how often in real time. */
  readonly witnesses?: readonly WitnessConfig[];
  readonly witnessEveryMin?: number;
  readonly log?: { readonly level?: 'debug' | 'info' | 'warn' | 'error' };
  readonly metrics?: { readonly host?: string; readonly port: number };
}

export interface MqttConfig {
  readonly host?: string;
  readonly port?: number;
  readonly broker?: string;
  readonly ca?: string;
  readonly certificate?: string;
  readonly key?: string;
  readonly username?: string;
  readonly passwordFile?: string;
}

export interface KeysConfig {
  readonly root?: 'file' | 'vault' | 'pkcs11';
  readonly vault?: VaultConfig;
  readonly pkcs11?: Pkcs11Config;
}

export interface Pkcs11Config {
  readonly module: string;
  readonly token: string;
  readonly key?: string;
  readonly pinFile?: string;
  readonly pinEnv?: string;
  readonly tool?: string;
}

export interface VaultConfig {
  readonly address: string;
  readonly mount?: string;
  readonly key: string;
  readonly tokenFile?: string;
  readonly tokenEnv?: string;
  readonly ca?: string;
  readonly namespace?: string;
}

export interface OidcSettings {
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecretFile?: string;
  readonly clientSecretEnv?: string;
  readonly scopes?: readonly string[];
  readonly mapping?: {
    readonly claim: string;
    readonly wardsClaim?: string;
    readonly roles: Readonly<Record<string, readonly string[]>>;
  };
}

export const LOOPBACK = '127.0.0.1';
export const DEFAULT_HTTP_PORT = 8443;
export const DEFAULT_MQTT_PORT = 8883;

/**
 * Reads and judges a configuration file. Paths in it are taken from its own folder.
 * @throws CatalogFault with every fault and its line, Fault `config.*`
 */
export function readServeConfig(path: string): ServeConfig {
  const file = openCatalogFile<ServeConfig>(path, 'serve', catalogRoot);
  file.fail(configFaults(file.data));
  const config = withPaths(file.data, dirname(resolve(path)));
  if (config.store?.includes('@') === true) requirePrivate(path, 'it holds the password of the store');
  return config;
}

/** Whatever is weak or contradicts itself, with what would be right. */
export function configFaults(config: ServeConfig): readonly ReferenceFault[] {
  const faults: ReferenceFault[] = [];
  const fault = (pointer: string, message: string): void => void faults.push({ pointer, message });
  const { http, mqtt, keys, oidc, sessions, metrics, names = [], addresses = [] } = config;

  if (isOpen(http?.host) && names.length === 0 && addresses.length === 0) {
    fault(
      '/http/host',
      `\`${http?.host}\` is reached from outside: state \`names\` or \`addresses\` for the certificate`,
    );
  }
  if (isOpen(metrics?.host)) {
    fault(
      '/metrics/host',
      `\`${metrics?.host}\`: metrics are plain HTTP; listen on ${LOOPBACK} and let something that protects them pass them on`,
    );
  }
  for (const [index, address] of addresses.entries()) {
    if (isIP(address) === 0) fault(`/addresses/${index}`, `\`${address}\` is no IP address; names go to \`names\``);
  }
  faults.push(...mqttFaults(mqtt), ...keyFaults(keys), ...witnessFaults(config.witnesses ?? []));
  if (config.witnessEveryMin !== undefined && (config.witnesses ?? []).length === 0)
    fault('/witnessEveryMin', 'there is nobody to be asked; state `witnesses`');
  if (oidc !== undefined && (oidc.clientSecretFile === undefined) === (oidc.clientSecretEnv === undefined)) {
    fault('/oidc', 'state one of `clientSecretFile` and `clientSecretEnv`');
  }
  const { idleMin = 15, absoluteHours = 8 } = sessions ?? {};
  if (idleMin > absoluteHours * 60) fault('/sessions/idleMin', `\`${idleMin}\` min are longer than a whole session`);
  if (config.store !== undefined && !/^postgres(ql)?:\/\//.test(config.store)) {
    fault('/store', 'has to be `postgres://...`; leave it out for SQLite in the data directory');
  }
  if (config.store !== undefined && isRemotePlain(config.store)) {
    fault('/store', 'a PostgreSQL on another machine needs `sslmode=verify-full` in its URL');
  }
  return faults;
}

function keyFaults(keys: KeysConfig | undefined): readonly ReferenceFault[] {
  if (keys === undefined) return [];
  const { root = 'file', vault, pkcs11 } = keys;
  const faults: ReferenceFault[] = [];
  for (const name of ['vault', 'pkcs11'] as const) {
    if (root === name && keys[name] === undefined)
      faults.push({ pointer: '/keys', message: `\`root: ${name}\` needs \`${name}\` with where its key is` });
    if (root !== name && keys[name] !== undefined)
      faults.push({ pointer: '/keys/root', message: `\`${name}\` is described and not used; set \`root: ${name}\`` });
  }
  if (vault !== undefined && (vault.tokenFile === undefined) === (vault.tokenEnv === undefined))
    faults.push({ pointer: '/keys/vault', message: 'state one of `tokenFile` and `tokenEnv`' });
  if (pkcs11 !== undefined && (pkcs11.pinFile === undefined) === (pkcs11.pinEnv === undefined))
    faults.push({ pointer: '/keys/pkcs11', message: 'state one of `pinFile` and `pinEnv`' });
  return faults;
}

function mqttFaults(mqtt: MqttConfig | undefined): readonly ReferenceFault[] {
  if (mqtt === undefined) return [];
  const { broker, ca, certificate, key, username, passwordFile } = mqtt;
  const fault = (pointer: string, message: string): readonly ReferenceFault[] => [{ pointer, message }];
  const isEmbedded = broker === undefined;
  if (isEmbedded && (ca ?? certificate ?? key ?? username ?? passwordFile) !== undefined) {
    return fault(
      '/mqtt',
      '`ca`, `certificate`, `key`, `username` and `passwordFile` are for an external `broker`, which is not stated',
    );
  }
  if (isEmbedded) return [];
  if (mqtt.host !== undefined || mqtt.port !== undefined) {
    return fault('/mqtt', '`host` and `port` are of the embedded broker; with `broker` there is none');
  }
  if (!broker.startsWith('mqtts://'))
    return fault('/mqtt/broker', `\`${broker}\` has to begin with \`mqtts://\`: nothing is sent in the clear`);
  if ((certificate === undefined) !== (key === undefined)) return fault('/mqtt', '`certificate` and `key` go together');
  if ((username === undefined) !== (passwordFile === undefined))
    return fault('/mqtt', '`username` and `passwordFile` go together');
  if (certificate === undefined && username === undefined) {
    return fault('/mqtt', 'an external broker needs `certificate` and `key`, or `username` and `passwordFile`');
  }
  return [];
}

const isOpen = (host: string | undefined): boolean => host !== undefined && !isLoopback(host);

function isRemotePlain(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { hostname, searchParams } = new URL(url);
  const isLocal = hostname === '' || !isOpen(hostname);
  return !isLocal && searchParams.get('sslmode') !== 'verify-full';
}

function withPaths(config: ServeConfig, folder: string): ServeConfig {
  const at = <T extends object>(part: T | undefined, ...fields: readonly (keyof T)[]): T | undefined => {
    if (part === undefined) return undefined;
    const changed = { ...part };
    for (const field of fields) {
      const value = part[field];
      if (typeof value === 'string') changed[field] = resolve(folder, value) as T[keyof T] & string;
    }
    return changed;
  };
  const mqtt = at(config.mqtt, 'ca', 'certificate', 'key', 'passwordFile');
  const oidc = at(config.oidc, 'clientSecretFile');
  const vault = at(config.keys?.vault, 'tokenFile', 'ca');
  const pkcs11 = at(config.keys?.pkcs11, 'module', 'pinFile');
  const witnesses = config.witnesses?.map((witness) => ({ ...witness, ...at(witness, 'ca') }));
  return {
    ...config,
    ...(mqtt === undefined ? {} : { mqtt }),
    ...(oidc === undefined ? {} : { oidc }),
    ...(config.keys === undefined
      ? {}
      : {
          keys: {
            ...config.keys,
            ...(vault === undefined ? {} : { vault }),
            ...(pkcs11 === undefined ? {} : { pkcs11 }),
          },
        }),
    ...(witnesses === undefined ? {} : { witnesses }),
    ...(config.policies === undefined ? {} : { policies: resolve(folder, config.policies) }),
  };
}

/** A secret from a file that only its owner may read. @throws Fault `config.secret` */
export function readSecretFile(path: string): string {
  requirePrivate(path, 'it holds a secret');
  const text = readFileSync(path, 'utf8').trim();
  if (text.length === 0 || text.length > 4_096) throw new Fault('config.secret', `config: \`${path}\` holds no secret`);
  return text;
}

/** @throws Fault `config.secret` */
export function readSecretEnv(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === '')
    throw new Fault('config.secret', `config: the environment has no \`${name}\``);
  return value;
}

function requirePrivate(path: string, why: string): void {
  const status = statSync(path, { throwIfNoEntry: false });
  if (status === undefined) throw new Fault('config.secret', `config: no file \`${path}\``);
  if ((status.mode & 0o077) !== 0) {
    throw new Fault(
      'config.secret',
      `config: \`${path}\` is readable by others, and ${why}; run \`chmod 600 ${path}\``,
    );
  }
}
