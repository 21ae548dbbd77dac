/** What was started, and is stopped in the opposite order. */
export interface Closers {
  add(close: () => Promise<unknown>): void;
  /** Stops everything; what fails to stop does not keep the rest from it. */
  closeAll(): Promise<void>;
}

export function createClosers(): Closers {
  const started: (() => Promise<unknown>)[] = [];
  return {
    add: (close) => void started.push(close),
    closeAll: async () => {
      for (const close of started.splice(0).toReversed()) await close().catch(() => {});
    },
  };
}
