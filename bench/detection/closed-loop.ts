import type { Random } from '#base/random';
import { MINUTE, type Millis } from '#base/time';
import type { Fraction, Minutes, Units } from '#base/units';
import type { DeviceMessage } from '#mirror/channel/device-message';
import { mealBolus } from '#model/device/handset/controller/basal-bolus';
import { createInsulinOnBoard } from '#model/device/handset/controller/insulin-on-board';
import { pidBasal } from '#model/device/handset/controller/pid';
import { type HandsetSettings, settingsFor } from '#model/device/handset/settings';
import { createVettoretti2019 } from '#model/physiology/glucose-sensor/vettoretti-2019';
import type { VirtualPatient } from '#model/physiology/patient-model';
import type { Measurement, ThingValue } from '#model/thing/message';
import { appetiteFor, createDayPlan, type PlannedMeal } from '#simulate/world/person/day-plan';
import { createInsulinSensitivity } from '#simulate/world/person/insulin-sensitivity';
import { createPlate } from '#simulate/world/person/plate';

/** What a fault does to each unit that the pump reports as delivered, from one minute of the run to another. */
export interface DeliveryFault {
  readonly fromMin: Minutes;
  readonly toMin: Minutes;
  /** Delivered per reported unit: 0 for an occlusion or a disconnected set, 2 for doubled delivery. */
  readonly factor: number;
}

export interface LoopOptions {
  readonly days: number;
  readonly controller: 'pid' | 'basal-bolus';
  /** Proportion of meals of which the handset is told nothing. */
  readonly unannounced: Fraction;
  readonly fault?: DeliveryFault;
}

export interface LoopRun {
  readonly messages: readonly DeviceMessage[];
  /** True plasma glucose, mg/dL, one value a minute. */
  readonly glucose: Float64Array;
}

/** Eaten against a reading below the threshold, never announced, no more often than the pause: 15 g for 75 kg. */
const RESCUE = { below: 65, gramsPerKg: 0.2, pauseMin: 20 } as const;
/** Pump steps, units. */
const PULSE: Units = 0.05;
/** After warm-up; a sensor lives ten days and is then replaced. */
const SENSOR_LIFE_DAYS = 10;

const quantised = (units: Units): Units => Math.round(units / PULSE) * PULSE;

/**
 * A light stand-in for the ward: plant, sensor, person and controller are the project's own, the devices and links between
 * them are not there. It makes the messages a ward makes, hundreds of times faster.
 */
export function runLoop(patient: VirtualPatient, random: Random, options: LoopOptions): LoopRun {
  const { days, fault, controller, unannounced } = options;
  const settings = settingsFor(patient, controller === 'pid' ? 'closed-loop' : 'open-loop');
  const plan = createDayPlan(random.fork('days'), { days, appetite: appetiteFor(patient.bodyWeight), unannounced });
  const sensitivityAt = createInsulinSensitivity(random.fork('sensitivity'), plan.activities);
  const sensor = createVettoretti2019(random.fork('sensor'));
  const plant = patient.createPlant({ stepMin: 1 });
  const plate = createPlate();
  const devices = createDevices(patient, settings);
  const glucose = new Float64Array(days * 1440);
  let meal = 0;
  let rescuedMin = -RESCUE.pauseMin;
  for (let minute = 0; minute < glucose.length; minute += 1) {
    glucose[minute] = plant.plasmaGlucose;
    for (; meal < plan.meals.length && plan.meals[meal]!.atMin <= minute; meal += 1) {
      plate.serve(plan.meals[meal]!.carbs);
      devices.announce(plan.meals[meal]!, minute);
    }
    if (minute % 5 === 0) {
      const reading = sensor.read(plant.interstitialGlucose, minute, (minute / 1440) % SENSOR_LIFE_DAYS);
      const shown = devices.cycle(minute, reading);
      if (shown < RESCUE.below && minute - rescuedMin >= RESCUE.pauseMin) {
        rescuedMin = minute;
        plate.serve(RESCUE.gramsPerKg * patient.bodyWeight);
      }
    }
    const faulty = fault !== undefined && minute >= fault.fromMin && minute < fault.toMin;
    plant.advance({
      insulin: devices.deliver(minute) * (faulty ? fault.factor : 1),
      carbohydrates: plate.eat(),
      insulinSensitivity: sensitivityAt(minute),
    });
  }
  return { messages: devices.messages, glucose };
}

interface Devices {
  readonly messages: DeviceMessage[];
  announce(meal: PlannedMeal, minute: Minutes): void;
  /** One five-minute cycle; returns what the monitor shows. */
  cycle(minute: Minutes, reading: number): number;
  /** What the pump believes to deliver in the minute, units. */
  deliver(minute: Minutes): Units;
}

function createDevices(patient: VirtualPatient, settings: HandsetSettings): Devices {
  const messages: DeviceMessage[] = [];
  const onBoard = createInsulinOnBoard();
  const readings: number[] = [];
  let sequence = 0;
  let rate = patient.basalRate;
  let integral = 0;
  let basalDelivered = 0;
  let bolusDelivered = 0;
  let announced = 0;
  let pending: Units = 0;

  const emit = (thing: string, at: Millis, values: Record<string, ThingValue>): void => {
    const measurements: Measurement[] = Object.entries(values).map(([name, value]) => ({ name, value, at }));
    sequence += 1;
    const content = { kind: 'Report', thing, sentAt: at, measurements } as const;
    messages.push({ kind: 'DeviceMessage', sender: thing, thing, sequence, sentAt: at, receivedAt: at + 400, content });
  };

  return {
    messages,
    announce: ({ announcement }, minute) => {
      if (announcement.kind === 'unannounced') return;
      announced += announcement.carbs;
      const input = {
        carbohydrates: announcement.carbs,
        glucose: readings.at(-1),
        insulinOnBoard: onBoard.at(minute * MINUTE),
      };
      pending += quantised(Math.min(settings.maxBolus, mealBolus(input, settings)));
    },
    cycle: (minute, reading) => {
      const at = minute * MINUTE;
      const rounded = Math.round(reading);
      const shown = rounded < 40 ? 39 : rounded > 400 ? 401 : rounded;
      readings.push(shown);
      emit('cgm', at, { glucose: shown, battery: 90 });
      if (settings.mode === 'closed-loop') {
        const before = readings.at(-4) ?? shown;
        const decided = pidBasal(
          {
            glucose: shown,
            slope: (shown - before) / 15,
            insulinOnBoard: onBoard.at(at),
            profileRate: patient.basalRate,
            integral,
            elapsed: 5,
            totalDailyInsulin: patient.totalDailyInsulin,
          },
          settings,
        );
        integral = decided.integral;
        rate = quantised(decided.rate);
      }
      emit('handset', at + 1000, { announcedCarbohydrates: announced, carbRatio: settings.carbRatio });
      emit('pump', at + 2000, {
        basalRate: rate,
        basalDelivered,
        bolusDelivered,
        basalProfile: settings.basalProfile,
      });
      onBoard.record(((rate - patient.basalRate) / 60) * 5, at);
      return shown;
    },
    deliver: (minute) => {
      const bolus = pending;
      pending = 0;
      bolusDelivered += bolus;
      basalDelivered += rate / 60;
      onBoard.record(bolus, minute * MINUTE);
      return bolus + rate / 60;
    },
  };
}
