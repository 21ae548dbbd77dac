import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { utf8 } from '#base/bytes';
import { createCosigner, verifyCosignature } from '#crypto/cosignature';
import { createMerkleLog, leafDigest, type MerkleLog } from '#crypto/merkle-log';
import { signingKeyFromSeed } from '#crypto/sign';
import { createNoteSigner, splitNote } from '#crypto/signed-note';
import { formatCosignRequest, parseCosignRequest } from '#edge/store/cosign-request';
import { type CosignRequest, createWitness, type WitnessMemory } from '#edge/store/witness';
import { openWitnessFile } from '#edge/store/witness-file';
import { temporaryFolder } from './engine.ts';
import { AT, checkpointOf, ORIGIN, SIGNERS, VERIFIERS } from './entries.ts';

const cosigner = createCosigner('witness.example/w1', signingKeyFromSeed('Ed25519', new Uint8Array(32).fill(8)));
const logs = new Map([[ORIGIN, VERIFIERS]]);

const witnessWith = (memory: WitnessMemory) => createWitness({ logs, cosigner, memory, now: () => AT });

function inMemory(): WitnessMemory {
  const known = new Map<string, NonNullable<ReturnType<WitnessMemory['last']>>>();
  return { last: (origin) => known.get(origin), keep: (origin, checkpoint) => void known.set(origin, checkpoint) };
}

const grow = (log: MerkleLog, to: number, word = 'leaf'): MerkleLog => {
  while (log.size < to) log.append(leafDigest(utf8(`${word} ${log.size}`)));
  return log;
};

const request = (log: MerkleLog, oldSize: number): CosignRequest => ({
  oldSize,
  proof: log.proveConsistency(oldSize),
  note: checkpointOf(log).note,
});

test('a growing log is cosigned, and the cosignature verifies with its time', () => {
  const cosignIt = witnessWith(inMemory());
  const log = createMerkleLog();
  let oldSize = 0;
  for (const size of [1, 7, 7, 64, 100]) {
    grow(log, size);
    const answer = cosignIt(request(log, oldSize));
    assert.ok(answer.kind === 'cosigned', JSON.stringify(answer));
    const { note } = request(log, oldSize);
    const { text, signatures } = splitNote(note + answer.lines);
    assert.equal(verifyCosignature(text, signatures.at(-1)!, cosigner.verifier), AT / 1_000);
    oldSize = size;
  }
});

test('one_past_only: of two histories that differ, a witness cosigns one', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 0, max: 60 }), fc.nat(59), (seen, more, where) => {
      const cosignIt = witnessWith(inMemory());
      assert.equal(cosignIt(request(grow(createMerkleLog(), seen), 0)).kind, 'cosigned');
      const forked = grow(createMerkleLog(), where % seen);
      forked.append(leafDigest(utf8('rewritten')));
      grow(forked, seen + more);
      const honest = grow(createMerkleLog(), seen + more);
      for (const proof of [forked.proveConsistency(seen), honest.proveConsistency(seen)]) {
        const answer = cosignIt({ ...request(forked, seen), proof });
        assert.ok(answer.status === (more === 0 ? 409 : 422), JSON.stringify(answer));
      }
      assert.equal(cosignIt(request(honest, seen)).kind, 'cosigned', 'the refusals changed nothing');
    }),
    { numRuns: 60 },
  );
});

test('what is stale, unknown, unsigned or malformed is refused as the protocol says', () => {
  const cosignIt = witnessWith(inMemory());
  const log = grow(createMerkleLog(), 10);
  const first = request(log, 0);
  assert.equal(
    cosignIt({ ...first, proof: [new Uint8Array(32)] }).status,
    422,
    'nothing precedes, yet something is proven',
  );
  assert.equal(cosignIt(first).status, 200);
  assert.deepEqual(cosignIt(first), { kind: 'conflict', status: 409, size: 10 });
  assert.equal(cosignIt({ ...first, oldSize: 11 }).status, 400);
  const stranger = createNoteSigner(ORIGIN, signingKeyFromSeed('Ed25519', new Uint8Array(32).fill(9)));
  for (const [note, status] of [
    [checkpointOf(log, [stranger]).note, 403],
    [checkpointOf(log, SIGNERS.slice(0, 1)).note, 403],
    [first.note.replace(/^10$/m, '12'), 403],
    [first.note.replace(ORIGIN, 'elsewhere.example'), 404],
    ['', 404],
    [`${ORIGIN}\n`, 400],
  ] as const) {
    assert.equal(cosignIt({ oldSize: 10, proof: [], note }).status, status, note);
  }
});

test('a request goes through text and back, and nothing else is one', () => {
  const log = grow(createMerkleLog(), 50);
  for (const oldSize of [0, 17, 50]) {
    const made = request(log, oldSize);
    assert.deepEqual(parseCosignRequest(formatCosignRequest(made)), made);
  }
  const digest = new Uint8Array(32).toBase64();
  for (const body of [
    '',
    'old 5\n',
    'old 05\n\nnote',
    'old -1\n\nnote',
    'new 5\n\nnote',
    'old 99999999999999999999\n\nnote',
    'old 5\nabc\n\nnote',
    `old 5\n${`${digest}\n`.repeat(64)}\nnote`,
    `old 5\n\n${'x'.repeat(200_000)}`,
  ]) {
    assert.throws(() => parseCosignRequest(body), { code: 'witness.request' });
  }
});

test('a witness remembers across restarts, and rather fails than forgets', () => {
  const folder = temporaryFolder();
  const path = join(folder.path, 'witness.json');
  const log = grow(createMerkleLog(), 10);
  assert.equal(witnessWith(openWitnessFile(path))(request(log, 0)).status, 200);
  assert.equal(statSync(path).mode & 0o077, 0);
  const again = witnessWith(openWitnessFile(path));
  assert.deepEqual(again(request(log, 0)), { kind: 'conflict', status: 409, size: 10 });
  assert.equal(again(request(grow(log, 20), 10)).status, 200);
  assert.deepEqual(readdirSync(folder.path), ['witness.json'], 'no draft is left');
  const kept = readFileSync(path, 'utf8');
  for (const text of ['', '[]', kept.slice(0, -3), kept.replace('20', '-1'), kept.replace('"root"', '"boot"')]) {
    writeFileSync(path, text);
    assert.throws(() => openWitnessFile(path), { code: 'witness.memory' });
  }
  folder.remove();
});

test('kept_before_cosigned: a witness that cannot remember does not cosign', () => {
  const folder = temporaryFolder();
  const memory = openWitnessFile(join(folder.path, 'witness.json'));
  folder.remove();
  const log = grow(createMerkleLog(), 10);
  assert.throws(() => witnessWith(memory)(request(log, 0)), { code: 'witness.memory' });
  assert.equal(memory.last(ORIGIN), undefined);
});
