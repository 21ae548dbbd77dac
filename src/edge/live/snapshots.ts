import { setImmediate } from 'node:timers/promises';
import { concat, utf8 } from '#base/bytes';
import { type CborObject, decodeCanonical, encodeCanonical } from '#base/canonical';
import { causeOf } from '#base/cause-of';
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

/** A snapshot that was not taken, and why. One of another version is no defect: it is written anew. */
export interface PassedOver {
  readonly position: Position;
  readonly reason: 'another-version' | 'beyond-the-store' | 'incomplete' | 'damaged' | 'malformed';
  /** What the code said to it. */
  readonly cause?: string;
}

/**
 * A fleet with the newest snapshot that is whole, of this version and form, and not beyond the store; without one its position
 * is 0, and all of history is replayed. A snapshot is never needed, only quicker.
 * INVARIANT: what is passed over is told, or a defect of ours would only ever show as a slow start.
 */
export function restoreNewest(
  create: () => Fleet,
  snapshots: readonly StoredSnapshot[],
  size: Position,
  version: string,
  keys: SubjectSecrets,
): Restored {
  const passedOver: PassedOver[] = [];
  const candidates = GENERATIONS.map((generation) => ({ generation, position: positionOf(snapshots, generation) }))
    .filter(({ position }) => position >= 0)
    .sort((left, right) => right.position - left.position);
  for (const { generation, position } of candidates) {
    const parts = position > size ? 'beyond-the-store' : opened(snapshots, generation, position, version, keys);
    if (typeof parts === 'string') {
      passedOver.push({ position, reason: parts });
      continue;
    }
    const fleet = create();
    try {
      const { count, platform } = decodeCanonical(parts.platform, SNAPSHOT_LIMIT) as CborObject;
      if (count !== parts.count) {
        passedOver.push({ position, reason: 'incomplete' });
        continue;
      }
      fleet.restore.platform(platform as Uint8Array);
      for (const [subject, bytes] of parts.subjects) fleet.restore.subject(subject, bytes);
      return { fleet, position, passedOver };
    } catch (error) {
      // of another form, though of this version. Half of it was taken up: another fleet is made, and history tells the same
      passedOver.push({ position, reason: 'malformed', cause: causeOf(error) });
    }
  }
  return { fleet: create(), position: 0, passedOver };
}

/** A fleet as it was after the first `position` records. */
export interface Restored {
  readonly fleet: Fleet;
  readonly position: Position;
  /** Newest first. */
  readonly passedOver: readonly PassedOver[];
}

interface Parts {
  readonly platform: Uint8Array;
  /** How many subjects' parts there are. */
  readonly count: number;
  readonly subjects: readonly (readonly [SubjectId, Uint8Array])[];
}

function opened(
  snapshots: readonly StoredSnapshot[],
  generation: Generation,
  position: Position,
  version: string,
  keys: SubjectSecrets,
): Parts | 'another-version' | 'damaged' {
  const own = snapshots.filter((one) => one.position === position && one.version === version);
  const whole = own.find(({ name }) => name === platformName(generation));
  if (whole === undefined) return 'another-version';
  const platform = unsealed(whole, keys.snapshotKey(PLATFORM_SUBJECT));
  if (platform === undefined) return 'damaged';
  const prefix = subjectName(generation, '');
  const parts = own.filter(({ name }) => name.startsWith(prefix));
  const subjects: (readonly [SubjectId, Uint8Array])[] = [];
  for (const snapshot of parts) {
    const subject = snapshot.name.slice(prefix.length);
    // whoever was forgotten since has no key and no state
    if (keys.isForgotten(subject)) continue;
    const bytes = unsealed(snapshot, keys.snapshotKey(subject));
    // INVARIANT: no subject begins anew in the middle of history: its twin would be gone, and its replay windows open
    if (bytes === undefined) return 'damaged';
    subjects.push([subject, bytes]);
  }
  return { platform, count: parts.length, subjects };
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
