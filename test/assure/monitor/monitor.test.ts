import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createAudience } from '#assure/monitor/audience';
import { createMonitor } from '#assure/monitor/monitor';
import type { Observation, Rule } from '#assure/monitor/rule';
import { RULES } from '#assure/monitor/rule-table';
import { MINUTE } from '#base/time';
import { createTwin } from '#mirror/twin/twin';
import { observe, QUIET, trace } from './observations.ts';

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
  assert.equal(monitor.check(tick(3))[0]?.values?.['count'], 2);
});

test('no rule needs more than an empty twin to look at a tick', () => {
  assert.deepEqual(createMonitor([...RULES.values()]).check(tick(0)), []);
});

test('no rule would find or learn anything of what it is not shown', () => {
  for (const rule of RULES.values()) {
    const shown: Observation[] = [];
    const recorder: Rule<null> = {
      ...counting('recorder'),
      initial: () => null,
      check(state, observation) {
        shown.push(observation);
        return { state, findings: [] };
      },
    };
    const ward = observe(recorder as Rule);
    for (let index = 0; index < 40; index += 1) {
      const now = index * 5 * MINUTE;
      ward.cycle(now, trace(index), { pump: { refusedFrames: index, battery: 80 - index } });
      ward.report('gateway', now + 3_000, { uptime: index, glucose: 100, ...QUIET.pump, ...QUIET.handset });
      ward.report('stranger', now + 4_000, { glucose: 40, battery: 1, refusedFrames: index });
      ward.dispatch(now, ['bolus', 'suspend', 'revokeLink', 'setBasalProfile'][index % 4]!, { units: 9, rates: [9] });
      ward.refuse(now, index % 2 === 0 ? 'replayed' : 'not-authentic');
      ward.audit(now, index % 2 === 0 ? 'intact' : 'tampered');
      ward.replace(now, ['cgm', 'pump', 'handset', 'gateway'][index % 4]!);
    }
    const audienceOf = createAudience([rule]);
    let state = rule.initial();
    let unseen = 0;
    for (const observation of shown) {
      const result = rule.check(state, observation);
      if (audienceOf(observation).length === 0) {
        unseen += 1;
        assert.equal(result.state, state, `${rule.id} learned from a ${observation.kind}`);
        assert.deepEqual(result.findings, [], `${rule.id} found something in a ${observation.kind}`);
      }
      state = result.state;
    }
    assert.ok(unseen > 0, `${rule.id} looks at everything`);
  }
});
