import { createReadStream } from 'node:fs';
import { Fault } from '#base/fault';
import type { BundleVerdict } from '#edge/store/history-bundle';
import { parseRecordProof, type RecordProofVerdict, verifyRecordProof } from '#edge/store/tlog-proof';
import { verifyBundle } from '#edge/store/verify-bundle';
import { type HistoryVerdict, verifyHistory } from '#edge/store/verify-history';
import { EXIT } from '../exit.ts';
import { readTextFile, trustedKeysOf, withStore } from './history-source.ts';
import { asJson } from './output.ts';
import type { VerifyCommandOptions } from './verify.ts';

/** What was verified, its verdict, and the verdict in words. */
interface Judged {
  readonly kind: 'intact' | 'tampered';
  readonly verdict: HistoryVerdict | BundleVerdict | RecordProofVerdict;
  readonly words: string;
}

export async function verify(options: VerifyCommandOptions): Promise<number> {
  const keys = trustedKeysOf(options);
  const { kind, verdict, words } = await judge(options, keys);
  process.stdout.write(options.format === 'json' ? asJson(verdict) : `${words}\nverifier keys: ${keys.source}\n`);
  return kind === 'intact' ? EXIT.accepted : EXIT.violated;
}

async function judge(options: VerifyCommandOptions, keys: ReturnType<typeof trustedKeysOf>): Promise<Judged> {
  const { bundle, proof, against, from, to } = options;
  if (bundle !== undefined) {
    const verdict = await verifyBundle(readBundle(bundle), keys);
    return { kind: verdict.kind, verdict, words: wordsOfBundle(verdict) };
  }
  if (proof !== undefined) {
    const verdict = verifyRecordProof(parseRecordProof(readTextFile(proof)), keys);
    return { kind: verdict.kind, verdict, words: wordsOfProof(verdict) };
  }
  const range = { ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) };
  const saved = against === undefined ? {} : { against: readTextFile(against) };
  const verdict = await withStore(options, 'reading', (store) => verifyHistory(store, { ...keys, ...range, ...saved }));
  return { kind: verdict.kind, verdict, words: wordsOf(verdict) };
}

async function* readBundle(path: string): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    yield* createReadStream(path);
  } catch (error) {
    const cause = error instanceof Error && 'code' in error ? String(error.code) : undefined;
    if (cause === undefined) throw error;
    throw new Fault('file.unreadable', `\`${path}\` cannot be read (\`${cause}\`)`, { path, cause });
  }
}

function wordsOf(verdict: HistoryVerdict): string {
  if (verdict.kind === 'tampered') {
    const { what, reason } = verdict;
    switch (what) {
      case 'record':
        return `tampered: record ${verdict.position}: ${reason}`;
      case 'block':
        return `tampered: block ${verdict.index}: ${reason}`;
      case 'checkpoint':
        return `tampered: checkpoint over ${verdict.size} records: ${reason}`;
    }
  }
  const { from, to, size, root, checkpoints, coveredBy, witnessed } = verdict;
  const lines = [`intact: records ${from} to ${to} of a history of ${size}`, `root: ${root.toBase64()}`];
  if (coveredBy === undefined)
    return [...lines, 'signed: nothing yet, so a loss at its end would not be found'].join('\n');
  const witnesses = witnessed.map((last) => `${last.by} (the first ${last.size} records)`);
  lines.push(`checkpoints checked: ${checkpoints}; cosigned by: ${witnesses.join(', ') || 'no witness'}`);
  lines.push(`signed: the first ${coveredBy.size} records, at ${new Date(coveredBy.at).toISOString()}`);
  if (coveredBy.size < to) lines.push(`not signed yet: records ${coveredBy.size} to ${to - 1}`);
  return lines.join('\n');
}

function wordsOfBundle(verdict: BundleVerdict): string {
  if (verdict.kind === 'tampered') {
    const where = verdict.what === 'record' ? `record ${verdict.position}` : verdict.what;
    return `tampered: ${where}: ${verdict.reason}`;
  }
  const { from, to, origin, size, first, last, cosignedBy } = verdict;
  const times = [first, last].map((header) => (header === undefined ? '' : new Date(header.at).toISOString()));
  return [
    `intact: records ${from} to ${to - 1} of \`${origin}\`, of ${times.join(' to ')}`,
    `signed: the first ${size} records; cosigned by: ${cosignedBy.join(', ') || 'no witness'}`,
  ].join('\n');
}

function wordsOfProof(verdict: RecordProofVerdict): string {
  if (verdict.kind === 'tampered') return `tampered: ${verdict.what}: ${verdict.reason}`;
  const { header, origin, size, cosignedBy } = verdict;
  return [
    `intact: record ${header.position} of \`${origin}\`: ${header.kind}, of ${new Date(header.at).toISOString()}`,
    `signed: the first ${size} records; cosigned by: ${cosignedBy.join(', ') || 'no witness'}`,
  ].join('\n');
}
