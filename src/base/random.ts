import { xoroshiro128plusFromState } from 'pure-rand/generator/xoroshiro128plus';

/**
 * A stream of random numbers. `fork` derives a stream from this stream's seed and a label, not from its position, so a new
 * component that forks its own stream changes no other component's draws.
 */
export interface Random {
  /** Uniform in [0, 1) with 53 random bits. */
  next(): number;
  /** Uniform integer in [0, 2^32). */
  uint32(): number;
  /** Uniform in [low, high). */
  uniform(low: number, high: number): number;
  /** Uniform integer in [low, high], both included. */
  integer(low: number, high: number): number;
  /** Normal deviate (Marsaglia's polar method). */
  normal(mean?: number, standardDeviation?: number): number;
  /** Whether an event of the given probability happens. */
  chance(probability: number): boolean;
  /** `length` random bytes. Deterministic: for simulated keys and nonces only, never for live ones. */
  bytes(length: number): Uint8Array;
  /** The independent stream named `label` below this one. */
  fork(label: string): Random;
}

/** A stream from an integer or textual seed: the same seed gives the same draws on every machine. */
export function createRandom(seed: number | string): Random {
  return fromLabel('wardtwin', String(seed));
}

/** 128 bits of state from a path of labels: four FNV-1a hashes with different offsets, each finished by murmur3's mixer. */
function fromLabel(path: string, label: string): Random {
  const full = `${path}/${label}`;
  const words = [0x811c9dc5, 0x01000193, 0x9e3779b9, 0x85ebca6b].map((offset) => hash32(full, offset));
  const state: readonly number[] = words.every((word) => word === 0) ? [1, 0, 0, 0] : words;
  return stream(full, state);
}

/**
 * Uniform deviates in [0, 1) that depend on nothing but the stream's seed and two integers. For draws that must be the same
 * in a run with an attack and in the run without it, whatever else was drawn before: was this frame lost, then?
 */
export function createKeyedUniform(random: Random): (first: number, second: number) => number {
  const seed = random.fork('keyed').uint32();
  return (first, second) => {
    // Times exceed 32 bits: fold the high part in, or two days would share their draws.
    let hash = seed ^ Math.imul(first | 0, 0x9e3779b1);
    hash = Math.imul(hash ^ Math.floor(first / 0x100000000), 0x85ebca77);
    hash = Math.imul(hash ^ (hash >>> 15) ^ (second | 0), 0xc2b2ae3d);
    hash = Math.imul(hash ^ (hash >>> 13), 0x27d4eb2f);
    return ((hash ^ (hash >>> 16)) >>> 0) / 0x100000000;
  };
}

function hash32(text: string, offset: number): number {
  let hash = offset;
  for (let index = 0; index < text.length; index += 1) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  hash ^= hash >>> 16;
  hash = Math.imul(hash, 0x85ebca6b);
  hash ^= hash >>> 13;
  hash = Math.imul(hash, 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}

function stream(path: string, state: readonly number[]): Random {
  const generator = xoroshiro128plusFromState(state);
  let spare: number | undefined;

  const uint32 = (): number => generator.next() >>> 0;
  const next = (): number => ((uint32() >>> 5) * 0x4000000 + (uint32() >>> 6)) / 0x20000000000000;
  const standardNormal = (): number => {
    if (spare !== undefined) {
      const value = spare;
      spare = undefined;
      return value;
    }
    for (;;) {
      const x = 2 * next() - 1;
      const y = 2 * next() - 1;
      const square = x * x + y * y;
      if (square === 0 || square >= 1) continue;
      const scale = Math.sqrt((-2 * Math.log(square)) / square);
      spare = y * scale;
      return x * scale;
    }
  };

  return {
    next,
    uint32,
    uniform: (low, high) => low + (high - low) * next(),
    integer: (low, high) => low + Math.floor(next() * (high - low + 1)),
    normal: (mean = 0, standardDeviation = 1) => mean + standardDeviation * standardNormal(),
    chance: (probability) => next() < probability,
    bytes: (length) => {
      const bytes = new Uint8Array(length);
      for (let index = 0; index < length; index += 1) bytes[index] = uint32() & 0xff;
      return bytes;
    },
    fork: (label) => fromLabel(path, label),
  };
}
