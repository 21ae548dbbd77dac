import { type Episodes, isDue, NO_EPISODES, raisedAt } from '#assure/monitor/episodes';
import type { Finding } from '#assure/monitor/finding';
import type { Observation, Rule } from '#assure/monitor/rule';
import { HOUR, type Millis } from '#base/time';
import { basalPart } from './insulin-reconciliation/basal.ts';
import { bolusPart } from './insulin-reconciliation/bolus.ts';
import { commandedBolusPart } from './insulin-reconciliation/commanded-bolus.ts';
import { glucoseUsedPart } from './insulin-reconciliation/glucose-used.ts';
import type { Part } from './insulin-reconciliation/part.ts';
import { reservoirPart } from './insulin-reconciliation/reservoir.ts';

const REPEAT_AFTER: Millis = HOUR;
const PARTS: readonly Part<unknown>[] = [bolusPart, commandedBolusPart, basalPart, reservoirPart, glucoseUsedPart];

interface State {
  readonly episodes: Episodes;
  readonly parts: readonly unknown[];
}

export const insulinReconciliation: Rule<State> = {
  id: 'insulin-reconciliation',
  statement: 'insulin commanded, reported and called for, and the readings it rests on, do not agree',
  answers: [
    'injected-bolus',
    'repeated-small-boluses',
    'replayed-bolus',
    'injected-suspend',
    'malware-bolus',
    'command-blocked',
    'delay-and-reorder',
    'carb-ratio-tampered',
    'slow-basal-creep',
    'stolen-account-suspend',
    'glucose-bias-on-handset',
    'glucose-ramp-on-handset',
    'glucose-freeze-on-handset',
    'glucose-replace-on-handset',
    'glucose-replay-on-handset',
    'slow-glucose-drift-on-handset',
  ],
  cost: 'one finding per unexplained bolus, one an hour for what lasts',
  knownFalsePositives: [
    "a bolus or a suspend at the pump's own keys",
    'a large bolus by an enabled remote for a meal that nobody announced',
    'a bolus that its user stopped',
  ],
  looksAt: { kinds: ['message', 'tick', 'dispatched', 'replaced'] },
  initial: () => ({ episodes: NO_EPISODES, parts: PARTS.map((part) => part.initial()) }),
  check(state, observation) {
    let parts: unknown[] | undefined;
    let { episodes } = state;
    const findings: Finding[] = [];
    for (let index = 0; index < PARTS.length; index += 1) {
      const memory = state.parts[index];
      const result = PARTS[index]!.check(memory, observation);
      if (result.state !== memory) {
        parts ??= [...state.parts];
        parts[index] = result.state;
      }
      const { found } = result;
      if (found === undefined) continue;
      if (found.everyTime !== true && !isDue(episodes, found.what, observation.now, REPEAT_AFTER)) continue;
      episodes = raisedAt(episodes, found.what, observation.now);
      findings.push(findingOf(found, observation));
    }
    if (parts === undefined && findings.length === 0) return { state, findings };
    return { state: { episodes, parts: parts ?? state.parts }, findings };
  },
};

function findingOf(found: ReturnType<Part<unknown>['check']>['found'] & {}, observation: Observation): Finding {
  const { everyTime: _, ...told } = found;
  return { kind: 'Finding', rule: 'insulin-reconciliation', at: observation.now, ...told };
}
