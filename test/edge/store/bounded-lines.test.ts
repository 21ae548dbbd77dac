import assert from 'node:assert/strict';
import { test } from 'node:test';
import { utf8 } from '#base/bytes';
import { boundedLines } from '#edge/store/bounded-lines';

async function* chunked(...chunks: readonly (string | Uint8Array)[]): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) yield typeof chunk === 'string' ? utf8(chunk) : chunk;
}

async function linesOf(limit: number, ...chunks: readonly (string | Uint8Array)[]): Promise<readonly string[]> {
  const lines: string[] = [];
  for await (const line of boundedLines(chunked(...chunks), limit)) lines.push(line);
  return lines;
}

test('a line is as long as the limit and no longer, in one chunk or in many', async () => {
  for (const chunks of [
    ['abcde\n12345\n'],
    ['abc', 'de\n123', '45\n'],
    [...'abcde\n12345\n'],
    ['', 'abcde', '\n', '12345\n'],
  ]) {
    assert.deepEqual(await linesOf(5, ...chunks), ['abcde', '12345']);
    await assert.rejects(linesOf(4, ...chunks), {
      code: 'lines.too-long',
      message: 'line 1: longer than 4 bytes',
      data: { line: 1 },
    });
  }
  await assert.rejects(linesOf(5, 'a\nb\nabcdef'), { message: 'line 3: longer than 5 bytes', data: { line: 3 } });
  assert.deepEqual(await linesOf(5, '\n\n'), ['', '']);
  assert.deepEqual(await linesOf(5), []);
});

test('the limit is of bytes, and holds before the line has ended', async () => {
  assert.deepEqual(await linesOf(2, '\u00e4\n'), ['\u00e4']);
  await assert.rejects(linesOf(1, '\u00e4\n'), { code: 'lines.too-long' });
  let taken = 0;
  async function* endless(): AsyncGenerator<Uint8Array> {
    for (;;) {
      taken += 1;
      yield utf8('xx');
    }
  }
  const lines = boundedLines(endless(), 9);
  await assert.rejects(lines.next(), { code: 'lines.too-long' });
  assert.equal(taken, 5, 'no more is read than shows it');
});

test('a last line without its end, or what is no UTF-8, is no line', async () => {
  await assert.rejects(linesOf(9, 'a\nb'), { code: 'lines.malformed', message: 'line 2: cut off', data: { line: 2 } });
  await assert.rejects(linesOf(9, 'a\n', Uint8Array.of(0xff, 0x0a)), {
    code: 'lines.malformed',
    message: 'line 2: no UTF-8',
    data: { line: 2 },
  });
});

test('a chunk that its source uses again does not change what was read of it', async () => {
  const buffer = utf8('abc');
  async function* reusing(): AsyncGenerator<Uint8Array> {
    yield buffer;
    buffer.set(utf8('x\ny'));
    yield buffer.subarray(0, 2);
  }
  const lines: string[] = [];
  for await (const line of boundedLines(reusing(), 9)) lines.push(line);
  assert.deepEqual(lines, ['abcx']);
});
