import type { ExerciseReport, ScenarioResult } from '#simulate/exercise/exercise-report';
import { bound, count, interval, share } from './format.ts';
import { type ScenarioGroup, scenarioGroups } from './group.ts';
import { type Markup, markup } from './markup.ts';

/**
 * JUnit XML: a test suite for each scenario, a test case for each defence set. Violated is a failure. Undecided is an error,
 * since a pipeline that took it for a pass would accept what was not shown. There are no times: they would differ each run.
 */
export function renderJunit(report: ExerciseReport): string {
  const groups = scenarioGroups(report);
  return markup`<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="${report.suite}" ${counts(report.scenarios)}>
${groups.map((group) => testSuite(report, group))}</testsuites>
`.text;
}

function testSuite(report: ExerciseReport, { id, results }: ScenarioGroup): Markup {
  return markup`  <testsuite name="${id}" ${counts(results)}>
    <properties>
      <property name="version" value="${report.version}"/>
      <property name="seed" value="${report.seed}"/>
      <property name="confidence" value="${report.options.confidence}"/>
    </properties>
${results.map((result) => testCase(report, result))}  </testsuite>
`;
}

function testCase(report: ExerciseReport, result: ScenarioResult): Markup {
  return markup`    <testcase classname="${report.suite}.${result.id}" name="${result.defences}">
${outcome(result)}      <system-out>${details(result)}</system-out>
    </testcase>
`;
}

function outcome(result: ScenarioResult): Markup | undefined {
  const [first, ...others] = result.criteria.filter((criterion) => criterion.outcome === result.verdict);
  const more = others.length === 0 ? '' : ` (and ${others.length} more)`;
  const message = first === undefined ? result.verdict : `${result.verdict}: ${first.text}${more}`;
  switch (result.verdict) {
    case 'accepted':
      return undefined;
    case 'violated':
      return markup`      <failure type="violated" message="${message}"/>\n`;
    case 'undecided':
      return markup`      <error type="undecided" message="${message}"/>\n`;
  }
}

function details(result: ScenarioResult): string {
  const lines = result.criteria.map((criterion) => {
    const { observed } = criterion;
    return `${criterion.outcome}: ${criterion.text}: ${criterion.metric} ${bound(criterion)}, observed ${count(observed)} = ${share(observed)} ${interval(observed)}`;
  });
  return [...lines, `repeat: ${result.replayCommand}`].join('\n');
}

function counts(results: readonly ScenarioResult[]): Markup {
  const number = (verdict: string): number => results.filter((result) => result.verdict === verdict).length;
  return markup`tests="${results.length}" failures="${number('violated')}" errors="${number('undecided')}" skipped="0"`;
}
