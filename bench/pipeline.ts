import { type Profiler, Session } from 'node:inspector';
import { importAeadKey, NONCE_BYTES, seal } from '#crypto/aead';
import { loadLaboratory } from '#edge/catalog/laboratory';
import { defineExercise } from '#edge/exercise/define-exercise';
import { commissionWard } from '#simulate/exercise/commission-ward';
import { runWard } from '#simulate/exercise/run-ward';

const PATIENT = 'adult#001';
const WARD = 'closed-loop-home';
const SETS = ['none', 'platform', 'all'] as const;
const WARM_UP_DAYS = 30;
const MEASURED_DAYS = 60;
const PROFILED_DAYS = 12;
const SAMPLING_MICROSECONDS = 200;
const YARDSTICK_SEALS = 20_000;

/** Where in the source time is spent, first match wins: what runs below `src/` without source of its own counts to its caller. */
const STAGES: readonly (readonly [RegExp, string])[] = [
  [/src\/crypto\//, 'cryptography: AEAD, digests, COSE'],
  [/src\/base\/(en|de)code-canonical|src\/base\/allocate/, 'canonical CBOR'],
  [/src\/model\/thing\//, 'envelopes and SenML'],
  [/src\/model\/device\//, 'devices and their radio'],
  [/src\/model\/physiology\//, 'patient and sensor'],
  [/src\/mirror\/channel\//, 'channel'],
  [/src\/mirror\/history\//, 'history'],
  [/src\/mirror\/twin\//, 'twin'],
  [/src\/assure\/monitor\//, 'monitor'],
  [/src\/assure\//, 'guard and incidents'],
  [/src\/platform\//, 'platform'],
  [/src\/simulate\//, 'world'],
];

/**
 * Prints patient-days per second of processor time, which is per core, of the whole pipeline on attack-free days: devices,
 * links, real cryptography on every message, channel, history, twin, and the monitor of the defence set. Then where the time
 * goes with all defences on. The target is 40.
 */
export function benchPipeline(): void {
  const laboratory = loadLaboratory();
  const definition = defineExercise(laboratory, { what: 'replayed-remote-bolus' });
  console.log(`pipeline  one AEAD seal takes ${microsecondsOfSeal().toFixed(1)} us on this machine now`);
  const ward = laboratory.wards.get(WARD)!;
  const patient = laboratory.patientOf(PATIENT);
  const commissioned = commissionWard(definition, ward, patient);
  for (const id of SETS) {
    const defenceSet = laboratory.defenceSets.get(id)!;
    const live = (run: number): number =>
      runWard(definition, { ward, defenceSet, patient, run, horizonMin: 1_440, commissioned }).platform.messages;
    for (let day = 0; day < WARM_UP_DAYS; day += 1) live(day);
    let messages = 0;
    const start = process.cpuUsage();
    for (let day = 0; day < MEASURED_DAYS; day += 1) messages += live(day);
    const { user, system } = process.cpuUsage(start);
    const seconds = (user + system) / 1e6;
    console.log(
      `pipeline  defences ${id}  ${(MEASURED_DAYS / seconds).toFixed(1)} patient-days/s` +
        `  (${((1_000 * seconds) / MEASURED_DAYS).toFixed(1)} ms and ${Math.round(messages / MEASURED_DAYS)} messages each)`,
    );
    if (id === 'all') printStages(profile(live));
  }
}

/** A yardstick for a machine that others use too: of 400 bytes, once the engine is warm. */
function microsecondsOfSeal(): number {
  const key = importAeadKey('A128GCM', new Uint8Array(16));
  const nonce = new Uint8Array(NONCE_BYTES);
  const plaintext = new Uint8Array(400);
  const sealMany = (): void => {
    for (let count = 0; count < YARDSTICK_SEALS; count += 1) seal(key, nonce, plaintext, nonce);
  };
  sealMany();
  const start = process.cpuUsage();
  sealMany();
  const { user, system } = process.cpuUsage(start);
  return (user + system) / YARDSTICK_SEALS;
}

function profile(live: (run: number) => number): Profiler.Profile {
  const session = new Session();
  session.connect();
  let result: Profiler.Profile | undefined;
  session.post('Profiler.enable');
  session.post('Profiler.setSamplingInterval', { interval: SAMPLING_MICROSECONDS });
  session.post('Profiler.start');
  for (let day = 0; day < PROFILED_DAYS; day += 1) live(day);
  // The session is of this thread: its answers come before `post` returns.
  session.post('Profiler.stop', (_, answer) => {
    result = answer?.profile;
  });
  session.disconnect();
  if (result === undefined) throw new Error('the profiler gave no profile');
  return result;
}

function printStages({ nodes, samples = [], timeDeltas = [] }: Profiler.Profile): void {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const parents = new Map(nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id] as const)));
  const stageOf = (id: number | undefined): string => {
    if (id === undefined) return 'engine and start';
    const { functionName, url } = byId.get(id)!.callFrame;
    if (functionName === '(garbage collector)') return 'garbage collection';
    return STAGES.find(([pattern]) => pattern.test(url))?.[1] ?? stageOf(parents.get(id));
  };
  const stages = new Map(nodes.map(({ id }) => [id, stageOf(id)]));
  const times = new Map<string, number>();
  let total = 0;
  for (const [index, id] of samples.entries()) {
    const stage = stages.get(id)!;
    const delta = timeDeltas[index]!;
    total += delta;
    times.set(stage, (times.get(stage) ?? 0) + delta);
  }
  for (const [stage, time] of [...times].sort(([, left], [, right]) => right - left)) {
    console.log(`          ${((100 * time) / total).toFixed(1).padStart(5)} %  ${stage}`);
  }
}

if (import.meta.main) benchPipeline();
