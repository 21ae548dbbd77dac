import { loadLaboratory } from '#edge/catalog/laboratory';
import { TECHNIQUES } from '#simulate/attack/technique-table';
import type { Scenario } from '#simulate/exercise/scenario';

export function listScenarios(format: 'text' | 'json'): void {
  const laboratory = loadLaboratory();
  const scenarios = [...laboratory.scenarios.values()];
  if (format === 'json') {
    const listing = {
      suites: [...laboratory.suites.values()].map(({ id, title }) => ({ id, title })),
      defenceSets: [...laboratory.defenceSets.values()].map(({ id, title, description }) => ({
        id,
        title,
        description,
      })),
      wards: [...laboratory.wards.values()].map(({ id, title }) => ({ id, title })),
      scenarios: scenarios.map(entryOf),
      techniques: [...TECHNIQUES.values()].map(
        ({ id, title, attackIcs, emb3d, position, standsFor, preconditions }) => ({
          id,
          title,
          attackIcs,
          emb3d,
          position,
          standsFor,
          preconditions,
        }),
      ),
    };
    console.log(JSON.stringify(listing, null, 2));
    return;
  }
  console.log(`${scenarios.length} scenarios\n`);
  const width = Math.max(...scenarios.map(({ id }) => id.length));
  for (const scenario of scenarios) {
    const { techniques, attackIcs } = entryOf(scenario);
    console.log(`  ${scenario.id.padEnd(width)}  ${scenario.title}`);
    console.log(
      `  ${' '.repeat(width)}  ${techniques.join(' + ')} (${attackIcs.join(', ')}); criteria for ${Object.keys(scenario.criteria).join(', ')}`,
    );
  }
  console.log(`\nsuites: ${[...laboratory.suites.keys()].join(', ')}`);
  console.log(`defence sets: ${[...laboratory.defenceSets.keys()].join(', ')}`);
  console.log(`wards: ${[...laboratory.wards.keys()].join(', ')}`);
}

function entryOf(scenario: Scenario) {
  const techniques = [...new Set(scenario.campaign.steps.map(({ technique }) => technique))];
  return {
    id: scenario.id,
    title: scenario.title,
    objective: scenario.objective,
    ward: scenario.ward,
    positions: scenario.campaign.positions,
    techniques,
    attackIcs: [...new Set(techniques.flatMap((id) => TECHNIQUES.get(id)?.attackIcs ?? []))],
    standsFor: scenario.standsFor,
    limits: scenario.limits ?? null,
    criteria: scenario.criteria,
  };
}
