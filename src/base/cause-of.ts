import { Fault } from './fault.ts';

/**
 * What a log line tells of an error. A fault of ours and a failed call of the system speak for themselves; the words of any other
 * error may quote the data that it was met with, so it is named by its kind and place.
 */
export function causeOf(error: unknown): string {
  if (error instanceof Fault || isOfSystem(error)) return error.message;
  return error instanceof Error ? `${error.name} ${framesOf(error)[0] ?? ''}`.trimEnd() : 'unknown';
}

/** Where an error came from, the innermost call first, without its message. */
export const framesOf = ({ stack = '', message }: Error): readonly string[] =>
  stack
    .replace(message, '')
    .split('\n')
    .flatMap((line) => /^ {4}(at .+)$/.exec(line)?.[1] ?? []);

/** Their messages name the call and its file or address (`connect ECONNREFUSED 127.0.0.1:5432`). */
const isOfSystem = (error: unknown): error is Error => error instanceof Error && 'syscall' in error;
