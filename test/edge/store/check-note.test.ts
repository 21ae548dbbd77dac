import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cosign, createCosigner } from '#crypto/cosignature';
import { createMerkleLog } from '#crypto/merkle-log';
import { signingKeyFromSeed } from '#crypto/sign';
import { createNoteSigner, formatSignatureLine, signNote, splitNote } from '#crypto/signed-note';
import { checkNote, missingAlgorithm } from '#edge/store/check-note';
import { checkpointOf, ORIGIN, records, SIGNERS, VERIFIERS } from './entries.ts';

const log = createMerkleLog();
for (const { leaf } of records(0, 10)) log.append(leaf);
const { note, at } = checkpointOf(log);
const { text, signatures } = splitNote(note);
const AT = 1_760_000_000;

const witness = createCosigner('witness.example', signingKeyFromSeed('Ed25519', new Uint8Array(32).fill(5)));
const other = createCosigner('other.example', signingKeyFromSeed('Ed25519', new Uint8Array(32).fill(6)));
const stranger = createNoteSigner(ORIGIN, signingKeyFromSeed('Ed25519', new Uint8Array(32).fill(9)));
const newer = createNoteSigner(ORIGIN, signingKeyFromSeed('Ed25519', new Uint8Array(32).fill(11)));

const keys = { verifiers: VERIFIERS, witnesses: [witness.verifier, other.verifier] };
const line = (index: number): string => formatSignatureLine(signatures[index]!);
const noteOf = (...lines: readonly string[]): string => `${text}\n${lines.join('')}`;
const [first, second] = [line(0), line(1)];
const cosigned = cosign(text, witness, AT);

const genuine = (cosignedBy: readonly string[]) => ({
  kind: 'genuine',
  checkpoint: { origin: ORIGIN, size: 10, root: log.root() },
  extensions: [`at ${at}`],
  cosignedBy,
});

test('a note that both algorithms signed is genuine, with whoever cosigned it', () => {
  assert.equal(noteOf(first, second), note);
  assert.deepEqual(checkNote(note, keys), genuine([]));
  assert.deepEqual(checkNote(note, { verifiers: VERIFIERS }), genuine([]));
  assert.deepEqual(checkNote(noteOf(first, second, cosigned), keys), genuine(['witness.example']));
  const both = noteOf(cosign(text, other, AT), second, cosigned, first);
  assert.deepEqual(checkNote(both, keys), genuine(['other.example', 'witness.example']));
  assert.deepEqual(
    checkNote(signNote(text, [newer, ...SIGNERS]), { verifiers: [newer.verifier, ...VERIFIERS] }),
    genuine([]),
  );
  assert.equal(
    checkNote(signNote(text, [newer, SIGNERS[1]!]), { verifiers: [newer.verifier, ...VERIFIERS] }).kind,
    'genuine',
  );
});

test('every line is accounted for, and what is wrong first is said', () => {
  const broken = (of: string): string =>
    formatSignatureLine({ ...splitNote(noteOf(of)).signatures[0]!, signature: new Uint8Array(64) });
  const elsewhere = (of: string): string =>
    formatSignatureLine({ ...splitNote(noteOf(of)).signatures[0]!, name: 'else.example' });
  const cases: readonly (readonly [string, string])[] = [
    [noteOf(first), 'no ML-DSA-65 key of the log signed it'],
    [noteOf(second), 'no Ed25519 key of the log signed it'],
    [noteOf(cosigned), 'no Ed25519 key of the log signed it'],
    [noteOf(broken(first), second), `the signature of \`${ORIGIN}\` (Ed25519) is wrong`],
    [noteOf(first, broken(second)), `the signature of \`${ORIGIN}\` (ML-DSA-65) is wrong`],
    [noteOf(first, second, broken(cosigned)), 'the cosignature of `witness.example` is wrong'],
    [noteOf(first, second, first), 'a key signed it twice'],
    [noteOf(first, second, cosigned, cosigned), 'a key signed it twice'],
    [noteOf(first, elsewhere(second)), 'a key `else.example` signed it that is not among the keys given'],
    [signNote(text, [...SIGNERS, stranger]), `a key \`${ORIGIN}\` signed it that is not among the keys given`],
    ['no note', 'note: no blank line before the signatures'],
    [signNote('no checkpoint\n', SIGNERS), 'note: not a checkpoint: origin, size and root, each on its line'],
  ];
  for (const [changed, reason] of cases) assert.deepEqual(checkNote(changed, keys), { kind: 'false', reason });
  assert.deepEqual(checkNote(noteOf(first, second, cosigned), { verifiers: VERIFIERS }), {
    kind: 'false',
    reason: 'a key `witness.example` signed it that is not among the keys given',
  });
  assert.throws(
    () => checkNote(note, { verifiers: [undefined as never] }),
    TypeError,
    'a defect of ours is not hidden',
  );
});

test('of each algorithm among the keys one has to have signed', () => {
  const [ed, mlDsa] = VERIFIERS as [(typeof VERIFIERS)[number], (typeof VERIFIERS)[number]];
  assert.equal(missingAlgorithm([ed, mlDsa], new Set([ed, mlDsa])), undefined);
  assert.equal(missingAlgorithm([ed, mlDsa], new Set([ed])), 'ML-DSA-65');
  assert.equal(missingAlgorithm([ed, mlDsa], new Set([mlDsa])), 'Ed25519');
  assert.equal(
    missingAlgorithm([ed, newer.verifier], new Set([newer.verifier])),
    undefined,
    'an older and a newer one',
  );
  assert.equal(missingAlgorithm([], new Set()), undefined);
});
