import assert from 'node:assert/strict';
import { test } from 'node:test';
import { COMMAND_ID_PATTERN, commandIdOf } from '#model/thing/command-id';

const SECRET = new Uint8Array(32).fill(1);

test('the same command has the same name again, as replaying history needs it', () => {
  assert.equal(commandIdOf(SECRET, 7, 1_000), commandIdOf(SECRET.slice(), 7, 1_000));
});

test('no_two_alike: another number, another instant or another subject is another name', () => {
  const other = new Uint8Array(32).fill(2);
  const names = [SECRET, other].flatMap((secret) =>
    [1, 2, 11].flatMap((ordinal) => [1, 11, 21_000].map((at) => commandIdOf(secret, ordinal, at))),
  );
  assert.equal(new Set(names).size, names.length);
});

test('nobody_guesses: 128 bits, in letters that an address takes', () => {
  const name = commandIdOf(SECRET, 1, 1_000);
  assert.match(name, new RegExp(COMMAND_ID_PATTERN));
  // 26 letters of 5 bits hold 128
  assert.equal(name.length, 27);
});
