import { readFileSync } from 'node:fs';
import { Fault } from '#base/fault';
import type { Live } from '../live/live.ts';
import type { ConnectorNotice, DeviceConnector } from '../mqtt/device-connector.ts';
import { type BrokerCredentials, createExternalBroker } from '../mqtt/external-broker.ts';
import { type MqttConfig, readSecretFile } from './serve-config.ts';

/** The broker that the configuration names. @throws Fault `config.secret` for a key or password that others can read */
export function createExternalConnector(
  config: MqttConfig & { readonly broker: string },
  live: Live,
  onNotice: (notice: ConnectorNotice) => void,
): DeviceConnector {
  const { broker: url, ca } = config;
  return createExternalBroker({
    live,
    url,
    credentials: credentialsOf(config),
    ...(ca === undefined ? {} : { ca: readText(ca) }),
    onNotice,
  });
}

function credentialsOf({ certificate, key, username, passwordFile }: MqttConfig): BrokerCredentials {
  if (certificate !== undefined && key !== undefined) {
    return { kind: 'certificate', certificate: readText(certificate), key: readSecretFile(key) };
  }
  if (username !== undefined && passwordFile !== undefined) {
    return { kind: 'password', username, password: readSecretFile(passwordFile) };
  }
  throw new Fault(
    'config.mqtt',
    'mqtt: an external broker needs `certificate` and `key`, or `username` and `passwordFile`',
  );
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new Fault('config.mqtt', `mqtt: cannot read \`${path}\`: ${(error as Error).message}`);
  }
}
