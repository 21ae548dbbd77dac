import type { Millis } from '#base/time';
import type { Grams, MgPerDl, Units } from '#base/units';
import type { Measurement } from '#model/thing/message';
import type { Alarm } from '../alarm.ts';
import type { DevicePorts } from '../device.ts';
import type { LinkConfiguration } from '../link/link.ts';
import type { PlatformAccess, PlatformDevice } from '../platform-access.ts';
import type { Reporting } from '../reporting.ts';
import type { HandsetSettings } from './settings.ts';

export interface HandsetConfiguration extends PlatformAccess {
  readonly link: LinkConfiguration;
  readonly reporting: Reporting;
  readonly settings: HandsetSettings;
  /** Scales the controller's gains to the person. */
  readonly totalDailyInsulin: Units;
  /** What still acts of doses given before it was switched on; how old they are is not known. */
  readonly insulinOnBoard?: Units;
}

export interface HandsetPorts extends DevicePorts {
  /** Sound, vibration and display. `condition` `alert` carries a text from the platform. */
  notifyPerson(alarm: Alarm & { readonly text?: string }): void;
}

export interface Handset extends PlatformDevice {
  /** The person tells of a meal; its bolus follows. */
  announceMeal(carbohydrates: Grams): void;
  /** The person asks for a bolus. */
  requestBolus(units: Units): void;
  readSettings(): HandsetSettings;
  /** Changed profile and limits are passed on to the pump. */
  changeSettings(change: Partial<HandsetSettings>): void;
  /** Moves the clock that stamps doses and reports. */
  shiftClock(by: Millis): void;
  /** What malware does to readings before anything else sees them; `undefined` ends it. */
  tamperReading(by: ((glucoseMgPerDl: MgPerDl) => MgPerDl | undefined) | undefined): void;
  silenceAlarms(silent: boolean): void;
  report(): readonly Measurement[];
}
