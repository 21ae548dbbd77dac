/** A broken invariant is a bug in Wardtwin: it crashes, it is never handled. */
export class InvariantError extends Error {
  override readonly name = 'InvariantError';
}

/** @throws InvariantError when `condition` does not hold */
export function assert(condition: unknown, statement: string): asserts condition {
  if (!condition) throw new InvariantError(`invariant broken: ${statement}`);
}

/** Ends an exhaustive `switch`: the compiler proves that it is never reached. */
export function unreachable(value: never): never {
  throw new InvariantError(`invariant broken: unexpected value \`${String(value)}\``);
}
