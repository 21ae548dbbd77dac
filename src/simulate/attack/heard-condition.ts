import type { Minutes } from '#base/units';
import type { RadioPoint } from '#simulate/world/fault-points';
import type { CampaignStep, HeardCondition, StepStart } from './campaign-step.ts';
import { readGlucose, readHeader, readLegacy } from './overheard-frame.ts';

export const isHeard = (start: StepStart): start is HeardCondition => start.kind !== 'at' && start.kind !== 'after';

/** Calls `heard` once for each step whose condition comes true. */
export function watchRadio(
  radio: RadioPoint,
  steps: readonly CampaignStep[],
  hasCome: (fromMinute: Minutes) => boolean,
  heard: (step: CampaignStep) => void,
): void {
  let waiting = steps;
  radio.listen((frame) => {
    if (waiting.length === 0) return;
    const fulfilled = waiting.filter(
      ({ start }) => isHeard(start) && hasCome(start.fromMinute ?? 0) && fulfils(frame, start),
    );
    if (fulfilled.length === 0) return;
    waiting = waiting.filter((step) => !fulfilled.includes(step));
    for (const step of fulfilled) heard(step);
  });
}

function fulfils(bytes: Uint8Array, condition: HeardCondition): boolean {
  switch (condition.kind) {
    case 'heard-bolus': {
      const header = readHeader(bytes);
      return header?.operation === 'bolus' && header.to === 'pump';
    }
    case 'heard-glucose-below':
      return (overheardGlucose(bytes) ?? Number.POSITIVE_INFINITY) < condition.mgPerDl;
    case 'heard-glucose-above':
      return (overheardGlucose(bytes) ?? Number.NEGATIVE_INFINITY) > condition.mgPerDl;
  }
}

function overheardGlucose(bytes: Uint8Array): number | undefined {
  if (readHeader(bytes)?.operation !== 'glucose-reading') return undefined;
  const frame = readLegacy(bytes);
  return frame === undefined ? undefined : readGlucose(frame);
}
