import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { toHex } from '#base/bytes';
import { HOUR } from '#base/time';
import { DEMO_SUBJECT, startDemo } from '#edge/demo/demo-ward';
import { writeViewerToken } from '#edge/demo/join-demo';
import type { Live } from '#edge/live/live';
import { makeEnrolmentToken } from '#edge/pki/enrolment-token';
import type { RecordKind } from '#mirror/history/record';
import type { CommandStatus } from '#platform/command-life';
import { wardtwin } from '../cli/command-line.ts';
import { type LiveWard, startLiveWard } from '../device/live-ward.ts';

const reported = (live: Live, role: string): boolean =>
  live.fleet.subject(DEMO_SUBJECT)?.twin.reported[role] !== undefined;
const count = (live: Live, kind: RecordKind): number =>
  live.changes.since(0)?.filter(({ record }) => record.kind === kind).length ?? 0;
const clinician = {
  id: 'nurse',
  kind: 'person',
  credential: 'session/test',
  epoch: 0,
  authorization: { outcome: 'permit', determinedBy: [], reasons: [] },
} as const;

/** What becomes of a text to the handset. */
async function alertPerson({ live, until }: LiveWard): Promise<CommandStatus> {
  const wish = { thing: 'handset', action: 'alert', input: { text: 'hello' } };
  const { outcome, id, reasons } = await live.act((fleet) => fleet.request(DEMO_SUBJECT, clinician, wish));
  assert.equal(outcome, 'permitted', reasons.join());
  const statusOf = (now: Live): CommandStatus =>
    now.fleet.subject(DEMO_SUBJECT)?.commands.find((life) => life.id === id)?.status ?? 'refused';
  await until((now) => statusOf(now) !== 'dispatched');
  return statusOf(live);
}

test('the demo ward: processes enrol, are mirrored, take commands, and are started again', async (context) => {
  const ward = await startLiveWard(context, 200);
  const { live, server, directory } = ward;
  const demo = await startDemo({
    origin: server.origin,
    mqtt: ward.mqtt,
    caFile: join(directory, 'data', 'ca.pem'),
    admit: (subject, home) => live.act((fleet) => fleet.admitSubject(subject, home)),
    offer: async (wish) => {
      const { token, digest } = makeEnrolmentToken();
      const expiresAt = live.clock.now() + 24 * HOUR;
      await live.act((fleet) => fleet.expectThing(wish, { digest: toHex(digest), expiresAt, by: 'platform' }));
      return token;
    },
    isCommissioned: () => false,
    commission: (subject, model) => live.act((fleet) => fleet.commission(subject, model, 'demo')),
    directory: join(directory, 'demo'),
    scale: ward.scale,
    log: () => {},
  });
  context.after(() => demo.close());

  await ward.until((now) => ['cgm', 'pump', 'handset', 'gateway'].every((role) => reported(now, role)));
  // sealed by each device itself; the gateway only passes them on
  const senders = new Set(
    live.changes
      .since(0)
      ?.filter(({ record }) => record.kind === 'MessageReceived')
      .map(({ record }) => (record.body as { readonly sender: string }).sender),
  );
  assert.deepEqual([...senders].sort(), ['demo-cgm', 'demo-gateway', 'demo-handset', 'demo-pump']);
  assert.ok(live.fleet.subject(DEMO_SUBJECT)?.twin.predicted !== undefined);

  // the radio loses frames, and on a busy machine two minutes of this time pass quickly: a person would ask again, too
  let status: CommandStatus = 'dispatched';
  for (let attempt = 0; attempt < 8 && status !== 'done'; attempt += 1) status = await alertPerson(ward);
  assert.equal(status, 'done');

  const token = await writeViewerToken(server.access, directory);
  const look = ['watch', '--once', '--origin', server.origin, '--ca', join(directory, 'data', 'ca.pem')];
  const { code, out, err } = await wardtwin([...look, '--token-file', token]);
  assert.equal(code, 0, err);
  assert.match(out, /^demo {2}closed-loop-home[\s\S]*\nglucose {3}\d+ mg\/dL[\s\S]*\ninsulin {3}basal [\d.]+ U\/h/);

  const pump = demo.pids().get('demo-pump');
  assert.ok(pump !== undefined);
  process.kill(pump, 'SIGKILL');
  const before = count(live, 'MessageReceived');
  await ward.until((now) => {
    const since = now.changes.since(0)?.filter(({ record }) => record.kind === 'MessageReceived') ?? [];
    return since
      .slice(before)
      .some(({ record }) => (record.body as { readonly sender: string }).sender === 'demo-pump');
  });
  assert.equal(count(live, 'MessageRefused'), 0);
  assert.notEqual(demo.pids().get('demo-pump'), pump);
});
