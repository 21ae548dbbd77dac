import { Fault } from '#base/fault';
import type { MgPerDl } from '#base/units';
import type { TimeScale } from '#edge/machine/scaled-clock';
import { loadDevice } from '#edge/pki/enrolled-device';
import type { Pem } from '#edge/pki/pem';
import type { DevicePorts, Trace } from '#model/device/device';
import type { VirtualPatient } from '#model/physiology/patient-model';
import { deriveEnrolmentKey } from '#model/thing/enrolment-key';
import type { ThingId } from '#model/thing/thing-id';
import type { Ward } from '#simulate/exercise/scenario';
import { createDeviceClock } from './device-clock.ts';
import { ensureAgreement, ensureEnrolled, keepRenewed } from './device-identity.ts';
import { type BuiltDevice, DEVICE_MODELS, type DeviceModel, type Surroundings } from './device-models.ts';
import { commandKeysOf, createDeviceStorage, type DeviceStorage, type KeptAgreement } from './device-storage.ts';
import { createDirectFrames } from './direct-frames.ts';
import { createNamedTimers } from './named-timers.ts';
import { linkOf, readPairing, UNPAIRED } from './pairing.ts';
import { createRestingSensor } from './resting-sensor.ts';
import { createSideChannelClient, type SideChannel } from './side-channel-client.ts';
import type { FromPatient } from './side-channel-message.ts';
import { createUplink, type Uplink } from './uplink.ts';

export interface DeviceRun {
  /** Id of its Thing Model. */
  readonly model: string;
  readonly thing: ThingId;
  /** The platform's HTTPS origin. */
  readonly origin: string;
  /** For the first start. */
  readonly ca?: Pem;
  readonly token?: string;
  /** `host:port` of the broker; what the platform says, or port 8883 of the origin's host, where absent. */
  readonly mqtt?: string;
  /** Where certificate, keys and counters are kept. */
  readonly directory: string;
  /** A device with a body and others around it; without, it is on its own and has an uplink of its own. */
  readonly surroundings?: { readonly sideChannel: string; readonly pairing: string };
  readonly patient: VirtualPatient;
  readonly ward: Ward;
  readonly scale: TimeScale;
  readonly log: (line: string) => void;
}

export interface RunningDevice {
  readonly thing: ThingId;
  /** Messages for the platform that nobody acknowledged yet; 0 for a device that sends through another one. */
  readonly waiting: number;
  /** An orderly stop: what waits gets a moment, and no sequence number is left unused. */
  close(): Promise<void>;
}

const DEFAULT_MQTT_PORT = 8883;
/** A device that speaks once in minutes writes its state before each message, so that a crash leaves no gap. */
const RESERVE_AHEAD = 1;

/**
 * Runs a device behaviour as a process does: enrols, agrees on keys, connects, and from then on passes bytes and timers.
 * @throws Fault `device.*`, `enrolment.*`
 */
export async function runDevice(run: DeviceRun): Promise<RunningDevice> {
  const model = modelOf(run.model);
  const storage = createDeviceStorage(run.directory);
  await ensureEnrolled(run);
  const agreement = await ensureAgreement(run, storage);
  const stopRenewing = keepRenewed(run, (error) => run.log(`not renewed: ${(error as Error).message}`));
  const hosted = hostDevice(run, model, storage, agreement);
  run.log(`${run.thing} runs as ${run.model}`);
  return {
    thing: run.thing,
    get waiting() {
      return hosted.uplink?.waiting ?? 0;
    },
    close: async () => {
      stopRenewing();
      hosted.stop();
      await hosted.uplink?.close();
      const state = hosted.built.endpointState();
      if (state !== undefined) storage.keepState(state);
    },
  };
}

interface HostedDevice {
  readonly built: BuiltDevice;
  readonly uplink: Uplink | undefined;
  stop(): void;
}

function hostDevice(
  run: DeviceRun,
  model: DeviceModel,
  storage: DeviceStorage,
  agreement: KeptAgreement,
): HostedDevice {
  const { thing, patient, ward, log } = run;
  const clock = createDeviceClock(run.scale);
  const direct = createDirectFrames();
  let reading: MgPerDl = Number.NaN;

  const takeFromPatient = (message: FromPatient): void => {
    if (message.kind === 'radio') built.device.receive('radio', message.frame);
    else built.handle(message);
    showDisplay();
  };
  const channel =
    run.surroundings && createSideChannelClient(run.surroundings.sideChannel, model.peer, takeFromPatient);
  const rest = channel === undefined ? createRestingSensor(patient, ward, clock, thing) : undefined;
  const hasUplink = channel === undefined || model.peer === 'gateway';
  const uplink = hasUplink ? openUplink(run, agreement, (bytes) => takeFromPlatform(bytes)) : undefined;

  const takeFromPlatform = (bytes: Uint8Array): void => {
    if (channel !== undefined) {
      built.device.receive('uplink', bytes);
      return;
    }
    const frame = direct.toDevice(bytes);
    if (frame !== undefined) built.device.receive('radio', frame);
  };

  const send: DevicePorts['send'] = (link, frame) => {
    if (link === 'uplink') uplink?.send(frame);
    else if (channel !== undefined) channel.send({ kind: 'radio', frame });
    else {
      const sealed = direct.toPlatform(frame);
      if (sealed !== undefined) uplink?.send(sealed);
    }
  };

  let shown = '';
  const showDisplay = (): void => {
    const deliveryState = built.displayed?.() ?? '';
    if (deliveryState === shown) return;
    shown = deliveryState;
    channel?.send({ kind: 'display', deliveryState });
  };

  const fire = (timer: string): void => {
    built.device.onTimer(timer);
    showDisplay();
  };
  const timers = createNamedTimers(clock, (timer) => {
    const { senses } = built;
    if (senses?.timer !== timer) {
      fire(timer);
      return;
    }
    void senseNow(channel, rest).then((glucose) => {
      // a sensor that is on nobody has no reading, and a made-up one would be dosed by
      if (glucose === undefined) timers.schedule(timer, senses.retry);
      else {
        reading = glucose;
        fire(timer);
      }
    });
  });

  const ports: DevicePorts = {
    now: () => clock.now(),
    send,
    schedule: timers.schedule,
    cancel: timers.cancel,
    keep: storage.keepState,
    trace: (trace) => logTrace(log, trace),
  };
  const built = model.build({
    thing,
    link: linkFor(run, model, storage),
    access: accessOf(thing, storage, agreement),
    patient,
    ward,
    ports,
    surroundings: surroundingsOf(channel, () => reading),
  });
  built.device.start();
  return {
    built,
    uplink,
    stop: () => {
      timers.cancelAll();
      channel?.close();
    },
  };
}

const senseNow = async (
  channel: SideChannel | undefined,
  rest: (() => MgPerDl) | undefined,
): Promise<MgPerDl | undefined> => (channel === undefined ? rest?.() : channel.sense());

function surroundingsOf(channel: SideChannel | undefined, sensed: () => MgPerDl): Surroundings {
  return {
    sensed,
    deliver: (units) => channel?.send({ kind: 'deliver', units }),
    askPerson: ({ requestId, units, via }) => channel?.send({ kind: 'ask', requestId, units, via }),
    notifyPerson: ({ condition, priority }) => channel?.send({ kind: 'alarm', condition, priority }),
  };
}

function accessOf(thing: ThingId, storage: DeviceStorage, agreement: KeptAgreement) {
  const state = storage.readState();
  return {
    enrolment: deriveEnrolmentKey(thing, agreement.secret),
    commandKeys: commandKeysOf(agreement),
    reserveAhead: RESERVE_AHEAD,
    ...(state === undefined ? {} : { state }),
  };
}

function linkFor({ surroundings }: DeviceRun, { peer }: DeviceModel, storage: DeviceStorage) {
  const pairing = surroundings === undefined ? UNPAIRED : readPairing(surroundings.pairing);
  return linkOf(peer, pairing, storage.countStart());
}

function openUplink(run: DeviceRun, agreement: KeptAgreement, onMessage: (bytes: Uint8Array) => void): Uplink {
  const { host, port } = brokerOf(run, agreement);
  return createUplink({
    thing: run.thing,
    host,
    port,
    identity: () => loadDevice(run.directory),
    onMessage,
    onStatus: (connected) => run.log(connected ? 'connected' : 'disconnected'),
  });
}

/** @throws Fault `device.mqtt` */
function brokerOf({ mqtt, origin }: DeviceRun, agreement: KeptAgreement) {
  const stated = mqtt ?? agreement.mqtt ?? `${new URL(origin).hostname}:${DEFAULT_MQTT_PORT}`;
  const parts = /^(.+):(\d{1,5})$/.exec(stated.replace(/^mqtts:\/\//, ''));
  if (parts === null) throw new Fault('device.mqtt', `--mqtt \`${stated}\` is not host:port`);
  return { host: parts[1] as string, port: Number(parts[2]) };
}

/** @throws Fault `device.unknown-model` */
function modelOf(id: string): DeviceModel {
  const model = Object.hasOwn(DEVICE_MODELS, id) ? DEVICE_MODELS[id] : undefined;
  if (model !== undefined) return model;
  const known = [...Object.keys(DEVICE_MODELS), 'remote', 'patient'].join(', ');
  throw new Fault('device.unknown-model', `device: no model \`${id}\`; there are ${known}`);
}

/** What somebody who looks after devices wants to see: refusals and commands, no readings. */
function logTrace(log: (line: string) => void, trace: Trace): void {
  switch (trace.kind) {
    case 'frame-refused':
      log(`refused ${trace.operation}: ${trace.reason}`);
      return;
    case 'command-refused':
      log(`refused command ${trace.action}: ${trace.reason}`);
      return;
    case 'command-applied':
      if (trace.via === 'platform') log(`command ${trace.action} applied`);
      return;
    default:
      return;
  }
}
