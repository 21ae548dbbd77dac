import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createForkShelf, FORK_LIFETIME, newForkId } from '#edge/http/forks/fork-shelf';

const OF_ONE = 16;
const IN_ALL = 500;

function shelfAt(start = 1_000) {
  let now = start;
  const shelf = createForkShelf<string>(() => now);
  const keep = (owner: string, key?: string) => {
    const place = shelf.reserve(owner, key);
    const fork = shelf.keep(place, { id: newForkId(), subject: 'p1', told: 'a bolus' });
    shelf.release(place);
    return fork;
  };
  const pass = (time: number): void => {
    now += time;
  };
  return { shelf, keep, pass };
}

test('a fork is found by its owner, of its subject, by its id or key, until it is removed', () => {
  const { shelf, keep } = shelfAt();
  const { expiresAt, id, ...fork } = keep('anna', 'key-1');
  assert.deepEqual(fork, { owner: 'anna', idempotencyKey: 'key-1', subject: 'p1', told: 'a bolus' });
  assert.equal(expiresAt, 1_000 + FORK_LIFETIME);
  assert.equal(FORK_LIFETIME, 15 * 60_000);
  assert.match(id, /^[0-9a-f]{24}$/);
  assert.notEqual(newForkId(), newForkId());
  assert.equal(shelf.find('anna', 'p1', id)?.told, 'a bolus');
  assert.equal(shelf.findByKey('anna', 'key-1')?.id, id);
  for (const [owner, subject, of] of [
    ['berta', 'p1', id],
    ['anna', 'p2', id],
    ['anna', 'p1', 'other'],
  ] as const) {
    assert.equal(shelf.find(owner, subject, of), undefined);
    assert.equal(shelf.remove(owner, subject, of), false);
  }
  assert.equal(shelf.findByKey('berta', 'key-1'), undefined);
  assert.equal(shelf.findByKey('anna', 'key-2'), undefined);
  assert.equal('idempotencyKey' in keep('anna'), false);
  assert.equal(shelf.remove('anna', 'p1', id), true);
  assert.equal(shelf.find('anna', 'p1', id), undefined);
});

test('forks_expire: none is found after its time, and its place is free again', () => {
  const { shelf, keep, pass } = shelfAt();
  const kept = Array.from({ length: OF_ONE }, (_, index) => keep('anna', `key-${index}`));
  assert.throws(() => keep('anna'), {
    code: 'http.too-many-forks',
    message: 'forks: 16 are kept for you already; delete one, or wait',
  });
  keep('berta');
  const [first] = kept;
  pass(FORK_LIFETIME - 1);
  assert.equal(shelf.find('anna', 'p1', first!.id)?.told, 'a bolus');
  pass(1);
  assert.equal(shelf.find('anna', 'p1', first!.id), undefined);
  assert.equal(shelf.findByKey('anna', 'key-0'), undefined);
  keep('anna');
});

test('places count from when they are reserved, so that nobody is refused once the work is done', () => {
  const { shelf, keep } = shelfAt();
  for (let count = 0; count < OF_ONE - 1; count += 1) keep('anna');
  const place = shelf.reserve('anna', undefined);
  assert.throws(() => shelf.reserve('anna', undefined), { code: 'http.too-many-forks' });
  shelf.release(place);
  const again = shelf.reserve('anna', undefined);
  shelf.keep(again, { id: newForkId(), subject: 'p1', told: 'a bolus' });
  shelf.release(again);
  assert.throws(() => shelf.reserve('anna', undefined), { code: 'http.too-many-forks' });
});

test('a key has one place at a time, of each owner', () => {
  const { shelf } = shelfAt();
  const place = shelf.reserve('anna', 'key-1');
  assert.throws(() => shelf.reserve('anna', 'key-1'), {
    code: 'http.under-way',
    message: 'idempotency-key: its request is under way; ask again in a moment',
  });
  shelf.reserve('anna', 'key-2');
  shelf.reserve('anna', undefined);
  shelf.reserve('anna', undefined);
  shelf.reserve('berta', 'key-1');
  shelf.release(place);
  shelf.reserve('anna', 'key-1');
});

test('of all forks so many are kept and no more', () => {
  const { keep } = shelfAt();
  for (let count = 0; count < IN_ALL; count += 1) keep(`owner-${count % 100}`);
  assert.throws(() => keep('somebody'), { code: 'http.too-many-forks' });
});
