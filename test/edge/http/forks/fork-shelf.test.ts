import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createForkShelf, FORK_LIFETIME, newForkId } from '#edge/http/forks/fork-shelf';

test('forks_expire: none is found after its time, and its place is free again', () => {
  let now = 1_000;
  const shelf = createForkShelf<string>(() => now);
  const keep = (idempotencyKey: string) =>
    shelf.keep({ id: newForkId(), owner: 'anna', subject: 'p1', idempotencyKey, told: 'a bolus' });
  const kept = Array.from({ length: 16 }, (_, index) => keep(`key-${index}`));
  assert.throws(() => shelf.requireRoom('anna'), { code: 'http.too-many-forks' });
  shelf.requireRoom('berta');
  const [first] = kept;
  now += FORK_LIFETIME - 1;
  assert.equal(shelf.find('anna', 'p1', first!.id)?.told, 'a bolus');
  now += 1;
  assert.equal(shelf.find('anna', 'p1', first!.id), undefined);
  assert.equal(shelf.findByKey('anna', 'key-0'), undefined);
  shelf.requireRoom('anna');
});
