import assert from 'node:assert/strict';
import { request as httpsRequest } from 'node:https';
import { after, before, test } from 'node:test';
import type { FastifyInstance, FastifyPluginAsync } from 'fastify';
import { ACTION_NAMES, type Principal, ROLES } from '#assure/access/authorization';
import { referenceDecision } from '#assure/access/reference-decision';
import { formatToken } from '#assure/access/token';
import { randomSecret } from '#crypto/secret';
import { makeId, makeSecret } from '#edge/access/secret-text';
import { type HttpBench, type Name, openHttpBench, type Somebody } from '../http/http-bench.ts';
// About 8 s: some thousand requests, each over a connection of its own.
import {
  type Asked,
  FEED,
  RIGHTS_OF_ROUTES,
  SUBJECT,
  THING,
  UNDESCRIBED,
  VARIANTS,
  VICTIM,
} from './rights-of-routes.ts';
import { type SampledSchema, sampleOf } from './sample.ts';

interface Operation {
  readonly operationId: string;
  readonly security?: readonly unknown[];
  readonly parameters?: readonly {
    readonly name: string;
    readonly in: string;
    readonly required?: boolean;
    readonly schema: SampledSchema;
  }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: SampledSchema }>> };
}

interface Route {
  readonly method: string;
  readonly template: string;
  readonly operation: Operation;
  readonly asked: Asked;
  /** What is sent besides what it needs. */
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: Readonly<Record<string, unknown>>;
}

/** One person of each role in the ward of `p1`, who treats `p1`, and one who has nothing to do with it. */
const NEAR = { wards: ['ward-1'], patients: [SUBJECT] } as const;
const FAR = { wards: ['ward-9'], patients: ['p9'] } as const;
const PEOPLE: Readonly<Record<string, Somebody>> = {
  ...Object.fromEntries(ROLES.map((role) => [`near-${role}`, { roles: [role], ...NEAR, signsIn: true }])),
  ...Object.fromEntries(ROLES.map((role) => [`far-${role}`, { roles: [role], ...FAR }])),
  // a stolen token: its owner may do nearly everything, it may read policies
  narrow: { roles: ROLES.filter((role) => role !== 'auditor'), ...NEAR, scope: ['readPolicy'] },
  powerless: { roles: [], ...NEAR },
  // whose ids are in the paths: they are there, and belong to none of the others
  victim: { id: VICTIM, roles: ['clinician', 'researcher'], ...NEAR, signsIn: true },
  feed: { id: FEED, roles: ['clinician'], ...NEAR },
};
/** Who asks. */
const ASKERS = Object.entries(PEOPLE).filter(([name]) => name !== 'victim' && name !== 'feed');

let bench: HttpBench;
let routes: readonly Route[] = [];
let app: FastifyInstance;
const cookies = new Map<string, string>();
const known: Record<string, string> = {
  subject: SUBJECT,
  thing: THING,
  role: 'cgm',
  name: 'glucose',
  model: 'glucose-monitor',
  ward: 'ward-1',
  action: 'Bolus',
};
/** What the path of an operation names, where a sample would name nothing. */
const PATH_ID: Record<string, string> = {
  readDescription: `urn:wardtwin:thing:${THING}`,
  fhirReadDevice: THING,
  fhirReadDeviceMetric: `${THING}.glucose`,
};
/** What is not required, and decides who may. */
const IN_QUERY: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  fhirSearchObservation: { patient: SUBJECT },
};
const IN_BODY: Readonly<Record<string, Readonly<Record<string, unknown>>>> = { postTokens: { owner: VICTIM } };
/** Of these nothing is there, or nothing but the owner's: whoever may is told so. */
const ABSENT: readonly string[] = ['readFork'];
/** Of these nothing can be told before the twin is put into service, and whoever may is told that. */
const EARLY: readonly string[] = ['judgeForecast'];
/** Waits for the next value. */
const SLOW: readonly string[] = ['wotAwaitProperty'];

before(async () => {
  const seen: FastifyPluginAsync = async (scope) => {
    app = scope;
  };
  const plenty = { burst: 1e6, refill: 1e-3 };
  bench = await openHttpBench({ plugins: [seen], limits: { perNetwork: plenty, perPrincipal: plenty } }, PEOPLE);
  await bench.ward.tell('cgm', { glucose: 120 });
  await bench.live.checkpoint();
  const [observed] = await bench.live.history.find({ subject: SUBJECT, kinds: ['MessageReceived'], limit: 1 });
  PATH_ID['fhirReadObservation'] = `o${observed!.position}.0`;
  for (const role of ROLES) cookies.set(`near-${role}`, await bench.signIn(`near-${role}` as Name));
  await giveVictim();
  const description = (await bench.ask(undefined, '/api/v1/openapi.json')).json<{
    readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  }>();
  routes = Object.entries(description.paths).flatMap(([template, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      method: method.toUpperCase(),
      template,
      operation,
      asked: RIGHTS_OF_ROUTES[operation.operationId] ?? { kind: 'own' },
    })),
  );
  const variants = VARIANTS.map((variant) => {
    const route = routes.find(({ operation }) => operation.operationId === variant.operationId);
    return { ...(route ?? assert.fail(`there is no \`${variant.operationId}\``)), ...variant };
  });
  routes = [...routes, ...variants];
});

/** A session, a token, emergency rights and a command of the one whom the paths name. */
async function giveVictim(): Promise<void> {
  const cookie = await bench.signIn('victim' as Name);
  const headers = {
    cookie,
    'wardtwin-request': '1',
    'sec-fetch-site': 'same-origin',
    'idempotency-key': 'of-the-victim',
  };
  const post = async (path: string, body: object) =>
    (await bench.ask(undefined, path, { method: 'POST', headers, body })).json<{ readonly id: string }>();
  const grant = await post('/api/v1/break-glass', { subject: SUBJECT, reason: 'x' });
  const { thing, action } = { thing: 'pump', action: 'suspend' };
  await post(`/api/v1/twins/${SUBJECT}/commands`, { thing, action, input: {} });
  const { sessions } = (await bench.ask(undefined, '/api/v1/sessions', { headers: { cookie } })).json<{
    readonly sessions: readonly { readonly id: string }[];
  }>();
  const token = Object.values(bench.access.state.tokens).find(({ owner }) => owner === VICTIM)!;
  const [command] = bench.live.fleet.subject(SUBJECT)!.commands;
  for (const name of ['getAccountsId', 'patchAccountsId', 'postAccountsIdDisable', 'postAccountsIdCredentialLink'])
    PATH_ID[name] = VICTIM;
  for (const name of ['readCommand', 'answerCommand', 'wotQueryAction']) PATH_ID[name] = command!.id;
  Object.assign(PATH_ID, {
    deleteSessionsId: sessions[0]!.id,
    deleteTokensId: token.id,
    postBreakGlassIdReview: grant.id,
  });
  known['action'] = action;
  THING_OF['wotQueryAction'] = `${SUBJECT}-${thing}`;
  victimsCookie = cookie;
}

/** Of a path that names a thing, where it is not the one that all others name. */
const THING_OF: Record<string, string> = {};
let victimsCookie = '';

/** All that is somebody else's, as it is now. */
async function whatIsTheirs(): Promise<string> {
  const { accounts, tokens, grants } = bench.access.state;
  const { registry, killSwitch, stoppedWards } = bench.live.fleet;
  const { commands, twin } = bench.live.fleet.subject(SUBJECT)!;
  const sessions = (await bench.ask(undefined, '/api/v1/sessions', { headers: { cookie: victimsCookie } })).status;
  const things = [...registry.things.values()].map(({ thing, status }) => [thing, status]);
  const theirs = [accounts[VICTIM], accounts[FEED], tokens, grants, things, [...registry.subjects.keys()]];
  return JSON.stringify([theirs, killSwitch, [...stoppedWards], commands, twin.commissioned === undefined, sessions]);
}
after(() => bench.close());

test('every_route_says_what_it_asks_of_its_caller', () => {
  const described = routes.map(({ operation }) => operation.operationId);
  assert.deepEqual(
    described.filter((id) => !Object.hasOwn(RIGHTS_OF_ROUTES, id)),
    [],
  );
});

test('no_route_is_hidden: whatever is not described is listed here with what it asks for', () => {
  const paths = new Set(routes.map(({ method, template }) => `${method} ${template.replaceAll(/\{(\w+)\}/g, ':$1')}`));
  const served = servedRoutes(app.printRoutes({ commonPrefix: false }));
  assert.ok(served.length > routes.length / 2, 'routes were read');
  const hidden = served.filter((route) => !route.startsWith('HEAD ') && !paths.has(route));
  assert.deepEqual(
    hidden.filter((route) => !Object.hasOwn(UNDESCRIBED, route)),
    [],
  );
});

test('what is nowhere is told to nobody but as such', async () => {
  assert.equal((await send('GET', '/nowhere', undefined, {})).status, 404);
  assert.equal((await send('GET', '/fhir/Patient/p1', undefined, {})).status, 401);
});

test('default_refuse: no route but those that say so answers a stranger', async () => {
  for (const route of guarded()) {
    for (const [what, headers] of Object.entries(strangers())) {
      const { status } = await ask(route, headers);
      assert.equal(status, 401, `${route.operation.operationId} to ${what}`);
    }
  }
});

test('two credentials at once are none', async () => {
  const cookie = cookies.get('near-administrator')!;
  const authorization = `Bearer ${bench.token('near-clinician' as Name)}`;
  for (const route of guarded()) {
    const { status } = await ask(route, { cookie, authorization, 'wardtwin-request': '1' });
    assert.equal(status, 401, route.operation.operationId);
  }
});

test('no_route_changes_anything_for_another_site: a cookie alone is not enough', async () => {
  const cookie = cookies.get('near-administrator')!;
  const forged = [{ 'sec-fetch-site': 'cross-site' }, { origin: 'https://evil.example' }, { origin: 'null' }, {}];
  for (const route of guarded().filter(({ method }) => method !== 'GET')) {
    for (const headers of forged) {
      const { status, text } = await ask(route, { cookie, ...headers });
      assert.equal(status, 403, `${route.operation.operationId} ${JSON.stringify(headers)}`);
      assert.match(text, /forged-request/);
    }
  }
});

for (const [name, { roles, wards = [], patients = [], scope = ACTION_NAMES }] of ASKERS) {
  const by = (kind: Principal['kind']): Principal => ({
    kind,
    id: `account-${name}`,
    roles,
    wards,
    patients,
    credential: 'any',
    epoch: 1,
    ...(kind === 'program' ? { scope } : {}),
  });
  test(`a token of \`${name}\` reaches what the policies permit, and nothing else`, async () => {
    const authorization = `Bearer ${bench.token(name as Name)}`;
    await holdToRights(by('program'), { authorization });
  });
  if (!name.startsWith('near-')) continue;
  test(`a session of \`${name}\` reaches what the policies permit, and nothing else`, async () => {
    await holdToRights(by('person'), { cookie: cookies.get(name)!, 'wardtwin-request': '1' });
  });
}

async function holdToRights(principal: Principal, headers: Readonly<Record<string, string>>): Promise<void> {
  const before = await whatIsTheirs();
  for (const route of guarded()) {
    const { operationId } = route.operation;
    const isPermitted = permits(principal, route.asked);
    // what it would change is not what is asked here
    if (isPermitted && (route.method !== 'GET' || SLOW.includes(operationId))) continue;
    const { status, text } = await ask(route, headers);
    const told = `${operationId}: ${status} ${text.slice(0, 200)}`;
    if (!isPermitted && route.asked.kind === 'shown') {
      assert.equal(status, 200, told);
      assert.doesNotMatch(text, /\bp1\b/, told);
    } else if (!isPermitted) {
      assert.ok(status === 403 || status === 404, told);
    } else if (ABSENT.includes(operationId) || EARLY.includes(operationId)) {
      assert.equal(status, EARLY.includes(operationId) ? 409 : 404, told);
    } else {
      assert.equal(status, 200, told);
    }
  }
  assert.equal(await whatIsTheirs(), before, 'whoever may not changed nothing of anybody');
}

function permits(principal: Principal, asked: Asked): boolean {
  const may = (question: Parameters<typeof referenceDecision>[1]): boolean => {
    const programAccount = question.resource.type === 'Account' && question.resource.account === FEED;
    return referenceDecision(principal, question, { brokenGlass: false, programAccount }) === 'permit';
  };
  switch (asked.kind) {
    case 'nothing':
    case 'own':
      return true;
    case 'person':
      return principal.kind === 'person';
    case 'person-with-right':
      return principal.kind === 'person' && may({ action: asked.action, resource: asked.resource });
    case 'right':
      return may({ action: asked.action, resource: asked.resource });
    case 'shown': {
      const place = { subject: SUBJECT, ward: 'ward-1' };
      const twin = { type: 'Twin', ...place } as const;
      return may({
        action: asked.action,
        resource: asked.action === 'readThing' ? { type: 'Thing', thing: THING, ...place } : twin,
      });
    }
  }
}

const guarded = (): readonly Route[] => routes.filter(({ asked }) => asked.kind !== 'nothing');

const strangers = (): Readonly<Record<string, Readonly<Record<string, string>>>> => ({
  nobody: { 'wardtwin-request': '1' },
  'a token of nobody': { authorization: `Bearer ${formatToken(makeId(randomSecret), makeSecret(randomSecret))}` },
  'a token with another secret': {
    authorization: `Bearer ${bench.token('near-administrator' as Name).slice(0, -52)}${makeSecret(randomSecret)}`,
  },
  'a password': { authorization: `Basic ${Buffer.from('root:four plain words here').toString('base64')}` },
  'a session of nobody': { cookie: `__Host-wardtwin=${makeSecret(randomSecret)}`, 'wardtwin-request': '1' },
  'a cookie twice': {
    cookie: `${cookies.get('near-administrator')}; ${cookies.get('near-administrator')}`,
    'wardtwin-request': '1',
  },
});

interface Told {
  readonly status: number;
  readonly text: string;
}

/** The answer to a request that fits the route's schemas. Of a stream only how it begins. */
function ask(
  { method, template, operation, ...more }: Route,
  headers: Readonly<Record<string, string>>,
): Promise<Told> {
  const { operationId, parameters = [], requestBody } = operation;
  const stated = (name: string, schema: SampledSchema): string => {
    if (name === 'id' && PATH_ID[operationId] !== undefined) return PATH_ID[operationId];
    if (name === 'thing' && THING_OF[operationId] !== undefined) return THING_OF[operationId];
    return known[name] ?? String(sampleOf(schema));
  };
  const path = template.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const schema = parameters.find((one) => one.in === 'path' && one.name === name)?.schema ?? {};
    return encodeURIComponent(stated(name, schema));
  });
  const query = new URLSearchParams({ ...IN_QUERY[operationId], ...more.query });
  for (const { name, in: place, required, schema } of parameters)
    if (place === 'query' && required === true) query.set(name, stated(name, schema));
  const schema = requestBody?.content['application/json']?.schema;
  const sample = schema === undefined ? undefined : sampleOf(schema, known);
  const body =
    sample === undefined ? undefined : JSON.stringify({ ...(sample as object), ...IN_BODY[operationId], ...more.body });
  return send(method, `${path}${query.size === 0 ? '' : `?${query}`}`, body, {
    'idempotency-key': makeId(randomSecret),
    ...headers,
  });
}

function send(
  method: string,
  path: string,
  body: string | undefined,
  headers: Readonly<Record<string, string>>,
): Promise<Told> {
  const type = body === undefined ? {} : { 'content-type': 'application/json' };
  return new Promise((resolve, reject) => {
    const options = { method, ca: bench.ca, agent: false, headers: { ...type, ...headers } } as const;
    const request = httpsRequest(`${bench.origin}${path}`, options, (response) => {
      const { statusCode: status = 0 } = response;
      if (response.headers['content-type']?.startsWith('text/event-stream') === true) {
        resolve({ status, text: '' });
        response.destroy();
        return;
      }
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => resolve({ status, text: Buffer.concat(chunks).toString('utf8') }));
    });
    request.on('error', reject);
    request.end(body);
  });
}

/** `METHOD /path` of each line of the router's own drawing of its tree. */
function servedRoutes(drawing: string): readonly string[] {
  const found: string[] = [];
  const prefixes: string[] = [];
  for (const line of drawing.split('\n')) {
    const parts = /^([│\s]*)[├└]── (\S*)(?: \(([A-Z, ]+)\))?/.exec(line);
    if (parts === null) continue;
    const [, indent = '', part = '', methods] = parts;
    const depth = indent.length / 4;
    prefixes.length = depth;
    prefixes.push(part);
    const path = prefixes.join('');
    for (const method of methods?.split(', ') ?? []) found.push(`${method} ${path}`);
  }
  return found;
}
