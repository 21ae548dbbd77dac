import type { Commit } from './store.ts';
import { conflict } from './store-fault.ts';

/** That the records of a commit continue a store of `size` records. @throws Fault `store.conflict` */
export function requireContinuation({ records }: Commit, size: number): void {
  let expected = size;
  for (const { position } of records) {
    if (position !== expected) throw conflict(`record \`${position}\` does not follow the ${expected} that are there`);
    expected += 1;
  }
}
