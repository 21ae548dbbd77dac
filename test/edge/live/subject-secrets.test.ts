import assert from 'node:assert/strict';
import { test } from 'node:test';
import { utf8 } from '#base/bytes';
import { NONCE_BYTES, open, seal } from '#crypto/aead';
import { createSubjectSecrets, secretNameOf } from '#edge/live/subject-secrets';

const NONCE = new Uint8Array(NONCE_BYTES);

function newSecrets() {
  const shelf = new Map<string, Uint8Array>();
  const kept: string[] = [];
  const forgotten = new Set<string>();
  const secrets = createSubjectSecrets({
    find: (name) => shelf.get(name),
    keep: (name, secret) => {
      kept.push(name);
      shelf.set(name, secret);
    },
    destroy: (name) => void shelf.delete(name),
    isForgotten: (subject) => forgotten.has(subject),
  });
  return { secrets, shelf, kept, forgotten };
}

test('a subject gets one key, kept under its name with the first record, and found again after a restart', () => {
  const { secrets, shelf, kept } = newSecrets();
  assert.equal(secrets.find('p1'), undefined);
  assert.equal(secrets.snapshotKey('p1'), undefined);
  const key = secrets.keyFor('p1');
  assert.deepEqual(kept, ['subject/p1']);
  assert.equal(shelf.get('subject/p1')?.length, 32);
  assert.equal(secrets.keyFor('p1'), key);
  assert.equal(secrets.find('p1'), key);
  assert.deepEqual(kept, ['subject/p1'], 'once');
  secrets.keyFor('p2');
  assert.notDeepEqual(shelf.get('subject/p1'), shelf.get('subject/p2'));

  const restarted = createSubjectSecrets({
    find: (name) => shelf.get(name),
    keep: () => assert.fail('there is one'),
    destroy: () => {},
    isForgotten: () => false,
  });
  const sealed = seal(key, NONCE, utf8('a record'), utf8(''));
  assert.deepEqual(open(restarted.keyFor('p1'), NONCE, sealed, utf8('')), utf8('a record'));
  assert.deepEqual(open(restarted.find('p1')!, NONCE, sealed, utf8('')), utf8('a record'));
});

test('snapshots are sealed under another key than records, the same after a restart', () => {
  const { secrets, shelf } = newSecrets();
  const key = secrets.keyFor('p1');
  const sealed = seal(secrets.snapshotKey('p1')!, NONCE, utf8('a state'), utf8(''));
  assert.equal(open(key, NONCE, sealed, utf8('')), undefined);
  secrets.keyFor('p2');
  assert.equal(open(secrets.snapshotKey('p2')!, NONCE, sealed, utf8('')), undefined);
  const restarted = createSubjectSecrets({
    find: (name) => shelf.get(name),
    keep: () => {},
    destroy: () => {},
    isForgotten: () => false,
  });
  assert.deepEqual(open(restarted.snapshotKey('p1')!, NONCE, sealed, utf8('')), utf8('a state'));
});

test('snapshots of before are opened: their key is this one', () => {
  const { secrets, shelf } = newSecrets();
  shelf.set(secretNameOf('p1'), new Uint8Array(32).fill(1));
  const sealed = seal(secrets.snapshotKey('p1')!, NONCE, utf8('a state'), utf8(''));
  assert.equal(sealed.toHex(), '6d4d75ae4fe8e7bf5d662d68d92a2bf8b95fcd19f3211b');
});

test('whoever was forgotten gets no key again, and the destroyed one is found no more', () => {
  const { secrets, shelf, forgotten } = newSecrets();
  secrets.keyFor('p1');
  secrets.destroy('p1');
  assert.deepEqual([secrets.find('p1'), secrets.snapshotKey('p1'), shelf.size], [undefined, undefined, 0]);
  assert.equal(secrets.isForgotten('p1'), false);
  forgotten.add('p1');
  assert.equal(secrets.isForgotten('p1'), true);
  assert.throws(() => secrets.keyFor('p1'), {
    code: 'history.subject-forgotten',
    message: 'history: `p1` was forgotten; use a new subject id',
    data: { subject: 'p1' },
  });
  assert.equal(secretNameOf('p1'), 'subject/p1');
});
