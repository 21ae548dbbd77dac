import type { TestEvent } from 'node:test/reporters';

/** Names the first test that fails, and ends the process with it. */
export default async function* bail(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  for await (const event of events) {
    if (event.type !== 'test:fail') continue;
    yield `${event.data.name}\n`;
    process.exit(1);
  }
}
