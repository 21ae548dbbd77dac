import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRandom } from '#base/random';
import { signingKeyFromSeed } from '#crypto/sign';
import {
  createNoteSigner,
  createNoteVerifier,
  formatCheckpoint,
  formatVerifierKey,
  NOTE_LIMIT,
  openNote,
  parseCheckpoint,
  parseVerifierKey,
  signNote,
} from '#crypto/signed-note';

// c2sp.org/signed-note, "Example"
const EXAMPLE_KEY = 'example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k';
const EXAMPLE_NOTE = `This is an example message.

\u2014 example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=
`;

const random = createRandom('signed-note');
const signer = createNoteSigner('ward.example/history', signingKeyFromSeed('Ed25519', random.bytes(32)));
const witness = createNoteSigner('witness.example', signingKeyFromSeed('ML-DSA-65', random.bytes(32)));

test('the example of C2SP signed-note verifies under its verifier key', () => {
  const verifier = parseVerifierKey(EXAMPLE_KEY);
  assert.equal(formatVerifierKey(verifier), EXAMPLE_KEY);
  assert.equal(openNote(EXAMPLE_NOTE, [verifier]).text, 'This is an example message.\n');
});

test('the example with another text is refused', () => {
  const altered = EXAMPLE_NOTE.replace('example message', 'example Message');
  assert.throws(() => openNote(altered, [parseVerifierKey(EXAMPLE_KEY)]), { code: 'note.bad-signature' });
});

test('a note is worth what the keys that are known make it', () => {
  const note = signNote('text\n', [signer, witness]);
  assert.deepEqual(openNote(note, [signer.verifier]).verifiedBy, [signer.verifier]);
  assert.deepEqual(openNote(note, [witness.verifier, signer.verifier]).verifiedBy, [signer.verifier, witness.verifier]);
  assert.throws(() => openNote(note, [parseVerifierKey(EXAMPLE_KEY)]), { code: 'note.unverified' });
  assert.throws(() => openNote(note, []), { code: 'note.unverified' });
  const renamed = createNoteVerifier('other.example', signer.key.publicKey);
  assert.throws(() => openNote(note, [renamed]), { code: 'note.unverified' });
});

test('a bad signature of a known key refuses the note even where another one verifies', () => {
  const note = signNote('text\n', [signer]);
  const other = signNote('other\n', [witness]);
  const mixed = note + other.slice(other.indexOf('\u2014'));
  assert.equal(openNote(mixed, [signer.verifier]).text, 'text\n');
  assert.throws(() => openNote(mixed, [signer.verifier, witness.verifier]), { code: 'note.bad-signature' });
});

test('the text ends at the last blank line', () => {
  const text = 'first\n\nsecond\n';
  assert.equal(openNote(signNote(text, [signer]), [signer.verifier]).text, text);
});

test('what is no note is refused', () => {
  const note = signNote('text\n', [signer]);
  for (const bad of [
    '',
    'text\n',
    note.slice(0, -1),
    note.replace('\u2014', '-'),
    note.replace(' ', '  '),
    note.replace('=\n', '\n'),
    `${note}\n`,
    `${note}junk\n`,
    `\t${note}`,
    `${'x'.repeat(NOTE_LIMIT)}${note}`,
  ]) {
    assert.throws(() => openNote(bad, [signer.verifier]), { code: 'note.malformed' }, JSON.stringify(bad.slice(0, 60)));
  }
  for (const bad of ['no newline', 'tab\there\n', 'lone \ud800\n']) {
    assert.throws(() => signNote(bad, [signer]), { code: 'note.malformed' });
  }
});

test('verifier keys go through text and back; another key id or name is refused', () => {
  for (const { verifier } of [signer, witness]) {
    const text = formatVerifierKey(verifier);
    assert.deepEqual(formatVerifierKey(parseVerifierKey(text)), text);
    assert.throws(() => parseVerifierKey(text.replace('example', 'exbmple')), { code: 'note.verifier-key' });
  }
  assert.throws(() => createNoteVerifier('two words', signer.key.publicKey), { code: 'note.key-name' });
  assert.throws(() => createNoteVerifier('a+b', signer.key.publicKey), { code: 'note.key-name' });
});

test('the example of C2SP tlog-checkpoint is read', () => {
  const text = 'example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n';
  const { checkpoint } = parseCheckpoint(text);
  assert.equal(checkpoint.size, 20_852_163);
  assert.equal(formatCheckpoint(checkpoint), text);
});

test('a checkpoint goes through text and back; other forms are refused', () => {
  const root = random.bytes(32);
  const checkpoint = { origin: 'ward.example/history', size: 20_852_163, root };
  const text = formatCheckpoint(checkpoint, ['at 1760000000000']);
  assert.deepEqual(parseCheckpoint(text), { checkpoint, extensions: ['at 1760000000000'] });
  const encoded = root.toBase64();
  for (const bad of [
    `o\n1\n${encoded}`,
    `\n1\n${encoded}\n`,
    `o\n01\n${encoded}\n`,
    `o\n-1\n${encoded}\n`,
    `o\n9007199254740992\n${encoded}\n`,
    `o\n1\n${encoded.slice(4)}\n`,
    `o\n1\n${encoded}\n\n`,
    'o\n1\n',
  ]) {
    assert.throws(() => parseCheckpoint(bad), { code: 'note.malformed' }, JSON.stringify(bad));
  }
});
