import { fromUtf8 } from '#base/bytes';
import { Fault } from '#base/fault';

const NEWLINE = 0x0a;

/**
 * The lines of a stream of UTF-8, without their newlines, one at a time. The last line must end in one too: a stream that
 * was cut off is told from a whole one.
 * @throws Fault `lines.too-long`, `lines.malformed`
 */
export async function* boundedLines(
  chunks: AsyncIterable<Uint8Array>,
  limit: number,
): AsyncGenerator<string, void, undefined> {
  let parts: Uint8Array[] = [];
  let length = 0;
  let number = 1;
  const take = (part: Uint8Array): void => {
    length += part.length;
    if (length > limit)
      throw new Fault('lines.too-long', `line ${number}: longer than ${limit} bytes`, { line: number });
    parts.push(part);
  };
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      take(chunk.subarray(start, end));
      yield decode(parts, number);
      [parts, length, number, start] = [[], 0, number + 1, end + 1];
    }
    take(chunk.slice(start));
  }
  if (length > 0) throw new Fault('lines.malformed', `line ${number}: cut off`, { line: number });
}

function decode(parts: readonly Uint8Array[], number: number): string {
  try {
    return fromUtf8(Buffer.concat(parts));
  } catch {
    throw new Fault('lines.malformed', `line ${number}: no UTF-8`, { line: number });
  }
}
