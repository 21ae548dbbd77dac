import { MINUTE, type Millis, SECOND } from '#base/time';
import type { Live } from '../live/live.ts';
import { type Asked, createWitnessAsking } from './ask-witness.ts';
import type { RemoteWitness } from './remote-witness.ts';

/** Real time between two cosignatures of one witness. */
export const WITNESS_PERIOD: Millis = 5 * MINUTE;
/** Between attempts to reach one that is away; doubled up to the period. */
const FIRST_RETRY: Millis = 5 * SECOND;
const ANSWER_WITHIN: Millis = 10 * SECOND;
/** An orderly stop does not wait longer for witnesses. */
const LAST_ANSWER_WITHIN: Millis = 2 * SECOND;

export interface WitnessesDeps {
  readonly witnesses: readonly RemoteWitness[];
  readonly live: Pick<Live, 'history' | 'cosign' | 'checkpoint'>;
  /** Tells what happened to whoever keeps the log. */
  readonly log: (
    level: 'debug' | 'info' | 'warn' | 'error',
    message: string,
    data?: Readonly<Record<string, unknown>>,
  ) => void;
  /** Default `WITNESS_PERIOD`. */
  readonly every?: Millis;
  readonly firstRetry?: Millis;
}

/** How a platform stands with one witness. */
export interface WitnessStanding {
  readonly name: string;
  /** Since everything was cosigned that was there to be, or since the start. */
  readonly sinceCosigned: Millis;
  /** It cosigned another past of this history. */
  readonly isContradicted: boolean;
}

export interface Witnesses {
  standings(): readonly WitnessStanding[];
  /** Has the newest checkpoint cosigned by who answers quickly, and asks no more. */
  close(): Promise<void>;
}

/**
 * Has every witness cosign the newest checkpoint, at once and then once in a period. A witness that is away, slow or wrong
 * delays nobody: it is asked again later.
 */
export function askWitnesses(deps: WitnessesDeps): Witnesses {
  const followed = deps.witnesses.map((witness) => followWitness(witness, deps));
  const lastRound = async (): Promise<void> => {
    if (followed.length === 0) return;
    await deps.live.checkpoint();
    await Promise.all(followed.map(({ ask }) => ask(AbortSignal.timeout(LAST_ANSWER_WITHIN))));
  };
  return {
    standings: () => followed.map(({ standing }) => standing()),
    close: async () => {
      await Promise.all(followed.map(({ stop }) => stop()));
      // a platform whose store is away has nothing to be cosigned
      await lastRound().catch(() => {});
    },
  };
}

interface FollowedWitness {
  standing(): WitnessStanding;
  /** Asks once. Resolves to whether it answered. */
  ask(signal: AbortSignal): Promise<boolean>;
  stop(): Promise<void>;
}

function followWitness(witness: RemoteWitness, deps: WitnessesDeps): FollowedWitness {
  const { every = WITNESS_PERIOD, firstRetry = FIRST_RETRY, log } = deps;
  const { name } = witness.verifier;
  const askOnce = createWitnessAsking(witness, deps.live);
  const stopping = new AbortController();
  let retry = firstRetry;
  let timer: NodeJS.Timeout | undefined;
  let cosignedAt = performance.now();
  let last: Asked['kind'] | undefined;

  const note = (asked: Asked): void => {
    if (asked.kind === 'contradicted') {
      const { size, witnessed, reason } = asked;
      const data = { witness: name, size, witnessed, reason };
      log('error', 'a witness vouches for another past; see `npx wardtwin history verify --against`', data);
    } else if (asked.kind === 'refused') log('warn', 'a witness refused', { witness: name, reason: asked.reason });
    else if (asked.kind === 'cosigned') {
      const isUsual = last === 'cosigned' || last === 'up-to-date';
      log(isUsual ? 'debug' : 'info', 'a witness cosigned', { witness: name, size: asked.size });
    }
    if (asked.kind === 'cosigned' || asked.kind === 'up-to-date') cosignedAt = performance.now();
    last = asked.kind;
  };

  const ask = async (signal: AbortSignal): Promise<boolean> => {
    try {
      note(await askOnce(signal));
      return true;
    } catch (error) {
      if (!stopping.signal.aborted)
        log('warn', 'a witness was not reached', { witness: name, cause: messageOf(error) });
      return false;
    }
  };

  const turn = async (): Promise<void> => {
    const isAnswered = await ask(AbortSignal.any([stopping.signal, AbortSignal.timeout(ANSWER_WITHIN)]));
    const wait = isAnswered ? every : Math.min(retry, every);
    retry = isAnswered ? firstRetry : Math.min(2 * retry, every);
    if (stopping.signal.aborted) return;
    timer = setTimeout(() => {
      underWay = turn();
    }, wait);
  };
  let underWay = turn();

  return {
    standing: () => ({
      name,
      sinceCosigned: Math.round(performance.now() - cosignedAt),
      isContradicted: last === 'contradicted',
    }),
    ask,
    stop: async () => {
      stopping.abort();
      clearTimeout(timer);
      await underWay;
    },
  };
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
