import Type from 'typebox';
import type { Millis } from '#base/time';
import type { Registry } from '#platform/fleet/registry';
import type { Caller } from './caller.ts';
import { InstantQuery, instantOf } from './instant.ts';
import type { RouteContext } from './route-context.ts';

/** What a read takes that can be of the past. */
export const AT = { at: Type.Optional(InstantQuery) };
export const AtQuery = Type.Object(AT, { additionalProperties: false });

/**
 * What is now, or what was at the instant that the caller stated, which costs the platform work. An instant to come is now.
 * @throws Fault `http.bad-instant`, `http.busy`
 */
export function readAt<T>(
  { heavy, clock }: Pick<RouteContext, 'heavy' | 'clock'>,
  caller: Caller,
  stated: string | undefined,
  now: () => T,
  then: (at: Millis) => Promise<T>,
): Promise<T> | T {
  if (stated === undefined) return now();
  const at = Math.min(instantOf(stated, 'at'), clock.now());
  return heavy.run(caller, () => then(at));
}

/** Subjects and devices as they are, or were at the instant that the caller stated. @throws as `readAt` */
export const registryAt = (
  context: Pick<RouteContext, 'heavy' | 'clock' | 'live'>,
  caller: Caller,
  stated: string | undefined,
): Promise<Registry> | Registry =>
  readAt<Registry>(
    context,
    caller,
    stated,
    () => context.live.fleet.registry,
    (at) => context.live.history.registryAt(at),
  );
