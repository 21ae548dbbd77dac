import type { Rule } from '#assure/monitor/rule';
import { explanation } from '#base/explanation';

/** No memory: an audit says it all. */
export const historyTampering: Rule<null> = {
  id: 'history-tampering',
  statement: 'the store no longer holds what was recorded and checkpointed',
  answers: ['history-edit'],
  cost: 'none beyond the audit itself',
  knownFalsePositives: ['a store that lost data through a defect'],
  looksAt: { kinds: ['audited'] },
  initial: () => null,
  check(state, observation) {
    if (observation.kind !== 'audited' || observation.outcome === 'intact') return { state, findings: [] };
    const firstBad = observation.firstBad ?? -1;
    return {
      state,
      findings: [
        {
          kind: 'Finding',
          rule: 'history-tampering',
          thing: 'platform',
          at: observation.now,
          confidence: 'certain',
          what: 'record-altered',
          ...explanation('history: record {firstBad} is not what was recorded', { values: { firstBad } }),
        },
      ],
    };
  },
};
