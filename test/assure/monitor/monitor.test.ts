import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMonitor } from '#assure/monitor/monitor';
import type { Observation, Rule } from '#assure/monitor/rule';
import { RULES } from '#assure/monitor/rule-table';
import { createTwin } from '#mirror/twin/twin';

const tick = (now: number): Observation => ({ kind: 'tick', now, twin: createTwin('subject-1') });

const counting = (id: string, failsAt?: (count: number) => boolean): Rule<number> => ({
  id,
  statement: 'counts',
  answers: [],
  cost: 'none',
  knownFalsePositives: [],
  initial: () => 0,
  check(state, { now }) {
    if (failsAt?.(now) === true) throw new Error('broken');
    const values = { count: state + 1 };
    const finding = {
      kind: 'Finding',
      rule: id,
      thing: 'pump',
      at: now,
      confidence: 'possible',
      statement: id,
      values,
    } as const;
    return { state: state + 1, findings: [finding] };
  },
});

test('a rule that throws stops no other, and says so once until it works again', () => {
  const monitor = createMonitor([counting('bad', (now) => now < 3 || now === 4) as Rule, counting('good') as Rule]);
  const rules = [1, 2, 3, 4].map((now) => monitor.check(tick(now)).map((finding) => finding.rule));
  assert.deepEqual(rules, [['rule-failed', 'good'], ['good'], ['bad', 'good'], ['rule-failed', 'good']]);
});

test('memories are taken up again as they were saved', () => {
  const monitor = createMonitor([counting('a') as Rule]);
  monitor.check(tick(1));
  const saved = monitor.save();
  monitor.check(tick(2));
  monitor.restore(saved);
  assert.equal(monitor.check(tick(3))[0]?.values['count'], 2);
});

test('no rule needs more than an empty twin to look at a tick', () => {
  assert.deepEqual(createMonitor([...RULES.values()]).check(tick(0)), []);
});
