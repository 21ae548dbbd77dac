import { benchCalibration } from './calibration.ts';
import { benchChannel } from './channel.ts';
import { benchDetectionInTheWard } from './detection-ward.ts';
import { benchIngest } from './ingest.ts';
import { benchPhysiology } from './physiology.ts';
import { benchPipeline } from './pipeline.ts';
import { benchReads } from './reads.ts';
import { benchReliability } from './reliability.ts';

/** All benchmarks, or those named: `npm run bench -- pipeline`. */
const BENCHES: Readonly<Record<string, () => void | Promise<void>>> = {
  physiology: benchPhysiology,
  channel: benchChannel,
  pipeline: benchPipeline,
  detection: benchDetectionInTheWard,
  calibration: benchCalibration,
  reliability: benchReliability,
  ingest: benchIngest,
  reads: benchReads,
};

const asked = process.argv.slice(2);
const unknown = asked.find((name) => !Object.hasOwn(BENCHES, name));
if (unknown !== undefined) {
  console.error(`bench: no benchmark \`${unknown}\`; there are ${Object.keys(BENCHES).join(', ')}`);
  process.exitCode = 2;
} else {
  console.log(`Node.js ${process.versions.node}, ${process.arch}; one core, processor time`);
  for (const [name, run] of Object.entries(BENCHES)) if (asked.length === 0 || asked.includes(name)) await run();
}
