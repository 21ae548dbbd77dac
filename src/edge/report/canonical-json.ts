import type { ExerciseReport } from '#simulate/exercise/exercise-report';

/**
 * The report as JSON (`catalog/schemas/exercise-report.schema.json`), the same bytes for the same report: keys in the order of
 * their code units whatever the order in which the value was built, two spaces of indent, a list of plain values on one line.
 */
export function renderJson(report: ExerciseReport): string {
  return `${canonicalJson(report, '')}\n`;
}

function canonicalJson(value: unknown, indent: string): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const inner = `${indent}  `;
  if (Array.isArray(value)) {
    if (value.every(isPlain)) return `[${value.map((item) => JSON.stringify(item)).join(',')}]`;
    return `[\n${value.map((item) => inner + canonicalJson(item, inner)).join(',\n')}\n${indent}]`;
  }
  const lines = Object.entries(value)
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([key, item]) => `${inner}${JSON.stringify(key)}: ${canonicalJson(item, inner)}`);
  return lines.length === 0 ? '{}' : `{\n${lines.join(',\n')}\n${indent}}`;
}

const isPlain = (value: unknown): boolean => typeof value !== 'object' || value === null;
