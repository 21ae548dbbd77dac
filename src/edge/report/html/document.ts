import { utf8 } from '#base/bytes';
import { sha256 } from '#crypto/digest';
import type { ExerciseReport } from '#simulate/exercise/exercise-report';
import { scenarioGroups } from '../group.ts';
import { markup, trusted } from '../markup.ts';
import { costSection } from './cost-section.ts';
import { pageOne } from './page-one.ts';
import { scenarioSection } from './scenario-section.ts';
import { STYLE } from './style.ts';
import { summaryMatrix } from './summary-matrix.ts';

/**
 * The report as one self-contained HTML file: no script, no external resource, and a content security policy that permits
 * nothing but this very style sheet, named by its hash.
 */
export function renderHtml(report: ExerciseReport): string {
  const policy = `default-src 'none'; style-src 'sha256-${sha256(utf8(STYLE)).toBase64()}'; base-uri 'none'; form-action 'none'`;
  const groups = scenarioGroups(report);
  return markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${report.title}: ${report.verdict} (Wardtwin ${report.version}, seed ${report.seed})</title>
<style>${trusted(STYLE)}</style>
</head>
<body>
<a class="skip" href="#results">Skip to the results</a>
${pageOne(report)}
<main>
${summaryMatrix(report, groups)}
${costSection(report)}
${groups.map((group, index) => scenarioSection(report, group, index + 1))}
</main>
<footer><p>Written by Wardtwin ${report.version}. To repeat this report: <code>${report.command}</code></p></footer>
</body>
</html>
`.text;
}
