import type { ExerciseReport } from '#simulate/exercise/exercise-report';
import { glucoseBandsChart } from '../chart/glucose-bands.ts';
import { firstAct } from '../chart/run-glucose.ts';
import { defenceTitle, type ScenarioGroup } from '../group.ts';
import { type Markup, markup } from '../markup.ts';
import { criteriaTable } from './criteria-table.ts';
import { detectionPart } from './detection-part.ts';
import { harmTable } from './harm-table.ts';
import { outcomeTable } from './outcome-table.ts';
import { runFigure } from './run-figure.ts';
import { verdictLabel } from './verdict-label.ts';

/** All about one scenario: what it stands for, whether it was accepted, what reached the patient, when it was noticed. */
export function scenarioSection(report: ExerciseReport, group: ScenarioGroup, number: number): Markup {
  const first = group.results[0]!;
  const id = `s${number}`;
  return markup`<section class="scenario" id="${id}" aria-labelledby="${id}-h"><h2 id="${id}-h">${number}. ${group.title}</h2>
<dl class="facts"><dt>Scenario</dt><dd><code>${group.id}</code></dd><dt>Stands for</dt><dd>${first.source}</dd>${first.techniques.map(techniqueFact)}</dl>
<h3>Outcome</h3>
${outcomeTable(report, group)}
${criteriaTable(report, group)}
<h3>What reached the patient</h3>
<p class="soft lead-in">Plasma glucose of all runs on a logarithmic scale: the median of the attacked runs within its 25 to 75 % and 5 to 95 % ranges, and dashed the median of the baseline within its 25 to 75 % range. The target range 70 to 180 is tinted; in the grey strip, below 40, the models end. The upright marks the first adversarial act of the run in detail below.</p>
<div class="figures">${group.results.map((result, index) => {
    const title = defenceTitle(report, result.defences);
    const chartId = `${id}-b${index + 1}`;
    return markup`<figure><div class="head"><h4>${title}</h4>${verdictLabel(result.verdict)}</div>${glucoseBandsChart({ id: chartId, title: `Glucose of ${group.title}, ${title}` }, result.bands, firstAct(result.representative))}</figure>`;
  })}</div>
${harmTable(report, group)}
${detectionPart(report, group, id)}
<h3>One run in detail</h3>
<p class="soft lead-in">The run of median harm. From above: plasma glucose in mg/dL; insulin added up, in units, the gap between commanded and delivered shaded; and what happened when.</p>
<div class="figures">${group.results.map((result, index) => runFigure(report, result, `${id}-r${index + 1}`))}</div>
</section>
`;
}

function techniqueFact(technique: ScenarioGroup['results'][number]['techniques'][number]): Markup {
  const mappings = [
    ...technique.attackIcs.map((id) => `ATT&CK for ICS ${id}`),
    ...technique.emb3d.map((id) => `EMB3D ${id}`),
  ];
  const mapped = mappings.length === 0 ? '' : ` (${mappings.join(', ')})`;
  return markup`<dt>Technique</dt><dd>${technique.title} <code>${technique.id}</code>${mapped}</dd>`;
}
