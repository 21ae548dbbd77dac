import type { Area } from './areas.ts';
import type { Mutant } from './mutant.ts';
import { runTests } from './run-tests.ts';
import { copyProject, filesOf, type Tree } from './tree.ts';

/** `by`: the test that noticed. */
export interface Tried {
  readonly mutant: Mutant;
  readonly outcome: 'noticed' | 'timed out' | 'survived';
  readonly by: string;
}

/** A mutant that makes tests this many times slower than they are hangs. */
const SLOWNESS = 6;
const PATIENCE_MS = 10_000;

/** Tries each mutant in one of `workers` copies of the project. The unchanged tests have to pass first. */
export async function tryMutants(
  area: Area,
  mutants: readonly Mutant[],
  workers: number,
  told: (tried: Tried, done: string) => void,
): Promise<readonly Tried[]> {
  const stages = area.tests.map(filesOf);
  const trees = Array.from({ length: Math.max(1, Math.min(workers, mutants.length)) }, copyProject);
  try {
    const limits = await Promise.all(trees.map((tree) => limitsOf(tree, stages)));
    const waiting = [...mutants];
    const tried: Tried[] = [];
    const work = async (tree: Tree, index: number): Promise<void> => {
      for (let mutant = waiting.shift(); mutant !== undefined; mutant = waiting.shift()) {
        const result = await tryMutant(tree, mutant, stages, limits[index]!);
        tried.push(result);
        told(result, `${tried.length}/${mutants.length}`);
      }
    };
    await Promise.all(trees.map(work));
    return tried;
  } finally {
    for (const tree of trees) tree.remove();
  }
}

async function limitsOf(tree: Tree, stages: readonly (readonly string[])[]): Promise<readonly number[]> {
  const limits: number[] = [];
  for (const files of stages) {
    const { how, ms, told } = await runTests(tree.folder, files, 600_000);
    if (how !== 'passed') throw new Error(`mutate: the unchanged tests ${files.join(', ')} ${how}: ${told}`);
    limits.push(SLOWNESS * ms + PATIENCE_MS);
  }
  return limits;
}

function tryMutant(
  tree: Tree,
  mutant: Mutant,
  stages: readonly (readonly string[])[],
  limits: readonly number[],
): Promise<Tried> {
  return tree.with(mutant.file, mutant, async () => {
    for (const [index, files] of stages.entries()) {
      const ended = await runTests(tree.folder, files, limits[index]!);
      if (ended.how !== 'passed') {
        return { mutant, outcome: ended.how === 'failed' ? 'noticed' : 'timed out', by: ended.told };
      }
    }
    return { mutant, outcome: 'survived', by: '' };
  });
}
