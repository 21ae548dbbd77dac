import type { Millis } from '#base/time';
import type { Units } from '#base/units';
import type { Measurement } from '#model/thing/message';
import type { Alarm } from '../alarm.ts';
import type { DevicePorts } from '../device.ts';
import type { FirmwareImage } from '../firmware.ts';
import type { PlatformDevice } from '../platform-access.ts';

export interface ConfirmationRequest {
  readonly requestId: number;
  readonly units: Units;
  readonly via: 'handset' | 'remote' | 'platform';
}

export interface InsulinPumpPorts extends DevicePorts {
  /** The physical outlet: `units` leave the pump into the body. Called at most once a minute. */
  deliver(units: Units): void;
  /** Shows a bolus and asks the person to confirm it at the pump. Answered by `confirm` or `decline`, or never. */
  askPerson(request: ConfirmationRequest): void;
  /** The pump's own sound and display. */
  notifyPerson?(alarm: Alarm): void;
}

export interface InsulinPump extends PlatformDevice {
  confirm(requestId: number): void;
  decline(requestId: number): void;
  /** From the instant `since` on nothing reaches the body: the fault an occluded infusion set is. */
  occlude(since: Millis): void;
  /** The person changes the infusion set. */
  changeInfusionSet(): void;
  replaceReservoir(units: Units): void;
  replaceBattery(): void;
  /** The person gives a bolus with the pump's own buttons: possible whatever links are refused. */
  bolusAtDevice(units: Units): void;
  /** The person resumes delivery with the pump's own buttons: ends a suspension and a fall-back to the safe profile. */
  resumeAtDevice(): void;
  /** An update arrives from where the pump takes its firmware. */
  offerFirmware(image: FirmwareImage): void;
  /** What the pump reports now. */
  report(): readonly Measurement[];
}
