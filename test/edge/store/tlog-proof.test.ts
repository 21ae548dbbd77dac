import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createCosigner, formatCosignatureKey } from '#crypto/cosignature';
import { createMerkleLog } from '#crypto/merkle-log';
import { signingKeyFromSeed } from '#crypto/sign';
import { formatVerifierKey } from '#crypto/signed-note';
import { formatRecordProof, parseRecordProof, type RecordProof, verifyRecordProof } from '#edge/store/tlog-proof';
import { parseTrustedKeys } from '#edge/store/trusted-keys';
import { checkpointOf, records, SIGNERS, VERIFIERS } from './entries.ts';

const SIZE = 40;
const log = createMerkleLog();
const all = records(0, SIZE);
for (const { leaf } of all) log.append(leaf);
const { note } = checkpointOf(log);
const keys = { verifiers: VERIFIERS };

const proofOf = (position: number): RecordProof => ({
  position,
  sealed: all[position]!.sealed,
  path: log.proveInclusion(position),
  note,
});

test('every record is proven, and the proof goes through text and back', () => {
  for (let position = 0; position < SIZE; position += 1) {
    const proof = parseRecordProof(formatRecordProof(proofOf(position)));
    assert.deepEqual(proof, proofOf(position));
    const verdict = verifyRecordProof(proof, keys);
    assert.ok(verdict.kind === 'intact');
    assert.equal(verdict.header.position, position);
    assert.equal(verdict.size, SIZE);
  }
});

test('changed_proof_never_verifies: any character of it, or another record in its place', () => {
  const genuine = formatRecordProof(proofOf(17));
  fc.assert(
    fc.property(fc.nat(genuine.length - 1), fc.constantFrom(...'Ab9+/= \n'), (at, other) => {
      if (genuine[at] === other) return;
      const changed = genuine.slice(0, at) + other + genuine.slice(at + 1);
      try {
        assert.equal(verifyRecordProof(parseRecordProof(changed), keys).kind, 'tampered', `${at}: ${other}`);
      } catch (error) {
        assert.equal((error as { code?: string }).code, 'proof.malformed');
      }
    }),
    { numRuns: 500 },
  );
  assert.equal(verifyRecordProof({ ...proofOf(17), sealed: all[18]!.sealed }, keys).kind, 'tampered');
  assert.equal(verifyRecordProof({ ...proofOf(17), position: 18 }, keys).kind, 'tampered');
});

test('keys of logs and witnesses are read from one file, and nothing else is', () => {
  const witness = createCosigner('witness.example', signingKeyFromSeed('Ed25519', new Uint8Array(32).fill(6)));
  const lines = [...SIGNERS.map(({ verifier }) => formatVerifierKey(verifier)), formatCosignatureKey(witness.verifier)];
  const read = parseTrustedKeys(`# the ward's\n${lines.join('\n')}\n\n${lines[0]}\n`);
  assert.deepEqual([read.verifiers.length, read.witnesses.map(({ name }) => name)], [2, ['witness.example']]);
  assert.throws(() => parseTrustedKeys('# none\n'), { code: 'note.no-key' });
  assert.throws(() => parseTrustedKeys(lines[2]!), { code: 'note.no-key' });
  assert.throws(() => parseTrustedKeys(`${lines[0]}\nsomething`), { code: 'note.verifier-key' });
});
