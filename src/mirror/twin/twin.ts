import { MINUTE, type Millis } from '#base/time';
import type { DeviceMessage } from '#mirror/channel/device-message';
import { isNewest, measuredAt } from '#mirror/channel/device-time';
import type { Acknowledgement, Command, Measurement, ThingValue } from '#model/thing/message';
import type { ThingId } from '#model/thing/thing-id';
import type { CommissionedModel } from './commissioned-model.ts';
import { type EstimatorState, type Innovation, LONGEST_GAP_MIN, startEstimate, step } from './estimator.ts';
import { type Intake, NOTHING_TAKEN_UP, numberOf, takeUp } from './intake.ts';

/** The last value a thing reported of a property. `at` is the device's clock, `receivedAt` the platform's. */
export interface ReportedProperty {
  readonly value: ThingValue;
  readonly at: Millis;
  readonly receivedAt: Millis;
}

export type PropertyTable = Readonly<Record<string, ReportedProperty>>;

export interface Heard {
  readonly receivedAt: Millis;
  /** Whose message it was, and the highest sequence of the messages that this sender sent in a row. */
  readonly sender: ThingId;
  readonly sequence: number;
}

/** What the platform last wanted of a thing by one action, and what became of it. */
export interface Desired {
  readonly commandId: string;
  readonly input: Readonly<Record<string, ThingValue>>;
  readonly issuedAt: Millis;
  readonly outcome: 'pending' | 'done' | 'refused' | 'expired';
}

/**
 * What the platform knows of one subject's devices and body, from messages alone. INVARIANT: a pure function of the
 * commissioned model and of the messages and commands applied, in their order.
 */
export interface Twin {
  readonly kind: 'Twin';
  /** The patient's pseudonym. */
  readonly subject: string;
  readonly commissioned?: CommissionedModel;
  readonly reported: Readonly<Record<ThingId, PropertyTable>>;
  /** What a thing said last of a property, where it stamped that too far ahead; until it says something rightly stamped. */
  readonly ahead: Readonly<Record<ThingId, PropertyTable>>;
  readonly lastHeard: Readonly<Record<ThingId, Heard>>;
  /** By thing, then by action. */
  readonly desired: Readonly<Record<ThingId, Readonly<Record<string, Desired>>>>;
  readonly intake: Intake;
  /** Absent until the twin is commissioned and has seen a glucose reading. */
  readonly predicted?: EstimatorState;
}

/** The things whose reports the estimator takes in. */
export const GLUCOSE_MONITOR: ThingId = 'cgm';
export const INSULIN_PUMP: ThingId = 'pump';
export const HANDSET: ThingId = 'handset';

/** A reading closer to the last than this adds nothing; an older one comes too late for the filter. */
const SHORTEST_STEP: Millis = MINUTE;
/** A reading that claims to be older than this when it is received is history, not news: the filter does not take it in. */
const OLDEST_READING: Millis = 30 * MINUTE;
/** Without a reading for this long the estimate is moved on by what pump and handset report. */
const MOVED_ON_AFTER: Millis = 7 * MINUTE;

export function createTwin(subject: string, commissioned?: CommissionedModel): Twin {
  return {
    kind: 'Twin',
    subject,
    ...(commissioned === undefined ? {} : { commissioned }),
    reported: {},
    ahead: {},
    lastHeard: {},
    desired: {},
    intake: NOTHING_TAKEN_UP,
  };
}

/** A twin put into service: from its next reading on it predicts by this model. */
export function commissionTwin(twin: Twin, commissioned: CommissionedModel): Twin {
  const { predicted: _, ...rest } = twin;
  return { ...rest, commissioned };
}

/** A genuine message applied. Pure: the twin handed in stays as it is; untouched parts are shared. */
export function applyMessage(
  twin: Twin,
  message: DeviceMessage,
): { readonly twin: Twin; readonly innovation?: Innovation } {
  const { thing, receivedAt, sender, sequence, content } = message;
  const heard = Object.hasOwn(twin.lastHeard, thing) ? twin.lastHeard[thing] : undefined;
  const highest = heard?.sender === sender ? heard.sequence : sequence;
  const isHeldBack = sequence < highest;
  const lastHeard = {
    ...twin.lastHeard,
    [thing]: { receivedAt, sender, sequence: isHeldBack ? highest : sequence },
  };
  switch (content.kind) {
    case 'Report': {
      const { measurements } = content;
      const reported = report(twin, thing, measurements, receivedAt, isHeldBack);
      const ahead = isHeldBack ? twin.ahead : noteAhead(twin, message, measurements);
      return estimate(twin, { ...twin, lastHeard, reported, ahead }, receivedAt);
    }
    case 'Acknowledgement':
      return { twin: { ...twin, lastHeard, desired: acknowledge(twin, content) } };
  }
}

/** A command that the platform sent: from now on what it asks for is desired. */
export function applyDispatched(twin: Twin, command: Command): Twin {
  const desired: Desired = {
    commandId: command.id,
    input: command.input,
    issuedAt: command.issuedAt,
    outcome: 'pending',
  };
  const ofThing = { ...twin.desired[command.thing], [command.action]: desired };
  return { ...twin, desired: { ...twin.desired, [command.thing]: ofThing } };
}

/** The last value reported, if any. */
export const reportedValue = (twin: Twin, thing: ThingId, property: string): ThingValue | undefined =>
  reportedProperty(twin, thing, property)?.value;

function reportedProperty(twin: Twin, thing: ThingId, property: string): ReportedProperty | undefined {
  const table = propertiesOf(twin, thing);
  return table !== undefined && Object.hasOwn(table, property) ? table[property] : undefined;
}

function propertiesOf(twin: Twin, thing: ThingId): PropertyTable | undefined {
  return Object.hasOwn(twin.reported, thing) ? twin.reported[thing] : undefined;
}

function report(
  twin: Twin,
  thing: ThingId,
  measurements: readonly Measurement[],
  receivedAt: Millis,
  isHeldBack: boolean,
): Twin['reported'] {
  const table: Record<string, ReportedProperty> = { ...propertiesOf(twin, thing) };
  for (const { name, value, at } of measurements) {
    const told = { value, at: Math.min(at, receivedAt), receivedAt };
    if (isNewest(told, Object.hasOwn(table, name) ? table[name] : undefined, isHeldBack)) table[name] = told;
  }
  return { ...twin.reported, [thing]: table };
}

/** Bounded: names are those of the Thing Model. */
function noteAhead(
  twin: Twin,
  { thing, ahead = [], receivedAt }: DeviceMessage,
  right: readonly Measurement[],
): Twin['ahead'] {
  const { [thing]: known, ...others } = twin.ahead;
  if (known === undefined && ahead.length === 0) return twin.ahead;
  const table = { ...known };
  for (const { name } of right) delete table[name];
  for (const { name, value, at } of ahead) table[name] = { value, at, receivedAt };
  return Object.keys(table).length === 0 ? others : { ...others, [thing]: table };
}

function acknowledge(twin: Twin, { thing, commandId, outcome }: Acknowledgement): Twin['desired'] {
  const ofThing = Object.hasOwn(twin.desired, thing) ? twin.desired[thing]! : {};
  const action = Object.keys(ofThing).find((name) => ofThing[name]!.commandId === commandId);
  if (action === undefined) return twin.desired;
  return { ...twin.desired, [thing]: { ...ofThing, [action]: { ...ofThing[action]!, outcome } } };
}

function estimate(
  before: Twin,
  twin: Twin,
  receivedAt: Millis,
): { readonly twin: Twin; readonly innovation?: Innovation } {
  if (twin.commissioned === undefined) return { twin };
  const reading = newReading(before, twin);
  const state = twin.predicted;
  if (reading !== undefined && (state === undefined || gapIsTooLong(state, reading.at))) {
    return { twin: startAt(twin, twin.commissioned, reading.at, reading.glucose) };
  }
  if (state === undefined) return { twin };
  if (reading === undefined) {
    const silent = receivedAt - state.at >= MOVED_ON_AFTER && !gapIsTooLong(state, receivedAt);
    return silent ? advance(twin, twin.commissioned, state, receivedAt, receivedAt) : { twin };
  }
  if (reading.at - state.at < SHORTEST_STEP) return { twin };
  return advance(twin, twin.commissioned, state, reading.at, receivedAt, reading.glucose);
}

const gapIsTooLong = (state: EstimatorState, at: Millis): boolean => at - state.readAt > LONGEST_GAP_MIN * MINUTE;

function startAt(twin: Twin, model: CommissionedModel, at: Millis, glucose: number): Twin {
  const pump = propertiesOf(twin, INSULIN_PUMP);
  const { intake } = takeUp(twin.intake, pump, propertiesOf(twin, HANDSET), at, 0);
  return { ...twin, intake, predicted: startEstimate(model, at, glucose, numberOf(pump, 'basalRate')) };
}

function advance(
  twin: Twin,
  model: CommissionedModel,
  state: EstimatorState,
  at: Millis,
  now: Millis,
  glucose?: number,
): { readonly twin: Twin; readonly innovation?: Innovation } {
  const sinceMin = (at - state.at) / MINUTE;
  const pump = propertiesOf(twin, INSULIN_PUMP);
  const { intake, insulin, carbohydrates } = takeUp(twin.intake, pump, propertiesOf(twin, HANDSET), now, sinceMin);
  const moved = step(state, model, {
    at,
    sinceMin,
    insulin,
    carbohydrates,
    ...(glucose === undefined ? {} : { glucose }),
  });
  return {
    twin: { ...twin, intake, predicted: moved.state },
    ...(moved.innovation === undefined ? {} : { innovation: moved.innovation }),
  };
}

/**
 * The glucose reading that became the newest from one twin to the next, placed in time; undefined where none did, or where it
 * is too old. What was not taken as the newest is no reading: the rule of order is asked once.
 */
export function newReading(before: Twin, after: Twin): { readonly at: Millis; readonly glucose: number } | undefined {
  const known = reportedProperty(before, GLUCOSE_MONITOR, 'glucose');
  const newest = reportedProperty(after, GLUCOSE_MONITOR, 'glucose');
  if (newest === undefined || newest === known) return undefined;
  const { value: glucose, receivedAt } = newest;
  if (typeof glucose !== 'number' || !Number.isFinite(glucose)) return undefined;
  const at = measuredAt(newest, known);
  return at < receivedAt - OLDEST_READING ? undefined : { at, glucose };
}
