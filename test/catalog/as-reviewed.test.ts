import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { loadLaboratory } from '#edge/catalog/laboratory';

/** What tells a person something and decides nothing. */
const TOLD: readonly string[] = ['id', 'title', 'description', 'limits'];

const laboratory = loadLaboratory();

/** Every number and word of a file that decides something: a line for each of its members. */
function decisive(id: string, file: object): string {
  const members = Object.entries(file).filter(([name]) => !TOLD.includes(name));
  const lines = members.flatMap(([name, value]) =>
    name === 'criteria' || name === 'campaign'
      ? Object.entries(value).map(([part, of]) => `  ${name}.${part} ${JSON.stringify(of)}`)
      : [`  ${name} ${JSON.stringify(value)}`],
  );
  return [id, ...lines].join('\n');
}

/*
 * A change of the catalog is seen twice: where it is made, and here, where a slip would show too. After a change that is meant:
 * node_modules/.bin/node --test --test-update-snapshots test/catalog/as-reviewed.test.ts
 */
for (const [kind, files] of [
  ['wards', laboratory.wards],
  ['defences', laboratory.defenceSets],
  ['suites', laboratory.suites],
  ['scenarios', laboratory.scenarios],
] as const) {
  test(`the numbers of the ${kind} are as reviewed`, (t) => {
    const text = [...files].map(([id, file]) => decisive(id, file)).join('\n');
    const path = fileURLToPath(new URL(`./snapshots/${kind}.txt`, import.meta.url));
    t.assert.fileSnapshot(`${text}\n`, path, { serializers: [(value: string) => value] });
  });
}
