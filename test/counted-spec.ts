import { Readable } from 'node:stream';
import { spec, type TestEvent } from 'node:test/reporters';

/** What Node.js's own reporter `spec` tells, and in the last line how many tests were skipped, counted by their reasons. */
export default async function* countedSpec(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  const reasons = new Map<string, number>();
  async function* counted(): AsyncGenerator<TestEvent> {
    for await (const event of events) {
      if (event.type === 'test:pass' && event.data.skip) {
        const reason = event.data.skip === true ? 'no reason given' : String(event.data.skip);
        reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
      }
      yield event;
    }
  }
  for await (const text of Readable.from(counted()).compose(new spec())) yield String(text);
  yield skippedLine(reasons);
}

export function skippedLine(reasons: ReadonlyMap<string, number>): string {
  const total = [...reasons.values()].reduce((sum, count) => sum + count, 0);
  const parts = [...reasons].sort((a, b) => b[1] - a[1]).map(([reason, count]) => `${count} ${reason}`);
  const told = total === 0 ? '' : `: ${parts.join('; ').replaceAll(/\s+/g, ' ')}`;
  return `${total} ${total === 1 ? 'test was' : 'tests were'} skipped${told}\n`;
}
