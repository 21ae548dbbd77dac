import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { type IncidentState, NO_INCIDENT, openIncidents, type Transition } from '#assure/incident/incident';
import { stateByStaff } from '#assure/incident/progress';
import { respond } from '#assure/incident/respond';
import type { Response } from '#assure/incident/response';
import type { Finding } from '#assure/monitor/finding';
import { HOUR, MINUTE, type Millis } from '#base/time';
import { createTwin } from '#mirror/twin/twin';
import { finding, PLAYBOOKS, POLICY, twinAt } from './sample.ts';

/** Runs minute by minute with the findings given at their times and glucose at a constant level. */
function run(findings: readonly Finding[], minutes: number, glucose: (minute: number) => number = () => 120) {
  let state: IncidentState = NO_INCIDENT;
  const responses: (Response & { readonly minute: number })[] = [];
  const transitions: Transition[] = [];
  for (let minute = 0; minute <= minutes; minute += 1) {
    const now = minute * MINUTE;
    const reading = now - (now % (5 * MINUTE));
    const due = findings.filter((candidate) => candidate.at === now);
    const outcome = respond(state, due, now, twinAt(reading, glucose(reading / MINUTE)), POLICY, PLAYBOOKS);
    state = outcome.state;
    responses.push(...outcome.responses.map((response) => ({ ...response, minute })));
    transitions.push(...outcome.transitions);
  }
  return { state, responses, transitions, kinds: transitions.map((transition) => transition.kind) };
}

const excessBolus = (at: Millis) => finding('insulin-reconciliation', at, { what: 'excess-bolus' });
const commands = (responses: readonly Response[]) =>
  responses.flatMap((response) => (response.kind === 'command' ? [response.action] : []));

describe('an incident is declared', () => {
  test('by one certain finding', () => {
    const { state } = run([finding('authenticity-failure', 0, { confidence: 'certain' })], 0);
    assert.deepEqual(
      state.incidents.map(({ id, criterion, playbook, phase }) => ({ id, criterion, playbook, phase })),
      [{ id: 'incident-1', criterion: 'one-certain', playbook: 'view-only', phase: 'declared' }],
    );
  });
  test('by two rules within half an hour, not by one rule twice, not later', () => {
    const pair = (second: string, at: Millis) => run([finding('silence', 0), finding(second, at)], 60).state.declared;
    assert.equal(pair('sequence', 29 * MINUTE), 1);
    assert.equal(pair('silence', 29 * MINUTE), 0);
    assert.equal(pair('sequence', 31 * MINUTE), 0);
  });
  test('by one finding about therapy while glucose is low and falling, not while it rises', () => {
    const drift = [finding('therapy-parameter-drift', 5 * MINUTE, { what: 'maxBolus' })];
    assert.equal(run(drift, 10, (minute) => 78 - minute / 5).state.declared, 1);
    assert.equal(run(drift, 10, (minute) => 70 + minute / 5).state.declared, 0);
    assert.equal(run(drift, 10, () => 120).state.declared, 0);
  });
  test('glucose that falls is seen to fall under a clock that was set back, or stands', () => {
    const drift = [finding('therapy-parameter-drift', 40 * MINUTE, { what: 'maxBolus' })];
    for (const off of [-HOUR, -1_000 * HOUR, -40 * MINUTE]) {
      let state: IncidentState = NO_INCIDENT;
      for (let minute = 0; minute <= 40; minute += 5) {
        const now = minute * MINUTE;
        const at = minute < 10 ? now : off === -40 * MINUTE ? 0 : now + off;
        const glucose = { value: 100 - minute, at, receivedAt: now };
        const twin = { ...createTwin('subject-1'), reported: { cgm: { glucose } } };
        const due = drift.filter((one) => one.at === now);
        state = respond(state, due, now, twin, POLICY, PLAYBOOKS).state;
      }
      assert.equal(state.declared, 1, `${off / MINUTE} min`);
    }
  });
  test('never by findings that are merely possible', () => {
    const rules = ['divergence', 'silence', 'insulin-reconciliation', 'flat-line', 'clock-drift'];
    const many = rules.map((rule, index) => finding(rule, index * MINUTE, { confidence: 'possible' }));
    const { state, responses, transitions } = run(many, 10, (minute) => 70 - minute);
    assert.deepEqual([state.declared, responses, transitions], [0, [], []]);
  });
  test('by a probable finding that a possible one corroborates', () => {
    const possible = finding('divergence', 0, { confidence: 'possible' });
    assert.equal(
      run([possible, finding('glucose-plausibility', 5 * MINUTE)], 10).state.incidents[0]?.criterion,
      'corroborated',
    );
    assert.equal(run([finding('glucose-plausibility', 5 * MINUTE)], 10).state.declared, 0);
  });
});

describe('containment', () => {
  test('a pump that somebody else commands falls back to safe basal at once, and both sides are told', () => {
    const { responses } = run([excessBolus(0)], 30);
    assert.deepEqual(commands(responses), ['fallBackToSafeBasal']);
    assert.deepEqual(
      responses.filter((response) => response.kind === 'notify').map((response) => response.who),
      ['patient', 'staff'],
    );
    assert.ok(responses.every((response) => response.minute === 0));
  });
  test('links are revoked only when it goes on', () => {
    const { responses } = run([excessBolus(0), excessBolus(5 * MINUTE)], 30);
    assert.deepEqual(commands(responses), ['fallBackToSafeBasal', 'revokeLink']);
    assert.equal(responses.at(-1)?.minute, 10);
  });
  test('a graver finding during a lesser incident starts the graver playbook', () => {
    const first = finding('authenticity-failure', 0, { confidence: 'certain', thing: 'gateway' });
    const { state, responses } = run([first, excessBolus(3 * MINUTE)], 5);
    assert.deepEqual(
      state.incidents.map((incident) => incident.playbook),
      ['view-only', 'radio-link'],
    );
    assert.deepEqual(commands(responses), ['fallBackToSafeBasal']);
  });
  test('a lesser finding during a graver incident joins it', () => {
    const { state } = run([excessBolus(0), finding('sequence', MINUTE, { confidence: 'certain' })], 5);
    assert.equal(state.incidents.length, 1);
    assert.equal(state.incidents[0]?.findings.length, 2);
  });
  test('remote commands are refused until the longest order ends', () => {
    const { state } = run([excessBolus(0)], 5);
    assert.equal(state.remoteCommandsRefusedUntil, 4 * HOUR);
    assert.deepEqual(openIncidents(state), ['incident-1']);
  });
  test('view_only_incidents_never_touch_therapy', () => {
    const viewRules = [
      'authenticity-failure',
      'sequence',
      'silence',
      'timing',
      'history-tampering',
      'divergence',
      'rule-failed',
    ];
    const anyFinding = fc.record({
      rule: fc.constantFrom(...viewRules),
      minute: fc.integer({ min: 0, max: 120 }),
      thing: fc.constantFrom('gateway', 'platform', 'cgm', 'pump', 'handset'),
      confidence: fc.constantFrom('certain' as const, 'probable' as const, 'possible' as const),
    });
    fc.assert(
      fc.property(fc.array(anyFinding, { maxLength: 12 }), (drawn) => {
        const findings = drawn.map(({ rule, minute, ...rest }) => finding(rule, minute * MINUTE, rest));
        assert.deepEqual(commands(run(findings, 130, (minute) => 90 - minute / 10).responses), []);
      }),
      { numRuns: 60 },
    );
  });
});

describe('the way back', () => {
  test('goes through every phase in its order, and ends', () => {
    const { kinds, state } = run([excessBolus(0)], 16 * 60);
    assert.deepEqual(kinds, [
      'AdverseEventDeclared',
      'IncidentDeclared',
      'IncidentContained',
      'IncidentEradicated',
      'IncidentRecovered',
      'IncidentClosed',
    ]);
    assert.deepEqual(openIncidents(state), []);
  });
  test('waits for glucose', () => {
    assert.equal(run([excessBolus(0)], 10 * 60, () => 300).state.incidents[0]?.phase, 'eradicated');
  });
  test('begins again when it comes back, with the playbook from its start', () => {
    const { responses, state, kinds } = run([excessBolus(0), excessBolus(100 * MINUTE)], 100);
    assert.equal(kinds.filter((kind) => kind === 'IncidentDeclared').length, 2, 'that it came back is on record');
    assert.deepEqual(commands(responses), ['fallBackToSafeBasal', 'fallBackToSafeBasal']);
    assert.equal(state.incidents.length, 1);
    assert.equal(state.incidents[0]?.phase, 'declared');
  });
  test('staff may shorten it, never turn it round', () => {
    const { state } = run([excessBolus(0)], 1);
    const recovered = stateByStaff(state, 'incident-1', 'recovered', 'pump replaced', MINUTE);
    assert.deepEqual(
      recovered.transitions.map((transition) => transition.kind),
      ['IncidentRecovered'],
    );
    assert.deepEqual(openIncidents(recovered.state), []);
    assert.deepEqual(stateByStaff(recovered.state, 'incident-1', 'contained', 'no', MINUTE).transitions, []);
  });
});

test('state stays bounded under any flood of findings', () => {
  let state: IncidentState = NO_INCIDENT;
  for (let index = 0; index < 3000; index += 1) {
    const now = index * 20 * MINUTE;
    const certain = finding(`rule-${index}`, now, { confidence: 'certain' });
    state = respond(state, [certain, certain], now, twinAt(now, 120), POLICY, PLAYBOOKS).state;
    if (index % 50 === 0)
      for (const id of openIncidents(state)) state = stateByStaff(state, id, 'closed', 'test', now).state;
  }
  assert.ok(state.incidents.length <= 32);
  assert.ok(state.incidents.every((incident) => incident.findings.length <= 32));
});
