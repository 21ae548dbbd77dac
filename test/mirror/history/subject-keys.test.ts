import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSubjectKeys } from '#mirror/history/subject-keys';

test('a subject has one key, made when it is first needed, and none once it was destroyed', () => {
  const asked: string[] = [];
  const keys = createSubjectKeys((subject) => {
    asked.push(subject);
    return new Uint8Array(32).fill(asked.length);
  });
  assert.equal(keys.find('p1'), undefined);
  const key = keys.keyFor('p1');
  assert.equal(keys.keyFor('p1'), key);
  assert.equal(keys.find('p1'), key);
  assert.notEqual(keys.keyFor('p2'), key);
  assert.deepEqual(asked, ['p1', 'p2'], 'one secret each');

  keys.destroy('p1');
  assert.equal(keys.find('p1'), undefined);
  assert.throws(() => keys.keyFor('p1'), {
    code: 'history.subject-forgotten',
    message: 'history: `p1` was forgotten; use a new subject id',
    data: { subject: 'p1' },
  });
  assert.ok(keys.find('p2') !== undefined, 'and the others keep theirs');
  keys.destroy('p3');
  assert.throws(() => keys.keyFor('p3'), { code: 'history.subject-forgotten' }, 'one that never had a key as well');
});
