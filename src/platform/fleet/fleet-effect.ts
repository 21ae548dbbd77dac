import type { SubjectId } from '#mirror/history/record';
import type { Effect } from '../effect.ts';

/** An effect, and whose it is. Things are named as they are on the wire. */
export type FleetEffect = Effect & { readonly subject: SubjectId };

export const owned = (subject: SubjectId, effects: readonly Effect[]): readonly FleetEffect[] =>
  effects.length === 0 ? NOTHING : effects.map((effect) => ({ ...effect, subject }));

const NOTHING: readonly FleetEffect[] = [];
