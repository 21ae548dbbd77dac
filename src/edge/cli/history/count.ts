import { InvalidArgumentError } from 'commander';

/** A whole number of at least 0, of an option. */
export function count(text: string): number {
  const value = /^(0|[1-9][0-9]*)$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(value)) throw new InvalidArgumentError('has to be a whole number, 0 or more.');
  return value;
}
