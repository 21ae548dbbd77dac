import assert from 'node:assert/strict';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, test } from 'node:test';
import { cosign, createCosigner } from '#crypto/cosignature';
import { signingKeyFromSeed } from '#crypto/sign';
import { splitNote } from '#crypto/signed-note';
import { parseCosignRequest } from '#edge/store/cosign-request';
import { createWitnessAsking } from '#edge/witness/ask-witness';
import { grow, openWitnessedBench } from './witnessed-bench.ts';

const cosigner = createCosigner('witness.example/w1', signingKeyFromSeed('Ed25519', new Uint8Array(32).fill(8)));
const stranger = createCosigner('witness.example/w1', signingKeyFromSeed('Ed25519', new Uint8Array(32).fill(9)));
const SECONDS = 1_760_000_000;

const bench = await openWitnessedBench();
const { live } = bench;
await grow(live, 20);
after(async () => {
  await live.close();
  bench.remove();
});

type Answer = Parameters<RequestListener>[1];

/** Asks a witness that answers as it pleases. `text`: of the checkpoint that it was sent. */
async function asked(
  answer: (response: Answer, text: string, oldSize: number) => void,
  signal = AbortSignal.timeout(5_000),
) {
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (part: string) => {
      body += part;
    });
    request.on('end', () => {
      const { note, oldSize } = parseCosignRequest(body);
      answer(response, splitNote(note).text, oldSize);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/add-checkpoint`);
  try {
    return await createWitnessAsking({ url, verifier: cosigner.verifier }, live)(signal);
  } finally {
    server.close();
    server.closeAllConnections();
  }
}

/** What history is found to be by an outsider who trusts the witness. */
const verdict = () => bench.verdict([{ url: new URL('http://127.0.0.1'), verifier: cosigner.verifier }]);

test('only_verified_is_kept: nothing that a witness makes up gets into history', async () => {
  const size = live.history.size;
  const lies: readonly ((text: string) => string)[] = [
    () => '',
    () => 'not a signature line\n',
    (text) => cosign(text, stranger, SECONDS),
    (text) => cosign(text.replace(/^\d+$/m, '999999'), cosigner, SECONDS),
    (text) => cosign(text, cosigner, SECONDS).replace(/.{6}\n$/, 'AAAA==\n'),
    (text) => `\n\n${cosign(text, stranger, SECONDS)}`,
  ];
  for (const lie of lies) {
    const attempt = asked((response, text) => response.end(lie(text)));
    await assert.rejects(attempt, { code: 'witness.answer' }, lie.toString());
  }
  const found = await verdict();
  assert.ok(found.kind === 'intact' && found.witnessed.length === 0, JSON.stringify(found));
  assert.equal(live.history.size, size);
});

test('an answer that is none, or does not end, is a fault and nothing more', async () => {
  const answers: readonly (readonly [string, (response: Answer) => void])[] = [
    ['witness.answer', (response) => response.end('x'.repeat(20_000))],
    ['witness.answer', (response) => response.end(Buffer.from([0xff, 0xfe]))],
    ['witness.answer', (response) => response.writeHead(409).end('many\n')],
    ['witness.answer', (response) => response.writeHead(409).end('99999999999999999999\n')],
    ['witness.unreachable', (response) => response.destroy()],
    ['witness.unreachable', (response) => response.write('\u2014 ') && response.destroy()],
  ];
  for (const [code, answer] of answers) await assert.rejects(asked(answer), { code }, answer.toString());
  const stopping = new AbortController();
  const silent = asked(() => stopping.abort(), stopping.signal);
  await assert.rejects(silent, { code: 'witness.unreachable' });
});

test('a witness that keeps contradicting itself, refuses or sends elsewhere is asked no more than twice', async () => {
  let times = 0;
  const moving = await asked((response, _, oldSize) => {
    times += 1;
    response.writeHead(409).end(`${oldSize + 1}\n`);
  });
  assert.deepEqual([moving.kind, times], ['refused', 2]);
  const elsewhere = await asked((response) => response.writeHead(302, { location: 'http://127.0.0.1/' }).end());
  assert.equal(elsewhere.kind, 'refused');
  const rude = await asked((response) => response.writeHead(403).end(`\u001b[31mno\n${'x'.repeat(1_000)}`));
  assert.ok(rude.kind === 'refused' && /^403 \[31mno x{1,200}$/.test(rude.reason), JSON.stringify(rude));
});

test('kept_once: of many answers of one witness the first line is kept, whatever else comes with it', async () => {
  const [first, second] = await Promise.all(
    [0, 1].map((later) =>
      asked((response, text) =>
        response.end(cosign(text, stranger, SECONDS) + cosign(text, cosigner, SECONDS + later).repeat(2)),
      ),
    ),
  );
  assert.deepEqual([first?.kind, second?.kind], ['cosigned', 'cosigned']);
  assert.equal((await asked(() => assert.fail('there is nothing to ask'))).kind, 'up-to-date');
  const found = await verdict();
  assert.ok(found.kind === 'intact', JSON.stringify(found));
  assert.deepEqual(found.coveredBy?.cosignedBy, ['witness.example/w1']);
});
