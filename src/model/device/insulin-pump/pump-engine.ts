import type { Millis } from '#base/time';
import type { MgPerDl, Units, UnitsPerHour } from '#base/units';
import type { FirmwareContent } from '../firmware.ts';
import { type BasalProgram, createBasalProgram } from './basal-program.ts';
import { type Battery, createBattery } from './battery.ts';
import {
  DEFAULT_BATTERY_DRAIN,
  DEFAULT_BOLUS_RATE,
  DEFAULT_FIRMWARE,
  DEFAULT_INCREMENT,
  DEFAULT_OCCLUSION_VOLUME,
  DEFAULT_RESERVOIR,
  HARD_LIMITS,
  type InsulinPumpConfiguration,
} from './configuration.ts';
import { createDelivery, type Delivery } from './delivery.ts';
import { createHourlyLimit } from './hourly-limit.ts';
import { createLowGlucoseSuspend } from './low-glucose-suspend.ts';
import { createPumpAlarms, NO_PUMP_ALARM, type PumpAlarm, type PumpAlarms } from './pump-alarm.ts';
import { createTherapy, type Therapy } from './therapy.ts';

export type DeliveryState = 'delivering' | 'suspended' | 'occluded' | 'empty';
export type ControlMode = 'manual' | 'closed-loop' | 'safe-basal';

/** The pump without its radio: what it is programmed to do, what it does every minute, and what it shows. */
export interface PumpEngine {
  readonly delivery: Delivery;
  readonly battery: Battery;
  readonly program: BasalProgram;
  readonly therapy: Therapy;
  readonly alarms: PumpAlarms;
  firmware(): FirmwareContent;
  install(firmware: FirmwareContent): void;
  /** In force now, after every limit and defence. */
  basalRate(now: Millis): UnitsPerHour;
  deliveryState(now: Millis): DeliveryState;
  controlMode(now: Millis): ControlMode;
  /** The alarm that the pump signals and reports; none while the firmware says so. */
  alarm(now: Millis): PumpAlarm;
  /** For the low-glucose suspend. @returns whether basal stops or resumes by it */
  observeGlucose(glucose: MgPerDl, now: Millis): 'suspended' | 'resumed' | undefined;
  /** @returns what leaves the outlet */
  runMinute(now: Millis): Units;
}

export function createPumpEngine(configuration: InsulinPumpConfiguration): PumpEngine {
  const { defences } = configuration;
  const delivery = createDelivery({
    increment: configuration.increment ?? DEFAULT_INCREMENT,
    bolusRate: configuration.bolusRate ?? DEFAULT_BOLUS_RATE,
    reservoir: configuration.reservoir ?? DEFAULT_RESERVOIR,
    occlusionVolume: configuration.occlusionVolume ?? DEFAULT_OCCLUSION_VOLUME,
  });
  const battery = createBattery(configuration.battery ?? 100, configuration.batteryDrain ?? DEFAULT_BATTERY_DRAIN);
  const program = createBasalProgram(configuration.basalProfile);
  const hourlyLimit = defences.hourlyLimit === undefined ? undefined : createHourlyLimit(defences.hourlyLimit);
  const therapy = createTherapy({
    delivery,
    program,
    hourlyLimit,
    limits: { maxBolus: configuration.maxBolus, maxBasal: configuration.maxBasal },
  });
  const lowGlucose = defences.lowGlucoseSuspend === true ? createLowGlucoseSuspend() : undefined;
  let firmware = configuration.firmware ?? DEFAULT_FIRMWARE;

  const isEmpty = (): boolean => delivery.reservoir() <= 0;
  const isStopped = (): boolean => therapy.isSuspended() || delivery.isOccluded() || isEmpty();
  const isLowGlucoseSuspended = (now: Millis): boolean => lowGlucose?.isSuspending(now) ?? false;

  const alarms = createPumpAlarms({
    reservoir: delivery.reservoir,
    battery: battery.charge,
    isOccluded: delivery.isOccluded,
    isLowGlucoseSuspended,
  });

  const basalRate = (now: Millis): UnitsPerHour => {
    if (isStopped() || isLowGlucoseSuspended(now)) return 0;
    const rate = Math.min(program.rateAt(now), therapy.limits().maxBasal, HARD_LIMITS.maxBasal);
    if (hourlyLimit === undefined) return rate;
    const safe = program.safeRateAt(now);
    return rate <= safe || hourlyLimit.allows((rate - safe) / 60, delivery.bolusRemaining()) ? rate : safe;
  };

  return {
    delivery,
    battery,
    program,
    therapy,
    alarms,
    firmware: () => firmware,
    install(installed) {
      firmware = installed;
    },
    basalRate,

    deliveryState(now) {
      if (delivery.isOccluded()) return 'occluded';
      if (isEmpty()) return 'empty';
      const isLow = isLowGlucoseSuspended(now) && delivery.bolusRemaining() === 0;
      return therapy.isSuspended() || isLow ? 'suspended' : 'delivering';
    },

    controlMode(now) {
      if (program.isSafe(now)) return 'safe-basal';
      return program.hasTemporary(now) ? 'closed-loop' : 'manual';
    },

    alarm: (now) => (firmware.alarmsEnabled ? alarms.current(now) : NO_PUMP_ALARM),

    observeGlucose(glucose, now) {
      if (lowGlucose === undefined) return undefined;
      const before = lowGlucose.isSuspending(now);
      lowGlucose.observe(glucose, now);
      const after = lowGlucose.isSuspending(now);
      if (before === after) return undefined;
      return after ? 'suspended' : 'resumed';
    },

    runMinute(now) {
      battery.drain('perMinute');
      const pulsesBefore = delivery.pulses();
      const bolusBefore = delivery.bolusDelivered();
      if (delivery.isOccluded() || isEmpty()) delivery.cancelBolus();
      const rate = basalRate(now);
      const pushed = isStopped() ? 0 : delivery.runMinute(rate, firmware.deliveryFactor, now);
      battery.drain('perPulse', delivery.pulses() - pulsesBefore);
      const excess = Math.max(0, rate - program.safeRateAt(now)) / 60;
      hourlyLimit?.recordMinute(delivery.bolusDelivered() - bolusBefore + excess);
      return pushed;
    },
  };
}
