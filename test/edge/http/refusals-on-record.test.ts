import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { MINUTE } from '#base/time';
import { type HttpBench, openHttpBench } from './http-bench.ts';

interface Operation {
  readonly security?: readonly unknown[];
  readonly operationId: string;
  readonly tags?: readonly string[];
}

/** What stands for the parts of addresses: all of it is there, and none of it is a stranger's business. */
const PARTS: Readonly<Record<string, string>> = {
  subject: 'p1',
  thing: 'p1-pump',
  role: 'pump',
  name: 'reservoir',
  action: 'suspend',
  position: '3',
};
const BODIES: Readonly<Record<string, object>> = {
  requestCommand: { thing: 'pump', action: 'suspend', input: {} },
  answerCommand: { approve: true },
  setKillSwitch: { thrown: true, reason: 'because' },
  expectThing: { thing: 'p1-x', subject: 'p1', role: 'x', model: 'insulin-pump' },
  admitSubject: { subject: 'p5', ward: 'ward-1' },
  commissionTwin: { from: '1', to: '2' },
};
/** Ids that are not the same everywhere. */
const ids = (): readonly (readonly [RegExp, string])[] => [
  [/^\/things/, 'urn:wardtwin:thing:p1-pump'],
  [/forks/, '0'.repeat(24)],
  [/DeviceMetric/, 'p1-pump.reservoir'],
  [/Observation/, `o${told}.0`],
  [/^\/fhir/, 'p1-pump'],
];
const QUERIES: Readonly<Record<string, string>> = {
  revokeThing: '?reason=because',
  proveConsistency: '?from=1',
  fhirSearchObservation: '?subject=Patient/p1',
};
const TAGS: readonly string[] = ['twins', 'things', 'commands', 'incidents', 'forks', 'wot', 'history', 'fhir'];
/** Answers that leave out what one may not see, or tell nothing of anybody. */
const OPEN =
  /^(list(Wards|Twins|Things|Incidents|Descriptions)|readKillSwitch|readThingModel|stream.*|fhir(Metadata|SearchDevice.*))$/;

let bench: HttpBench;
/** The place of what a device told. */
let told = 0;
before(async () => {
  bench = await openHttpBench();
  await bench.ward.tell('pump', { reservoir: 100 });
  told = bench.live.history.size - 1;
});
after(() => bench.close());

const refusals = async (): Promise<number> => {
  await bench.access.tick();
  const found = await bench.live.history.find({ kinds: ['AccessRefused', 'CommandRefused'], limit: 5_000 });
  return found.length;
};

test('every_refusal_on_record: whatever a stranger is refused of what concerns a patient', async () => {
  const { paths } = (await bench.ask(undefined, '/api/v1/openapi.json')).json<{
    paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  }>();
  const silent: string[] = [];
  let asked = 0;
  for (const [template, methods] of Object.entries(paths)) {
    for (const [method, { operationId, security, tags = [] }] of Object.entries(methods)) {
      if (security?.length === 0 || OPEN.test(operationId) || !tags.some((tag) => TAGS.includes(tag))) continue;
      asked += 1;
      // later than what is counted together
      bench.pass(2 * MINUTE);
      const before = await refusals();
      const { status, text } = await bench.ask('stranger', `${pathOf(template)}${QUERIES[operationId] ?? ''}`, {
        method: method.toUpperCase(),
        headers: { 'idempotency-key': `refused-${asked}` },
        ...(method === 'get' || method === 'delete' ? {} : { body: BODIES[operationId] ?? {} }),
      });
      if (status !== 403 && status !== 404) silent.push(`${operationId}: ${status} ${text.slice(0, 200)}`);
      else if ((await refusals()) === before) silent.push(`${operationId}: ${status} without a record`);
    }
  }
  assert.deepEqual(silent, []);
  assert.ok(asked > 30, String(asked));
});

function pathOf(template: string): string {
  const id = ids().find(([where]) => where.test(template))?.[1] ?? 'c1';
  return template.replace(/\{(\w+)\}/g, (_, part: string) => PARTS[part] ?? id);
}
