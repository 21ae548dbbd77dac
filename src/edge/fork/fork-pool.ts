import { fileURLToPath } from 'node:url';
import { Piscina } from 'piscina';
import { Fault } from '#base/fault';
import { SECOND } from '#base/time';
import type { BandCoverage } from '#mirror/twin/band-coverage';
import type { CommissionedModel } from '#mirror/twin/commissioned-model';
import type { ForkOutcome } from '#simulate/fork/fork-outcome';
import type { CommissionWish, CoverageWish, ForkWish, Worked } from './fork-wish.ts';

/** Work that takes longer than a server may spend between two requests, in a thread of its own. */
export interface ForkPool {
  /** Undefined while the twin cannot predict. @throws Fault of `forkUnderAttack`; `fork.busy`, `fork.too-long` */
  play(wish: ForkWish): Promise<ForkOutcome | undefined>;
  /** @throws Fault of `commission`; `fork.busy`, `fork.too-long` */
  commission(messages: CommissionWish): Promise<CommissionedModel>;
  /** @throws Fault `fork.busy`, `fork.too-long` */
  judge(wish: CoverageWish): Promise<readonly BandCoverage[]>;
  close(): Promise<void>;
}

type PoolWish = ForkWish | CommissionWish | CoverageWish;

const MOST_WAITING = 8;
/** Nothing that is asked for should take as long; a thread that does is given up. */
const LONGEST = 60 * SECOND;
const IDLE = 30 * SECOND;

/** One thread, made when it is first needed: a ward that is mirrored has the other processors. */
export function createForkPool(): ForkPool {
  let pool: Piscina<PoolWish, Worked<unknown>> | undefined;
  const started = () => {
    pool ??= new Piscina({
      filename: fileURLToPath(new URL('./worker.ts', import.meta.url)),
      minThreads: 0,
      maxThreads: 1,
      maxQueue: MOST_WAITING,
      idleTimeout: IDLE,
    });
    return pool;
  };

  const run = async (name: 'playFork' | 'commissionTwin' | 'judgeBands', wish: PoolWish): Promise<unknown> => {
    const running = started();
    if (running.queueSize >= MOST_WAITING) throw new Fault('fork.busy', 'fork: too many wait already; try again later');
    const signal = AbortSignal.timeout(LONGEST);
    const worked = await running.run(wish, { name, signal }).catch((error: unknown) => {
      if (!signal.aborted) throw error;
      throw new Fault('fork.too-long', 'fork: took too long and was given up; ask for fewer seeds or defences');
    });
    if (worked.kind === 'done') return worked.value;
    throw new Fault(worked.code, worked.message, worked.data);
  };

  return {
    play: (wish) => run('playFork', wish) as Promise<ForkOutcome | undefined>,
    commission: (messages) => run('commissionTwin', messages) as Promise<CommissionedModel>,
    judge: (wish) => run('judgeBands', wish) as Promise<readonly BandCoverage[]>,
    close: async () => {
      await pool?.destroy();
      pool = undefined;
    },
  };
}
