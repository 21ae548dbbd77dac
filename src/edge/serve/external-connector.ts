import { Fault } from '#base/fault';
import type { Live } from '../live/live.ts';
import type { ConnectorNotice, DeviceConnector } from '../mqtt/device-connector.ts';
import type { MqttConfig } from './serve-config.ts';

export function createExternalConnector(
  _config: MqttConfig,
  _live: Live,
  _onNotice: (notice: ConnectorNotice) => void,
): DeviceConnector {
  throw new Fault('mqtt.external', 'external broker: to be wired');
}
