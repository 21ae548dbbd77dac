import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

/**
 * Who may import whom, longest prefix first: what is named is a folder, or one file of it. A folder may always import itself.
 * A change to the architecture is a change to this table.
 */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  base: [],
  crypto: ['base'],
  'model/thing': ['base', 'crypto'],
  'model/physiology': ['base'],
  'model/device': ['base', 'crypto', 'model/thing'],
  'model/hazard': ['base', 'model/physiology'],
  'mirror/channel': ['base', 'crypto', 'model/thing'],
  'mirror/history': ['base', 'crypto', 'model/thing'],
  'mirror/twin': ['base', 'crypto', 'model/thing', 'model/physiology', 'mirror/channel'],
  'assure/monitor': ['base', 'model', 'mirror'],
  'assure/guard': ['base', 'model', 'mirror', 'assure/incident'],
  'assure/incident': ['base', 'model', 'mirror', 'assure/monitor'],
  'assure/access': ['base', 'crypto', 'mirror/history', 'model/thing'],
  platform: ['base', 'crypto', 'model', 'mirror', 'assure'],
  'simulate/world': ['base', 'crypto', 'model', 'mirror', 'assure', 'platform'],
  'simulate/attack': ['base', 'model', 'mirror', 'simulate/world'],
  'simulate/exercise': ['base', 'crypto', 'model', 'mirror', 'assure', 'platform', 'simulate/world', 'simulate/attack'],
  'simulate/fork': [
    'base',
    'crypto',
    'model',
    'mirror',
    'assure',
    'simulate/world',
    'simulate/attack',
    'simulate/exercise',
  ],
  'edge/machine': ['base'],
  'edge/catalog': ['base', 'model', 'assure/guard', 'assure/incident', 'simulate/attack', 'simulate/exercise'],
  // what the live ward is made of: none of these rooms knows how it is served, and none below `http` the simulated world
  'edge/store': ['base', 'crypto', 'mirror/history', 'edge/machine'],
  'edge/keys': ['base', 'crypto', 'edge/machine', 'edge/store'],
  'edge/live': ['base', 'crypto', 'model/thing', 'mirror', 'platform', 'edge/store', 'edge/keys'],
  'edge/pki': ['base', 'crypto', 'model/thing', 'edge/machine'],
  'edge/access': ['base', 'crypto', 'model/thing', 'mirror/history', 'assure/access'],
  'edge/mqtt': ['base', 'crypto', 'model/thing', 'mirror/history', 'edge/machine', 'edge/pki', 'edge/live'],
  'edge/witness': [
    'base',
    'crypto',
    'mirror/history',
    'edge/machine',
    'edge/catalog/read-catalog-file',
    'edge/store',
    'edge/keys',
    'edge/live',
    'edge/pki',
  ],
  'edge/fork': ['base', 'mirror', 'simulate/fork', 'edge/catalog'],
  'edge/http': [
    'base',
    'crypto',
    'model/thing',
    'mirror',
    'assure',
    'platform',
    'edge/machine',
    'edge/catalog',
    'edge/live',
    'edge/pki',
    'edge/access',
    'edge/fork',
  ],
  'edge/serve': [
    'base',
    'crypto',
    'model/thing',
    'mirror',
    'assure',
    'platform',
    'edge/machine',
    'edge/catalog',
    'edge/store',
    'edge/keys',
    'edge/live',
    'edge/pki',
    'edge/access',
    'edge/mqtt',
    'edge/witness',
    'edge/http',
  ],
  // a device knows its own behaviour and body, the wire and its certificate: nothing of the platform that mirrors it
  'edge/device': ['base', 'crypto', 'model', 'simulate', 'edge/machine', 'edge/pki', 'edge/mqtt/topics'],
  'edge/exercise': ['base', 'mirror/twin', 'simulate/exercise', 'edge/catalog'],
  'edge/report': ['base', 'crypto', 'model/hazard', 'simulate/exercise'],
  'edge/demo': [
    'base',
    'model/thing',
    'mirror',
    'platform',
    'simulate/exercise',
    'edge/machine',
    'edge/catalog',
    'edge/pki',
    'edge/access',
    'edge/serve',
    'edge/device',
    'edge/exercise',
  ],
  'edge/cli': ['base', 'crypto', 'model', 'mirror/history', 'assure', 'simulate', 'edge'],
};

/** Packages from npm and from Node.js, and the only folders that may import them; those that are not here, all of `edge`. */
const EXTERNAL: Readonly<Record<string, readonly string[]>> = {
  'node:crypto': ['crypto'],
  'pure-rand': ['base'],
  'node:child_process': ['edge/demo', 'edge/keys'],
  'node:sqlite': ['edge/store'],
  kysely: ['edge/store'],
  pg: ['edge/store'],
  aedes: ['edge/mqtt'],
  mqtt: ['edge/mqtt', 'edge/device'],
  '@peculiar/x509': ['edge/pki'],
  '@cedar-policy/cedar-wasm': ['edge/access'],
  'openid-client': ['edge/access'],
  fastify: ['edge/access', 'edge/http', 'edge/pki'],
  ws: ['edge/http'],
  piscina: ['edge/demo', 'edge/exercise', 'edge/fork'],
  pino: ['edge/serve'],
  '@opentelemetry': ['edge/serve'],
  yaml: ['edge/catalog'],
  commander: ['edge/cli'],
};

const ROOT = fileURLToPath(new URL('../src', import.meta.url));

interface SourceFile {
  readonly path: string;
  readonly text: string;
  readonly code: string;
  readonly imports: readonly string[];
}

const pathsBelow = (folder: string): readonly string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.ts'));

const sources: readonly SourceFile[] = pathsBelow(ROOT).map((path) => {
  const text = readFileSync(join(ROOT, path), 'utf8');
  const imports = [...text.matchAll(/^(?:import|export)\b[^'"]*?from\s+'([^']+)'|\bimport\(\s*'([^']+)'/gm)].map(
    (match) => match[1] ?? match[2]!,
  );
  return { path, text, code: withoutComments(text), imports };
});

const textsBelow = (folder: string): readonly string[] => {
  const root = fileURLToPath(new URL(folder, import.meta.url));
  return pathsBelow(root).map((path) => readFileSync(join(root, path), 'utf8'));
};

function withoutComments(text: string): string {
  return text.replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/(^|\s)\/\/.*$/gm, '$1');
}

function roomOf(path: string): string {
  const rooms = Object.keys(ALLOWED).sort((a, b) => b.length - a.length);
  return rooms.find((room) => path === room || path.startsWith(`${room}/`)) ?? assert.fail(`no room for ${path}`);
}

/** The path below `src` that an import specifier of ours names, or undefined for a package. */
function targetOf(file: SourceFile, specifier: string): string | undefined {
  if (specifier.startsWith('#')) return specifier.slice(1);
  if (specifier.startsWith('.')) return relative(ROOT, join(ROOT, file.path, '..', specifier)).replace(/\.ts$/, '');
  return undefined;
}

test('every import goes where the table allows', () => {
  const faults: string[] = [];
  for (const file of sources) {
    const room = roomOf(file.path);
    for (const specifier of file.imports) {
      const target = targetOf(file, specifier);
      if (target === undefined) continue;
      const allowed = [room, ...ALLOWED[room]!].some((to) => target === to || target.startsWith(`${to}/`));
      if (!allowed) faults.push(`${file.path} imports ${target}`);
    }
  }
  assert.deepEqual(faults, []);
});

test('packages and node modules are imported only where they belong', () => {
  const faults: string[] = [];
  for (const file of sources) {
    const room = roomOf(file.path);
    for (const specifier of file.imports) {
      if (targetOf(file, specifier) !== undefined) continue;
      const known = Object.entries(EXTERNAL).find(([name]) => specifier === name || specifier.startsWith(`${name}/`));
      const rooms = known?.[1] ?? ['edge'];
      if (!rooms.some((to) => room === to || room.startsWith(`${to}/`)))
        faults.push(`${file.path} imports ${specifier}`);
    }
  }
  assert.deepEqual(faults, []);
});

test('nothing below the edge reads a clock, a die, the process or a promise', () => {
  const forbidden =
    /\basync\b|\bawait\b|\bPromise\b|\bDate\b|\bMath\.random\b|\bprocess\.|\bperformance\b|\bsetTimeout\b|\bconsole\./;
  const faults = sources
    .filter((file) => !file.path.startsWith('edge/'))
    .filter((file) => forbidden.test(file.code))
    .map((file) => `${file.path}: ${forbidden.exec(file.code)?.[0]}`);
  assert.deepEqual(faults, []);
});

test('nothing evaluates text as code', () => {
  const forbidden = /\beval\(|new Function\(|\bvm\b\s*\./;
  assert.deepEqual(
    sources.filter((file) => forbidden.test(file.code)).map((file) => file.path),
    [],
  );
});

test('production code cannot know that it is being simulated', () => {
  const faults = sources
    .filter((file) => !file.path.startsWith('simulate/') && !file.path.startsWith('edge/'))
    .filter((file) => file.imports.some((specifier) => targetOf(file, specifier)?.startsWith('simulate/')))
    .map((file) => file.path);
  assert.deepEqual(faults, []);
});

test('an attack has no network: it reaches the simulated world and nothing else', () => {
  const faults = sources
    .filter((file) => file.path.startsWith('simulate/attack/'))
    .filter((file) => file.imports.some((specifier) => targetOf(file, specifier) === undefined))
    .map((file) => file.path);
  assert.deepEqual(faults, []);
});

/** What makes a command that a device takes, and the only files that may name it. */
const COMMAND_PATH: Readonly<Record<string, readonly string[]>> = {
  signCommand: ['mirror/channel/command-sealer.ts', 'model/thing/command-signature.ts'],
  createCommandSealer: [
    'mirror/channel/command-sealer.ts',
    'platform/fleet/enrol.ts',
    'platform/fleet/snapshot.ts',
    'simulate/world/ward.ts',
  ],
  'sealer.seal': ['platform/command.ts'],
};

test('a command leaves only through platform/command.ts', () => {
  for (const [name, files] of Object.entries(COMMAND_PATH)) {
    const users = sources.filter((file) => file.code.includes(`${name}(`)).map((file) => file.path);
    assert.deepEqual(
      users.filter((path) => !files.includes(path)),
      [],
      name,
    );
  }
});

test('imports form no cycle', () => {
  const graph = new Map(
    sources.map((file) => [
      file.path.replace(/\.ts$/, ''),
      [...file.text.matchAll(/^(?:import|export)\s+(?!type\b)[^'"]*?from\s+'([^']+)'/gm)]
        .map((match) => targetOf(file, match[1]!))
        .filter((target): target is string => target !== undefined),
    ]),
  );
  const finished = new Set<string>();
  const visit = (node: string, trail: readonly string[]): void => {
    if (finished.has(node)) return;
    assert.ok(!trail.includes(node), `import cycle: ${[...trail, node].join(' -> ')}`);
    for (const next of graph.get(node) ?? []) visit(next, [...trail, node]);
    finished.add(node);
  };
  for (const node of graph.keys()) visit(node, []);
});

test('no folder has a barrel and no file a name that says nothing', () => {
  const names = /(^|\/)(index|utils?|helpers?|common|manager|service|misc)(\.ts|\/)/;
  assert.deepEqual(
    sources.filter((file) => names.test(file.path)).map((file) => file.path),
    [],
  );
});

test('there is no any and no default export', () => {
  const forbidden = /(:|<|\bas)\s*any\b|^export default/m;
  assert.deepEqual(
    sources.filter((file) => forbidden.test(file.code)).map((file) => file.path),
    [],
  );
});

test('what is exported is used somewhere, were it by a test', () => {
  const words = new Map<string, number>();
  const beside = ['../test', '../bench'].flatMap((folder) => textsBelow(folder));
  for (const text of [...sources.map(({ code }) => code), ...beside]) {
    for (const [word] of text.matchAll(/\w+/g)) words.set(word, (words.get(word) ?? 0) + 1);
  }
  const faults = sources
    // what a pool of threads calls by its name
    .filter(({ path }) => !path.endsWith('worker.ts'))
    .flatMap(({ path, code }) =>
      [...code.matchAll(/^export (?:async )?(?:function\*?|const|class|interface|type) (\w+)/gm)]
        .filter(([, name]) => words.get(name!) === 1)
        .map(([, name]) => `${path}: ${name}`),
    );
  assert.deepEqual(faults, []);
});
