import type { ExerciseReport, Verdict } from '#simulate/exercise/exercise-report';
import { trimmed } from '../format.ts';
import { type Markup, markup } from '../markup.ts';
import { EVIDENCE_IS, EVIDENCE_IS_NOT } from '../wording.ts';
import { verdictLabel } from './verdict-label.ts';

/** Verdict, what the evidence is and is not, and the identity of the run: all before the first figure. */
export function pageOne(report: ExerciseReport): Markup {
  const { patients, maximumRuns, confidence } = report.options;
  const results = report.scenarios.length;
  const scenarios = new Set(report.scenarios.map((result) => result.id)).size;
  return markup`<header class="title">
<p class="kicker">Wardtwin exercise report</p>
<h1>${report.title}</h1>
<p class="lede">${verdictLabel(report.verdict)}<br>${verdictSentence(report)}</p>
${report.complete ? undefined : markup`<p><strong>Interrupted.</strong> Only the scenarios that were finished are listed, so this verdict does not stand for the whole suite.</p>`}
<section class="statement" aria-label="What this evidence is and is not">
<div><h2>What this evidence is</h2><ul>${EVIDENCE_IS.map((sentence) => markup`<li>${sentence}</li>`)}</ul></div>
<div><h2>What it is not</h2><ul>${EVIDENCE_IS_NOT.map((sentence) => markup`<li>${sentence}</li>`)}</ul></div>
</section>
<dl class="facts">
<dt>Version</dt><dd>Wardtwin ${report.version}</dd>
<dt>Suite</dt><dd>${report.suite}: ${scenarios} scenarios, ${report.defenceSets.length} defence sets, ${results} results</dd>
<dt>Seed</dt><dd>${report.seed}</dd>
<dt>Patients</dt><dd>${patients.length}: ${patients.join(', ')}</dd>
<dt>Runs</dt><dd>at most ${maximumRuns} for each scenario and defence set, each with its paired baseline</dd>
<dt>Confidence</dt><dd>${trimmed(confidence * 100, 2)} % for each criterion, over all looks of the sequential plan together</dd>
<dt>Defence sets</dt><dd>${report.defenceSets.map(
    (set, index) =>
      markup`${index === 0 ? '' : markup`<br>`}<strong>${set.id}</strong>: ${set.defences.length === 0 ? 'no defence' : set.defences.join(', ')}`,
  )}</dd>
<dt>Repeat with</dt><dd><code>${report.command}</code></dd>
</dl>
</header>`;
}

function verdictSentence(report: ExerciseReport): string {
  const number = (verdict: Verdict): number => report.scenarios.filter((result) => result.verdict === verdict).length;
  const total = report.scenarios.length;
  const parts = [`${number('accepted')} of ${total} results meet their acceptance criteria`];
  if (number('violated') > 0) parts.push(`${number('violated')} violate them`);
  if (number('undecided') > 0) parts.push(`${number('undecided')} could not be decided with the runs made`);
  return `${parts.join('; ')}.`;
}
