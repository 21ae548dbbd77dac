import { Fault } from '#base/fault';
import type { Caller } from './caller.ts';

/** Lets only so many reads at once that make the platform work: rebuild a twin, stream a month of messages. */
export interface HeavyReads {
  /** @throws Fault `http.busy` */
  run<T>(caller: Caller, read: () => Promise<T>): Promise<T>;
}

export function createHeavyReads(inAll: number, ofOne: number): HeavyReads {
  const running = new Map<string, number>();
  let total = 0;
  return {
    run: async ({ principal: { id } }, read) => {
      const own = running.get(id) ?? 0;
      if (total >= inAll || own >= ofOne) {
        throw new Fault('http.busy', 'too many reads of the past at once; wait for those under way');
      }
      running.set(id, own + 1);
      total += 1;
      try {
        return await read();
      } finally {
        total -= 1;
        const left = running.get(id)! - 1;
        if (left === 0) running.delete(id);
        else running.set(id, left);
      }
    },
  };
}
