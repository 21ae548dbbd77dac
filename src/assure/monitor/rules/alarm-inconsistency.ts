import { cleared, type Episodes, isDue, isQuiet, NO_EPISODES, raisedAt } from '#assure/monitor/episodes';
import type { Finding } from '#assure/monitor/finding';
import type { Rule } from '#assure/monitor/rule';
import { type MessageObservation, numberNow, numberOf, saidOf, textOf } from '#assure/monitor/seen';
import { type Explanation, explanation } from '#base/explanation';
import { HOUR, MINUTE, type Millis } from '#base/time';
import type { Twin } from '#mirror/twin/twin';

const REPEAT_AFTER: Millis = 2 * HOUR;
const HEARD_WITHIN: Millis = 11 * MINUTE;
/** Well inside the handset's own thresholds of 70 and 55 mg/dL. */
const LOW = 68;
const NOT_LOW = 100;
const READINGS = 3;
/** Below the pump's own 20 [iU] and 20 %. */
const LOW_RESERVOIR = 18;
const LOW_BATTERY = 18;
/** Reports in a row. */
const REPORTS = 2;

interface State {
  readonly episodes: Episodes;
  /** Readings in a row that are low, and that are not. */
  readonly low: number;
  readonly notLow: number;
  /** Handset and pump reports in a row that contradict their condition. */
  readonly silentHandset: number;
  readonly falseAlarm: number;
  readonly silentPump: number;
}

const NOTHING_IN_A_ROW = { low: 0, notLow: 0, silentHandset: 0, falseAlarm: 0, silentPump: 0 };

export const alarmInconsistency: Rule<State> = {
  id: 'alarm-inconsistency',
  statement: 'a condition demands an alarm that is not there, or an alarm has no condition',
  answers: ['alarm-suppression', 'firmware-delivery-factor', 'glucose-bias-on-handset', 'glucose-replace-on-handset'],
  cost: 'one finding per two hours while it lasts',
  knownFalsePositives: ['alarm limits that the user changed'],
  looksAt: { kinds: ['message', 'replaced'], things: ['cgm', 'pump', 'handset'] },
  initial: () => ({ episodes: NO_EPISODES, ...NOTHING_IN_A_ROW }),
  check(state, observation) {
    if (observation.kind === 'replaced') return { state: { ...state, ...NOTHING_IN_A_ROW }, findings: [] };
    if (observation.kind !== 'message') return { state, findings: [] };
    const glucose = numberNow(observation, 'cgm', 'glucose');
    if (glucose !== undefined) {
      const low = glucose < LOW ? state.low + 1 : 0;
      return { state: { ...state, low, notLow: glucose > NOT_LOW ? state.notLow + 1 : 0 }, findings: [] };
    }
    const { thing } = observation.message;
    if (thing === 'handset') return checkHandset(state, observation);
    return thing === 'pump' ? checkPump(state, observation) : { state, findings: [] };
  },
};

function checkHandset(state: State, observation: MessageObservation) {
  const { twin, now } = observation;
  const alarm = textOf(twin, 'handset', 'alarmCondition');
  const readingAt = saidOf(twin, 'cgm', 'glucose')?.receivedAt ?? Number.NEGATIVE_INFINITY;
  if (alarm === undefined || now - readingAt > HEARD_WITHIN) return { state, findings: [] };
  const isSilent = state.low >= READINGS && (alarm === 'none' || alarm === 'high-glucose');
  const isFalse = state.notLow >= READINGS && (alarm === 'low-glucose' || alarm === 'urgent-low-glucose');
  const wasQuiet = state.silentHandset === 0 && state.falseAlarm === 0 && isQuiet(state.episodes);
  if (!isSilent && !isFalse && wasQuiet) return { state, findings: [] };
  const next = {
    ...state,
    silentHandset: isSilent ? state.silentHandset + 1 : 0,
    falseAlarm: isFalse ? state.falseAlarm + 1 : 0,
  };
  const contradiction = explanation('handset: alarm {alarm} while the monitor reads {glucose} mg/dL', {
    reported: { alarm, glucose: numberOf(twin, 'cgm', 'glucose') ?? -1 },
  });
  if (next.silentHandset >= REPORTS) return raise(next, 'alarm-missing', 'handset', now, contradiction);
  if (next.falseAlarm >= REPORTS) return raise(next, 'alarm-unfounded', 'handset', now, contradiction);
  const episodes = isSilent || isFalse ? next.episodes : cleared(next.episodes, 'alarm-missing/handset');
  return { state: { ...next, episodes }, findings: [] };
}

function checkPump(state: State, { twin, now }: MessageObservation) {
  const alarm = textOf(twin, 'pump', 'alarmCondition');
  const condition = pumpConditionOf(twin);
  const silentPump = alarm === 'none' && condition !== undefined ? state.silentPump + 1 : 0;
  if (silentPump === 0 && state.silentPump === 0) return { state, findings: [] };
  const next = { ...state, silentPump };
  if (silentPump < REPORTS || condition === undefined) return { state: next, findings: [] };
  return raise(next, 'alarm-missing', 'pump', now, condition);
}

function pumpConditionOf(twin: Twin): Explanation | undefined {
  const delivery = textOf(twin, 'pump', 'deliveryState');
  if (delivery === 'occluded' || delivery === 'empty')
    return explanation('pump: no alarm while its delivery is {delivery}', { reported: { delivery } });
  const reservoir = numberOf(twin, 'pump', 'reservoir');
  if (reservoir !== undefined && reservoir < LOW_RESERVOIR)
    return explanation('pump: no alarm while its reservoir holds {reservoir} [iU]', { reported: { reservoir } });
  const battery = numberOf(twin, 'pump', 'battery');
  return battery !== undefined && battery < LOW_BATTERY
    ? explanation('pump: no alarm while its battery is at {battery} %', { reported: { battery } })
    : undefined;
}

function raise(
  state: State,
  what: string,
  thing: string,
  now: Millis,
  condition: Explanation,
): { readonly state: State; readonly findings: readonly Finding[] } {
  const key = `${what}/${thing}`;
  if (!isDue(state.episodes, key, now, REPEAT_AFTER)) return { state, findings: [] };
  const finding: Finding = {
    kind: 'Finding',
    rule: 'alarm-inconsistency',
    thing,
    at: now,
    confidence: 'probable',
    what,
    ...condition,
  };
  return { state: { ...state, episodes: raisedAt(state.episodes, key, now) }, findings: [finding] };
}
