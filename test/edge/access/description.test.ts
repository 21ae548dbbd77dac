import assert from 'node:assert/strict';
import { test } from 'node:test';
import swagger from '@fastify/swagger';
import Fastify from 'fastify';
import { openWardAccess } from './ward-access.ts';

interface Operation {
  readonly summary?: string;
  readonly requestBody?: unknown;
  readonly responses?: Readonly<Record<string, unknown>>;
}

test('every route but the pages is in the description of the API', async () => {
  const { access } = await openWardAccess();
  const app = Fastify();
  await app.register(swagger, { openapi: { openapi: '3.1.0', info: { title: 'test', version: '1' } } });
  await app.register(access.routes);
  await app.ready();
  const { paths } = app.swagger() as { readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>> };
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ name: `${method.toUpperCase()} ${path}`, operation })),
  );
  assert.deepEqual(operations.map(({ name }) => name).sort(), [
    'DELETE /api/v1/sessions/current',
    'DELETE /api/v1/sessions/{id}',
    'DELETE /api/v1/tokens/{id}',
    'GET /api/v1/accounts',
    'GET /api/v1/accounts/{id}',
    'GET /api/v1/break-glass',
    'GET /api/v1/me',
    'GET /api/v1/sessions',
    'GET /api/v1/tokens',
    'PATCH /api/v1/accounts/{id}',
    'POST /api/v1/accounts',
    'POST /api/v1/accounts/{id}/credential-link',
    'POST /api/v1/accounts/{id}/disable',
    'POST /api/v1/break-glass',
    'POST /api/v1/break-glass/{id}/review',
    'POST /api/v1/me/recovery-codes',
    'POST /api/v1/sessions',
    'POST /api/v1/setup',
    'POST /api/v1/tokens',
    'PUT /api/v1/me/password',
  ]);
  for (const { name, operation } of operations) {
    assert.equal(typeof operation.summary, 'string', name);
  }
});

test('nothing is answered to somebody who shows nothing', async () => {
  const { app } = await openWardAccess();
  await app.ready();
  const asked = [
    ['GET', '/api/v1/me'],
    ['GET', '/api/v1/accounts'],
    ['GET', '/api/v1/sessions'],
    ['GET', '/api/v1/tokens'],
    ['GET', '/api/v1/break-glass'],
    ['DELETE', '/api/v1/sessions/current'],
    ['DELETE', '/api/v1/sessions/aaaaaaaaaaaaaaaa'],
    ['DELETE', '/api/v1/tokens/aaaaaaaaaaaaaaaa'],
    ['POST', '/api/v1/accounts/aaaaaaaaaaaaaaaa/disable'],
  ] as const;
  for (const [method, url] of asked) {
    const answer = await app.inject({ method, url, headers: { 'wardtwin-request': '1' } });
    assert.equal(answer.statusCode, 401, `${method} ${url}`);
    assert.equal(answer.headers['www-authenticate'], 'Bearer realm="wardtwin"');
    assert.equal(answer.headers['content-type'], 'application/problem+json');
  }
});
