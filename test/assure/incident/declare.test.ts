import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { choosePlaybook } from '#assure/incident/choose-playbook';
import { declareIncident, takeIn } from '#assure/incident/declare';
import {
  type AdverseEvent,
  type Incident,
  type IncidentState,
  NO_INCIDENT,
  openIncidents,
  type Phase,
} from '#assure/incident/incident';
import type { Playbook } from '#assure/incident/playbook';
import type { Finding } from '#assure/monitor/finding';
import { HOUR, MINUTE, type Millis } from '#base/time';
import { finding, incidentOf, PLAYBOOKS, POLICY } from './sample.ts';

const PUMP = PLAYBOOKS.find(({ id }) => id === 'pump')!;
/** A finding that calls for the playbook of the same precedence, a graver and a lesser one. */
const battery = (at: Millis, change: Partial<Finding> = {}) => finding('battery-drain', at, change);
const flatLine = (at: Millis) => finding('flat-line', at);
const silence = (at: Millis) => finding('silence', at);

const stateWith = (...incidents: readonly Incident[]): IncidentState => ({
  ...NO_INCIDENT,
  incidents,
  declared: incidents.length,
});
const take = (state: IncidentState, findings: readonly Finding[], now: Millis) =>
  takeIn(state, findings, now, POLICY, PLAYBOOKS);
const eventOf = (...findings: readonly Finding[]): AdverseEvent => ({
  kind: 'AdverseEvent',
  id: 'event-1',
  since: 0,
  findings,
});

describe('a finding that belongs to an open incident', () => {
  test('joins it, and nothing is said while it is still declared', () => {
    const before = incidentOf(PUMP, { stepsTaken: [0] });
    const { state, transitions } = take(stateWith(before), [battery(MINUTE)], MINUTE);
    assert.deepEqual(state.incidents, [{ ...before, findings: [battery(MINUTE)], lastFindingAt: MINUTE }]);
    assert.deepEqual(transitions, []);
    assert.equal(state.event, undefined);
  });
  test('brings one that was contained or eradicated back, from the first step on, and says why', () => {
    for (const phase of ['contained', 'eradicated'] as const) {
      const before = incidentOf(PUMP, { phase, stepsTaken: [0, 1, 2] });
      const { state, transitions } = take(stateWith(before), [battery(HOUR)], HOUR);
      const [after] = state.incidents;
      assert.deepEqual(after, {
        ...before,
        phase: 'declared',
        phaseSince: HOUR,
        stepsTaken: [],
        findings: [battery(HOUR)],
        lastFindingAt: HOUR,
      });
      assert.deepEqual(transitions, [
        {
          kind: 'IncidentDeclared',
          id: 'incident-1',
          at: HOUR,
          reason: { statement: 'again: battery-drain found something', values: {} },
          criterion: 'one-certain',
          playbook: 'pump',
        },
      ]);
    }
  });
  test('is one that calls for no graver playbook; a graver one begins an event of its own', () => {
    const state = stateWith(incidentOf(PUMP));
    assert.equal(take(state, [silence(MINUTE)], MINUTE).state.incidents[0]!.findings.length, 1);
    const graver = take(state, [flatLine(MINUTE)], MINUTE).state;
    assert.deepEqual(graver.incidents, state.incidents);
    assert.deepEqual(graver.event?.findings, [flatLine(MINUTE)]);
  });
  test('calls for no playbook at all: any open incident takes it', () => {
    const state = stateWith(incidentOf({ ...PUMP, precedence: 0 }));
    assert.equal(takeIn(state, [silence(MINUTE)], MINUTE, POLICY, []).state.incidents[0]!.findings.length, 1);
  });
  test('keeps nothing going when it is merely possible', () => {
    const state = stateWith(incidentOf(PUMP, { phase: 'contained' }));
    const after = take(state, [battery(HOUR, { confidence: 'possible' })], HOUR);
    assert.deepEqual(after, { state, transitions: [] });
  });
  test('goes to none that is recovered or closed, and to the first that is open', () => {
    const over: readonly Phase[] = ['recovered', 'closed'];
    const incidents = over.map((phase, index) => incidentOf(PUMP, { phase, id: `incident-${index + 1}` }));
    assert.deepEqual(take(stateWith(...incidents), [battery(MINUTE)], MINUTE).state.incidents, incidents);
    const open = incidentOf(PUMP, { id: 'incident-3' });
    const { state } = take(stateWith(...incidents, open), [battery(MINUTE)], MINUTE);
    assert.deepEqual(
      state.incidents.map(({ findings }) => findings.length),
      [0, 0, 1],
    );
  });
  test('is the first of 32: later ones keep it going and are left to history', () => {
    const many = Array.from({ length: 32 }, (_, index) => battery(index));
    const state = stateWith(incidentOf(PUMP, { findings: many.slice(1) }));
    const full = take(state, [battery(100)], 100).state;
    assert.deepEqual(full.incidents[0]!.findings, [...many.slice(1), battery(100)]);
    const fuller = take(full, [battery(200)], 200).state;
    assert.deepEqual(fuller.incidents[0]!.findings, full.incidents[0]!.findings);
    assert.equal(fuller.incidents[0]!.lastFindingAt, 200);
  });
});

describe('a finding that belongs to none', () => {
  test('begins an adverse event, which is said once', () => {
    const first = take(NO_INCIDENT, [silence(MINUTE)], MINUTE);
    assert.deepEqual(first.state, {
      ...NO_INCIDENT,
      events: 1,
      event: { kind: 'AdverseEvent', id: 'event-1', since: MINUTE, findings: [silence(MINUTE)] },
    });
    assert.deepEqual(first.transitions, [
      {
        kind: 'AdverseEventDeclared',
        id: 'event-1',
        at: MINUTE,
        reason: { statement: 'silence found something', values: {} },
      },
    ]);
    const second = take(first.state, [battery(2 * MINUTE)], 2 * MINUTE);
    assert.deepEqual(second.transitions, []);
    assert.equal(second.state.events, 1);
    assert.equal(second.state.event?.since, MINUTE);
    assert.deepEqual(second.state.event?.findings, [silence(MINUTE), battery(2 * MINUTE)]);
  });
  test('says nothing as long as all are merely possible', () => {
    const possible = battery(0, { confidence: 'possible' });
    const first = take(NO_INCIDENT, [possible], 0);
    assert.deepEqual([first.transitions, first.state.events], [[], 1]);
    const { transitions } = take(first.state, [possible, silence(MINUTE), silence(MINUTE)], MINUTE);
    assert.deepEqual(
      transitions.map(({ kind, at }) => [kind, at]),
      [['AdverseEventDeclared', MINUTE]],
    );
  });
  test('is among the last 32 of its event', () => {
    const many = Array.from({ length: 33 }, (_, index) => silence(index));
    const { state } = take(NO_INCIDENT, many, 40);
    assert.deepEqual(state.event?.findings, many.slice(1));
  });
});

describe('an incident', () => {
  test('is declared from its event, with all that led to it', () => {
    const findings = [silence(0), battery(MINUTE, { confidence: 'certain' }), flatLine(2 * MINUTE)];
    const before: IncidentState = { ...stateWith(incidentOf(PUMP, { phase: 'closed' })), event: eventOf(...findings) };
    const { state, transitions } = declareIncident(before, 2 * MINUTE, POLICY, PLAYBOOKS);
    const declared: Incident = {
      kind: 'Incident',
      id: 'incident-2',
      phase: 'declared',
      criterion: 'one-certain',
      playbook: 'handset-or-sensor',
      precedence: 40,
      declaredAt: 2 * MINUTE,
      phaseSince: 2 * MINUTE,
      lastFindingAt: 2 * MINUTE,
      findings,
      stepsTaken: [],
    };
    assert.deepEqual(state, { ...NO_INCIDENT, declared: 2, incidents: [...before.incidents, declared] });
    assert.deepEqual(transitions, [
      {
        kind: 'IncidentDeclared',
        id: 'incident-2',
        at: 2 * MINUTE,
        reason: {
          statement: 'a finding that cannot happen without tampering or a defect: flat-line found something',
          values: {},
        },
        criterion: 'one-certain',
        playbook: 'handset-or-sensor',
      },
    ]);
  });
  test('is not declared without an event, a criterion or a playbook', () => {
    const certain: IncidentState = { ...NO_INCIDENT, event: eventOf(battery(0, { confidence: 'certain' })) };
    const probable: IncidentState = { ...NO_INCIDENT, event: eventOf(battery(0)) };
    for (const [state, playbooks] of [
      [NO_INCIDENT, PLAYBOOKS],
      [probable, PLAYBOOKS],
      [certain, []],
    ] as const)
      assert.deepEqual(declareIncident(state, 0, POLICY, playbooks), { state, transitions: [] });
    assert.equal(declareIncident(certain, 0, POLICY, PLAYBOOKS).state.incidents.length, 1);
  });
  test('takes the place of the oldest closed one once there are 32, else of the oldest', () => {
    const certain = eventOf(battery(0, { confidence: 'certain' }));
    const idsAfter = (phaseOf: (index: number) => Phase, count: number): readonly string[] => {
      const incidents = Array.from({ length: count }, (_, index) =>
        incidentOf(PUMP, { id: `old-${index}`, phase: phaseOf(index) }),
      );
      const { state } = declareIncident({ ...NO_INCIDENT, incidents, event: certain }, 0, POLICY, PLAYBOOKS);
      return state.incidents.map(({ id }) => id);
    };
    const old = (...left: readonly number[]) =>
      Array.from({ length: 32 }, (_, index) => `old-${index}`).filter((_, index) => !left.includes(index));
    assert.deepEqual(
      idsAfter(() => 'declared', 31),
      [...old(31), 'incident-1'],
    );
    assert.deepEqual(
      idsAfter(() => 'declared', 32),
      [...old(0), 'incident-1'],
    );
    assert.deepEqual(
      idsAfter((index) => (index >= 3 ? 'closed' : 'declared'), 32),
      [...old(3), 'incident-1'],
    );
  });
  test('is open until it is recovered', () => {
    const phases: readonly Phase[] = ['declared', 'contained', 'eradicated', 'recovered', 'closed'];
    const incidents = phases.map((phase) => incidentOf(PUMP, { id: phase, phase }));
    assert.deepEqual(openIncidents(stateWith(...incidents)), ['declared', 'contained', 'eradicated']);
    assert.deepEqual(openIncidents(NO_INCIDENT), []);
  });
});

test('of playbooks of one precedence the first in the list is chosen; none where nothing calls for any', () => {
  const named = (id: string, precedence: number, rule: string): Playbook => ({
    ...PUMP,
    id,
    precedence,
    triggers: [{ rules: [rule] }],
  });
  const playbooks = [named('first', 10, 'silence'), named('second', 10, 'silence'), named('graver', 11, 'timing')];
  assert.equal(choosePlaybook([silence(0)], playbooks)?.id, 'first');
  assert.equal(choosePlaybook([silence(0), finding('timing', 0)], playbooks)?.id, 'graver');
  assert.equal(choosePlaybook([finding('sequence', 0)], playbooks), undefined);
});
