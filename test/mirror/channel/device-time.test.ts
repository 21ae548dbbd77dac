import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HOUR, MINUTE, SECOND } from '#base/time';
import { deviceMessages } from '#mirror/channel/device-message';
import { isNewest, MOST_AHEAD, measuredAt, ORDERED_FOR, STAMP_ERROR } from '#mirror/channel/device-time';
import type { Report } from '#model/thing/message';

const NOW = Date.UTC(2026, 0, 5);
const YEARS = 20 * 365 * 24 * HOUR;

test('the bounds are those of decision 0011', () => {
  assert.deepEqual([MOST_AHEAD, STAMP_ERROR, ORDERED_FOR], [5 * MINUTE, 90 * SECOND, 15 * MINUTE]);
});

test('nothing_later_than_its_receipt: what leads a little is placed at receipt, what leads by more is kept as said', () => {
  const report = (...ats: number[]): Report => ({
    kind: 'Report',
    thing: 'cgm',
    sentAt: NOW,
    measurements: ats.map((at, index) => ({ name: `p${index}`, value: index, at, unit: '%' })),
  });
  const told = (...ats: number[]) => {
    const [message] = deviceMessages(report(...ats), 'gateway', 7, NOW);
    assert.ok(message?.content.kind === 'Report');
    return { right: message.content.measurements.map(({ at }) => at - NOW), ahead: message.ahead };
  };
  assert.deepEqual(told(NOW - YEARS, NOW - 1, NOW), { right: [-YEARS, -1, 0], ahead: undefined });
  assert.deepEqual(told(NOW + 1, NOW + MOST_AHEAD), { right: [0, 0], ahead: undefined });
  assert.deepEqual(told(NOW + MOST_AHEAD + 1), {
    right: [],
    ahead: [{ name: 'p0', value: 0, at: NOW + MOST_AHEAD + 1, unit: '%' }],
  });
  const mixed = told(NOW + YEARS, NOW - 1, NOW + HOUR, NOW + 1);
  assert.deepEqual(mixed.right, [-1, 0]);
  assert.deepEqual(
    mixed.ahead?.map(({ name, at }) => [name, at - NOW]),
    [
      ['p0', YEARS],
      ['p2', HOUR],
    ],
  );
});

test('each report of a bundle is placed by itself, and an acknowledgement is as it was sent', () => {
  const report = (thing: string, at: number): Report => ({
    kind: 'Report',
    thing,
    sentAt: at,
    measurements: [{ name: 'battery', value: 50, at }],
  });
  const bundle = { kind: 'Bundle', reports: [report('cgm', NOW + HOUR), report('pump', NOW)] } as const;
  const [cgm, pump] = deviceMessages(bundle, 'gateway', 1, NOW);
  assert.deepEqual([cgm?.ahead?.length, pump?.ahead], [1, undefined]);
  assert.deepEqual([cgm?.sentAt, pump?.sentAt], [NOW + HOUR, NOW], 'rules of the clock see what was said');
  const answer = { kind: 'Acknowledgement', thing: 'pump', commandId: 'c1', outcome: 'done', at: NOW + HOUR } as const;
  const [acknowledged] = deviceMessages(answer, 'pump', 1, NOW);
  assert.deepEqual([acknowledged?.content, acknowledged?.sentAt, acknowledged?.ahead], [answer, NOW + HOUR, undefined]);
});

test('order_by_receipt_within_error: a stamp decides only where it differs by more than clocks err, and not for ever', () => {
  const known = { at: NOW, receivedAt: NOW };
  const told = (behind: number, later: number, isHeldBack = false) =>
    isNewest({ at: NOW - behind, receivedAt: NOW + later }, known, isHeldBack);
  assert.equal(isNewest({ at: 0, receivedAt: NOW }, undefined, true), true, 'the first is the newest');
  assert.equal(told(STAMP_ERROR, 1), true);
  assert.equal(told(STAMP_ERROR, 1, true), true, 'within the error nobody knows which came first');
  assert.equal(told(STAMP_ERROR + 1, 1), false);
  assert.equal(told(STAMP_ERROR + 1, ORDERED_FOR), false);
  assert.equal(told(STAMP_ERROR + 1, ORDERED_FOR + 1), true);
  assert.equal(told(YEARS, ORDERED_FOR + 1), true);
  assert.equal(told(STAMP_ERROR + 1, YEARS, true), false, 'what was held back stays behind');
});

test('measured when: by the stamp, but by receipt where the clock is behind and runs, or stands', () => {
  const before = (at: number, receivedAt: number) => ({ at: NOW + at * MINUTE, receivedAt: NOW + receivedAt * MINUTE });
  const placed = (told: ReturnType<typeof before>, known?: ReturnType<typeof before>) =>
    (measuredAt(told, known) - NOW) / MINUTE;
  assert.equal(placed(before(4, 5)), 4);
  assert.equal(placed(before(-60, 5)), -60, 'alone, an old stamp is all there is');
  assert.equal(placed(before(9, 5)), 5, 'never later than receipt');
  assert.equal(placed(before(4, 5), before(0, 0)), 4, 'a minute on the way is no clock');
  assert.equal(placed(before(-55, 5), before(-60, 0)), 5, 'an hour behind, and running');
  assert.equal(placed(before(-56, 5), before(-60, 0)), 5, 'give or take the error');
  assert.equal(placed(before(-58, 5), before(-60, 0)), -58, 'not more than that: it was on its way');
  assert.equal(placed(before(-60, 5), before(-60, 0)), 5, 'a clock that stands');
  assert.equal(placed(before(-90, 5), before(0, 0)), 5, 'set back');
  assert.equal(placed(before(-50, 60), before(-55, 0)), -50, 'the first of what a gateway stored');
  assert.equal(placed(before(-45, 60), before(-50, 60)), -45, 'and the next, handed in at once');
});
