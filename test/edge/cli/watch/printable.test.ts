import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createPlatformReader } from '#edge/cli/watch/platform-reader';
import { printable } from '#edge/cli/watch/printable';
import { openHttpBench } from '../../http/http-bench.ts';

test('a text gives no orders to a terminal', () => {
  assert.equal(
    printable('a\u001b]52;c;AAAA\u0007b\u009b2J\r\nc\u202ed'),
    'a\ufffd]52;c;AAAA\ufffdb\ufffd2J\ufffd\ufffdc\ufffdd',
  );
  assert.equal(printable('Größe 5 µg, 120 mg/dL →'), 'Größe 5 µg, 120 mg/dL →');
});

test('what a device says reaches the screen of whoever watches as text only', async (context) => {
  const bench = await openHttpBench();
  const reader = createPlatformReader({ origin: bench.origin, ca: bench.ca, token: bench.token('clinician') });
  context.after(async () => {
    reader.close();
    await bench.close();
  });
  await bench.ward.tell('pump', { deliveryState: '\u001b[2J\u001b]0;owned\u0007' });
  const told = JSON.stringify(await reader.get('/api/v1/twins/p1/findings'));
  assert.match(told, /owned/);
  assert.doesNotMatch(told, /\\u00(1b|07|9b)/);
});
