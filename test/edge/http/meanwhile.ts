import type { HistoryReader } from '#edge/live/history-reader';

/** Holds what `work` reads of history until `change` is done: rights that are lost while something takes its time. */
export async function meanwhile<T>(
  history: HistoryReader,
  method: 'twinAt' | 'messages',
  work: () => Promise<T>,
  change: () => Promise<unknown>,
): Promise<T> {
  const [begun, changed] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const hold = (): Promise<void> => {
    begun.resolve();
    return changed.promise;
  };
  const { twinAt, messages } = history;
  const held: Pick<HistoryReader, 'twinAt' | 'messages'> = {
    twinAt: async (...given) => {
      const twin = await twinAt(...given);
      await hold();
      return twin;
    },
    messages: async function* (...given) {
      await hold();
      yield* messages(...given);
    },
  };
  Object.assign(history, { [method]: held[method] });
  try {
    const working = work();
    await begun.promise;
    await change();
    changed.resolve();
    return await working;
  } finally {
    Object.assign(history, { twinAt, messages });
  }
}
