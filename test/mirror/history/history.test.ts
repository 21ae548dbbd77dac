import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { concat, utf8 } from '#base/bytes';
import { createRandom } from '#base/random';
import { verifyConsistency, verifyInclusion } from '#crypto/merkle-log';
import { signingKeyFromSeed } from '#crypto/sign';
import { createNoteSigner, openNote, parseCheckpoint } from '#crypto/signed-note';
import { createHistory, type History } from '#mirror/history/history';
import { createMemoryRecordStore, type MemoryRecordStore } from '#mirror/history/memory-record-store';
import { type HistoryRecord, PLATFORM_SUBJECT, RECORD_KINDS, type RecordKind } from '#mirror/history/record';
import type { RecordStore } from '#mirror/history/record-store';
import { openRecord, sealRecord } from '#mirror/history/sealed-record';
import { createSubjectKeys, type SubjectKeys } from '#mirror/history/subject-keys';

const AT = 1_760_000_000_000;
const seed = createRandom('history');
const signer = createNoteSigner('ward.example/history', signingKeyFromSeed('Ed25519', seed.bytes(32)));
const stranger = createNoteSigner('ward.example/history', signingKeyFromSeed('Ed25519', seed.bytes(32)));

interface Ward {
  readonly store: MemoryRecordStore;
  readonly keys: SubjectKeys;
  readonly history: History;
}

function openWard(store = createMemoryRecordStore(), keys = newKeys(), epoch = 0): Ward {
  const origin = 'ward.example/history';
  return { store, keys, history: createHistory({ origin, store, keys, signers: [signer], epoch }) };
}

const newKeys = (): SubjectKeys => createSubjectKeys((subject) => createRandom(subject).bytes(32));

const record = (index: number, subject = `patient-${index % 3}`): HistoryRecord => ({
  kind: index % 2 === 0 ? 'MessageReceived' : 'FindingRaised',
  subject,
  at: AT + index,
  body: { index, note: `note ${index}`, values: [index / 7, true, null] },
});

function wardOf(count: number): Ward {
  const ward = openWard();
  for (let index = 0; index < count; index += 1) ward.history.append(record(index));
  return ward;
}

test('what was recorded is read back, in order, and every kind can be recorded', () => {
  const { history } = openWard();
  const kinds = Object.keys(RECORD_KINDS) as RecordKind[];
  for (const [index, kind] of kinds.entries()) {
    assert.equal(history.append({ ...record(index), kind }), index);
  }
  const replayed: HistoryRecord[] = [];
  history.replay((item, position) => {
    assert.equal(position, replayed.length);
    replayed.push(item);
  });
  assert.deepEqual(
    replayed,
    kinds.map((kind, index) => ({ ...record(index), kind })),
  );
  assert.deepEqual(
    [...history.range(1, 3)].map(({ position }) => position),
    [1, 2],
  );
});

test('the store holds no body in the clear', () => {
  const { store } = wardOf(3);
  for (let position = 0; position < store.size; position += 1) {
    assert.ok(!Buffer.from(store.get(position)!).includes(Buffer.from(utf8(`note ${position}`))));
  }
});

test('an intact history is found intact', () => {
  const { history } = wardOf(40);
  assert.deepEqual(history.audit(), { kind: 'intact', size: 40, root: history.checkpoint(AT).root });
});

test('any single byte changed in the store is found and located by the audit, and never read', () => {
  const { history, store } = wardOf(6);
  for (let position = 0; position < store.size; position += 1) {
    const genuine = store.get(position)!;
    for (let index = 0; index < genuine.length; index += 1) {
      const altered = genuine.slice();
      altered[index]! ^= 1 << (index % 8);
      store.tamper(position, altered);
      assert.deepEqual(history.audit(), { kind: 'tampered', reason: 'altered', firstBad: position });
      assert.equal(history.read(position).kind, 'tampered');
    }
    store.tamper(position, genuine);
  }
  assert.equal(history.audit().kind, 'intact');
});

test('the first of several changes is the one that is named', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.nat({ max: 19 }), { minLength: 1, maxLength: 5 }), (positions) => {
      const { history, store } = wardOf(20);
      for (const position of positions) store.tamper(position, concat(store.get(position)!, Uint8Array.of(0)));
      const result = history.audit();
      assert.deepEqual(result, { kind: 'tampered', reason: 'altered', firstBad: Math.min(...positions) });
    }),
    { numRuns: 30 },
  );
});

test('an insider with the data key who seals a changed record anew is found all the same', () => {
  const { history, store, keys } = wardOf(10);
  const key = keys.find('patient-1')!;
  const genuine = openRecord(store.get(4)!, key)!;
  store.tamper(4, sealRecord({ ...genuine, body: { index: 4, note: 'nothing happened' } }, 4, 0, key));
  assert.deepEqual(openRecord(store.get(4)!, key)?.body, { index: 4, note: 'nothing happened' });
  assert.deepEqual(history.audit(), { kind: 'tampered', reason: 'altered', firstBad: 4 });
  assert.throws(() => history.replay(() => {}), { code: 'history.tampered' });
});

test('swapped, dropped and added records are found', () => {
  const swapped = wardOf(10);
  const [third, fourth] = [swapped.store.get(3)!, swapped.store.get(4)!];
  swapped.store.tamper(3, fourth);
  swapped.store.tamper(4, third);
  assert.deepEqual(swapped.history.audit(), { kind: 'tampered', reason: 'altered', firstBad: 3 });

  const cut = wardOf(10);
  cut.store.truncate(7);
  assert.deepEqual(cut.history.audit(), { kind: 'tampered', reason: 'missing', firstBad: 7 });
  assert.deepEqual(cut.history.auditRange(0, 5), { kind: 'tampered', reason: 'missing', firstBad: 7 });

  const added = wardOf(10);
  added.store.append(added.store.get(0)!);
  assert.deepEqual(added.history.audit(), { kind: 'tampered', reason: 'added', firstBad: 10 });
});

test('auditing range by range finds what auditing at once finds', () => {
  const { history, store } = wardOf(20);
  store.tamper(13, store.get(12)!);
  const results = [0, 5, 10, 15].map((from) => history.auditRange(from, from + 5).kind);
  assert.deepEqual(results, ['intact', 'intact', 'tampered', 'intact']);
});

test('a record proves its place in every later checkpoint', () => {
  const { history } = wardOf(25);
  for (let size = 1; size <= 25; size += 1) {
    for (let position = 0; position < size; position += 3) {
      const proof = history.proveInclusion(position, size);
      const root = wardOf(size).history.checkpoint(AT).root;
      assert.ok(verifyInclusion(proof.leaf, proof.position, proof.size, proof.path, root));
    }
  }
});

test('any two checkpoints are proven consistent, and those of a forked history are not', () => {
  const size = fc.integer({ min: 1, max: 40 });
  fc.assert(
    fc.property(size, size, fc.nat(), (a, b, where) => {
      const [first, second] = [Math.min(a, b), Math.max(a, b)];
      const honest = openWard().history;
      const forked = openWard().history;
      let signed = honest.checkpoint(AT);
      for (let index = 0; index < second; index += 1) {
        honest.append(record(index));
        forked.append(index === where % first ? { ...record(index), body: 'rewritten' } : record(index));
        if (index === first - 1) signed = honest.checkpoint(AT);
      }
      const later = honest.checkpoint(AT);
      const proof = honest.proveConsistency(first, second);
      assert.ok(verifyConsistency(first, signed.root, second, later.root, proof));
      const rewritten = forked.checkpoint(AT);
      assert.ok(!verifyConsistency(first, signed.root, second, rewritten.root, forked.proveConsistency(first, second)));
    }),
    { numRuns: 40 },
  );
});

test('a checkpoint is a note that an outsider can verify, with its time', () => {
  const { history } = wardOf(5);
  const checkpoint = history.checkpoint(AT + 9);
  const { text } = openNote(checkpoint.note, [signer.verifier]);
  const { origin, size, root } = checkpoint;
  assert.deepEqual(parseCheckpoint(text), { checkpoint: { origin, size, root }, extensions: [`at ${AT + 9}`] });
  assert.equal(history.auditAgainst(checkpoint.note, [signer.verifier]).kind, 'intact');
  assert.throws(() => history.auditAgainst(checkpoint.note, [stranger.verifier]), { code: 'note.unverified' });
});

test('a store that was rewritten while the platform was down is found against the last checkpoint', () => {
  const { history, store, keys } = wardOf(12);
  const { note } = history.checkpoint(AT);
  assert.equal(openWard(store, keys, 1).history.auditAgainst(note, [signer.verifier]).kind, 'intact');
  const key = keys.find('patient-2')!;
  store.tamper(5, sealRecord({ ...record(5), body: 'rewritten' }, 5, 0, key));
  const reopened = openWard(store, keys, 1).history;
  assert.equal(reopened.audit().kind, 'intact', 'without the checkpoint there is nothing to compare with');
  assert.deepEqual(reopened.auditAgainst(note, [signer.verifier]), { kind: 'tampered', reason: 'forked' });
  store.truncate(3);
  const shortened = openWard(store, keys, 1).history;
  assert.deepEqual(shortened.auditAgainst(note, [signer.verifier]), { kind: 'tampered', reason: 'forked' });
});

test('a reopened history reads what was there and goes on', () => {
  const { store, keys } = wardOf(4);
  const { history } = openWard(store, keys, 1);
  assert.equal(history.append(record(4)), 4);
  const bodies = [...history.range(0, 5)].map((reading) => reading.kind === 'read' && reading.record);
  assert.deepEqual(
    bodies,
    [0, 1, 2, 3, 4].map((index) => record(index)),
  );
});

test('a reading says what is wrong with a record: missing, altered, or sealed under another key than its own', () => {
  const { history, store, keys } = wardOf(6);
  const at3 = store.get(3)!;
  store.tamper(3, concat(at3, Uint8Array.of(0)));
  assert.deepEqual(history.read(3), { kind: 'tampered', position: 3, reason: 'altered' });
  assert.throws(() => history.replay(() => {}), {
    code: 'history.tampered',
    message: 'history: record `3` is altered',
    data: { position: 3, reason: 'altered' },
  });
  store.tamper(3, at3);
  store.truncate(5);
  assert.deepEqual(history.read(5), { kind: 'tampered', position: 5, reason: 'missing' });
  assert.throws(() => history.replay(() => {}), { data: { position: 5, reason: 'missing' } });
  for (const position of [-1, 6]) assert.throws(() => history.read(position), /history has no record -?\d/);

  // reopened over it, the tree cannot tell; the key of the subject does
  store.tamper(4, sealRecord(record(4), 4, 0, keys.keyFor('somebody else')));
  assert.deepEqual(openWard(store, keys, 1).history.read(4), { kind: 'tampered', position: 4, reason: 'altered' });
});

test('a store with a hole is not opened, and an epoch is a count of 32 bits', () => {
  const { store, keys } = wardOf(4);
  const holed: RecordStore = {
    ...store,
    size: 4,
    get: (position) => (position === 2 ? undefined : store.get(position)),
  };
  assert.throws(() => createHistory({ origin: 'o', store: holed, keys, signers: [signer] }), {
    code: 'history.tampered',
    message: 'history: no record `2`',
    data: { position: 2 },
  });
  for (const epoch of [0, 2 ** 32 - 1]) assert.equal(openWard(store, keys, epoch).history.size, 4);
  for (const epoch of [-1, 0.5, 2 ** 32]) {
    assert.throws(() => openWard(store, keys, epoch), /an epoch is a 32-bit count/, String(epoch));
  }
});

test('a checkpoint of another log is not one of this history, though all its records are the same', () => {
  const { store, keys, history } = wardOf(5);
  const elsewhere = createNoteSigner(
    'other.example/history',
    signingKeyFromSeed('Ed25519', new Uint8Array(32).fill(9)),
  );
  const foreign = createHistory({ origin: 'other.example/history', store, keys, signers: [elsewhere] });
  assert.deepEqual(foreign.checkpoint(AT).root, history.checkpoint(AT).root);
  assert.deepEqual(history.auditAgainst(foreign.checkpoint(AT).note, [elsewhere.verifier]), {
    kind: 'tampered',
    reason: 'forked',
  });
});

test('a forgotten subject cannot be read while every proof still verifies', () => {
  const { history } = wardOf(9);
  const before = history.checkpoint(AT);
  const proofs = Array.from({ length: 9 }, (_, position) => history.proveInclusion(position));
  assert.equal(history.forget('patient-1', AT + 100), 9);
  for (let position = 0; position < 9; position += 1) {
    const reading = history.read(position);
    assert.equal(reading.kind, position % 3 === 1 ? 'forgotten' : 'read');
    const proof = proofs[position]!;
    assert.ok(verifyInclusion(proof.leaf, position, 9, proof.path, before.root));
  }
  assert.equal(history.audit().kind, 'intact');
  const after = history.checkpoint(AT + 101);
  assert.ok(verifyConsistency(9, before.root, after.size, after.root, history.proveConsistency(9)));
  const replayed: string[] = [];
  history.replay(({ subject }) => replayed.push(subject));
  assert.ok(!replayed.includes('patient-1') && replayed.length === 7);
});

test('that a subject was forgotten is itself recorded, and nothing is recorded under it again', () => {
  const { history } = wardOf(3);
  const reading = history.read(history.forget('patient-0', AT + 5));
  assert.deepEqual(reading.kind === 'read' && reading.record, {
    kind: 'SubjectForgotten',
    subject: PLATFORM_SUBJECT,
    at: AT + 5,
    body: { subject: 'patient-0' },
  });
  assert.throws(() => history.append(record(0)), { code: 'history.subject-forgotten' });
  assert.throws(() => history.forget(PLATFORM_SUBJECT, AT), {
    code: 'history.not-forgettable',
    message: 'history: `platform` is no person',
    data: { subject: PLATFORM_SUBJECT },
  });
});

test('after the store failed nothing is recorded until it is reopened', () => {
  const inner = createMemoryRecordStore();
  let fails = false;
  const store: RecordStore = {
    get size() {
      return inner.size;
    },
    get: inner.get,
    append: (sealed) => {
      if (fails) throw new Error('disk full');
      inner.append(sealed);
    },
  };
  const history = createHistory({ origin: 'o', store, keys: newKeys(), signers: [signer] });
  history.append(record(0));
  fails = true;
  assert.throws(() => history.append(record(1)), /disk full/);
  fails = false;
  assert.throws(() => history.append(record(1)), { code: 'history.closed', message: /reopen it with the next epoch$/ });
  assert.equal(history.size, 1);
});

test('the same records, keys and signer give the same history, byte for byte', () => {
  assert.equal(wardOf(10).history.checkpoint(AT).note, wardOf(10).history.checkpoint(AT).note);
});
