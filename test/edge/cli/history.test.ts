import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { utf8 } from '#base/bytes';
import {
  cosign,
  createCosigner,
  formatCosignatureKey,
  parseCosignatureKey,
  verifyCosignature,
} from '#crypto/cosignature';
import { signingKeyFromSeed } from '#crypto/sign';
import { formatVerifierKey, splitNote } from '#crypto/signed-note';
import { openFileRootKeys } from '#edge/keys/file-root-keys';
import { openPkcs11RootKeys } from '#edge/keys/pkcs11-root-keys';
import { openStore } from '#edge/store/open-store';
import { createSoftHsm, softHsmSkipReason } from '../keys/soft-hsm.ts';
import { temporaryFolder } from '../store/engine.ts';
import { historyOf, NOTHING, VERIFIERS } from '../store/entries.ts';

const WARDTWIN = fileURLToPath(new URL('../../../bin/wardtwin.mjs', import.meta.url));
const folder = temporaryFolder();
after(folder.remove);
const at = (name: string): string => join(folder.path, name);
const DATA = at('ward');

function run(...args: readonly string[]): { readonly code: number | null; readonly out: string; readonly err: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [WARDTWIN, ...args], { encoding: 'utf8' });
  return { code: status, out: stdout, err: stderr };
}

const ok = (...args: readonly string[]): string => {
  const { code, out, err } = run(...args);
  assert.equal(code, 0, `${args.join(' ')}: ${out}${err}`);
  return out;
};

// a data directory as the platform leaves it
mkdirSync(DATA, { mode: 0o700 });
const store = await openStore(join(DATA, 'history.sqlite'), 'writing');
const rootKeys = await openFileRootKeys({ directory: join(DATA, 'root-keys'), create: true });
await store.commit({ ...historyOf(600, [200, 400, 590]), secrets: [await rootKeys.wrap('patient-1', utf8('a key'))] });
await store.close();
writeFileSync(join(DATA, 'history.vkey'), VERIFIERS.map((verifier) => `${formatVerifierKey(verifier)}\n`).join(''));
const tamper = (sql: string): void => {
  const db = new DatabaseSync(join(DATA, 'history.sqlite'));
  db.exec(sql);
  db.close();
};

test('a history, a bundle and a proof are verified, the last two far from the store', () => {
  const said = ok('history', 'verify', '--data', DATA);
  assert.match(said, /^intact: records 0 to 600 of a history of 600$/m);
  assert.match(said, /^not signed yet: records 590 to 599$/m);
  const keys = join(DATA, 'history.vkey');
  ok('history', 'export', '--data', DATA, '--from', '100', '--to', '300', '--out', at('bundle'));
  assert.match(
    ok('history', 'verify', '--bundle', at('bundle'), '--key', keys),
    /^intact: records 100 to 299 of `ward/,
  );
  ok('history', 'prove', '123', '--data', DATA, '--out', at('proof'));
  assert.match(ok('history', 'verify', '--proof', at('proof'), '--key', keys), /^intact: record 123 of `ward/);
  const verdict = JSON.parse(ok('history', 'verify', '--data', DATA, '--format', 'json', '--from', '5', '--to', '9'));
  assert.deepEqual([verdict.kind, verdict.from, verdict.to], ['intact', 5, 9]);
});

test('a witness cosigns what follows, and refuses what does not', () => {
  const checkpoint = ok('history', 'checkpoint', '--data', DATA);
  writeFileSync(at('kept'), checkpoint);
  ok('history', 'verify', '--data', DATA, '--against', at('kept'));
  writeFileSync(at('old'), historyOf(200, [200]).checkpoints[0]!.note);
  const witness = ['history', 'witness', '--state', at('witness'), '--name', 'witness.example/w1'];
  const key = parseCosignatureKey(ok(...witness).trim())!;
  const request = ok('history', 'prove', '--from', at('old'), '--data', DATA);
  assert.match(request, /^old 200\n/);
  writeFileSync(at('request'), request);
  const withLog = [...witness, '--log-key', join(DATA, 'history.vkey'), '--request'];
  assert.equal(run(...withLog, at('request')).code, 1, 'it has seen nothing yet');
  writeFileSync(at('first'), `old 0\n\n${historyOf(200, [200]).checkpoints[0]!.note}`);
  ok(...withLog, at('first'));
  const line = ok(...withLog, at('request'));
  const { text, signatures } = splitNote(checkpoint + line);
  assert.ok(verifyCosignature(text, signatures.at(-1)!, key));
  const again = run(...withLog, at('request'));
  assert.equal(again.code, 1);
  assert.match(again.err, /over 590 records/);
});

test('what a witness cosigned is handed out under its cosignature, when that is asked for', async () => {
  const none = run('history', 'checkpoint', '--data', DATA, '--cosigned');
  assert.deepEqual([none.code, /no cosigned checkpoint/.test(none.err)], [2, true]);
  const witness = createCosigner('witness.example/w2', signingKeyFromSeed('Ed25519', new Uint8Array(32).fill(6)));
  const [, stored] = historyOf(600, [200, 400, 590]).checkpoints;
  const line = cosign(splitNote(stored!.note).text, witness, 1_760_000_000);
  const writing = await openStore(join(DATA, 'history.sqlite'), 'writing');
  await writing.commit({ ...NOTHING, checkpoints: [{ ...stored!, note: stored!.note + line }] });
  await writing.close();
  writeFileSync(at('keys'), readFileSync(join(DATA, 'history.vkey'), 'utf8') + formatCosignatureKey(witness.verifier));

  assert.match(ok('history', 'checkpoint', '--data', DATA, '--cosigned'), /^400$/m);
  ok('history', 'export', '--data', DATA, '--from', '10', '--to', '20', '--cosigned', '--out', at('cosigned-bundle'));
  ok('history', 'prove', '15', '--data', DATA, '--cosigned', '--out', at('cosigned-proof'));
  for (const [kind, file] of [
    ['--bundle', 'cosigned-bundle'],
    ['--proof', 'cosigned-proof'],
  ] as const) {
    const said = ok('history', 'verify', kind, at(file), '--key', at('keys'));
    assert.match(said, /^signed: the first 400 records; cosigned by: witness\.example\/w2$/m);
  }
  // as it was, for the tests that follow
  const undoing = await openStore(join(DATA, 'history.sqlite'), 'writing');
  await undoing.commit({ ...NOTHING, checkpoints: [stored!] });
  await undoing.close();
});

test('a backup restores to a history that verifies, and never over another one', () => {
  ok('backup', '--data', DATA, '--out', at('backup'));
  mkdirSync(at('other'));
  ok('restore', '--data', at('other'), '--from', at('backup'));
  ok('history', 'verify', '--data', at('other'), '--key', join(DATA, 'history.vkey'));
  assert.equal(run('restore', '--data', DATA, '--from', at('backup')).code, 2);
  // the whole folder may be what was lost
  ok('restore', '--data', at('lost-and-made-anew'), '--from', at('backup'));
  assert.equal(statSync(at('lost-and-made-anew')).mode & 0o077, 0, 'nobody else may look into it');
  assert.equal(run('backup', '--data', DATA, '--out', at('backup')).code, 2);
});

test('root keys are rotated while the platform is down, and the old one goes when it is told to', async () => {
  const [before] = ok('keys', 'list', '--data', DATA).split(' ');
  const running = await openStore(join(DATA, 'history.sqlite'), 'writing');
  const refused = run('keys', 'rotate', '--data', DATA);
  assert.equal(refused.code, 2);
  assert.match(refused.err, /another process/);
  await running.close();
  assert.match(ok('keys', 'rotate', '--data', DATA), /1 secrets were wrapped anew/);
  ok('keys', 'retire', before!, '--data', DATA);
  const listed = JSON.parse(ok('keys', 'list', '--data', DATA, '--format', 'json'));
  assert.equal(listed.length, 1);
  assert.deepEqual([listed[0].secrets, listed[0].isCurrent, listed[0].id === before], [1, true, false]);
});

test('a root key in a token is rotated by the configuration that names it', { skip: softHsmSkipReason() }, async () => {
  const hsm = createSoftHsm();
  try {
    const { module, token, pin } = hsm;
    const [data, config] = [join(hsm.folder, 'data'), join(hsm.folder, 'wardtwin.yaml')];
    mkdirSync(data);
    writeFileSync(join(hsm.folder, 'pin'), pin, { mode: 0o600 });
    const where = `module: ${module}\n    token: ${token}\n    pinFile: pin`;
    writeFileSync(config, `keys:\n  root: pkcs11\n  pkcs11:\n    ${where}\n`);
    const inToken = () => openPkcs11RootKeys({ module, token, pin: () => pin, key: 'wardtwin', create: true });
    const wrapped = await (await inToken()).wrap('patient-1', utf8('a key'));
    const own = await openStore(join(data, 'history.sqlite'), 'writing');
    await own.commit({ ...NOTHING, secrets: [wrapped] });
    await own.close();
    assert.match(
      ok('keys', 'rotate', '--data', data, '--config', config),
      /^pkcs11\/wardtwin\/v2 is current; 1 secrets/,
    );
    const reading = await openStore(join(data, 'history.sqlite'), 'reading');
    const [rewrapped] = await reading.secrets();
    await reading.close();
    assert.equal(rewrapped?.rootKeyId, 'pkcs11/wardtwin/v2');
    assert.deepEqual(await (await inToken()).unwrap(rewrapped), utf8('a key'));
  } finally {
    hsm.remove();
  }
});

test('what was tampered with is named with exit code 1, and bad input with 2', () => {
  tamper("UPDATE record SET subject = 'patient-2' WHERE position = 130");
  const found = run('history', 'verify', '--data', DATA, '--format', 'json');
  assert.deepEqual([found.code, JSON.parse(found.out).position], [1, 130]);
  tamper('DELETE FROM record WHERE position = 131');
  assert.equal(run('history', 'export', '--data', DATA, '--from', '120', '--to', '140', '--out', at('half')).code, 1);
  assert.ok(!readdirSync(folder.path).includes('half'), 'half a bundle is not left behind');
  writeFileSync(at('changed'), readFileSync(at('bundle'), 'utf8').replace('"position":150', '"position":151'));
  assert.equal(run('history', 'verify', '--bundle', at('changed'), '--key', join(DATA, 'history.vkey')).code, 1);
  for (const args of [
    ['verify', '--data', at('nowhere')],
    ['verify', '--data', DATA, '--from', 'x'],
    ['verify', '--data', DATA, '--key', 'nothing'],
    ['verify', '--bundle', at('nowhere'), '--key', join(DATA, 'history.vkey')],
    ['prove', '595', '--data', DATA],
  ]) {
    const { code, err } = run('history', ...args);
    assert.equal(code, 2, `${args.join(' ')}: ${err}`);
    assert.doesNotMatch(err, /\n {4}at /, 'no trace');
  }
});

test('keys are not made where there are none', () => {
  rmSync(at('other'), { recursive: true });
  assert.equal(run('keys', 'list', '--data', at('other')).code, 2);
  assert.ok(!readdirSync(folder.path).includes('other'));
});
