import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRandom } from '#base/random';
import { BLOCK_LEAVES, createMerkleLog, leafDigest, rootOfLeaves } from '#crypto/merkle-log';
import { signingKeyFromSeed } from '#crypto/sign';
import { createNoteSigner, openNote, parseCheckpoint } from '#crypto/signed-note';
import { createLedger } from '#mirror/history/ledger';
import type { HistoryRecord } from '#mirror/history/record';
import { openRecord, readHeader } from '#mirror/history/sealed-record';
import { createSubjectKeys } from '#mirror/history/subject-keys';

const ORIGIN = 'ward.example/history';
const AT = 1_760_000_000_000;
const signer = createNoteSigner(ORIGIN, signingKeyFromSeed('Ed25519', new Uint8Array(32).fill(1)));
const record = (index: number): HistoryRecord => ({
  kind: 'MessageReceived',
  subject: `p${index % 2}`,
  at: AT + index,
  body: index,
});

function newLedger(epoch = 3) {
  const keys = createSubjectKeys((subject) => createRandom(subject).bytes(32));
  const tree = createMerkleLog({ keeps: 'blocks' });
  return { keys, tree, ledger: createLedger({ origin: ORIGIN, keys, signers: [signer], epoch, tree }) };
}

test('an entry is sealed under its subject, its position and the epoch of the opening, and waits until it is drained', () => {
  const { keys, ledger } = newLedger();
  assert.deepEqual([ledger.size, ledger.pending], [0, 0]);
  assert.deepEqual(
    [0, 1, 2].map((index) => ledger.append(record(index))),
    [0, 1, 2],
  );
  assert.deepEqual([ledger.size, ledger.pending], [3, 3]);
  const { entries, blocks } = ledger.drain();
  assert.deepEqual(blocks, []);
  for (const [index, entry] of entries.entries()) {
    assert.deepEqual([entry.position, entry.record], [index, record(index)]);
    assert.deepEqual(entry.leaf, leafDigest(entry.sealed));
    assert.equal(readHeader(entry.sealed).epoch, 3);
    assert.deepEqual(openRecord(entry.sealed, keys.find(`p${index % 2}`)!), record(index));
  }
  assert.deepEqual([entries.length, ledger.size, ledger.pending], [3, 3, 0]);
  assert.deepEqual(ledger.drain(), { entries: [], blocks: [] });
  assert.equal(ledger.append(record(3)), 3);
  assert.deepEqual(
    ledger.drain().entries.map(({ position }) => position),
    [3],
  );
});

test('a block is told with the entry that completes it, once, with the root of its leaves', () => {
  const { ledger } = newLedger();
  const leaves: Uint8Array[] = [];
  const told: { index: number; digest: Uint8Array; at: number }[] = [];
  for (let index = 0; index < 2 * BLOCK_LEAVES + 1; index += 1) {
    ledger.append(record(index));
    const { entries, blocks } = ledger.drain();
    leaves.push(entries[0]!.leaf);
    told.push(...blocks.map((block) => ({ ...block, at: index })));
  }
  assert.deepEqual(told, [
    { index: 0, digest: rootOfLeaves(leaves.slice(0, BLOCK_LEAVES)), at: BLOCK_LEAVES - 1 },
    { index: 1, digest: rootOfLeaves(leaves.slice(BLOCK_LEAVES, 2 * BLOCK_LEAVES)), at: 2 * BLOCK_LEAVES - 1 },
  ]);
});

test('a checkpoint signs all that was appended, drained or not, with its time', () => {
  const { ledger, tree } = newLedger();
  ledger.append(record(0));
  ledger.drain();
  ledger.append(record(1));
  const { note, ...checkpoint } = ledger.checkpoint(AT + 9);
  assert.deepEqual(checkpoint, { origin: ORIGIN, size: 2, root: tree.root(), at: AT + 9 });
  const { text } = openNote(note, [signer.verifier]);
  assert.deepEqual(parseCheckpoint(text), {
    checkpoint: { origin: ORIGIN, size: 2, root: tree.root() },
    extensions: [`at ${AT + 9}`],
  });
});

test('an epoch is a count of 32 bits', () => {
  for (const epoch of [0, 1, 2 ** 32 - 1]) assert.equal(newLedger(epoch).ledger.size, 0);
  for (const epoch of [-1, 0.5, 2 ** 32, Number.NaN]) {
    assert.throws(() => newLedger(epoch), /an epoch is a 32-bit count/, String(epoch));
  }
});
