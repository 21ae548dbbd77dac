import type { MgPerDl, Units } from '#base/units';
import type { Alarm } from '#model/device/alarm';
import type { Device, DevicePorts } from '#model/device/device';
import { createGateway } from '#model/device/gateway';
import { createGlucoseMonitor, READING_PERIOD } from '#model/device/glucose-monitor';
import { createHandset } from '#model/device/handset/handset';
import { settingsFor } from '#model/device/handset/settings';
import { DEFAULT_FIRMWARE } from '#model/device/insulin-pump/configuration';
import { createInsulinPump } from '#model/device/insulin-pump/insulin-pump';
import type { ConfirmationRequest } from '#model/device/insulin-pump/insulin-pump-types';
import type { LinkConfiguration } from '#model/device/link/link';
import type { Peer } from '#model/device/link/peer';
import type { PlatformAccess } from '#model/device/platform-access';
import type { VirtualPatient } from '#model/physiology/patient-model';
import type { EndpointState } from '#model/thing/endpoint-state';
import type { EnrolmentKey } from '#model/thing/enrolment-key';
import type { ThingId } from '#model/thing/thing-id';
import type { Ward } from '#simulate/exercise/scenario';
import { CONFIRM_SHARE, HOURLY_LIMIT_MEAL } from '#simulate/world/ward';
import type { FromPatient } from './side-channel-message.ts';

/** What a device is made with. */
export interface DeviceParts {
  readonly thing: ThingId;
  readonly link: LinkConfiguration;
  readonly access: PlatformAccess & { readonly enrolment: EnrolmentKey };
  /** Whom the clinic set the device up for, and how. */
  readonly patient: VirtualPatient;
  readonly ward: Ward;
  readonly ports: DevicePorts;
  readonly surroundings: Surroundings;
}

/** The body that a device sits on, and the person who carries it. */
export interface Surroundings {
  /** What the sensor read last. */
  sensed(): MgPerDl;
  deliver(units: Units): void;
  askPerson(request: ConfirmationRequest): void;
  notifyPerson(alarm: Alarm): void;
}

/** A device behaviour, and how the person uses it. */
export interface BuiltDevice {
  readonly device: Device;
  endpointState(): EndpointState | undefined;
  /** The person does something with it; what does not concern this device does nothing. */
  handle(message: FromPatient): void;
  /** What the person reads on it, for the pump. */
  displayed?(): string;
  /** A timer that needs a fresh reading of the sensor, and when it is tried again without one. */
  readonly senses?: { readonly timer: string; readonly retry: number };
}

export interface DeviceModel {
  readonly peer: Peer;
  build(parts: DeviceParts): BuiltDevice;
}

/** By the id of their Thing Model; the remote has none, since it tells nobody anything. */
export const DEVICE_MODELS: Readonly<Record<string, DeviceModel>> = {
  'glucose-monitor': { peer: 'cgm', build: buildGlucoseMonitor },
  'insulin-pump': { peer: 'pump', build: buildInsulinPump },
  handset: { peer: 'handset', build: buildHandset },
  gateway: { peer: 'gateway', build: buildGateway },
};

/** Devices seal what they report themselves: a gateway, or whoever took it over, reads nothing. */
const sealedBy = (thing: ThingId) => ({ thing, sealed: true });

function buildGlucoseMonitor({ thing, link, access, ports, surroundings }: DeviceParts): BuiltDevice {
  const device = createGlucoseMonitor(
    { ...access, link, reporting: sealedBy(thing) },
    { ...ports, sense: surroundings.sensed },
  );
  return {
    device,
    endpointState: device.endpointState,
    handle: ({ kind }) => {
      if (kind === 'sensor') device.replaceSensor();
    },
    senses: { timer: 'reading', retry: READING_PERIOD },
  };
}

function buildInsulinPump(parts: DeviceParts): BuiltDevice {
  const { thing, link, access, patient, ward, ports, surroundings } = parts;
  const { basalProfile, maxBolus, maxBasal } = settingsFor(patient, modeOf(ward));
  const pump = createInsulinPump(
    {
      ...access,
      link,
      reporting: sealedBy(thing),
      basalProfile,
      maxBolus,
      maxBasal,
      remoteEnabled: ward.remote.enabled,
      battery: ward.pump.batteryPercent,
      reservoir: ward.pump.reservoirUnits,
      firmware: DEFAULT_FIRMWARE,
      defences: {
        hourlyLimit: HOURLY_LIMIT_MEAL / patient.carbRatio,
        confirmRemoteBolusAbove: Math.max(1, CONFIRM_SHARE * patient.totalDailyInsulin),
        lowGlucoseSuspend: true,
      },
    },
    {
      ...ports,
      deliver: surroundings.deliver,
      askPerson: surroundings.askPerson,
      notifyPerson: surroundings.notifyPerson,
    },
  );
  const handle = (message: FromPatient): void => {
    switch (message.kind) {
      case 'confirm':
        pump.confirm(message.requestId);
        return;
      case 'decline':
        pump.decline(message.requestId);
        return;
      case 'bolus':
        pump.bolusAtDevice(message.units);
        return;
      case 'reservoir':
        pump.replaceReservoir(message.units);
        return;
      case 'battery':
        pump.replaceBattery();
        return;
      case 'infusion-set':
        pump.changeInfusionSet();
        return;
      case 'resume':
        pump.resumeAtDevice();
        return;
      default:
        return;
    }
  };
  return {
    device: pump,
    endpointState: pump.endpointState,
    handle,
    displayed: () => String(pump.report().find(({ name }) => name === 'deliveryState')?.value ?? ''),
  };
}

function buildHandset({ thing, link, access, patient, ward, ports, surroundings }: DeviceParts): BuiltDevice {
  const settings = settingsFor(patient, modeOf(ward));
  const { totalDailyInsulin } = patient;
  const device = createHandset(
    { ...access, link, reporting: sealedBy(thing), settings, totalDailyInsulin },
    { ...ports, notifyPerson: surroundings.notifyPerson },
  );
  return {
    device,
    endpointState: device.endpointState,
    handle: (message) => {
      if (message.kind === 'announce') device.announceMeal(message.carbohydrates);
    },
  };
}

function buildGateway({ thing, link, access, ports }: DeviceParts): BuiltDevice {
  const device = createGateway({ ...access, link, thing, things: {} }, ports);
  return { device, endpointState: device.endpointState, handle: () => {} };
}

const modeOf = ({ controller }: Ward) => (controller === 'pid' ? 'closed-loop' : 'open-loop');
