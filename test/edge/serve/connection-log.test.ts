import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MINUTE } from '#base/time';
import { createConnectionLog } from '#edge/serve/connection-log';
import type { Log } from '#edge/serve/log';

test('flood_bounded: whoever knocks for ever makes a line a minute, and is counted', () => {
  const lines: Readonly<Record<string, unknown>>[] = [];
  const log: Log = (level, _message, data = {}) => void (level === 'warn' && lines.push(data));
  let now = 0;
  const tell = createConnectionLog(log, { now: () => now });
  for (let knock = 0; knock < 1_000; knock += 1) tell({ kind: 'refused', reason: 'handshake' });
  tell({ kind: 'refused', reason: 'revoked', thing: 'pump-1' });
  assert.deepEqual(lines, [
    { kind: 'refused', reason: 'handshake' },
    { kind: 'refused', reason: 'revoked', thing: 'pump-1' },
  ]);
  now = MINUTE;
  tell({ kind: 'refused', reason: 'handshake' });
  assert.deepEqual(lines.at(-1), { kind: 'refused', reason: 'handshake', notLogged: 999 });
});
