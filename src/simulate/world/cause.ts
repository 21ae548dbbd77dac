import type { Millis } from '#base/time';

/** Where an input to a device came from. Devices cannot see it: only the judgement of an exercise may. */
export type Origin = 'genuine' | 'adversary' | 'platform';

/** A moment at which the adversary's action changed what a device or the platform went by. */
export interface Influence {
  readonly at: Millis;
  /** `therapy`: what a device does to the patient; `view`: what the platform or the patient is shown. */
  readonly on: 'therapy' | 'view';
  readonly what: string;
}

/** What is known of all influences of a run, in bounded memory. */
export interface Influences {
  note(on: Influence['on'], at: Millis, what: string): void;
  first(on: Influence['on']): Influence | undefined;
  last(on: Influence['on']): Influence | undefined;
  count(on: Influence['on']): number;
  /** The steps of five minutes, since the epoch, in which there was one. */
  steps(on: Influence['on']): readonly number[];
}

export const INFLUENCE_STEP: Millis = 300_000;

export function createInfluences(): Influences {
  const first: Partial<Record<Influence['on'], Influence>> = {};
  const last: Partial<Record<Influence['on'], Influence>> = {};
  const counts = { therapy: 0, view: 0 };
  const steps = { therapy: new Set<number>(), view: new Set<number>() };
  return {
    note: (on, at, what) => {
      const influence: Influence = { at, on, what };
      first[on] ??= influence;
      last[on] = influence;
      counts[on] += 1;
      steps[on].add(Math.floor(at / INFLUENCE_STEP));
    },
    first: (on) => first[on],
    last: (on) => last[on],
    count: (on) => counts[on],
    steps: (on) => [...steps[on]],
  };
}

/** The origin of the input that is being handled right now; the world runs one thing at a time. */
export interface OriginStack {
  readonly current: Origin;
  during(origin: Origin, act: () => void): void;
}

export function createOriginStack(): OriginStack {
  let current: Origin = 'genuine';
  return {
    get current() {
      return current;
    },
    during: (origin, act) => {
      const outer = current;
      current = origin;
      act();
      current = outer;
    },
  };
}

/**
 * Whether the handset goes by something adversarial at the moment. What it then asks of the pump is the adversary's doing, once
 * the pump does it; what the pump refuses is not.
 */
export interface Taint {
  /** A forged reading counts for as long as a controller goes by it. */
  reading(now: Millis): void;
  /** Settings and clock stay as they were made. */
  lasting(): void;
  isOn(now: Millis): boolean;
}

const READING_COUNTS_FOR: Millis = 2 * INFLUENCE_STEP;

export function createTaint(): Taint {
  let until = Number.NEGATIVE_INFINITY;
  return {
    reading: (now) => {
      until = Math.max(until, now + READING_COUNTS_FOR);
    },
    lasting: () => {
      until = Number.POSITIVE_INFINITY;
    },
    isOn: (now) => now < until,
  };
}
