import type { Millis } from '#base/time';
import type { Percent, Units, UnitsPerHour, UnitsPerMinute } from '#base/units';
import type { FirmwareContent, VerifyFirmware } from '../firmware.ts';
import type { LinkConfiguration } from '../link/link.ts';
import type { PlatformAccess } from '../platform-access.ts';
import type { Reporting } from '../reporting.ts';

export interface InsulinPumpConfiguration extends PlatformAccess {
  readonly link: LinkConfiguration;
  readonly reporting: Reporting;
  /** 24 hourly rates, from midnight on; also the safe profile that no radio command can change. */
  readonly basalProfile: readonly UnitsPerHour[];
  /** The user's limits; never above `HARD_LIMITS`. */
  readonly maxBolus: Units;
  readonly maxBasal: UnitsPerHour;
  readonly remoteEnabled: boolean;
  /** Smallest amount that the drive moves. 0.05 on many pumps, 0.025 on some. */
  readonly increment?: Units;
  readonly bolusRate?: UnitsPerMinute;
  readonly reservoir?: Units;
  readonly battery?: Percent;
  readonly batteryDrain?: BatteryDrain;
  /** Commanded insulin that piles up behind an occlusion before the pressure sensor notices. */
  readonly occlusionVolume?: Units;
  readonly firmware?: FirmwareContent;
  readonly defences: PumpDefences;
}

/** Each on its own; absent is off. Link authentication and anti-replay are in `link.security`. */
export interface PumpDefences {
  /** Most of bolus plus basal above the safe profile within any 60 minutes. */
  readonly hourlyLimit?: Units;
  /** A bolus that arrives by radio and is above this waits until the person confirms it at the pump. */
  readonly confirmRemoteBolusAbove?: Units;
  /** Checks the maker's signature on firmware. */
  readonly verifyFirmware?: VerifyFirmware;
  readonly lowGlucoseSuspend?: boolean;
}

/** Chosen so that a charge lasts about three weeks in normal use; a device's manual gives no finer figures. */
export interface BatteryDrain {
  readonly perMinute: Percent;
  readonly perPulse: Percent;
  /** A frame that the pump must answer: its transmitter is the hungriest part. */
  readonly perAnswer: Percent;
  /** A frame that names the pump and is refused: received and checked, not answered. */
  readonly perRefusal: Percent;
}

export const DEFAULT_BATTERY_DRAIN: BatteryDrain = {
  perMinute: 0.001_5,
  perPulse: 0.000_5,
  perAnswer: 0.005,
  perRefusal: 0.000_1,
};

/**
 * What the pump's hardware never exceeds, whatever it is told: the common bolus setting of 25 U, and the 35 U/h that Cozmo and
 * MiniMed 670G pumps top out at.
 */
export const HARD_LIMITS = { maxBolus: 25, maxBasal: 35 } as const satisfies Record<string, Units | UnitsPerHour>;

export const DEFAULT_INCREMENT: Units = 0.05;
/** The standard delivery speed of MiniMed pumps. */
export const DEFAULT_BOLUS_RATE: UnitsPerMinute = 1.5;
export const DEFAULT_RESERVOIR: Units = 300;
export const DEFAULT_OCCLUSION_VOLUME: Units = 2;
export const DEFAULT_FIRMWARE: FirmwareContent = { version: '2.4.0', deliveryFactor: 1, alarmsEnabled: true };
export const CONFIRMATION_PERIOD: Millis = 120_000;
