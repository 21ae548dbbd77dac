import { stripTypeScriptTypes } from 'node:module';
import { parse } from '@babel/parser';
import { Instrumenter } from '@stryker-mutator/instrumenter';
import type { Edit } from './mutant.ts';
import { doubled } from './numbers.ts';

/** The mutants of a TypeScript file: Stryker's, and every number doubled, which Stryker leaves alone. */
export async function codeMutants(name: string, content: string): Promise<readonly Edit[]> {
  const options = { plugins: null, excludedMutations: [], ignorers: [] };
  const { mutants } = await new Instrumenter(SILENT).instrument([{ name, content, mutate: true }], options);
  const lines = lineStarts(content);
  const at = ({ line, column }: { line: number; column: number }): number => lines[line]! + column;
  const edits = mutants.map(({ mutatorName, replacement = '', location }) => {
    const [start, end] = [at(location.start), at(location.end)];
    return { mutator: mutatorName, start, end, replacement: inItsPlace(replacement, content.slice(start, end)) };
  });
  return [...edits, ...numbersOf(content)];
}

/** Whether it is a program at all: what is none would be noticed by whoever reads it, and not by a test. */
export function isProgram(content: string): boolean {
  try {
    parse(stripTypeScriptTypes(content), { sourceType: 'module' });
    return true;
  } catch {
    return false;
  }
}

/** A replacement of an expression binds as tightly as the expression did; statements stand for themselves. */
function inItsPlace(replacement: string, original: string): string {
  const statement = /^(\{\}|;)$/.test(replacement) || /^(case|default|for)\b/.test(original);
  const atom = /^(\w+|'[^']*'|"[^"]*"|\[[^\]]*\]|``)$/.test(replacement);
  return statement || atom ? replacement : `(${replacement})`;
}

function numbersOf(content: string): readonly Edit[] {
  const { tokens } = parse(stripTypeScriptTypes(content), { sourceType: 'module', tokens: true });
  return (tokens ?? [])
    .filter(({ type }) => type.label === 'num')
    .map(({ start, end }: { start: number; end: number }) => ({
      mutator: 'Number',
      start,
      end,
      replacement: doubled(content.slice(start, end)),
    }));
}

function lineStarts(text: string): readonly number[] {
  const starts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return starts;
}

const no = (): boolean => false;
const nothing = (): void => {};
const SILENT = {
  isTraceEnabled: no,
  isDebugEnabled: no,
  isInfoEnabled: no,
  isWarnEnabled: no,
  isErrorEnabled: no,
  isFatalEnabled: no,
  trace: nothing,
  debug: nothing,
  info: nothing,
  warn: nothing,
  error: nothing,
  fatal: nothing,
};
