import { type Episodes, isDue, NO_EPISODES, raisedAt } from '#assure/monitor/episodes';
import type { Finding } from '#assure/monitor/finding';
import type { Observation, Rule } from '#assure/monitor/rule';
import { numberOf } from '#assure/monitor/seen';
import { type Explanation, explanation } from '#base/explanation';
import { HOUR, MINUTE, type Millis } from '#base/time';
import type { MgPerDl, Units } from '#base/units';

const REPEAT_AFTER: Millis = HOUR;
const WINDOW: Millis = 2 * HOUR;
/** More than this of one sort within the window is not how people help from afar. */
const MOST = { boluses: 3, suspends: 2, refusals: 2 } as const;
/** Nobody gives insulin from afar at such a glucose who means well. */
const LOW: MgPerDl = 90;
const BIG: Units = 8;

interface State {
  readonly episodes: Episodes;
  readonly boluses: readonly Millis[];
  readonly suspends: readonly Millis[];
  readonly refusals: readonly Millis[];
}

interface Noticed extends Explanation {
  readonly what: string;
  readonly confidence: Finding['confidence'];
}

export const remoteCommandPattern: Rule<State> = {
  id: 'remote-command-pattern',
  statement: 'commands are asked for from afar in a pattern that no caregiver has',
  answers: ['stolen-account-bolus', 'stolen-account-suspend'],
  cost: 'none: it looks at what accounts ask for, and at no patient data but the last glucose',
  knownFalsePositives: [
    'a caregiver who splits a meal bolus into many',
    'a caregiver who tries again what was refused',
  ],
  looksAt: { kinds: ['dispatched', 'command-refused'] },
  initial: () => ({ episodes: NO_EPISODES, boluses: [], suspends: [], refusals: [] }),
  check(state, observation) {
    if (observation.kind === 'command-refused' && observation.origin === 'person') {
      const refusals = recent(state.refusals, observation.now, MOST.refusals);
      return raise({ ...state, refusals }, observation, refusedTooOften(refusals, observation));
    }
    if (observation.kind !== 'dispatched' || observation.thing !== 'pump') return { state, findings: [] };
    if (observation.action === 'suspend') {
      const suspends = recent(state.suspends, observation.now, MOST.suspends);
      return raise({ ...state, suspends }, observation, suspendedTooOften(suspends));
    }
    if (observation.action !== 'bolus') return { state, findings: [] };
    const boluses = recent(state.boluses, observation.now, MOST.boluses);
    return raise({ ...state, boluses }, observation, oddBolus(boluses, observation));
  },
};

/** The instants of the window with this one, no more of them than decide. */
const recent = (instants: readonly Millis[], now: Millis, most: number): readonly Millis[] => [
  ...instants.filter((at) => now - at < WINDOW).slice(-most),
  now,
];

function raise(state: State, { now }: Observation, noticed: Noticed | undefined) {
  if (noticed === undefined || !isDue(state.episodes, noticed.what, now, REPEAT_AFTER)) return { state, findings: [] };
  const finding: Finding = { kind: 'Finding', rule: 'remote-command-pattern', thing: 'platform', at: now, ...noticed };
  return { state: { ...state, episodes: raisedAt(state.episodes, noticed.what, now) }, findings: [finding] };
}

function oddBolus(
  boluses: readonly Millis[],
  { input, twin }: Extract<Observation, { kind: 'dispatched' }>,
): Noticed | undefined {
  const units = typeof input['units'] === 'number' ? input['units'] : 0;
  const glucose = numberOf(twin, 'cgm', 'glucose');
  const what =
    glucose !== undefined && glucose < LOW
      ? 'bolus-while-low'
      : boluses.length > MOST.boluses
        ? 'many-boluses'
        : units > BIG
          ? 'large-bolus'
          : undefined;
  if (what === undefined) return undefined;
  return {
    what,
    confidence: what === 'large-bolus' ? 'possible' : 'probable',
    ...explanation(
      'platform: remote bolus of {units} [iU], {boluses} within {withinMin} min, glucose {glucose} mg/dL',
      {
        values: { boluses: boluses.length, withinMin: WINDOW / MINUTE },
        reported: { units, glucose: glucose ?? 'unknown' },
      },
    ),
  };
}

function suspendedTooOften(suspends: readonly Millis[]): Noticed | undefined {
  if (suspends.length <= MOST.suspends) return undefined;
  return {
    what: 'many-suspends',
    confidence: 'probable',
    ...explanation('platform: delivery suspended from afar {suspends} times within {withinMin} min', {
      values: { suspends: suspends.length, withinMin: WINDOW / MINUTE },
    }),
  };
}

function refusedTooOften(
  refusals: readonly Millis[],
  { requester, action, determinedBy }: Extract<Observation, { kind: 'command-refused' }>,
): Noticed | undefined {
  if (refusals.length <= MOST.refusals) return undefined;
  return {
    what: 'refused-commands',
    confidence: 'probable',
    ...explanation(
      'platform: {requester} was refused {refusals} times within {withinMin} min, last {action} by {determinedBy}',
      {
        values: {
          requester,
          refusals: refusals.length,
          withinMin: WINDOW / MINUTE,
          action,
          determinedBy: determinedBy.join(', '),
        },
      },
    ),
  };
}
