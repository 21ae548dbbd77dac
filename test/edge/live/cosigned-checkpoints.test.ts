import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cosign, createCosigner } from '#crypto/cosignature';
import { signingKeyFromSeed } from '#crypto/sign';
import { parseCheckpoint, splitNote } from '#crypto/signed-note';
import { cosignatureOf, cosignedCheckpoints } from '#edge/live/cosigned-checkpoints';
import type { SignedCheckpoint } from '#mirror/history/history';
import { historyOf, NOTHING } from '../store/entries.ts';
import { createMemoryStore } from '../store/memory-store.ts';

const AT = 1_760_000_000;
const witness = (name: string, seed: number) =>
  createCosigner(name, signingKeyFromSeed('Ed25519', new Uint8Array(32).fill(seed)));
const ONE = witness('one.example', 1);
const OTHER = witness('other.example', 2);
/** Another key under the name of the first. */
const RENEWED = witness('one.example', 3);

const { checkpoints } = historyOf(20, [10, 20]);
const [first, second] = checkpoints.map(
  ({ at, note }): SignedCheckpoint => ({ ...parseCheckpoint(splitNote(note).text).checkpoint, at, note }),
) as [SignedCheckpoint, SignedCheckpoint];

const lineOf = ({ note }: SignedCheckpoint, key: typeof ONE): string => cosign(splitNote(note).text, key, AT);
const cosignature = (checkpoint: SignedCheckpoint, key: typeof ONE) =>
  cosignatureOf(checkpoint, lineOf(checkpoint, key));

async function storeWith(...notes: readonly { readonly size: number; readonly at: number; readonly note: string }[]) {
  const store = createMemoryStore().open();
  await store.commit({ ...NOTHING, checkpoints: notes });
  return store;
}

test('a cosignature stands behind the checkpoint that it is of, and the others stay as they are', async () => {
  const store = await storeWith(...checkpoints);
  assert.deepEqual(await cosignedCheckpoints(store, []), []);
  assert.deepEqual(await cosignedCheckpoints(store, [cosignature(first, ONE)]), [
    { size: 10, at: first.at, note: first.note + lineOf(first, ONE) },
  ]);
  const all = [cosignature(first, ONE), cosignature(second, OTHER), cosignature(first, OTHER)];
  assert.deepEqual(await cosignedCheckpoints(store, all), [
    { size: 10, at: first.at, note: first.note + lineOf(first, ONE) + lineOf(first, OTHER) },
    { size: 20, at: second.at, note: second.note + lineOf(second, OTHER) },
  ]);
});

test('a key cosigns once: another one of the same name does too, and one of another name with it', async () => {
  const twice = [cosignature(first, ONE), cosignature(first, ONE)];
  const once = first.note + lineOf(first, ONE);
  const store = await storeWith(...checkpoints);
  assert.deepEqual(
    (await cosignedCheckpoints(store, twice)).map(({ note }) => note),
    [once],
  );
  const cosigned = await storeWith({ size: 10, at: first.at, note: once });
  assert.deepEqual(await cosignedCheckpoints(cosigned, [cosignature(first, ONE)]), []);
  for (const key of [RENEWED, OTHER]) {
    assert.deepEqual(
      (await cosignedCheckpoints(cosigned, [cosignature(first, key)])).map(({ note }) => note),
      [once + lineOf(first, key)],
    );
  }
});

test('a line is of one key by its name and its key id, and several lines are added together or not at all', async () => {
  const line = lineOf(first, ONE);
  const cosigned = await storeWith({ size: 10, at: first.at, note: first.note + line });
  const renamed = line.replace('one.example', 'two.example');
  const notes = async (lines: string): Promise<readonly string[]> =>
    (await cosignedCheckpoints(cosigned, [cosignatureOf(first, lines)])).map(({ note }) => note);
  assert.deepEqual(await notes(renamed), [first.note + line + renamed]);
  assert.deepEqual(await notes(lineOf(first, OTHER) + line), []);
});

test('a cosignature of a text that is not kept is left out: of another size, or of one that was signed anew', async () => {
  assert.deepEqual(await cosignedCheckpoints(await storeWith(checkpoints[0]!), [cosignature(second, ONE)]), []);
  assert.deepEqual(await cosignedCheckpoints(await storeWith(), [cosignature(second, ONE)]), []);
  const anew = historyOf(20, [20]).checkpoints[0]!;
  const other = { ...anew, note: anew.note.replace(`at ${anew.at}`, `at ${anew.at + 1}`) };
  assert.deepEqual(await cosignedCheckpoints(await storeWith(other), [cosignature(second, ONE)]), []);
});
