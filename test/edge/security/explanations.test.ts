import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import { Agent, request as httpsRequest } from 'node:https';
import { after, before, test } from 'node:test';
import pino from 'pino';
import { WebSocket } from 'ws';
import { ACTION_NAMES, type Action, type Principal, ROLES } from '#assure/access/authorization';
import { referenceDecision } from '#assure/access/reference-decision';
import { MINUTE } from '#base/time';
import { randomSecret } from '#crypto/secret';
import { makeId } from '#edge/access/secret-text';
import { loadApprovalPolicy } from '#edge/catalog/laboratory';
import { createConnectionLog } from '#edge/serve/connection-log';
import { carryOut } from '#edge/serve/effects';
import { createMetrics, listenForScrapes } from '#edge/serve/metrics';
import { QUIET } from '../../assure/monitor/observations.ts';
import { type HttpBench, type Name, openHttpBench, type Somebody } from '../http/http-bench.ts';
// About 4 s: all reads of the API, by sixteen people.
import { SUBJECT } from './rights-of-routes.ts';
import { type SampledSchema, sampleOf } from './sample.ts';

/** Values that devices report of `p1` and that stand nowhere else; glucose comes in whole mg/dL. */
const GLUCOSE = 397;
const MARKER = /\b397\b|3719|\.372\b/;
const UNITS = 8.3719;

const NEAR = { wards: ['ward-1'], patients: [SUBJECT] } as const;
const FAR = { wards: ['ward-9'], patients: ['p9'] } as const;
const scoped = (...scope: readonly Action[]): Somebody => ({ roles: ['clinician'], ...NEAR, scope });
const PEOPLE: Readonly<Record<string, Somebody>> = {
  ...Object.fromEntries(ROLES.map((role) => [`near-${role}`, { roles: [role], ...NEAR }])),
  'far-clinician': { roles: ['clinician'], ...FAR },
  'far-security-engineer': { roles: ['security-engineer'], ...FAR },
  // tokens of a clinician who treats p1, for a part of what she may do
  invoker: scoped('invokeAction'),
  approver: scoped('approveCommand', 'invokeAction'),
  'incident-reader': scoped('readIncident', 'readThing'),
  'history-reader': scoped('readHistory'),
  'twin-reader': scoped('readTwin'),
  colleague: { roles: ['clinician'], ...NEAR, signsIn: true },
  'engineer-and-auditor': { roles: ['clinical-engineer', 'auditor'], ...NEAR },
  powerless: { roles: [], ...NEAR },
};

interface Read {
  readonly operationId: string;
  readonly path: string;
}

interface Told {
  readonly status: number;
  readonly text: string;
}

const logged: string[] = [];
let bench: HttpBench;
let agent: Agent;
let reads: readonly Read[];
/** A command that a second person approved in vain, and one that its device refused. */
let approved = '';
let refusedByDevice = '';

before(async () => {
  const plenty = { burst: 1e6, refill: 1e-3 };
  const many = { heavyReads: 100, heavyReadsOfOne: 100, streamsOfOne: 100 };
  const standard = loadApprovalPolicy();
  const approvals = {
    ...standard,
    waitMin: 60,
    effects: { ...standard.effects, withholds: [{ severity: 'critical' }] },
  } as const;
  bench = await openHttpBench(
    {
      limits: { perNetwork: plenty, perPrincipal: plenty, commandsOfOne: plenty, ...many, heartbeat: 20 },
      settings: { approvals },
      log: pino({ level: 'trace' }, { write: (line: string) => void logged.push(line) }),
      plugins: [
        async (app) => {
          app.get('/defect', () => {
            throw new TypeError(`glucose is ${GLUCOSE}`);
          });
        },
      ],
    },
    PEOPLE,
  );
  agent = new Agent({ ca: bench.ca, keepAlive: true, maxSockets: 8 });
  await happen();
  reads = await readsOf();
});
after(async () => {
  agent.destroy();
  await bench.close();
});

/** All that makes the platform explain itself. */
async function happen(): Promise<void> {
  const { live, ward, pass } = bench;
  const effects = carryOut(
    live,
    { send: () => {} },
    (level, message, data) => void logged.push(JSON.stringify({ level, message, ...data })),
  );
  live.onEffect(effects);
  const cycle = async (glucose: number, pump: object = {}, handset: object = {}): Promise<void> => {
    pass(5 * MINUTE);
    await ward.tell('cgm', { glucose });
    await ward.tell('pump', { ...QUIET.pump, ...pump });
    await ward.tell('handset', { ...QUIET.handset, glucoseUsed: glucose, ...handset });
    pass(MINUTE);
    await live.act((fleet) => ({ effects: fleet.tick() }));
  };
  for (const glucose of [101, 100, 102]) await cycle(glucose);

  const waiting = await ask('near-clinician', 'POST', COMMANDS, { thing: 'pump', action: 'suspend', input: {} });
  assert.equal(JSON.parse(waiting.text).status, 'awaiting-approval', waiting.text);
  approved = JSON.parse(waiting.text).id;
  const alert = await ask(
    'invoker',
    'POST',
    COMMANDS,
    { thing: 'handset', action: 'alert', input: { text: 'hello' } },
    KEY,
  );
  assert.equal(JSON.parse(alert.text).status, 'dispatched', alert.text);
  refusedByDevice = JSON.parse(alert.text).id;
  await ward.acknowledge('handset', refusedByDevice, 'refused', `glucose is ${GLUCOSE} mg/dL`);

  const pump = { bolusDelivered: 20 + UNITS, lastBolus: UNITS, reservoir: 4.3719 };
  for (let times = 0; times < 3; times += 1) await cycle(GLUCOSE, pump, { carbRatio: 4.3719 });
  const outside = await ward.tell('pump', { battery: 103.3719 });
  assert.equal(outside.outcome, 'value-out-of-model');
  const session = { cookie: await bench.signIn('colleague'), 'wardtwin-request': '1' };
  const vain = await send('POST', `${COMMANDS}/${approved}/approval`, { approve: true }, session);
  assert.match(vain.text, MARKER, 'whoever may read the twin is told why');
}

const COMMANDS = `/api/v1/twins/${SUBJECT}/commands`;
const KEY = 'the-same-again';

const ask = (name: string, method: string, path: string, body?: object, key?: string): Promise<Told> =>
  send(method, path, body, { authorization: `Bearer ${bench.token(name as Name)}` }, key);

function send(
  method: string,
  path: string,
  body: object | undefined,
  credentials: Readonly<Record<string, string>>,
  key = makeId(randomSecret),
): Promise<Told> {
  const type = body === undefined ? {} : { 'content-type': 'application/json', 'idempotency-key': key };
  // streams begin with the first record
  const headers = { ...credentials, 'last-event-id': '0', ...type };
  return new Promise((resolve, reject) => {
    const options = { method, agent, headers } as const;
    const request = httpsRequest(`${bench.origin}${path}`, options, (response) => read(response).then(resolve, reject));
    request.on('error', reject);
    request.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

/** An answer; of a stream all that there is so far: after that it is silent. */
function read(response: IncomingMessage): Promise<Told> {
  const isStream = response.headers['content-type']?.startsWith('text/event-stream') === true;
  const { statusCode: status = 0 } = response;
  return new Promise((resolve, reject) => {
    let text = '';
    response.setEncoding('utf8');
    response.on('data', (chunk: string) => {
      text += chunk;
      if (!isStream || text.split(/^:\n\n/m).length < 3) return;
      resolve({ status, text });
      response.destroy();
    });
    response.on('error', reject);
    response.on('end', () => resolve({ status, text }));
  });
}

interface Operation {
  readonly operationId: string;
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly schema: SampledSchema }[];
}

/** Every read of the API, with ids that are there; what can be read of the past is, and streams begin with the first record. */
async function readsOf(): Promise<readonly Read[]> {
  const description = JSON.parse((await ask('powerless', 'GET', '/api/v1/openapi.json')).text) as {
    readonly paths: Readonly<Record<string, { readonly get?: Operation }>>;
  };
  const [observed] = await bench.live.history.find({ subject: SUBJECT, kinds: ['MessageReceived'], limit: 1 });
  const known: Readonly<Record<string, string>> = {
    subject: SUBJECT,
    thing: 'p1-cgm',
    role: 'cgm',
    name: 'glucose',
    model: 'glucose-monitor',
    position: '3',
  };
  const idOf: Readonly<Record<string, string>> = {
    readCommand: approved,
    readDescription: 'urn:wardtwin:thing:p1-cgm',
    fhirReadDevice: 'p1-cgm',
    fhirReadDeviceMetric: 'p1-cgm.glucose',
    fhirReadObservation: `o${observed!.position}.0`,
  };
  const queryOf: Readonly<Record<string, string>> = {
    listRecords: `subject=${SUBJECT}&limit=200`,
    fhirSearchObservation: `patient=${SUBJECT}`,
    proveConsistency: 'from=1',
    readPropertyHistory: `from=${bench.live.clock.now() - 60 * MINUTE}&to=${bench.live.clock.now()}`,
  };
  const query = bench.live.clock.now();
  return Object.entries(description.paths).flatMap(([template, { get }]) => {
    if (get === undefined || get.operationId === 'wotAwaitProperty') return [];
    const { operationId, parameters = [] } = get;
    const path =
      operationId === 'wotQueryAction'
        ? `/wot/things/p1-handset/actions/alert/${refusedByDevice}`
        : template.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
            const schema = parameters.find((one) => one.name === name)?.schema ?? {};
            const value = (name === 'id' ? idOf[operationId] : known[name]) ?? String(sampleOf(schema));
            return encodeURIComponent(value);
          });
    const plain = { operationId, path: `${path}?${queryOf[operationId] ?? ''}` };
    const takes = (name: string) => parameters.some((one) => one.in === 'query' && one.name === name);
    if (takes('after')) return [{ operationId, path: `${path}?after=0` }];
    return takes('at') ? [plain, { operationId: `${operationId} then`, path: `${plain.path}&at=${query}` }] : [plain];
  });
}

function principalOf(name: string): Principal {
  const { roles, wards = [], patients = [], scope = ACTION_NAMES } = PEOPLE[name]!;
  const own = { id: `account-${name}`, roles, wards, patients, credential: 'any', epoch: 0 };
  return { kind: 'program', ...own, scope };
}

const may = (name: string, action: Action): boolean =>
  referenceDecision(
    principalOf(name),
    { action, resource: { type: 'Twin', subject: SUBJECT, ward: 'ward-1' } },
    { brokenGlass: false, programAccount: false },
  ) === 'permit';

/** What a reader of the twin must be shown, or nothing would have been tested. */
const SHOWN: Readonly<Record<string, Action>> = {
  readTwin: 'readTwin',
  listFindings: 'readIncident',
  listCommands: 'readTwin',
  'listCommands then': 'readTwin',
  readCommand: 'readTwin',
  'readCommand then': 'readTwin',
  wotQueryAction: 'readTwin',
  'listIncidents then': 'readIncident',
  'listIncidentsOfTwin then': 'readIncident',
  streamTwins: 'readTwin',
  streamTwin: 'readTwin',
  'wotSubscribe.command': 'readTwin',
  'wotSubscribe.finding': 'readIncident',
  'wotSubscribe.incident': 'readIncident',
};

function holdTo(name: string, { operationId, status, text }: Read & Told): void {
  const told = `${operationId}: ${status} ${text.match(MARKER)?.[0]} in ${text.slice(0, 3_000)}`;
  assert.ok(status < 500 && status !== 429, told);
  const readsTwin = may(name, 'readTwin');
  const readsRecords = operationId === 'listRecords' && may(name, 'readHistory');
  if (!readsTwin && !readsRecords) assert.doesNotMatch(text, MARKER, told);
  const needed = SHOWN[operationId];
  if (readsTwin && needed !== undefined && may(name, needed)) assert.match(text, MARKER, told);
  // and whoever may know that something was found is told so
  if (operationId === 'listFindings' && !readsTwin && may(name, 'readIncident')) assert.match(text, /…/, told);
}

for (const name of Object.keys(PEOPLE)) {
  test(`withheld_means_absent: what \`${name}\` is told by any read`, async () => {
    const answers = await Promise.all(reads.map(async (read) => ({ ...read, ...(await ask(name, 'GET', read.path)) })));
    for (const answer of answers) holdTo(name, answer);
  });
}

test('withheld_means_absent: events over a socket', async () => {
  for (const name of Object.keys(PEOPLE)) {
    const events = await socketOf(name);
    if (may(name, 'readTwin')) assert.match(events, MARKER, name);
    else assert.doesNotMatch(events, MARKER, name);
    if (name === 'near-security-engineer') assert.match(events, /"type":"finding".*…/);
  }
});

test('withheld_means_absent: the answers to those who ask for something', async () => {
  const suspend = { thing: 'pump', action: 'suspend', input: {} };
  for (const name of Object.keys(PEOPLE)) {
    for (const [path, body] of [
      [COMMANDS, suspend],
      ['/wot/things/p1-pump/actions/suspend', {}],
      [COMMANDS, { ...suspend, action: 'bolus', input: { units: -1 } }],
      [`${COMMANDS}/${approved}/approval`, { approve: true }],
      [`${COMMANDS}/${approved}/approval`, { approve: false }],
      [`/api/v1/twins/${SUBJECT}/forks`, { horizonMin: 60, changes: [] }],
    ] as const) {
      const { status, text } = await ask(name, 'POST', path, body);
      assert.ok(status < 500, `${name} ${path} ${text}`);
      if (!may(name, 'readTwin')) assert.doesNotMatch(text, MARKER, `${name} ${path}`);
      if (path === COMMANDS && body === suspend && may(name, 'invokeAction')) {
        assert.equal(status, 409, text);
        const seen = may(name, 'readTwin') ? `glucose \`${GLUCOSE}\` mg/dL is above` : 'glucose … mg/dL is above';
        assert.ok(text.includes(seen), `${name} ${text}`);
      }
    }
  }
});

test('withheld_means_absent: what a device said of a command, to whoever may ask and not read', async () => {
  const alert = { thing: 'handset', action: 'alert', input: { text: 'hello' } };
  const again = await ask('invoker', 'POST', COMMANDS, alert, KEY);
  assert.equal(JSON.parse(again.text).id, refusedByDevice);
  assert.doesNotMatch(again.text, MARKER);
});

test('no_log_line_tells_of_a_patient, and no figure', async () => {
  const defect = await ask('near-clinician', 'GET', '/defect');
  assert.equal(defect.status, 500);
  assert.doesNotMatch(defect.text, MARKER);
  const connections = createConnectionLog((level, message, data) => {
    logged.push(JSON.stringify({ level, message, ...data }));
  }, bench.live.clock);
  connections({ kind: 'received', thing: 'p1-pump', outcome: 'value-out-of-model' });
  // a defect in the midst of a change: the platform starts anew from what is durable
  const failing = bench.live.act(() => {
    throw new RangeError(`glucose is ${GLUCOSE}`);
  });
  await assert.rejects(failing, RangeError);
  while (bench.live.status !== 'open') await new Promise((resolve) => setTimeout(resolve, 20));
  const lines = [...logged, ...bench.lines()].join('\n');
  for (const line of ['request failed', 'to be alerted', 'device received', 'what was not kept is discarded'])
    assert.ok(lines.includes(line), `\`${line}\` was logged`);
  assert.doesNotMatch(lines, MARKER);
  const figures = await scrape();
  assert.match(figures, /wardtwin_records/);
  assert.doesNotMatch(figures, MARKER);
});

/** What a socket tells from the first record on. */
async function socketOf(name: string): Promise<string> {
  const headers = { authorization: `Bearer ${bench.token(name as Name)}` };
  const socket = new WebSocket(`${bench.origin.replace('https', 'wss')}/api/v1/ws`, { ca: bench.ca, headers });
  const told: string[] = [];
  let silences = 0;
  await new Promise<void>((resolve, reject) => {
    socket.on('error', reject);
    socket.on('open', () => socket.send(JSON.stringify({ kind: 'subscribe', id: 'a', after: 0 })));
    socket.on('message', (data) => {
      const text = String(data);
      if (JSON.parse(text).kind === 'silence') silences += 1;
      told.push(text);
      if (silences === 2) resolve();
    });
  });
  socket.terminate();
  return told.join('\n');
}

async function scrape(): Promise<string> {
  const metrics = createMetrics(() => bench.live);
  const listener = await listenForScrapes(metrics, '127.0.0.1', 0);
  try {
    metrics.committed(1, 1);
    const { port } = listener.address() as { readonly port: number };
    return await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  } finally {
    listener.close();
    await metrics.close();
  }
}
