import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { utf8 } from '#base/bytes';
import { createCosigner } from '#crypto/cosignature';
import { createMerkleLog, leafDigest } from '#crypto/merkle-log';
import { signingKeyFromSeed } from '#crypto/sign';
import { createNoteSigner, signNote } from '#crypto/signed-note';
import { type CosignAnswer, createWitness, type WitnessDeps } from '#edge/store/witness';
import { openWitnessFile } from '#edge/store/witness-file';
import { temporaryFolder } from './engine.ts';
import { AT, checkpointOf, ORIGIN, SIGNERS, VERIFIERS } from './entries.ts';

const folder = temporaryFolder();
after(folder.remove);

const ROOT = new Uint8Array(32).fill(7);
const BASE64 = ROOT.toBase64();
let files = 0;

function fileWith(text?: string): string {
  files += 1;
  const path = join(folder.path, `witness-${files}.json`);
  if (text !== undefined) writeFileSync(path, text);
  return path;
}

test('what a witness remembers is in its file at once, log by log, and is found there again', () => {
  const path = fileWith();
  const memory = openWitnessFile(path);
  assert.equal(memory.last('one'), undefined);
  memory.keep('one', { size: 0, root: ROOT });
  assert.deepEqual(memory.last('one'), { size: 0, root: ROOT });
  assert.equal(readFileSync(path, 'utf8'), `{"one":{"size":0,"root":"${BASE64}"}}\n`);
  memory.keep('zwei \u00e4', { size: Number.MAX_SAFE_INTEGER, root: ROOT });
  memory.keep('one', { size: 5, root: ROOT });
  const again = openWitnessFile(path);
  assert.deepEqual(again.last('one'), { size: 5, root: ROOT });
  assert.deepEqual(again.last('zwei \u00e4'), { size: Number.MAX_SAFE_INTEGER, root: ROOT });
});

test('a memory that cannot be read is a fault, never a fresh start', () => {
  const entry = (value: unknown): string => JSON.stringify({ log: value });
  const unreadable = [
    '',
    'null',
    '7',
    '[]',
    '"text"',
    '{',
    entry(null),
    entry('text'),
    entry({}),
    entry({ size: 1 }),
    entry({ size: '1', root: BASE64 }),
    entry({ size: -1, root: BASE64 }),
    entry({ size: 0.5, root: BASE64 }),
    entry({ size: 1, root: 7 }),
    entry({ size: 1, root: '!' }),
    entry({ size: 1, root: BASE64.slice(0, -1) }),
    entry({ size: 1, root: new Uint8Array(31).toBase64() }),
    entry({ size: 1, root: '' }),
  ];
  for (const text of unreadable) {
    const path = fileWith(text);
    assert.throws(
      () => openWitnessFile(path),
      {
        code: 'witness.memory',
        message: `witness: \`${path}\` cannot be read; restore it, or the witness would vouch for what it forgot`,
        data: { path },
      },
      text,
    );
  }
  const directory = join(folder.path, 'a-folder');
  mkdirSync(directory);
  assert.throws(() => openWitnessFile(directory), { code: 'witness.memory', message: /cannot be read/ });
});

test('a memory that cannot be written says so, and remembers nothing of it', () => {
  const path = join(folder.path, 'no-folder', 'witness.json');
  const memory = openWitnessFile(path);
  assert.throws(() => memory.keep('log', { size: 1, root: ROOT }), {
    code: 'witness.memory',
    message: `witness: \`${path}\` cannot be written (\`ENOENT\`); nothing was cosigned`,
    data: { cause: 'ENOENT' },
  });
  assert.equal(memory.last('log'), undefined);
});

const cosigner = createCosigner('witness.example', signingKeyFromSeed('Ed25519', new Uint8Array(32).fill(8)));

function logOf(size: number, word = 'leaf') {
  const log = createMerkleLog();
  while (log.size < size) log.append(leafDigest(utf8(`${word} ${log.size}`)));
  return log;
}

function askWitness(asked: readonly [size: number, oldSize: number][], change: Partial<WitnessDeps> = {}) {
  const known = new Map<string, { readonly size: number; readonly root: Uint8Array }>();
  const memory = {
    last: (origin: string) => known.get(origin),
    keep: (origin: string, one: { size: number; root: Uint8Array }) => void known.set(origin, one),
  };
  const ask = createWitness({ logs: new Map([[ORIGIN, VERIFIERS]]), cosigner, memory, now: () => AT, ...change });
  for (const [size, oldSize] of asked) {
    const log = logOf(size);
    const { kind } = ask({ oldSize, proof: log.proveConsistency(oldSize), note: checkpointOf(log).note });
    assert.equal(kind, 'cosigned');
  }
  return { ask, known };
}

test('each refusal of a witness says why, and changes nothing', () => {
  const { ask, known } = askWitness([
    [4, 0],
    [10, 4],
  ]);
  const log = logOf(12);
  const good = { oldSize: 10, proof: log.proveConsistency(10), note: checkpointOf(log).note };
  const stranger = createNoteSigner(ORIGIN, signingKeyFromSeed('Ed25519', new Uint8Array(32).fill(9)));
  const cases: readonly (readonly [Parameters<typeof ask>[0], CosignAnswer])[] = [
    [
      { ...good, oldSize: 13 },
      { kind: 'refused', status: 400, reason: 'the checkpoint is over 12 records, the old one over 13' },
    ],
    [
      { ...good, oldSize: 12 },
      { kind: 'conflict', status: 409, size: 10 },
    ],
    [
      { ...good, oldSize: 0, proof: [] },
      { kind: 'conflict', status: 409, size: 10 },
    ],
    [
      { ...good, proof: [] },
      { kind: 'refused', status: 422, reason: 'the checkpoint does not begin with the last one' },
    ],
    [
      { oldSize: 10, proof: [], note: checkpointOf(logOf(10, 'other')).note },
      { kind: 'conflict', status: 409, size: 10 },
    ],
    [
      { ...good, note: '' },
      { kind: 'refused', status: 404, reason: 'the log is not one that is witnessed here' },
    ],
    [
      { ...good, note: checkpointOf(log, SIGNERS.slice(0, 1)).note },
      { kind: 'refused', status: 403, reason: 'no ML-DSA-65 key of the log signed it' },
    ],
    [
      { ...good, note: checkpointOf(log, [stranger]).note },
      { kind: 'refused', status: 403, reason: 'note: no known key signed it' },
    ],
    [
      { ...good, note: signNote(`${ORIGIN}\nno size\n`, SIGNERS) },
      { kind: 'refused', status: 400, reason: 'note: not a checkpoint: origin, size and root, each on its line' },
    ],
  ];
  for (const [request, answer] of cases) assert.deepEqual(ask(request), answer);
  assert.deepEqual(known.get(ORIGIN), { size: 10, root: logOf(10).root() });
  assert.equal(
    ask({ ...good, oldSize: 10, proof: [], note: checkpointOf(logOf(10)).note }).kind,
    'cosigned',
    'the same again',
  );
  assert.equal(ask(good).kind, 'cosigned');
});

test('a log that is empty is cosigned like any, and nothing has to be proven of what follows it', () => {
  const { ask } = askWitness([[0, 0]]);
  const log = logOf(3);
  const note = checkpointOf(log).note;
  assert.equal(ask({ oldSize: 0, proof: [ROOT], note }).status, 422);
  assert.equal(ask({ oldSize: 0, proof: [], note }).kind, 'cosigned');
});

test('a defect of ours is no bad note', () => {
  const { ask } = askWitness([], { logs: new Map([[ORIGIN, [undefined as never]]]) });
  assert.throws(() => ask({ oldSize: 0, proof: [], note: checkpointOf(logOf(1)).note }), TypeError);
});
