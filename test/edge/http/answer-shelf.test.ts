import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ANSWER_LIFETIME, ANSWER_LIMIT, createAnswerShelf } from '#edge/http/answer-shelf';

const IN_ALL = 5_000;
const OF_ONE = 500;
const answer = { status: 201, headers: { location: '/a' }, body: 'done' };

function shelfAt(start = 0) {
  let now = start;
  const shelf = createAnswerShelf(() => now);
  const kind = (owner: string, key: string, wish = 'wish'): string => shelf.begin(owner, key, wish).kind;
  const answered = (owner: string, key: string): void => {
    shelf.begin(owner, key, 'wish');
    shelf.end(owner, key, answer);
  };
  const pass = (time: number): void => {
    now += time;
  };
  return { shelf, kind, answered, pass };
}

test('a key is new, then under way, then answered as it was, and for another wish it is taken', () => {
  const { shelf, kind } = shelfAt();
  assert.equal(kind('a', 'k'), 'new');
  assert.equal(kind('a', 'k'), 'under-way');
  assert.equal(kind('a', 'k', 'another'), 'other', 'while it is under way too');
  assert.equal(kind('b', 'k'), 'new', 'of another owner it is another key');
  assert.equal(shelf.size, 0);
  shelf.end('a', 'k', answer);
  assert.deepEqual(shelf.begin('a', 'k', 'wish'), { kind: 'answered', answer });
  assert.equal(kind('a', 'k', 'another'), 'other');
  assert.equal(kind('b', 'k'), 'under-way');
  assert.equal(shelf.size, 1);
});

test('where nothing was done the same key may ask again, for something else too', () => {
  const { shelf, kind } = shelfAt();
  kind('a', 'k');
  shelf.end('a', 'k', undefined);
  assert.equal(kind('a', 'k', 'another'), 'new');
  shelf.end('a', 'never begun', answer);
  assert.deepEqual([kind('a', 'never begun'), shelf.size], ['new', 0]);
});

test('an answer is kept for ten minutes from when it was given, and not a moment longer', () => {
  const { shelf, kind, pass } = shelfAt(7);
  assert.equal(ANSWER_LIFETIME, 600_000);
  kind('a', 'k');
  pass(3_000);
  shelf.end('a', 'k', answer);
  pass(ANSWER_LIFETIME - 1);
  assert.equal(kind('a', 'k'), 'answered');
  pass(1);
  assert.equal(kind('a', 'k'), 'new');
  assert.equal(shelf.size, 0);
});

test('an answer that is too long is not kept, one just short enough is', () => {
  const { shelf, kind } = shelfAt();
  for (const [length, expected] of [
    [ANSWER_LIMIT, 'answered'],
    [ANSWER_LIMIT + 1, 'new'],
  ] as const) {
    kind('a', `k${length}`);
    shelf.end('a', `k${length}`, { ...answer, body: 'x'.repeat(length) });
    assert.equal(kind('a', `k${length}`), expected);
  }
  assert.equal(ANSWER_LIMIT, 16_384);
});

test('done_once: what is under way is never forgotten, however many keys come meanwhile and however long it takes', () => {
  const { shelf, kind, answered, pass } = shelfAt();
  assert.equal(kind('a', 'slow'), 'new');
  for (let key = 0; key < 2 * IN_ALL; key += 1) answered(`owner-${key % 20}`, `k${key}`);
  for (let key = 0; key < OF_ONE + 1; key += 1) answered('a', `k${key}`);
  pass(2 * ANSWER_LIFETIME);
  assert.equal(kind('a', 'slow'), 'under-way');
  shelf.end('a', 'slow', answer);
  assert.equal(kind('a', 'slow'), 'answered');
});

test('whoever uses many keys loses the oldest of his own, and nobody else a thing', () => {
  const { shelf, kind, answered, pass } = shelfAt();
  answered('b', 'theirs');
  for (let key = 0; key < OF_ONE; key += 1) answered('a', `k${key}`);
  assert.deepEqual([kind('a', 'k0'), shelf.size], ['answered', OF_ONE + 1]);
  answered('a', 'one more');
  assert.equal(shelf.size, OF_ONE + 1);
  pass(ANSWER_LIFETIME);
  kind('c', 'k');
  assert.equal(shelf.size, 0);
  for (let key = 0; key < OF_ONE; key += 1) answered('a', `k${key}`);
  answered('b', 'theirs');
  answered('a', 'one more');
  assert.equal(shelf.size, OF_ONE + 1, 'and so it is once all of them have ended');
  assert.deepEqual([kind('b', 'theirs'), kind('a', 'k1'), kind('a', 'one more')], ['answered', 'answered', 'answered']);
  assert.equal(kind('a', 'k0'), 'new');
});

test('of all answers so many are kept, and then the oldest goes', () => {
  const { shelf, kind, answered } = shelfAt();
  for (let key = 0; key < IN_ALL; key += 1) answered(`owner-${key % 20}`, `k${key}`);
  assert.deepEqual([shelf.size, kind('owner-0', 'k0')], [IN_ALL, 'answered']);
  answered('somebody', 'k');
  assert.equal(shelf.size, IN_ALL);
  assert.deepEqual(
    [kind('owner-1', 'k1'), kind('somebody', 'k'), kind('owner-0', 'k0')],
    ['answered', 'answered', 'new'],
  );
});
