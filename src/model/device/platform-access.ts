import type { PublicKey } from '#crypto/sign';
import type { EndpointState } from '#model/thing/endpoint-state';
import type { EnrolmentKey } from '#model/thing/enrolment-key';
import type { Device } from './device.ts';

/** What a device was given when it was enrolled, and what it has kept since: all it needs to speak with its platform. */
export interface PlatformAccess {
  /**
   * Shared with the platform: opens its commands, seals answers and, where configured, reports. Without it the device takes
   * no commands from the platform, and its reports are plain.
   */
  readonly enrolment?: EnrolmentKey;
  /** The platform's command keys, all of which must have signed a command. Without any, the device takes none. */
  readonly commandKeys?: readonly PublicKey[];
  /** From before a restart: the last one that was kept (`DevicePorts.keep`). */
  readonly state?: EndpointState;
  /** Messages that one write of the state allows for, `RESERVED_AHEAD` where absent; a gap after a crash is as long. */
  readonly reserveAhead?: number;
}

/** A device with an end of the channel to the platform. */
export interface PlatformDevice extends Device {
  /** To be kept at an orderly stop, in place of what was kept last; undefined without an enrolment. */
  endpointState(): EndpointState | undefined;
}
