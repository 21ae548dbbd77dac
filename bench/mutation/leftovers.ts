/** What has to go when this process goes, in whatever way: copies of the project, and processes that tests are or started. */
const leftovers = new Set<() => void>();

process.once('exit', () => {
  for (const remove of leftovers) remove();
});
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));

/** Keeps `remove` for the end of this process; what it returns removes now. */
export function leaveNot(remove: () => void): () => void {
  leftovers.add(remove);
  return () => {
    leftovers.delete(remove);
    remove();
  };
}
