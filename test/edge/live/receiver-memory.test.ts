import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Fault } from '#base/fault';
import { createReceiver } from '#edge/live/receiver';
import type { Fleet } from '#platform/fleet/fleet';

/** As `MOST_REMEMBERED`. */
const MOST_REMEMBERED = 1_000;
const TRANSPORT = { thing: 'gateway', proven: true, redelivered: false };

/** A platform that fails on every message as it is told, and notes which it was made to look at. */
function failingPlatform(error: () => Error | undefined) {
  const looked: number[] = [];
  const unread: unknown[] = [];
  const fleet = {
    receive: (bytes: Uint8Array) => {
      looked.push(new DataView(bytes.buffer).getUint32(0));
      const fault = error();
      if (fault !== undefined) throw fault;
      return { outcome: 'accepted', effects: [] };
    },
    refuseUnread: (transport: unknown) => {
      unread.push(transport);
      return { outcome: 'malformed', effects: [] };
    },
  } as unknown as Fleet;
  const receive = createReceiver({ act: async (change) => change(fleet) });
  const hand = async (number: number): Promise<string> => {
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setUint32(0, number);
    try {
      return (await receive(bytes, TRANSPORT)).outcome;
    } catch (caught) {
      return String(caught);
    }
  };
  return { hand, looked, unread };
}

test('a message is handed in as often as it comes while the platform copes with it', async () => {
  const { hand, looked, unread } = failingPlatform(() => undefined);
  assert.deepEqual([await hand(1), await hand(1), looked, unread], ['accepted', 'accepted', [1, 1], []]);
});

test('a message that the platform fails on is looked at once, whoever brings it again', async () => {
  let error: Error | undefined = new TypeError('a defect');
  const { hand, looked, unread } = failingPlatform(() => error);
  assert.equal(await hand(1), 'TypeError: a defect');
  error = undefined;
  assert.equal(await hand(1), 'malformed');
  assert.equal(await hand(2), 'accepted', 'another one is looked at');
  assert.deepEqual([looked, unread], [[1, 2], [TRANSPORT]]);
});

test('an outage is not the fault of the message: it is looked at again', async () => {
  for (const code of ['live.unavailable', 'live.busy', 'store.unavailable', 'keys.wrong-root-key']) {
    const { hand, looked } = failingPlatform(() => new Fault(code, 'away'));
    await hand(1);
    await hand(1);
    assert.deepEqual(looked, [1, 1], code);
  }
  for (const code of ['cbor.malformed', 'alive.x', 'fleet.unknown-subject']) {
    const { hand, looked } = failingPlatform(() => new Fault(code, 'a defect'));
    await hand(1);
    await hand(1);
    assert.deepEqual(looked, [1], code);
  }
});

test('so many are remembered, and then the oldest give way', async () => {
  let error: Error | undefined = new TypeError('a defect');
  const { hand, looked } = failingPlatform(() => error);
  for (let number = 0; number < MOST_REMEMBERED; number += 1) await hand(number);
  error = undefined;
  assert.equal(await hand(0), 'malformed', 'just in');
  error = new TypeError('a defect');
  await hand(MOST_REMEMBERED);
  error = undefined;
  looked.splice(0);
  assert.equal(await hand(0), 'accepted', 'just out');
  assert.deepEqual([await hand(1), await hand(MOST_REMEMBERED)], ['malformed', 'malformed']);
  assert.deepEqual(looked, [0]);
});
