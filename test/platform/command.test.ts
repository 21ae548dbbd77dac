import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Explanation, explain } from '#base/explanation';
import { MINUTE } from '#base/time';
import { encodeTwin } from '#mirror/twin/encode-twin';
import type { ThingValue } from '#model/thing/message';
import { QUIET } from '../assure/monitor/observations.ts';
import { createPlatformBench, TOKEN } from './platform-bench.ts';

const told = ({ reasons }: { readonly reasons: readonly Explanation[] }): readonly string[] =>
  reasons.map((reason) => explain(reason, { reported: true }));

test('who is not known is refused, recorded without what was claimed, and told nothing', () => {
  const bench = createPlatformBench();
  bench.settle(150);
  const answer = bench.request('bolus', { units: 12.34 }, 'wrong token');
  const { outcome, effects } = answer;
  assert.deepEqual(
    { outcome, effects, reasons: told(answer) },
    { outcome: 'refused', effects: [], reasons: ['not authenticated'] },
  );
  const [refusal] = bench.records('CommandRefused');
  assert.deepEqual(refusal?.body, { determinedBy: ['authentication'], thing: 'pump', action: 'bolus' });
  assert.equal(bench.records('CommandRequested').length, 0);
});

test('who may not is refused before the guard is asked, with the reason on record', () => {
  const bench = createPlatformBench({ guard: 'open', may: [{ thing: 'pump', action: 'suspend' }] });
  bench.settle(150);
  const answer = bench.request('bolus', { units: 1 });
  assert.equal(answer.outcome, 'refused');
  assert.match(told(answer)[0]!, /`caregiver` may not ask `pump` for `bolus`/);
  const [refusal] = bench.records('CommandRefused');
  assert.deepEqual((refusal?.body as { determinedBy: unknown }).determinedBy, ['authorization']);
  assert.equal(bench.request('suspend').outcome, 'permitted');
});

test('the guard refuses with all its reasons, and history has them', () => {
  const bench = createPlatformBench();
  bench.settle(70);
  const answer = bench.request('bolus', { units: 11 });
  assert.equal(answer.outcome, 'refused');
  assert.deepEqual(answer.effects, []);
  const { determinedBy, reasons } = bench.records('CommandRefused')[0]!.body as {
    determinedBy: string[];
    reasons: unknown[];
  };
  assert.deepEqual(determinedBy, ['dose-envelope', 'plausibility', 'rehearsal']);
  assert.deepEqual(reasons, answer.reasons);
  assert.deepEqual(bench.platform.twin().desired, {});
});

test('a permitted command is requested, permitted, dispatched, acknowledged: each on record, in this order', () => {
  const bench = createPlatformBench();
  bench.settle(80);
  const answer = bench.request('suspend');
  assert.equal(answer.outcome, 'permitted', told(answer).join('; '));
  const [command] = bench.opened(answer.effects);
  assert.equal(command?.action, 'suspend');
  assert.equal(command?.expiresAt, bench.now() + 2 * MINUTE);
  assert.equal(bench.platform.twin().desired['pump']?.['suspend']?.outcome, 'pending');
  bench.pass(1_000);
  bench.acknowledge(command!.id, 'done');
  assert.equal(bench.platform.twin().desired['pump']?.['suspend']?.outcome, 'done');
  const kinds = bench
    .records()
    .map(({ kind }) => kind)
    .filter((kind) => kind.startsWith('Command'));
  assert.deepEqual(kinds, ['CommandRequested', 'CommandPermitted', 'CommandDispatched', 'CommandAcknowledged']);
});

test('a dispatched command opens once, at its device, and at no other', () => {
  const bench = createPlatformBench();
  bench.settle(80);
  const [effect] = bench.request('suspend').effects;
  assert.ok(effect?.kind === 'dispatch');
  assert.equal(bench.pump.openCommand(effect.bytes).kind, 'OpenedCommand');
  const again = bench.pump.openCommand(effect.bytes);
  assert.ok(again.kind === 'EnvelopeRefusal' && again.reason === 'replayed');
  // Sent back to the platform, a command is no message of a device.
  bench.platform.ingest(effect.bytes);
  assert.equal((bench.records('MessageRefused')[0]!.body as { reason: string }).reason, 'not-authentic');
});

test('a thing without a sealer takes no commands, whatever the guard says', () => {
  const bench = createPlatformBench({ guard: 'open', may: [{ thing: 'cgm', action: 'bolus' }] });
  bench.settle(150);
  const answer = bench.platform.request(TOKEN, { thing: 'cgm', action: 'bolus', input: { units: 1 } });
  assert.deepEqual([answer.outcome, told(answer)], ['refused', ['`cgm` takes no commands']]);
});

test('the kill switch stops what was permitted a moment ago, and lets it pass again', () => {
  const bench = createPlatformBench();
  bench.settle(80);
  bench.platform.setKillSwitch(true);
  const stopped = bench.request('suspend');
  assert.deepEqual([stopped.outcome, stopped.effects], ['refused', []]);
  assert.match(told(stopped).join(), /kill switch/);
  bench.platform.setKillSwitch(false);
  assert.equal(bench.request('suspend').outcome, 'permitted');
  assert.equal(bench.records('KillSwitchThrown').length, 1);
  assert.equal(bench.records('KillSwitchReleased').length, 1);
});

/** More bolus than anybody asked for. */
const EXCESS = { pump: { bolusDelivered: QUIET.pump.bolusDelivered + 10, lastBolus: 10 } };

test("a playbook's command passes the guard like any other, and is requested on record", () => {
  const bench = createPlatformBench();
  bench.settle(150);
  bench.pass(5 * MINUTE);
  const effects = bench.quiet(153, EXCESS);
  const [command] = bench.opened(effects);
  assert.equal(command?.action, 'fallBackToSafeBasal');
  const requested = bench.records('CommandRequested')[0]!.body as { origin: string; requester: string };
  const [incident] = bench.platform.incident().incidents;
  assert.deepEqual([requested.origin, requested.requester], ['playbook', incident!.id]);
  assert.equal(bench.records('CommandPermitted').length, 1);
  assert.ok(effects.some((effect) => effect.kind === 'notify' && effect.who === 'patient'));
});

test('the kill switch stops a playbook too: refused on record, and nothing leaves', () => {
  const bench = createPlatformBench();
  bench.settle(150);
  bench.platform.setKillSwitch(true);
  bench.pass(5 * MINUTE);
  const effects = bench.quiet(153, EXCESS);
  assert.deepEqual(bench.opened(effects), []);
  const { determinedBy } = bench.records('CommandRefused')[0]!.body as { determinedBy: string[] };
  assert.deepEqual(determinedBy, ['kill-switch']);
  const outcomes = bench.records('ResponseTaken').map(({ body }) => (body as { outcome?: string }).outcome);
  assert.ok(outcomes.includes('refused'));
});

test('without containment an incident is declared and nothing else happens', () => {
  const bench = createPlatformBench({ containment: false });
  bench.settle(150);
  bench.pass(5 * MINUTE);
  assert.deepEqual(bench.quiet(153, EXCESS), []);
  assert.equal(bench.records('IncidentDeclared').length, 1);
  assert.equal(bench.records('ResponseTaken').length, 0);
});

test('a playbook that refuses remote commands refuses them to people', () => {
  const bench = createPlatformBench();
  bench.settle(80);
  bench.pass(5 * MINUTE);
  bench.quiet(82, EXCESS);
  const answer = bench.request('suspend');
  assert.equal(answer.outcome, 'refused');
  assert.match(told(answer).join(), /remote commands are refused/);
});

const LISTED = ['bolus', 'suspend', 'resume', 'setTemporaryBasal', 'setBasalProfile', 'fallBackToSafeBasal'];
const value: fc.Arbitrary<ThingValue> = fc.oneof(
  fc.double(),
  fc.string({ maxLength: 20 }),
  fc.boolean(),
  fc.array(fc.double(), { maxLength: 30 }),
);
const input = fc.dictionary(
  fc.oneof(fc.constantFrom('units', 'rate', 'durationMin', 'rates', '__proto__'), fc.string()),
  value,
);

test('default refuse: an action that the policy does not list is refused, whoever asks and however', () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.string(), fc.constantFrom('constructor', 'toString', '__proto__', 'setLimits', 'updateFirmware')),
      input,
      (action, given) => {
        fc.pre(![...LISTED, 'revokeLink', 'alert'].includes(action));
        const bench = createPlatformBench({ may: [{ thing: 'pump', action }] });
        bench.settle(150);
        const before = encodeTwin(bench.platform.twin());
        const answer = bench.request(action, given);
        assert.deepEqual([answer.outcome, answer.effects], ['refused', []]);
        assert.equal(bench.records('CommandRefused').length, 1);
        assert.deepEqual(encodeTwin(bench.platform.twin()), before);
      },
    ),
    { numRuns: 30 },
  );
});

test('default refuse: insulin is never added on input that is not what the action takes, and every request is on record', () => {
  const bench = createPlatformBench({ may: LISTED.map((action) => ({ thing: 'pump', action })) });
  bench.settle(250);
  const isWhole = (given: Readonly<Record<string, ThingValue>>, names: readonly string[]): boolean =>
    names.every((name) => Number.isFinite(given[name]));
  let asked = 0;
  fc.assert(
    fc.property(fc.constantFrom('bolus', 'setTemporaryBasal', 'setBasalProfile'), input, (action, given) => {
      fc.pre(!isWhole(given, action === 'bolus' ? ['units'] : ['rate', 'durationMin']));
      asked += 1;
      const answer = bench.request(action, given);
      assert.deepEqual([answer.outcome, answer.effects], ['refused', []]);
      assert.equal(bench.records('CommandRefused').length, asked);
    }),
    { numRuns: 100 },
  );
});

test('what is no request is refused before it is recorded: nobody can fill history, or write what cannot be read back', () => {
  const bench = createPlatformBench({ guard: 'open' });
  bench.settle(150);
  const wishes: readonly { readonly thing: string; readonly action: string; readonly input: Record<string, never> }[] =
    [
      { thing: 'x'.repeat(10_000), action: 'bolus', input: {} },
      { thing: 'pump', action: 'y'.repeat(10_000), input: {} },
      { thing: 'pump', action: 'bol\ud800us', input: {} },
      { thing: 'pump', action: 'bolus', input: { units: 'z'.repeat(10_000) as never } },
      { thing: 'pump', action: 'bolus', input: { units: '\ud800' as never } },
      { thing: 'pump', action: 'bolus', input: { units: Number.NaN as never } },
      { thing: 'pump', action: 'bolus', input: { units: { deep: 1 } as never } },
      { thing: 'pump', action: 'bolus', input: JSON.parse('{"__proto__": 1}') as Record<string, never> },
      {
        thing: 'pump',
        action: 'bolus',
        input: Object.fromEntries(Array.from({ length: 99 }, (_, i) => [`a${i}`, 1 as never])),
      },
    ];
  const size = bench.history.size;
  for (const token of [TOKEN, 'wrong token']) {
    for (const wish of wishes) assert.equal(bench.platform.request(token, wish).outcome, 'refused');
  }
  const added = bench.records().slice(size);
  assert.equal(added.length, 2 * wishes.length);
  for (const { kind, body } of added) {
    assert.equal(kind, 'CommandRefused');
    assert.ok(JSON.stringify(body).length < 250);
  }
});

test('default refuse: no token but the right one opens anything', () => {
  const bench = createPlatformBench({ guard: 'open' });
  bench.settle(150);
  fc.assert(
    fc.property(
      fc.oneof(fc.string(), fc.constantFrom('', TOKEN.toUpperCase(), `${TOKEN} `, TOKEN.slice(1))),
      (token) => {
        fc.pre(token !== TOKEN);
        assert.equal(bench.request('bolus', { units: 1 }, token).outcome, 'refused');
      },
    ),
    { numRuns: 60 },
  );
});
