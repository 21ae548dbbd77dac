/** Resolves when the process is asked to end, by Ctrl-C or by whoever runs it. */
export const untilStopped = (): Promise<void> =>
  new Promise((resolve) => {
    process.once('SIGTERM', () => resolve());
    process.once('SIGINT', () => resolve());
  });
