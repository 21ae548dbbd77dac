import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Incident, type IncidentState, NO_INCIDENT, type Phase } from '#assure/incident/incident';
import type { Playbook } from '#assure/incident/playbook';
import { progress, stateByStaff, takeSteps } from '#assure/incident/progress';
import { respond } from '#assure/incident/respond';
import { HOUR, MINUTE, type Millis } from '#base/time';
import { createTwin, type Twin } from '#mirror/twin/twin';
import { finding, incidentOf, PLAYBOOKS, POLICY, twinAt } from './sample.ts';

const PLAYBOOK: Playbook = {
  ...PLAYBOOKS[0]!,
  id: 'made-up',
  precedence: 100,
  steps: [
    { kind: 'alert-staff', afterMin: 5, text: 'look' },
    { kind: 'alert-patient', afterMin: 0, text: 'measure' },
    { kind: 'fall-back-to-safe-basal', afterMin: 0, durationMin: 60 },
    { kind: 'refuse-remote-commands', afterMin: 0, forMin: 30 },
    { kind: 'revoke-link', afterMin: 5, ifStillActive: true, peer: 'remote' },
  ],
  recovery: {
    containedAfterQuietMin: 10,
    eradicatedAfterQuietMin: 20,
    recoveredInRange: { low: 70, high: 180, forMin: 5 },
    closedAfterMin: 60,
  },
};
const NOBODY = createTwin('subject-1');
const because = 'incident-1';
const quietFor = (minutes: number) => ({ statement: 'no further finding for {minutes} min', values: { minutes } });

describe('steps', () => {
  test('that are due are taken once, in their order, each as what is to be done', () => {
    const first = takeSteps(incidentOf(PLAYBOOK), PLAYBOOK, 0);
    assert.deepEqual(first.responses, [
      { kind: 'notify', who: 'patient', text: 'measure', incident: because },
      { kind: 'command', thing: 'pump', action: 'fallBackToSafeBasal', input: { durationMin: 60 }, because },
      { kind: 'refuse-remote-commands', until: 30 * MINUTE, because },
    ]);
    assert.deepEqual(first.incident.stepsTaken, [1, 2, 3]);
    const quiet = takeSteps(first.incident, PLAYBOOK, 5 * MINUTE - 1);
    assert.deepEqual(quiet, { incident: first.incident, responses: [] });
    const second = takeSteps(first.incident, PLAYBOOK, 5 * MINUTE);
    assert.deepEqual(second.responses, [{ kind: 'notify', who: 'staff', text: 'look', incident: because }]);
    assert.deepEqual(second.incident.stepsTaken, [1, 2, 3, 0]);
  });
  test('that wait for more findings are taken only after one', () => {
    const taken = { stepsTaken: [1, 2, 3, 0], phaseSince: MINUTE };
    const quiet = incidentOf(PLAYBOOK, { ...taken, lastFindingAt: MINUTE });
    assert.deepEqual(takeSteps(quiet, PLAYBOOK, HOUR).responses, []);
    const active = incidentOf(PLAYBOOK, { ...taken, lastFindingAt: MINUTE + 1 });
    assert.deepEqual(takeSteps(active, PLAYBOOK, HOUR).responses, [
      { kind: 'command', thing: 'pump', action: 'revokeLink', input: { peer: 'remote' }, because },
    ]);
    // five minutes from the beginning of the phase, not of the incident
    assert.deepEqual(takeSteps(active, PLAYBOOK, 6 * MINUTE - 1).responses, []);
    assert.equal(takeSteps(active, PLAYBOOK, 6 * MINUTE).responses.length, 1);
  });
  test('are taken only while the incident is declared', () => {
    for (const phase of ['contained', 'eradicated', 'recovered', 'closed'] as const) {
      const incident = incidentOf(PLAYBOOK, { phase });
      assert.deepEqual(takeSteps(incident, PLAYBOOK, HOUR), { incident, responses: [] });
    }
  });
  test('of a patient whose links are revoked for the handset name it', () => {
    const steps = [{ kind: 'revoke-link', afterMin: 0, peer: 'handset' } as const];
    const [response] = takeSteps(incidentOf(PLAYBOOK), { ...PLAYBOOK, steps }, 0).responses;
    assert.deepEqual(response?.kind === 'command' && response.input, { peer: 'handset' });
  });
});

describe('an incident goes on', () => {
  const done = { stepsTaken: [0, 1, 2, 3] };
  const after = (change: Partial<Incident>, now: Millis, twin: Twin = NOBODY) =>
    progress(incidentOf(PLAYBOOK, { ...done, ...change }), PLAYBOOK, now, twin);
  const entered = (change: Partial<Incident>, phase: Phase, now: Millis): Incident =>
    incidentOf(PLAYBOOK, { ...done, ...change, phase, phaseSince: now });

  test('to contained once it is quiet and every step that was due is taken', () => {
    const now = 10 * MINUTE;
    assert.deepEqual(after({}, now), {
      incident: entered({}, 'contained', now),
      transition: { kind: 'IncidentContained', id: because, at: now, reason: quietFor(10) },
    });
    assert.equal(after({ lastFindingAt: 1 }, now).transition, undefined);
    for (const stepsTaken of [[0, 1, 2], [1, 2, 3], []]) assert.equal(after({ stepsTaken }, now).transition, undefined);
  });
  test('to eradicated once it is quiet for longer', () => {
    const now = 20 * MINUTE;
    assert.deepEqual(after({ phase: 'contained' }, now), {
      incident: entered({}, 'eradicated', now),
      transition: { kind: 'IncidentEradicated', id: because, at: now, reason: quietFor(20) },
    });
    assert.equal(after({ phase: 'contained', lastFindingAt: 1 }, now).transition, undefined);
  });
  test('to closed some time after it recovered, whatever glucose does', () => {
    const recovered: Partial<Incident> = { phase: 'recovered', phaseSince: MINUTE };
    assert.deepEqual(after(recovered, 61 * MINUTE), {
      incident: entered({}, 'closed', 61 * MINUTE),
      transition: {
        kind: 'IncidentClosed',
        id: because,
        at: 61 * MINUTE,
        reason: { statement: 'recovered {minutes} min ago', values: { minutes: 60 } },
      },
    });
    assert.equal(after(recovered, 61 * MINUTE - 1).transition, undefined);
  });
  test('nowhere from closed', () => {
    assert.deepEqual(after({ phase: 'closed' }, 24 * HOUR), {
      incident: incidentOf(PLAYBOOK, { ...done, phase: 'closed' }),
    });
  });
  test('to recovered by fresh readings in range for long enough', () => {
    const eradicated: Partial<Incident> = { phase: 'eradicated' };
    const began = after(eradicated, HOUR, twinAt(HOUR, 100));
    assert.deepEqual(began, { incident: incidentOf(PLAYBOOK, { ...done, ...eradicated, inRangeSince: HOUR }) });
    const since: Partial<Incident> = { ...eradicated, inRangeSince: HOUR };
    const now = HOUR + 5 * MINUTE;
    const twin = twinAt(now, 100);
    assert.deepEqual(after(since, now, twin), {
      incident: entered({ inRangeSince: HOUR }, 'recovered', now),
      transition: {
        kind: 'IncidentRecovered',
        id: because,
        at: now,
        reason: {
          statement: 'glucose within {low} to {high} mg/dL for {minutes} min',
          values: { low: 70, high: 180, minutes: 5 },
        },
      },
    });
    assert.deepEqual(after(since, now - 1, twin), { incident: incidentOf(PLAYBOOK, { ...done, ...since }) });
  });
  test('from the start again where glucose leaves the range, is too old or is not known', () => {
    const since: Partial<Incident> = { phase: 'eradicated', inRangeSince: HOUR };
    const now = HOUR + 20 * MINUTE;
    const forgotten = { incident: incidentOf(PLAYBOOK, { ...done, phase: 'eradicated' }) };
    const word: Twin = { ...NOBODY, reported: { cgm: { glucose: { value: 'high', at: now, receivedAt: now } } } };
    const otherProperty: Twin = { ...NOBODY, reported: { cgm: { battery: { value: 100, at: now, receivedAt: now } } } };
    for (const twin of [
      twinAt(now, 69.9),
      twinAt(now, 180.1),
      twinAt(now - 15 * MINUTE - 1, 100),
      NOBODY,
      word,
      otherProperty,
    ]) {
      assert.deepEqual(after(since, now, twin), forgotten);
      assert.deepEqual(after({ phase: 'eradicated' }, now, twin), forgotten);
    }
    for (const twin of [twinAt(now - 15 * MINUTE, 100), twinAt(now, 70), twinAt(now, 180)])
      assert.equal(after(since, now, twin).incident.phase, 'recovered');
  });
});

describe('staff', () => {
  const PHASES = ['contained', 'eradicated', 'recovered', 'closed'] as const;
  const KINDS = {
    contained: 'IncidentContained',
    eradicated: 'IncidentEradicated',
    recovered: 'IncidentRecovered',
    closed: 'IncidentClosed',
  };
  const stateOf = (phase: Phase): IncidentState => ({
    ...NO_INCIDENT,
    incidents: [incidentOf(PLAYBOOK, { id: 'other' }), incidentOf(PLAYBOOK, { phase })],
  });

  test('may say that any later phase is reached, and why', () => {
    for (const phase of PHASES) {
      const { state, transitions } = stateByStaff(stateOf('declared'), because, phase, 'pump replaced', HOUR);
      const [other, incident] = stateOf('declared').incidents;
      assert.deepEqual(state.incidents, [other, { ...incident, phase, phaseSince: HOUR }]);
      assert.deepEqual(transitions, [
        {
          kind: KINDS[phase],
          id: because,
          at: HOUR,
          reason: { statement: 'staff: {reason}', reported: { reason: 'pump replaced' } },
        },
      ]);
    }
  });
  test('may not say so of the present phase, an earlier one, or an incident that there is not', () => {
    const state = stateOf('eradicated');
    for (const [id, phase] of [
      [because, 'eradicated'],
      [because, 'contained'],
      ['incident-9', 'closed'],
    ] as const)
      assert.deepEqual(stateByStaff(state, id, phase, 'no', HOUR), { state, transitions: [] });
  });
});

describe('at one instant', () => {
  const respondTo = (state: IncidentState, twin: Twin, now: Millis, playbooks = PLAYBOOKS) =>
    respond(state, [], now, twin, POLICY, playbooks);

  test('the last two readings are kept, by the time they were taken', () => {
    const readings = [70, 80, 90].reduce<IncidentState>(
      (state, glucose, index) => respondTo(state, twinAt(index * MINUTE, glucose), HOUR).state,
      NO_INCIDENT,
    ).readings;
    assert.deepEqual(readings, [
      { at: MINUTE, receivedAt: MINUTE, glucose: 80 },
      { at: 2 * MINUTE, receivedAt: 2 * MINUTE, glucose: 90 },
    ]);
    const same = respondTo({ ...NO_INCIDENT, readings }, twinAt(2 * MINUTE, 95), HOUR).state;
    assert.deepEqual(same.readings, readings);
    for (const twin of [
      NOBODY,
      { ...NOBODY, reported: { cgm: { glucose: { value: 'high', at: HOUR, receivedAt: HOUR } } } },
    ])
      assert.deepEqual(respondTo(NO_INCIDENT, twin, HOUR), { state: NO_INCIDENT, responses: [], transitions: [] });
  });
  test('an old event is forgotten, and an open incident goes on, without any finding', () => {
    const [event] = [respond(NO_INCIDENT, [finding('silence', 0)], 0, NOBODY, POLICY, PLAYBOOKS).state];
    assert.equal(respondTo(event!, NOBODY, 2 * HOUR).state.event?.id, 'event-1');
    assert.equal(respondTo(event!, NOBODY, 2 * HOUR + 1).state.event, undefined);
    const incidents = [incidentOf(PLAYBOOK)];
    const { state, responses, transitions } = respondTo({ ...NO_INCIDENT, incidents }, NOBODY, HOUR, [PLAYBOOK]);
    assert.equal(responses.length, 4);
    assert.deepEqual(
      transitions.map(({ kind }) => kind),
      ['IncidentContained'],
    );
    assert.equal(state.incidents[0]!.phase, 'contained');
  });
  test('what is declared comes after the event that led to it', () => {
    const certain = finding('silence', 0, { confidence: 'certain' });
    assert.deepEqual(
      respond(NO_INCIDENT, [certain], 0, NOBODY, POLICY, PLAYBOOKS).transitions.map(({ kind }) => kind),
      ['AdverseEventDeclared', 'IncidentDeclared'],
    );
  });
  test('an incident whose playbook is no longer there is left as it is', () => {
    const state: IncidentState = { ...NO_INCIDENT, incidents: [incidentOf(PLAYBOOK)] };
    assert.deepEqual(respondTo(state, NOBODY, HOUR), { state, responses: [], transitions: [] });
  });
  test('of several orders to refuse remote commands the longest holds', () => {
    const until = (before: Millis | undefined) => {
      const incidents = [incidentOf(PLAYBOOK)];
      const known = before === undefined ? {} : { remoteCommandsRefusedUntil: before };
      return respondTo({ ...NO_INCIDENT, ...known, incidents }, NOBODY, 0, [PLAYBOOK]).state.remoteCommandsRefusedUntil;
    };
    assert.equal(until(undefined), 30 * MINUTE);
    assert.equal(until(29 * MINUTE), 30 * MINUTE);
    assert.equal(until(31 * MINUTE), 31 * MINUTE);
  });
});
