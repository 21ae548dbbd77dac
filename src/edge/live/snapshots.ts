import { setImmediate } from 'node:timers/promises';
import { concat, utf8 } from '#base/bytes';
import { type CborObject, decodeCanonical, encodeCanonical } from '#base/canonical';
import { type AeadKey, NONCE_BYTES, open, seal } from '#crypto/aead';
import { randomSecret } from '#crypto/secret';
import { PLATFORM_SUBJECT, type Position, type SubjectId } from '#mirror/history/record';
import type { Fleet } from '#platform/fleet/fleet';
import { type FleetCapture, SNAPSHOT_LIMIT } from '#platform/fleet/snapshot';
import type { StoredSnapshot } from '../store/store.ts';
import type { SubjectSecrets } from './subject-secrets.ts';

/** Subjects encoded before others get their turn. */
const AT_A_TIME = 8;
/** A snapshot is written beside the one before it: half a one is never all there is. */
const GENERATIONS = ['a', 'b'] as const;
type Generation = (typeof GENERATIONS)[number];

const platformName = (generation: Generation): string => `${generation}/platform`;
const subjectName = (generation: Generation, subject: SubjectId): string => `${generation}/subject/${subject}`;

/** Encodes and seals a capture, a few subjects at a time. The platform's part comes last and counts the others. */
export async function* sealCapture(
  capture: FleetCapture,
  position: Position,
  version: string,
  generation: Generation,
  keys: SubjectSecrets,
): AsyncGenerator<readonly StoredSnapshot[]> {
  let page: StoredSnapshot[] = [];
  let count = 0;
  for (const { subject, encode } of capture.subjects) {
    const key = keys.snapshotKey(subject);
    if (key === undefined) continue;
    page.push(sealed(subjectName(generation, subject), position, version, encode(), key));
    count += 1;
    if (page.length < AT_A_TIME) continue;
    yield page;
    page = [];
    await setImmediate();
  }
  const key = keys.snapshotKey(PLATFORM_SUBJECT);
  if (key === undefined) return;
  const platform = encodeCanonical({ count, platform: capture.platform() });
  yield [...page, sealed(platformName(generation), position, version, platform, key)];
}

/** The generation to write next: not the newest one. */
export function nextGeneration(snapshots: readonly StoredSnapshot[]): Generation {
  const [first, second] = GENERATIONS.map((one) => positionOf(snapshots, one)) as [number, number];
  return first > second ? 'b' : 'a';
}

const positionOf = (snapshots: readonly StoredSnapshot[], generation: Generation): Position =>
  snapshots.find(({ name }) => name === platformName(generation))?.position ?? -1;

/**
 * A fleet with the newest snapshot that is whole, of this version and form, and not beyond the store; without one its position
 * is 0, and all of history is replayed. A snapshot is never needed, only quicker.
 */
export function restoreNewest(
  create: () => Fleet,
  snapshots: readonly StoredSnapshot[],
  size: Position,
  version: string,
  keys: SubjectSecrets,
): Restored {
  const candidates = GENERATIONS.map((generation) => ({ generation, position: positionOf(snapshots, generation) }))
    .filter(({ position }) => position >= 0 && position <= size)
    .sort((left, right) => right.position - left.position);
  for (const { generation, position } of candidates) {
    const parts = opened(snapshots, generation, position, version, keys);
    if (parts === undefined) continue;
    const fleet = create();
    try {
      fleet.restore.platform(parts.platform);
      for (const [subject, bytes] of parts.subjects) fleet.restore.subject(subject, bytes);
      return { fleet, position };
    } catch {
      // of another form, though of this version. Half of it was taken up: another fleet is made, and history tells the same
    }
  }
  return { fleet: create(), position: 0 };
}

/** A fleet as it was after the first `position` records. */
export interface Restored {
  readonly fleet: Fleet;
  readonly position: Position;
}

function opened(
  snapshots: readonly StoredSnapshot[],
  generation: Generation,
  position: Position,
  version: string,
  keys: SubjectSecrets,
): { readonly platform: Uint8Array; readonly subjects: readonly (readonly [SubjectId, Uint8Array])[] } | undefined {
  const own = snapshots.filter((one) => one.position === position && one.version === version);
  const whole = own.find(({ name }) => name === platformName(generation));
  const platformBytes = whole && unsealed(whole, keys.snapshotKey(PLATFORM_SUBJECT));
  if (platformBytes === undefined) return undefined;
  const { count, platform } = decodeCanonical(platformBytes, SNAPSHOT_LIMIT) as CborObject;
  const prefix = subjectName(generation, '');
  const subjects: (readonly [SubjectId, Uint8Array])[] = [];
  let present = 0;
  for (const snapshot of own.filter(({ name }) => name.startsWith(prefix))) {
    present += 1;
    const subject = snapshot.name.slice(prefix.length);
    const bytes = unsealed(snapshot, keys.snapshotKey(subject));
    // whoever was forgotten since has no key and no state
    if (bytes !== undefined) subjects.push([subject, bytes]);
  }
  return present === count && platform instanceof Uint8Array ? { platform, subjects } : undefined;
}

function sealed(name: string, position: Position, version: string, bytes: Uint8Array, key: AeadKey): StoredSnapshot {
  const nonce = randomSecret(NONCE_BYTES);
  return { name, position, version, sealed: concat(nonce, seal(key, nonce, bytes, boundTo(name, position, version))) };
}

function unsealed(
  { name, position, version, sealed: whole }: StoredSnapshot,
  key: AeadKey | undefined,
): Uint8Array | undefined {
  if (key === undefined) return undefined;
  return open(key, whole.subarray(0, NONCE_BYTES), whole.subarray(NONCE_BYTES), boundTo(name, position, version));
}

const boundTo = (name: string, position: Position, version: string): Uint8Array =>
  utf8(`wardtwin/1 snapshot ${name} ${position} ${version}`);
