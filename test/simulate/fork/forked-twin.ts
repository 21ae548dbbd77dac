import type { Minutes } from '#base/units';
import type { Twin } from '#mirror/twin/twin';
import type { ForkRequest } from '#simulate/fork/fork-request';
import { commissionFor, definition, laboratory, startWard } from '../exercise/laboratory-bench.ts';

const twins = new Map<string, Twin>();

/** The twin of an adult who lived in that ward until this minute of the day, commissioned on days before. */
export function livedTwin(wardId: string, untilMin: Minutes): Twin {
  const key = `${wardId}/${untilMin}`;
  const known = twins.get(key);
  if (known !== undefined) return known;
  const ward = { ...laboratory.wards.get(wardId)!, startMinute: 0 };
  const patient = 'adult#003';
  const lived = startWard({ ward, patient, commissioned: commissionFor(ward, patient) });
  lived.until(untilMin);
  const twin = lived.platform.platform.twin();
  twins.set(key, twin);
  return twin;
}

/** A fork of an afternoon in that ward: 17:30, long after lunch and before dinner. */
export function afternoonFork(wardId: string, change: Partial<ForkRequest> = {}): ForkRequest {
  return {
    twin: livedTwin(wardId, 17.5 * 60),
    ward: laboratory.wards.get(wardId)!,
    laboratory: definition,
    defences: [laboratory.defenceSets.get('none')!],
    horizonMin: 240,
    seeds: 4,
    ...change,
  };
}
