import { parseArgs } from 'node:util';
import { clopperPearson } from '#simulate/exercise/statistics/clopper-pearson';
import { areaMutants, requirePrograms } from './mutation/area-mutants.ts';
import { AREAS, type Area } from './mutation/areas.ts';
import { arguedSurvivors } from './mutation/argued.ts';
import { drawMutants, type Mutant } from './mutation/mutant.ts';
import { type Tried, tryMutants } from './mutation/try-mutants.ts';

/** What one change to the safety core escapes its tests: `npm run mutate -- --area guard --seed 1 --count 100`. */
const { values } = parseArgs({
  options: {
    area: { type: 'string', multiple: true },
    seed: { type: 'string', default: '1' },
    count: { type: 'string', default: '100' },
    workers: { type: 'string', default: '2' },
    only: { type: 'string', multiple: true },
    list: { type: 'boolean', default: false },
    verbose: { type: 'boolean', default: false },
  },
});

const argued = arguedSurvivors();
const brief = (text: string): string => {
  const line = text.replaceAll(/\s+/g, ' ').trim();
  return line.length > 90 ? `${line.slice(0, 87)}...` : line;
};
const shown = ({ id, file, line, mutator, original, replacement }: Mutant): string =>
  `${id} ${file}:${line} ${mutator}: \`${brief(original)}\` -> \`${brief(replacement)}\``;

function drawn(mutants: readonly Mutant[]): readonly Mutant[] {
  if (values.only !== undefined) return mutants.filter(({ id }) => values.only!.includes(id));
  return drawMutants(mutants, values.seed, Number(values.count));
}

function tell({ mutant, outcome, by }: Tried, done: string): void {
  if (outcome === 'survived') console.log(`${done} survived ${shown(mutant)}`);
  else if (values.verbose) console.log(`${done} ${outcome} ${shown(mutant)}, by ${by}`);
}

function score(name: string, tried: readonly Tried[], of: number): void {
  const survivors = tried.filter(({ outcome }) => outcome === 'survived').map(({ mutant }) => mutant);
  const open = survivors.filter(({ id }) => !argued.has(id));
  const late = tried.filter(({ outcome }) => outcome === 'timed out').length;
  const counted = tried.length - (survivors.length - open.length);
  const noticed = counted - open.length;
  const { low, high } = clopperPearson(noticed, counted, 0.95);
  const percent = (share: number): string => (100 * share).toFixed(1);
  console.log(
    `${name}: ${noticed} of ${counted} noticed, ${percent(noticed / counted)} % [${percent(low)}, ${percent(high)}]; ` +
      `${late} of them by a time-out, ${survivors.length - open.length} argued, drawn from ${of}, seed ${values.seed}`,
  );
  for (const mutant of open) {
    console.log(`  ${shown(mutant)}\n    npm run mutate -- --area ${name} --only ${mutant.id}`);
  }
  for (const { mutant, outcome } of tried) {
    if (outcome !== 'survived' && argued.has(mutant.id)) console.log(`  argued, but noticed: ${shown(mutant)}`);
  }
}

async function measure(name: string, area: Area): Promise<void> {
  const mutants = await areaMutants(area);
  const chosen = drawn(mutants);
  requirePrograms(chosen);
  if (values.list) for (const mutant of chosen) console.log(shown(mutant));
  else if (chosen.length > 0) score(name, await tryMutants(area, chosen, Number(values.workers), tell), mutants.length);
}

const unknown = values.area?.find((name) => !Object.hasOwn(AREAS, name));
if (unknown !== undefined) {
  console.error(`mutate: no area \`${unknown}\`; there are ${Object.keys(AREAS).join(', ')}`);
  process.exitCode = 2;
} else {
  console.log(`seed ${values.seed}, ${values.count} mutants of each area, Node.js ${process.versions.node}`);
  for (const [name, area] of Object.entries(AREAS)) {
    if (values.area === undefined || values.area.includes(name)) await measure(name, area);
  }
}
