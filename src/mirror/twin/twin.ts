import { MINUTE, type Millis } from '#base/time';
import type { DeviceMessage } from '#mirror/channel/device-message';
import type { Acknowledgement, Command, Report, ThingValue } from '#model/thing/message';
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
  readonly sentAt: Millis;
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
  const { thing, receivedAt, sentAt, sequence, content } = message;
  const lastHeard = { ...twin.lastHeard, [thing]: { receivedAt, sentAt, sequence } };
  switch (content.kind) {
    case 'Report':
      return estimate({ ...twin, lastHeard, reported: report(twin, content, receivedAt) }, thing, content, receivedAt);
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
export function reportedValue(twin: Twin, thing: ThingId, property: string): ThingValue | undefined {
  const table = propertiesOf(twin, thing);
  return table !== undefined && Object.hasOwn(table, property) ? table[property]!.value : undefined;
}

function propertiesOf(twin: Twin, thing: ThingId): PropertyTable | undefined {
  return Object.hasOwn(twin.reported, thing) ? twin.reported[thing] : undefined;
}

function report(twin: Twin, { thing, measurements }: Report, receivedAt: Millis): Twin['reported'] {
  const table: Record<string, ReportedProperty> = { ...propertiesOf(twin, thing) };
  for (const { name, value, at } of measurements) {
    const known = Object.hasOwn(table, name) ? table[name] : undefined;
    // A report that was held back must not replace what the device said later.
    if (known === undefined || at >= known.at) table[name] = { value, at, receivedAt };
  }
  return { ...twin.reported, [thing]: table };
}

function acknowledge(twin: Twin, { thing, commandId, outcome }: Acknowledgement): Twin['desired'] {
  const ofThing = Object.hasOwn(twin.desired, thing) ? twin.desired[thing]! : {};
  const action = Object.keys(ofThing).find((name) => ofThing[name]!.commandId === commandId);
  if (action === undefined) return twin.desired;
  return { ...twin.desired, [thing]: { ...ofThing, [action]: { ...ofThing[action]!, outcome } } };
}

function estimate(
  twin: Twin,
  thing: ThingId,
  content: Report,
  receivedAt: Millis,
): { readonly twin: Twin; readonly innovation?: Innovation } {
  if (twin.commissioned === undefined) return { twin };
  const reading = thing === GLUCOSE_MONITOR ? glucoseReading(content, receivedAt) : undefined;
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

/** The reading of a monitor's report, placed in time by its own clock as far as that can be right; none if too old. */
export function glucoseReading(
  report: Report,
  receivedAt: Millis,
): { readonly at: Millis; readonly glucose: number } | undefined {
  for (const { name, value, at } of report.measurements) {
    if (name !== 'glucose' || typeof value !== 'number' || !Number.isFinite(value)) continue;
    return at < receivedAt - OLDEST_READING ? undefined : { at: Math.min(at, receivedAt), glucose: value };
  }
  return undefined;
}
