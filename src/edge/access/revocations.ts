/** Who wants to know that a credential has ended: streams that were opened under it. */
export interface Revocations {
  /** Returns how to stop listening. */
  on(credential: string, ended: () => void): () => void;
  end(credential: string): void;
}

export function createRevocations(): Revocations {
  const listeners = new Map<string, Set<() => void>>();
  return {
    on: (credential, ended) => {
      const own = listeners.get(credential) ?? new Set();
      listeners.set(credential, own.add(ended));
      return () => {
        own.delete(ended);
        if (own.size === 0 && listeners.get(credential) === own) listeners.delete(credential);
      };
    },
    end: (credential) => {
      const own = listeners.get(credential);
      listeners.delete(credential);
      // one listener that fails must not keep the others' streams open
      const failures: unknown[] = [];
      for (const ended of own ?? []) {
        try {
          ended();
        } catch (failure) {
          failures.push(failure);
        }
      }
      if (failures.length > 0) throw new AggregateError(failures, `credential \`${credential}\`: a listener failed`);
    },
  };
}
