import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatVerifierKey, NOTE_LIMIT } from '#crypto/signed-note';
import { formatCosignRequest, parseCosignRequest, REQUEST_LIMIT } from '#edge/store/cosign-request';
import { formatHead, formatRecordLine, LINE_LIMIT, parseHead, parseRecordLine } from '#edge/store/history-bundle';
import { formatRecordProof, PROOF_LIMIT, parseRecordProof } from '#edge/store/tlog-proof';
import { parseTrustedKeys } from '#edge/store/trusted-keys';
import { RECORD_LIMIT } from '#mirror/history/sealed-record';
import { SIGNERS } from './entries.ts';

const DIGEST = new Uint8Array(32).fill(1);
const BASE64 = DIGEST.toBase64();
const SHORT = new Uint8Array(31).toBase64();
const MOST = Number.MAX_SAFE_INTEGER;

test('the head of a bundle is read as it was written, and anything else is malformed', () => {
  const head = { from: 1, to: 3, size: 5, before: [DIGEST], after: [DIGEST, DIGEST], note: 'a note' };
  assert.deepEqual(parseHead(formatHead(head)), head);
  const json = JSON.parse(formatHead(head)) as Record<string, unknown>;
  const but = (change: Record<string, unknown>): string => JSON.stringify({ ...json, ...change });
  assert.deepEqual(parseHead(but({ to: 1, after: [BASE64, BASE64, BASE64] })).to, 1, 'an empty range is one');
  assert.deepEqual(parseHead(but({ from: 0, to: 5, before: [], after: [] })).to, 5);
  assert.equal(parseHead(but({ note: 'x'.repeat(NOTE_LIMIT) })).note.length, NOTE_LIMIT);
  const range = '`from`, `to` and `size` are no range of a history';
  const cases: readonly (readonly [string, string])[] = [
    ['', 'not a JSON object'],
    ['null', 'not a JSON object'],
    ['[1]', 'not a JSON object'],
    ['7', 'not a JSON object'],
    [but({ format: 'wardtwin-history-bundle/2' }), 'not a `wardtwin-history-bundle/1`'],
    [but({ from: -1 }), range],
    [but({ from: 0.5 }), range],
    [but({ from: '1' }), range],
    [but({ from: 4 }), range],
    [but({ to: 6 }), range],
    [but({ to: null }), range],
    [but({ size: 2 }), range],
    [but({ size: MOST + 1 }), range],
    [but({ note: 7 }), '`note` is no text of a checkpoint'],
    [but({ note: 'x'.repeat(NOTE_LIMIT + 1) }), '`note` is no text of a checkpoint'],
    [but({ before: [] }), '`before` has to hold 1 digests'],
    [but({ before: [BASE64, BASE64] }), '`before` has to hold 1 digests'],
    [but({ before: BASE64 }), '`before` has to hold 1 digests'],
    [but({ before: [SHORT] }), '`before` has to hold 1 digests'],
    [but({ before: [7] }), '`before` has to hold 1 digests'],
    [but({ after: [BASE64, 'no base64!'] }), '`after` has to hold 2 digests'],
    [but({ after: [BASE64.slice(0, -1), BASE64] }), '`after` has to hold 2 digests'],
  ];
  for (const [text, what] of cases) {
    assert.throws(() => parseHead(text), {
      code: 'bundle.malformed',
      message: `bundle: line 1: ${what}`,
      data: { line: 1 },
    });
  }
});

test('a record of a bundle is a position and what was sealed', () => {
  const line = formatRecordLine(7, DIGEST);
  assert.equal(line, `{"position":7,"sealed":"${BASE64}"}\n`);
  assert.deepEqual(parseRecordLine(line, 2), { position: 7, sealed: DIGEST });
  for (const text of [
    `{"position":-1,"sealed":"${BASE64}"}`,
    `{"position":"7","sealed":"${BASE64}"}`,
    `{"position":7}`,
    `{"position":7,"sealed":7}`,
    `{"position":7,"sealed":"${BASE64.slice(0, -1)}"}`,
  ]) {
    assert.throws(() => parseRecordLine(text, 3), {
      code: 'bundle.malformed',
      message: 'bundle: line 3: not a position and a sealed record',
    });
  }
  assert.throws(() => parseRecordLine('[]', 4), { message: 'bundle: line 4: not a JSON object' });
  assert.ok(LINE_LIMIT >= formatRecordLine(MOST, new Uint8Array(RECORD_LIMIT)).length, 'the greatest record fits');
  assert.ok(LINE_LIMIT < 1.01 * formatRecordLine(MOST, new Uint8Array(RECORD_LIMIT)).length, 'and hardly more');
});

test('a proof is read as it was written, and anything else is malformed', () => {
  const proof = { position: 7, sealed: DIGEST, path: [DIGEST, DIGEST], note: 'a note\n' };
  const text = formatRecordProof(proof);
  assert.equal(text, `c2sp.org/tlog-proof@v1\nextra ${BASE64}\nindex 7\n${BASE64}\n${BASE64}\n\na note\n`);
  assert.deepEqual(parseRecordProof(text), proof);
  const longest = { ...proof, path: new Array<Uint8Array>(63).fill(DIGEST), position: MOST };
  assert.deepEqual(parseRecordProof(formatRecordProof(longest)), longest);
  const padded = { ...proof, note: 'x'.repeat(PROOF_LIMIT - text.length + proof.note.length) };
  assert.equal(formatRecordProof(padded).length, PROOF_LIMIT);
  assert.deepEqual(parseRecordProof(formatRecordProof(padded)), padded);
  const first = 'not a `c2sp.org/tlog-proof@v1` with its record as `extra`';
  const index = 'there is no `index`';
  const cases: readonly (readonly [string, string])[] = [
    [formatRecordProof({ ...padded, note: `${padded.note}x` }), 'too long, or without an empty line'],
    [text.replace('\n\n', '\n'), 'too long, or without an empty line'],
    [text.replace('@v1', '@v2'), first],
    [text.replace('extra ', 'more '), first],
    [text.replace(BASE64, `${BASE64}=`), first],
    ['c2sp.org/tlog-proof@v1\n\n', first],
    [text.replace('index 7', 'index 07'), index],
    [text.replace('index 7', 'index -7'), index],
    [text.replace('index 7', 'index 7 '), index],
    [text.replace('index 7', ' index 7'), index],
    [text.replace('index 7', `index ${MOST}0`), index],
    [formatRecordProof({ ...proof, path: new Array<Uint8Array>(64).fill(DIGEST) }), 'more than 63 lines of proof'],
    [text.replace(`\n${BASE64}\n\n`, `\n${SHORT}\n\n`), 'a line of the proof is no digest in base64'],
    [text.replace(`\n${BASE64}\n\n`, '\n!\n\n'), 'a line of the proof is no digest in base64'],
  ];
  for (const [changed, what] of cases) {
    assert.throws(
      () => parseRecordProof(changed),
      { code: 'proof.malformed', message: `proof: ${what}` },
      changed.slice(0, 80),
    );
  }
});

test('a witness is asked as the protocol says, just within its bounds and not beyond', () => {
  const request = { oldSize: 7, proof: [DIGEST, DIGEST], note: 'a note\n' };
  const text = formatCosignRequest(request);
  assert.equal(text, `old 7\n${BASE64}\n${BASE64}\n\na note\n`);
  assert.deepEqual(parseCosignRequest(text), request);
  const none = { oldSize: 0, proof: [], note: 'a note\n' };
  assert.deepEqual(parseCosignRequest(formatCosignRequest(none)), none);
  const most = { ...request, oldSize: MOST, proof: new Array<Uint8Array>(63).fill(DIGEST) };
  assert.deepEqual(parseCosignRequest(formatCosignRequest(most)), most);
  assert.equal(REQUEST_LIMIT, 104_096);
  const longest = { ...request, note: 'x'.repeat(REQUEST_LIMIT - text.length + request.note.length) };
  assert.deepEqual(parseCosignRequest(formatCosignRequest(longest)), longest);
  const old = 'the first line is not `old SIZE`';
  const digest = 'a line of the proof is no digest in base64';
  const cases: readonly (readonly [string, string])[] = [
    [formatCosignRequest({ ...longest, note: `${longest.note}x` }), 'too long, or without an empty line'],
    ['old 7', 'too long, or without an empty line'],
    ['\n\n', old],
    ['old \n\nnote', old],
    [text.replace('old 7', 'old 07'), old],
    [text.replace('old 7', 'old 7 '), old],
    [text.replace('old 7', ' old 7'), old],
    [text.replace('old 7', 'old'), old],
    [text.replace('old 7', `old ${MOST}0`), old],
    [formatCosignRequest({ ...most, proof: [...most.proof, DIGEST] }), 'more than 63 lines of proof'],
    [text.replace(BASE64, SHORT), digest],
    [text.replace(BASE64, '!'), digest],
    [text.replace(BASE64, BASE64.slice(0, -1)), digest],
  ];
  for (const [changed, what] of cases) {
    assert.throws(() => parseCosignRequest(changed), { code: 'witness.request', message: `witness request: ${what}` });
  }
});

test('a hundred verifier keys are read, whatever stands between them, and each once', () => {
  const [one, two] = SIGNERS.map(({ verifier }) => formatVerifierKey(verifier)) as [string, string];
  const read = (...lines: readonly string[]) => parseTrustedKeys(lines.join('\n')).verifiers.length;
  assert.equal(read(` ${one} `, '', '  ', '# a comment', '  # another', `${two}\r`), 2);
  assert.equal(read(one, one, two), 2);
  assert.equal(read(...new Array<string>(99).fill(one), two), 2);
  assert.equal(read(...new Array<string>(100).fill(one), two), 1);
  assert.deepEqual(parseTrustedKeys(one).witnesses, []);
  assert.throws(() => parseTrustedKeys(''), { code: 'note.no-key', message: 'verifier keys: there is none of a log' });
});
