import { createKeyedUniform, type Random } from '#base/random';
import { DAY, MINUTE, type Millis } from '#base/time';
import type { Fraction, Grams, Minutes, Units } from '#base/units';
import type { Alarm } from '#model/device/alarm';
import type { Handset } from '#model/device/handset/handset-types';
import type { ConfirmationRequest, InsulinPump } from '#model/device/insulin-pump/insulin-pump-types';
import { REMOTE_BOLUS_STEP, type Remote } from '#model/device/remote';
import type { Body } from './body.ts';
import type { EventQueue } from './event-queue.ts';

/** One meal of a person's day; when and how much is settled before the run begins. */
export interface PlannedMeal {
  readonly at: Millis;
  readonly carbohydrates: Grams;
  /** What the person believes it to be; undefined when they tell nobody. */
  readonly counted: Grams | undefined;
}

/** What the person does about an alarm and a question of the pump. */
export interface Reactions {
  readonly sleepFromMinute: Minutes;
  readonly sleepToMinute: Minutes;
  readonly answersAwake: Fraction;
  readonly answersAsleep: Fraction;
  readonly answerDelayMin: Minutes;
  readonly rescueCarbohydratesG: Grams;
  readonly declinesUnwanted: Fraction;
}

export interface InhabitantDeps {
  readonly queue: EventQueue;
  readonly random: Random;
  readonly body: Body;
  readonly reactions: Reactions;
  readonly meals: readonly PlannedMeal[];
  readonly carbRatio: number;
  readonly correctionFactor: number;
  /** Share of the announced meals whose bolus is given by the key fob, and by a caregiver from afar. */
  readonly fobShare: Fraction;
  readonly caregiverShare: Fraction;
  /** A caregiver's account asks the platform for a bolus. */
  readonly askCaregiver: (units: Units) => void;
  /** What was asked for by fob or caregiver, for the record of commanded insulin. */
  readonly onAsked: (units: Units) => void;
}

/** The devices in the person's hands: as far as a person uses them. */
export interface Hands {
  readonly handset: Pick<Handset, 'announceMeal'>;
  readonly pump: Pick<
    InsulinPump,
    | 'confirm'
    | 'decline'
    | 'changeInfusionSet'
    | 'replaceReservoir'
    | 'replaceBattery'
    | 'bolusAtDevice'
    | 'resumeAtDevice'
    | 'report'
  >;
  readonly remote: Pick<Remote, 'press'>;
}

/** The person in the ward: eats, tells the handset, presses buttons, hears alarms and may act on them. */
export interface Inhabitant {
  /** Begins to live. */
  start(hands: Hands): void;
  hearAlarm(alarm: Alarm): void;
  /** The platform alerts the person. */
  readAlert(): void;
  answer(request: ConfirmationRequest): void;
}

/** Alarms closer together than this are one event: it is answered or not as a whole. */
const ALARM_EVENT: Millis = 30 * MINUTE;
const ANSWER_TO_PUMP: Millis = 20_000;
/** What a bolus calculator may add or leave out beside the meal. */
const CORRECTION_UNITS: Units = 3;
const MOST_EXPECTED = 16;
/** How long a bolus that the person or the caregiver asked for is expected. */
const EXPECTED_FOR: Millis = 10 * MINUTE;
const LOW_FINGERSTICK = 80;
const HIGH_FINGERSTICK = 200;
const CORRECTED_TO = 140;
const CORRECTION_ACTS_FOR: Millis = 4 * 60 * MINUTE;

export function createInhabitant(deps: InhabitantDeps): Inhabitant {
  const { queue, body, reactions } = deps;
  const uniform = createKeyedUniform(deps.random);
  const expected: { readonly at: Millis; readonly units: Units; readonly tolerance: Units }[] = [];
  const lastEvent = new Map<string, Millis>();
  let hands: Hands | undefined;
  /** Once an alert of the platform was read: measure by finger-stick, dose by hand. */
  let distrustsHandset = false;
  let correctedAt = Number.NEGATIVE_INFINITY;

  const isAsleep = (): boolean => {
    const minute = Math.floor((queue.now() % DAY) / MINUTE);
    const { sleepFromMinute: from, sleepToMinute: to } = reactions;
    return from <= to ? minute >= from && minute < to : minute >= from || minute < to;
  };

  const untilWaking = (): Millis => {
    const minute = Math.floor((queue.now() % DAY) / MINUTE);
    return ((reactions.sleepToMinute - minute + 1_440) % 1_440) * MINUTE;
  };

  /** Drawn from the instant, so that a baseline whose alarm comes at the same time is answered the same. */
  const answers = (salt: number): boolean =>
    uniform(queue.now(), salt) < (isAsleep() ? reactions.answersAsleep : reactions.answersAwake);

  const expect = (units: Units, tolerance: Units): void => {
    expected.push({ at: queue.now(), units, tolerance });
    if (expected.length > MOST_EXPECTED) expected.shift();
  };

  const isExpected = (units: Units): boolean =>
    expected.some(
      (bolus) => queue.now() - bolus.at <= EXPECTED_FOR && Math.abs(bolus.units - units) <= bolus.tolerance,
    );

  function haveMeal(meal: PlannedMeal, index: number): void {
    body.eat(meal.carbohydrates);
    if (meal.counted === undefined || hands === undefined) return;
    const way = uniform(index, 7);
    const units = Math.round(meal.counted / deps.carbRatio / REMOTE_BOLUS_STEP) * REMOTE_BOLUS_STEP;
    if (distrustsHandset) {
      doseByHand(units);
    } else if (way < deps.fobShare) {
      const pressed = hands.remote.press(Math.round(units / REMOTE_BOLUS_STEP));
      expect(pressed, 0);
      deps.onAsked(pressed);
    } else if (way < deps.fobShare + deps.caregiverShare) {
      expect(units, 0);
      deps.onAsked(units);
      deps.askCaregiver(units);
    } else {
      // The handset's calculator adds a correction or leaves some out: the person expects about what the meal needs.
      expect(units, Math.max(CORRECTION_UNITS, units / 2));
      hands.handset.announceMeal(meal.counted);
    }
  }

  function doseByHand(units: Units): void {
    deps.onAsked(units);
    hands?.pump.bolusAtDevice(units);
  }

  /** What the alert asks for; a correction is not repeated while the last one still acts. */
  function takeOver(): void {
    distrustsHandset = true;
    check();
    if (body.plasmaGlucose <= HIGH_FINGERSTICK || queue.now() - correctedAt < CORRECTION_ACTS_FOR) return;
    correctedAt = queue.now();
    doseByHand((body.plasmaGlucose - CORRECTED_TO) / deps.correctionFactor);
  }

  /** Looks: a fingerstick tells the truth, whatever the sensor says, and the pump's display tells whether it delivers. */
  function check(): void {
    if (body.plasmaGlucose < LOW_FINGERSTICK) body.eat(reactions.rescueCarbohydratesG);
    else if (body.plasmaGlucose > HIGH_FINGERSTICK && isSuspended()) hands?.pump.resumeAtDevice();
  }

  /** As the pump's display shows it. A pump on its safe profile delivers, and is left alone. */
  const isSuspended = (): boolean =>
    hands?.pump.report().some(({ name, value }) => name === 'deliveryState' && value === 'suspended') ?? false;

  function react(condition: string, act: () => void): void {
    const last = lastEvent.get(condition);
    lastEvent.set(condition, queue.now());
    if (last !== undefined && queue.now() - last < ALARM_EVENT) return;
    if (answers(condition.length)) queue.after(reactions.answerDelayMin * MINUTE, act);
  }

  return {
    start: (devices) => {
      hands = devices;
      for (const [index, meal] of deps.meals.entries()) queue.at(meal.at, () => haveMeal(meal, index));
    },
    hearAlarm: ({ condition, priority }) => {
      // A low-priority signal is made to be noticed in passing (IEC 60601-1-8): it wakes nobody, and is seen in the morning.
      if (priority === 'low' && isAsleep()) {
        queue.after(untilWaking(), () => respondTo(condition));
        return;
      }
      respondTo(condition);
    },
    readAlert: () => react('platform-alert', takeOver),
    answer: (request) => {
      queue.after(ANSWER_TO_PUMP, () => {
        if (isExpected(request.units)) hands?.pump.confirm(request.requestId);
        else if (answers(11) && uniform(queue.now(), 13) < reactions.declinesUnwanted)
          hands?.pump.decline(request.requestId);
        else if (!isAsleep()) hands?.pump.confirm(request.requestId);
      });
    },
  };

  function respondTo(condition: string): void {
    switch (condition) {
      case 'none':
        return;
      case 'low-glucose':
      case 'urgent-low-glucose':
        react(condition, () => body.eat(reactions.rescueCarbohydratesG));
        return;
      case 'occlusion':
        react(condition, () => hands?.pump.changeInfusionSet());
        return;
      case 'empty':
      case 'low-reservoir':
        react(condition, () => hands?.pump.replaceReservoir(FULL_RESERVOIR));
        return;
      case 'battery-low':
        react(condition, () => hands?.pump.replaceBattery());
        return;
      default:
        react(condition, check);
    }
  }
}

const FULL_RESERVOIR: Units = 300;
