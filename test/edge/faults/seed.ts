import { createRandom, type Random } from '#base/random';

/** What a seeded test needs to be run again: its seed comes from the environment, or from the clock and is told first. */
export interface Seeded {
  readonly random: Random;
  /** The command that repeats the run; part of every failure. */
  readonly again: string;
}

export function seeded(file: string, tell: (line: string) => void): Seeded {
  const seed = process.env['WARDTWIN_SEED'] ?? String(Date.now());
  const again = `WARDTWIN_SEED=${seed} node --test test/edge/faults/${file}`;
  tell(`seed ${seed}: ${again}`);
  return { random: createRandom(seed), again };
}

/** Runs `body`; a failure says how to repeat it. */
export async function repeatable(again: string, body: () => Promise<void>): Promise<void> {
  try {
    await body();
  } catch (error) {
    throw new Error(`failed; again: ${again}`, { cause: error });
  }
}
