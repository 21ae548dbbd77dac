import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromUtf8, utf8 } from '#base/bytes';
import { Fault } from '#base/fault';
import { nextGeneration, restoreNewest, sealCapture } from '#edge/live/snapshots';
import { createSubjectSecrets, secretNameOf } from '#edge/live/subject-secrets';
import type { StoredSnapshot } from '#edge/store/store';
import { PLATFORM_SUBJECT } from '#mirror/history/record';
import type { Fleet } from '#platform/fleet/fleet';
import type { FleetCapture } from '#platform/fleet/snapshot';

const VERSION = '1.2.3';
const SUBJECTS = Array.from({ length: 17 }, (_, index) => `p${index}`);

function newKeys(subjects: readonly string[] = [...SUBJECTS, PLATFORM_SUBJECT]) {
  const secrets = new Map<string, Uint8Array>(
    subjects.map((subject, index) => [secretNameOf(subject), new Uint8Array(32).fill(index + 1)]),
  );
  const forgotten = new Set<string>();
  const keys = createSubjectSecrets({
    find: (name) => secrets.get(name),
    keep: (name, secret) => void secrets.set(name, secret),
    destroy: (name) => void secrets.delete(name),
    isForgotten: (subject) => forgotten.has(subject),
  });
  return { keys, forgotten };
}

/** What a fleet would be captured as: each part says whose it is, and of when. */
const captureAt = (time: string, subjects = SUBJECTS): FleetCapture => ({
  at: 0,
  platform: () => utf8(`platform ${time}`),
  subjects: subjects.map((subject) => ({ subject, encode: () => utf8(`${subject} ${time}`) })),
});

/** The table of snapshots: one row per name. */
async function keep(
  table: Map<string, StoredSnapshot>,
  time: string,
  position: number,
  { keys }: ReturnType<typeof newKeys>,
  capture = captureAt(time),
  version = VERSION,
): Promise<readonly number[]> {
  const pages: number[] = [];
  const generation = nextGeneration([...table.values()]);
  for await (const page of sealCapture(capture, position, version, generation, keys)) {
    pages.push(page.length);
    for (const snapshot of page) table.set(snapshot.name, snapshot);
  }
  return pages;
}

/** Restores into fleets that note what they are given; `refuses` makes one throw on a part. */
function restore(
  table: ReadonlyMap<string, StoredSnapshot>,
  { keys }: ReturnType<typeof newKeys>,
  { size = 1_000, version = VERSION, refuses = (_: string): boolean => false } = {},
) {
  const fleets: string[][] = [];
  const create = (): Fleet => {
    const parts: string[] = [];
    fleets.push(parts);
    const take = (bytes: Uint8Array): void => {
      if (refuses(fromUtf8(bytes))) throw new Fault('snapshot.malformed', 'another form');
      parts.push(fromUtf8(bytes));
    };
    return { parts, restore: { platform: take, subject: (_: string, bytes: Uint8Array) => take(bytes) } } as never;
  };
  const { fleet, position, passedOver } = restoreNewest(create, [...table.values()], size, version, keys);
  return { parts: (fleet as unknown as { parts: string[] }).parts, position, passedOver, fleets };
}

const partsAt = (time: string, subjects = SUBJECTS): readonly string[] => [
  `platform ${time}`,
  ...subjects.map((subject) => `${subject} ${time}`),
];

/** A table with two generations: `older` at 100 and `newer` at 200. */
async function twoGenerations() {
  const held = newKeys();
  const table = new Map<string, StoredSnapshot>();
  await keep(table, 'older', 100, held);
  await keep(table, 'newer', 200, held);
  return { held, table };
}

const damaged = (snapshot: StoredSnapshot, at = -1): StoredSnapshot => {
  const sealed = snapshot.sealed.slice();
  sealed[at < 0 ? sealed.length + at : at]! ^= 1;
  return { ...snapshot, sealed };
};

test('generations take turns, some subjects at a time, the platform last; the newest one is restored', async () => {
  const held = newKeys();
  const table = new Map<string, StoredSnapshot>();
  assert.deepEqual(restore(table, held), { parts: [], position: 0, passedOver: [], fleets: [[]] });
  assert.deepEqual(await keep(table, 'first', 10, held), [8, 8, 2], 'the last page has the platform and one subject');
  assert.deepEqual([...table.keys()].at(-1), 'a/platform');
  assert.deepEqual(restore(table, held), {
    parts: partsAt('first'),
    position: 10,
    passedOver: [],
    fleets: [partsAt('first')],
  });
  for (const [time, position, generation] of [
    ['second', 20, 'b'],
    ['third', 30, 'a'],
    ['fourth', 40, 'b'],
    ['fifth', 40, 'a'],
  ] as const) {
    assert.equal(nextGeneration([...table.values()]), generation, time);
    await keep(table, time, position, held);
    assert.equal(table.get(`${generation}/platform`)?.position, position);
  }
  assert.equal(table.size, 2 * (SUBJECTS.length + 1), 'two generations, and no third');
  await keep(table, 'sixth', 50, held);
  assert.deepEqual(restore(table, held).parts, partsAt('sixth'));
});

test('a_damaged_snapshot_is_told: whichever part of the newest is damaged, the older one is restored and it says so', async () => {
  const { held, table } = await twoGenerations();
  assert.deepEqual(
    [...table.keys()].filter((name) => name.endsWith('/platform')),
    ['a/platform', 'b/platform'],
  );
  for (const name of ['b/platform', 'b/subject/p0', 'b/subject/p16']) {
    const whole = table.get(name)!;
    const cases: readonly (readonly [string, StoredSnapshot | undefined, string])[] = [
      ['its last byte', damaged(whole), 'damaged'],
      ['its nonce', damaged(whole, 0), 'damaged'],
      ['cut short', { ...whole, sealed: whole.sealed.subarray(0, 11) }, 'damaged'],
      ['emptied', { ...whole, sealed: new Uint8Array(0) }, 'damaged'],
      ['of the other generation', { ...whole, sealed: table.get(name.replace('b/', 'a/'))!.sealed }, 'damaged'],
      ['of another version', { ...whole, version: '1.2.2' }, name === 'b/platform' ? 'another-version' : 'incomplete'],
      ['gone', undefined, name === 'b/platform' ? '' : 'incomplete'],
    ];
    for (const [what, instead, reason] of cases) {
      const changed = new Map(table);
      if (instead === undefined) changed.delete(name);
      else changed.set(name, instead);
      const { parts, position, passedOver } = restore(changed, held);
      assert.deepEqual(parts, partsAt('older'), `${name}: ${what}`);
      assert.equal(position, 100);
      // without its platform's part there is no newest snapshot: one that was being written is that
      assert.deepEqual(passedOver, reason === '' ? [] : [{ position: 200, reason }], `${name}: ${what}`);
    }
  }
});

test('when neither can be taken all of history is replayed, and both are named, newest first', async () => {
  const { held, table } = await twoGenerations();
  table.set('a/platform', damaged(table.get('a/platform')!));
  table.delete('b/subject/p3');
  assert.deepEqual(restore(table, held), {
    parts: [],
    position: 0,
    passedOver: [
      { position: 200, reason: 'incomplete' },
      { position: 100, reason: 'damaged' },
    ],
    fleets: [[], []],
  });
});

test('one more subject than were counted is no whole snapshot either', async () => {
  const held = newKeys([...SUBJECTS, 'p17', PLATFORM_SUBJECT]);
  const table = new Map<string, StoredSnapshot>();
  await keep(table, 'first', 10, held);
  const more = new Map<string, StoredSnapshot>();
  await keep(more, 'first', 10, held, captureAt('first', ['p17']));
  table.set('a/subject/p17', more.get('a/subject/p17')!);
  assert.deepEqual(restore(table, held).passedOver, [{ position: 10, reason: 'incomplete' }]);
});

test('a snapshot that the code no longer takes is told with the cause, and another fleet is made for the next', async () => {
  const { held, table } = await twoGenerations();
  const refused = restore(table, held, { refuses: (part) => part === 'p9 newer' });
  assert.deepEqual(refused.parts, partsAt('older'));
  assert.equal(refused.position, 100);
  assert.deepEqual(refused.passedOver, [{ position: 200, reason: 'malformed', cause: 'another form' }]);
  assert.deepEqual(
    refused.fleets.map((parts) => parts[0]),
    ['platform newer', 'platform older'],
    'not the half of it',
  );
  const neither = restore(table, held, { refuses: (part) => part.startsWith('platform') });
  assert.deepEqual([neither.parts, neither.position, neither.passedOver.length], [[], 0, 2]);
});

test('of another version or beyond the end of the store none is taken; at its very end one is', async () => {
  const { held, table } = await twoGenerations();
  assert.deepEqual(restore(table, held, { version: '1.2.4' }).passedOver, [
    { position: 200, reason: 'another-version' },
    { position: 100, reason: 'another-version' },
  ]);
  assert.equal(restore(table, held, { size: 200 }).position, 200);
  const behind = restore(table, held, { size: 199 });
  assert.deepEqual([behind.position, behind.parts], [100, partsAt('older')]);
  assert.deepEqual(behind.passedOver, [{ position: 200, reason: 'beyond-the-store' }]);
  // at position 0 there is a snapshot like any other
  const first = new Map<string, StoredSnapshot>();
  await keep(first, 'empty', 0, held, captureAt('empty', []));
  assert.deepEqual(restore(first, held, { size: 0 }).parts, ['platform empty']);
});

test('whoever was forgotten since is left out; whose key is gone without a record of it makes the snapshot a damaged one', async () => {
  const { held, table } = await twoGenerations();
  held.keys.destroy('p5');
  assert.deepEqual(restore(table, held).passedOver, [
    { position: 200, reason: 'damaged' },
    { position: 100, reason: 'damaged' },
  ]);
  held.forgotten.add('p5');
  const others = SUBJECTS.filter((subject) => subject !== 'p5');
  assert.deepEqual(restore(table, held).parts, partsAt('newer', others));
  // and the next snapshot is made without it
  await keep(table, 'next', 300, held);
  assert.deepEqual(restore(table, held).parts, partsAt('next', others));
});

test('without the key of the platform nothing is kept', async () => {
  const held = newKeys(['p0']);
  const table = new Map<string, StoredSnapshot>();
  assert.deepEqual(await keep(table, 'first', 10, held, captureAt('first', ['p0'])), []);
});

test('the state in a snapshot is not in the clear, and none of it is sealed twice alike', async () => {
  const held = newKeys();
  const [one, other] = [new Map<string, StoredSnapshot>(), new Map<string, StoredSnapshot>()];
  await keep(one, 'same', 10, held);
  await keep(other, 'same', 10, held);
  for (const [name, { sealed }] of one) {
    assert.ok(!Buffer.from(sealed).includes('same'), name);
    assert.notDeepEqual(sealed, other.get(name)!.sealed, name);
  }
});
