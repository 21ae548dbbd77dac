import type { Millis } from '#base/time';

/**
 * When each condition was last raised. INVARIANT: keys come from a fixed set of the rule's own, never from a message, so that
 * the state stays bounded.
 */
export type Episodes = Readonly<Record<string, Millis>>;

export const NO_EPISODES: Episodes = {};

/** Whether the condition starts now or has lasted `repeatAfter` since it was raised last. */
export function isDue(episodes: Episodes, key: string, now: Millis, repeatAfter: Millis): boolean {
  const last = episodes[key];
  return last === undefined || now - last >= repeatAfter;
}

export const raisedAt = (episodes: Episodes, key: string, now: Millis): Episodes => ({ ...episodes, [key]: now });

/** Whether no condition is raised. */
export function isQuiet(episodes: Episodes): boolean {
  for (const _ in episodes) return false;
  return true;
}

/** Without those of one thing, whose keys are its name or end in it: what another one does is told anew. */
export const withoutThing = (episodes: Episodes, thing: string): Episodes =>
  Object.fromEntries(Object.entries(episodes).filter(([key]) => key !== thing && !key.endsWith(`/${thing}`)));

/** The condition is gone: its next start is a new episode. */
export function cleared(episodes: Episodes, key: string): Episodes {
  if (episodes[key] === undefined) return episodes;
  const { [key]: _, ...rest } = episodes;
  return rest;
}
