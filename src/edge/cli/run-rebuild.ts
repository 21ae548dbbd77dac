import { existsSync } from 'node:fs';
import { Fault } from '#base/fault';
import { version } from '../exercise/version.ts';
import { type Rebuilt, rebuildSnapshot, rebuildState } from '../live/rebuild.ts';
import { openDataDirectory } from '../serve/data-directory.ts';
import { fleetSettings } from '../serve/fleet-settings.ts';
import { openRootKeys } from '../serve/open-root-keys.ts';
import { readServeConfig } from '../serve/serve-config.ts';
import { openStore } from '../store/open-store.ts';
import { EXIT } from './exit.ts';
import type { RebuildOptions } from './rebuild.ts';

export async function rebuild(options: RebuildOptions): Promise<number> {
  if (!existsSync(options.data)) {
    throw new Fault('data.directory', `--data: no folder \`${options.data}\`; \`npx wardtwin serve\` makes it`);
  }
  const config = options.config === undefined ? {} : readServeConfig(options.config);
  const data = openDataDirectory(options.data);
  const rootKeys = await openRootKeys(config, data, false);
  const store = await openStore(config.store ?? data.history, options.check ? 'reading' : 'writing');
  try {
    const clock = { now: () => 0 };
    const deps = { store, rootKeys, version, clock, settings: fleetSettings(config) };
    const rebuilt = await rebuildState(deps);
    if (!options.check) await rebuildSnapshot(deps);
    console.log(options.format === 'json' ? JSON.stringify(plain(rebuilt)) : textOf(rebuilt, options.check));
    return isAsKept(rebuilt) ? EXIT.accepted : EXIT.violated;
  } finally {
    await store.close();
  }
}

const plain = ({ parts, ...rest }: Rebuilt) => ({ ...rest, parts: Object.fromEntries(parts) });

/** A kept state that this version cannot take is a difference too; one of another version is none. */
const isAsKept = ({ kept, passedOver }: Rebuilt): boolean =>
  (kept === undefined || kept.differing.length === 0) && passedOver.every(({ reason }) => reason === 'another-version');

function textOf({ size, summary, digest, kept, passedOver }: Rebuilt, isCheck: boolean): string {
  const lines = [`${size} records replayed; state sha256:${digest}`];
  if (summary.differences > 0) {
    lines.push(
      `${summary.differences} records were judged otherwise by the version that wrote them, first at ${summary.firstDifference}`,
    );
  }
  for (const { position, reason, cause } of passedOver) {
    lines.push(`the state kept at record ${position} was not taken: ${cause ?? reason}`);
  }
  if (kept === undefined) lines.push('no state of this version was kept: nothing to compare with');
  else if (kept.differing.length === 0)
    lines.push(`the kept state (from record ${kept.from} on) is the same, byte for byte`);
  else lines.push(`the kept state differs in: ${kept.differing.join(', ')}`);
  if (!isCheck) lines.push('the rebuilt state was kept');
  return lines.join('\n');
}
