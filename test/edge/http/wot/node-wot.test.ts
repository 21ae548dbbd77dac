import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { after, before, test } from 'node:test';
import type { ConsumedThing, Servient as NodeWotServient } from '@node-wot/core';
import { MINUTE } from '#base/time';
import { QUIET } from '../../../assure/monitor/observations.ts';
import { type HttpBench, openHttpBench } from '../http-bench.ts';

const require = createRequire(import.meta.url);

/** What node-wot's client of server-sent events would have to do itself: it opens them without the credentials of the thing. */
let headers: Readonly<Record<string, string>> = {};
const original = require('eventsource') as new (url: string, options: object) => object;
require.cache[require.resolve('eventsource')]!.exports = class extends original {
  constructor(url: string) {
    super(url, { headers, https: { rejectUnauthorized: false } });
  }
};
const { Servient } = require('@node-wot/core') as { Servient: new () => NodeWotServient };
const { HttpsClientFactory } = require('@node-wot/binding-http') as {
  HttpsClientFactory: new (config: object) => Parameters<NodeWotServient['addClientFactory']>[0];
};

let bench: HttpBench;
let servient: NodeWotServient;
let wot: Awaited<ReturnType<NodeWotServient['start']>>;
before(async () => {
  bench = await openHttpBench();
  headers = { authorization: `Bearer ${bench.token('clinician')}` };
  servient = new Servient();
  servient.addClientFactory(new HttpsClientFactory({ allowSelfSigned: true }));
  const token = bench.token('clinician');
  servient.addCredentials(
    Object.fromEntries(
      ['thing-directory', 'thing:p1-cgm', 'thing:p1-pump', 'twin:p1'].map((name) => [
        `urn:wardtwin:${name}`,
        { token },
      ]),
    ),
  );
  wot = await servient.start();
  for (const glucose of [101, 100, 102]) {
    bench.pass(5 * MINUTE);
    await bench.ward.tell('cgm', { glucose });
    await bench.ward.tell('pump', QUIET.pump);
    await bench.ward.tell('handset', { ...QUIET.handset, glucoseUsed: glucose });
  }
});
after(async () => {
  await servient.shutdown();
  await bench.close();
});

/** Discovers the directory, and in it the thing. */
async function discover(id: string): Promise<ConsumedThing> {
  const directory = await wot.consume(await wot.requestThingDescription(`${bench.origin}/.well-known/wot`));
  const listed = (await (await directory.readProperty('things')).value()) as unknown as { id: string }[];
  assert.ok(listed.some((description) => description.id === id));
  const found = await directory.invokeAction('retrieveThing', undefined, { uriVariables: { id } });
  return (await wot.consume((await found!.value()) as never)) as ConsumedThing;
}

test('node-wot discovers a device in the directory and reads its property', async () => {
  const cgm = await discover('urn:wardtwin:thing:p1-cgm');
  assert.equal(await (await cgm.readProperty('glucose')).value(), 102);
});

for (const [subprotocol, formIndex] of [
  ['server-sent events', 1],
  ['long polling', 2],
] as const) {
  test(`node-wot observes a property by ${subprotocol}`, async () => {
    const cgm = await discover('urn:wardtwin:thing:p1-cgm');
    const values: unknown[] = [];
    let seen = Promise.withResolvers<void>();
    const subscription = await cgm.observeProperty(
      'glucose',
      async (output) => {
        values.push(await output.value());
        seen.resolve();
      },
      (error) => seen.reject(error),
      { formIndex },
    );
    if (formIndex === 1) await seen.promise;
    seen = Promise.withResolvers();
    while (bench.server.streams === 0) await new Promise((resolve) => setImmediate(resolve));
    bench.pass(5 * MINUTE);
    await bench.ward.tell('cgm', { glucose: 110 + formIndex });
    await seen.promise;
    assert.equal(values.at(-1), 110 + formIndex);
    await subscription.stop();
  });
}

test('node-wot invokes an action: it goes to the command path, and its status is where the description says', async () => {
  await bench.ward.tell('cgm', { glucose: 100 });
  const pump = await discover('urn:wardtwin:thing:p1-pump');
  const output = await pump.invokeAction('suspend');
  const told = (await output!.value()) as { readonly id: string; readonly status: string; readonly href: string };
  assert.equal(told.status, 'running');
  await bench.ward.acknowledge('pump', told.id, 'done');
  const answer = await bench.ask('clinician', told.href);
  assert.partialDeepStrictEqual(answer.json(), { id: told.id, status: 'completed' });
});

test('node-wot is told no where the guard says no', async () => {
  const pump = await discover('urn:wardtwin:thing:p1-pump');
  await assert.rejects(pump.invokeAction('bolus', { units: 20 }), /Client error/);
});

test('node-wot subscribes to the events of a twin', async () => {
  const twin = await discover('urn:wardtwin:twin:p1');
  const told = Promise.withResolvers<unknown>();
  const subscription = await twin.subscribeEvent(
    'connection',
    async (output) => told.resolve(await output.value()),
    (error) => told.reject(error),
  );
  while (bench.server.streams === 0) await new Promise((resolve) => setImmediate(resolve));
  await bench.live.act((fleet) => fleet.noteConnection('p1-pump', 'connected'));
  assert.partialDeepStrictEqual(await told.promise, { subject: 'p1', thing: 'pump', state: 'connected' });
  await subscription.stop();
});
