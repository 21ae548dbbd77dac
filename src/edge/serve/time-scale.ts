import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Fault } from '#base/fault';
import type { Millis } from '#base/time';
import { PUBLIC, replaceFile } from '../machine/durable-file.ts';
import type { TimeScale } from '../machine/scaled-clock.ts';
import type { DataDirectory } from './data-directory.ts';

export const FASTEST = 600;

/**
 * The time scale of a demonstration, kept in its data directory: started again, its time goes on from where it would be.
 * @throws Fault `demo.speed` for another speed than it was begun with, and for one that is none
 */
export function keptTimeScale(data: DataDirectory, speed: number, now: Millis): TimeScale {
  if (!(speed >= 1 && speed <= FASTEST)) {
    throw new Fault('demo.speed', `--speed: \`${speed}\` has to be from 1 to ${FASTEST}`);
  }
  const path = join(data.path, 'clock.json');
  if (!existsSync(path)) {
    const scale: TimeScale = { realAnchor: now, simulatedAnchor: now, speed };
    replaceFile(path, `${JSON.stringify(scale)}\n`, PUBLIC);
    return scale;
  }
  const kept = JSON.parse(readFileSync(path, 'utf8')) as TimeScale;
  if (kept.speed !== speed) {
    throw new Fault(
      'demo.speed',
      `--speed: \`${data.path}\` was begun at \`${kept.speed}\`; use that, or another --data`,
    );
  }
  return kept;
}
