import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type AccessBodies, type AccessEntry, accountSubject } from '#assure/access/access-record';
import {
  type AccessState,
  administrators,
  applyAccessEntry,
  applyAccessRecord,
  EMPTY_ACCESS,
} from '#assure/access/access-state';
import { PROVIDER_CONFIRMATION, REVOKED_LIMIT } from '#assure/access/account';
import { GLASS_LIFETIME, hasBrokenGlass, isInForce } from '#assure/access/glass';
import { type HeldRight, heldBy, standing } from '#assure/access/held-right';
import { tokenCredential } from '#assure/access/token';
import { DAY, HOUR } from '#base/time';

const NOW = 1_760_000_000_000;
const ADA = 'ada';
const ROOT = 'root';
const OIDC = { issuer: 'https://idp.example', subject: 'ada' };

const about = <K extends AccessEntry['kind']>(kind: K, account: string, body: AccessBodies[K]): AccessEntry =>
  ({ kind, subject: accountSubject(account), body }) as unknown as AccessEntry;
const created = (account: string, more: Partial<AccessBodies['AccountCreated']> = {}): AccessEntry =>
  about('AccountCreated', account, {
    account,
    kind: 'person',
    name: account,
    displayName: account,
    roles: ['clinician'],
    wards: ['icu'],
    patients: ['p1'],
    managed: false,
    by: ROOT,
    ...more,
  });
const token = (id: string, owner = ADA): AccessEntry =>
  about('TokenIssued', owner, {
    id,
    owner,
    issuer: owner,
    label: 'x',
    scope: ['readTwin'],
    digest: '00',
    issuedAt: NOW,
    expiresAt: NOW + DAY,
  });
const glass = (at = NOW): AccessEntry => ({
  kind: 'GlassBroken',
  subject: 'p3',
  body: { id: 'g1', account: ADA, subject: 'p3', reason: 'x', at, until: at + GLASS_LIFETIME },
});
const changed = (more: Omit<AccessBodies['AccountChanged'], 'account'>): AccessEntry =>
  about('AccountChanged', ADA, { account: ADA, ...more });

const fold = (entries: readonly AccessEntry[], state: AccessState = EMPTY_ACCESS): AccessState =>
  entries.reduce(applyAccessEntry, state);
/** An administrator, and somebody with a token and emergency rights. */
const WARD = fold([
  created(ROOT, { roles: ['administrator'], wards: [], patients: [] }),
  created(ADA),
  token('t1'),
  glass(),
]);
const heldIn = (state: AccessState, credential: string, account = ADA): HeldRight => ({
  account,
  credential,
  epoch: state.accounts[account]!.epoch,
});
const SESSION = 'session/s1';
const TOKEN = tokenCredential('t1');

const recovery: readonly string[] = ['00'];
const password = '$argon2id$';
const totp = new Uint8Array(20);
const link = { digest: '00', until: NOW + DAY };
/** Whatever makes all that was made before worth nothing. */
const ENDS: Readonly<Record<string, readonly AccessEntry[]>> = {
  'a new password': [about('CredentialChanged', ADA, { account: ADA, by: ADA, what: 'password', password })],
  'new recovery codes': [about('CredentialChanged', ADA, { account: ADA, by: ADA, what: 'recovery', recovery })],
  'a used link': [about('CredentialChanged', ADA, { account: ADA, by: ADA, what: 'all', password, totp, recovery })],
  'a reset of credentials': [about('CredentialChanged', ADA, { account: ADA, by: ROOT, what: 'link', link })],
  'a link to a provider': [changed({ oidc: OIDC, by: ROOT })],
  'a link to a provider that is gone': [changed({ oidc: null, by: ROOT })],
  disabling: [about('AccountDisabled', ADA, { account: ADA, by: ROOT })],
  'a review that finds no reason': [
    { kind: 'GlassReviewed', subject: 'p3', body: { id: 'g1', by: 'officer', finding: 'not-justified', comment: 'x' } },
  ],
};
/** Whatever leaves it, with the rights of now. */
const KEEPS: Readonly<Record<string, readonly AccessEntry[]>> = {
  'other roles': [changed({ roles: ['auditor'], by: ROOT })],
  'no wards': [changed({ wards: [], by: ROOT })],
  'another patient': [changed({ patients: ['p2'], by: ROOT })],
  'another name': [changed({ displayName: 'Ada', by: ROOT })],
  'another sign-in': [
    about('SignedIn', ADA, { account: ADA, session: 's2', method: 'password', address: '192.0.2.1', lanes: [] }),
  ],
  'a used recovery code': [about('RecoveryCodeUsed', ADA, { account: ADA, digest: '00' })],
  'a confirmation': [about('IdentityConfirmed', ADA, { account: ADA, credential: SESSION, lanes: [], totpStep: 7 })],
  'signing out': [about('SessionEnded', ADA, { account: ADA, session: 's1', by: ADA, revoked: false })],
  'the end of a session, as 0.2.0 told it': [about('SessionEnded', ADA, { account: ADA, session: 's1', by: ADA })],
  'the end of another session': [about('SessionEnded', ADA, { account: ADA, session: 's9', by: ROOT, revoked: true })],
  'a review that finds a reason': [
    { kind: 'GlassReviewed', subject: 'p3', body: { id: 'g1', by: 'officer', finding: 'justified', comment: 'x' } },
  ],
  'what happens to others': [about('AccountDisabled', ROOT, { account: ROOT, by: ROOT })],
};

for (const [what, entries] of Object.entries(ENDS)) {
  test(`nothing_made_before_holds: after ${what}`, () => {
    const after = fold(entries, WARD);
    assert.notEqual(standing(WARD, heldIn(WARD, SESSION), NOW), undefined);
    assert.notEqual(standing(WARD, heldIn(WARD, TOKEN), NOW), undefined);
    assert.equal(standing(after, heldIn(WARD, SESSION), NOW), undefined);
    assert.equal(standing(after, heldIn(WARD, TOKEN), NOW), undefined);
    // nor does the token under the epoch that is now
    assert.equal(standing(after, heldIn(after, TOKEN), NOW), undefined);
    const now = { id: ADA, epoch: after.accounts[ADA]!.epoch };
    assert.equal(hasBrokenGlass(after.grants, now, 'p3', NOW), false);
    assert.ok(after.accounts[ADA]!.version > WARD.accounts[ADA]!.version, 'sessions and streams end too');
  });
}

for (const [what, entries] of Object.entries(KEEPS)) {
  test(`rights_of_now: after ${what} what was asked for is judged by what its owner may now`, () => {
    const after = fold(entries, WARD);
    for (const credential of [SESSION, TOKEN]) {
      const principal = standing(after, heldIn(WARD, credential), NOW)!;
      const { roles, wards, patients } = after.accounts[ADA]!;
      assert.deepEqual([principal.roles, principal.wards, principal.patients], [roles, wards, patients]);
      assert.deepEqual(heldBy(principal), heldIn(WARD, credential));
    }
    assert.equal(hasBrokenGlass(after.grants, { id: ADA, epoch: WARD.accounts[ADA]!.epoch }, 'p3', NOW), true);
  });
}

test('what is made after the end of an epoch holds', () => {
  const after = fold([...ENDS['a new password']!, token('t2'), glass()], WARD);
  assert.notEqual(standing(after, heldIn(after, SESSION), NOW), undefined);
  assert.deepEqual(standing(after, heldIn(after, tokenCredential('t2')), NOW)?.scope, ['readTwin']);
  assert.equal(hasBrokenGlass(after.grants, { id: ADA, epoch: after.accounts[ADA]!.epoch }, 'p3', NOW), true);
});

test('a token holds until it expires and not at that instant, for its owner and nobody else', () => {
  const held = heldIn(WARD, TOKEN);
  assert.equal(standing(WARD, held, NOW + DAY - 1)?.kind, 'program');
  assert.equal(standing(WARD, held, NOW + DAY), undefined);
  assert.equal(standing(WARD, heldIn(WARD, tokenCredential('t9')), NOW), undefined);
  assert.equal(standing(WARD, heldIn(WARD, TOKEN, ROOT), NOW), undefined);
  const revoked = fold([about('TokenRevoked', ADA, { id: 't1', owner: ADA, by: ADA })], WARD);
  assert.equal(standing(revoked, held, NOW), undefined);
});

test('a session that was revoked takes with it what was asked for in it, and nothing else', () => {
  const revoked = fold([about('SessionEnded', ADA, { account: ADA, session: 's1', by: ROOT, revoked: true })], WARD);
  assert.equal(standing(revoked, heldIn(WARD, SESSION), NOW), undefined);
  assert.notEqual(standing(revoked, heldIn(WARD, 'session/s2'), NOW), undefined);
  assert.notEqual(standing(revoked, heldIn(WARD, TOKEN), NOW), undefined);
  const more = Array.from({ length: REVOKED_LIMIT }, (_, index) =>
    about('SessionEnded', ADA, { account: ADA, session: `more-${index}`, by: ROOT, revoked: true }),
  );
  assert.equal(standing(fold(more.slice(1), revoked), heldIn(WARD, SESSION), NOW), undefined);
  assert.equal(fold(more, revoked).accounts[ADA]!.revoked.length, REVOKED_LIMIT);
});

test('nobody signs in to the account of a program, and nobody holds what an unknown or forgotten account held', () => {
  const program = fold([created('feed', { kind: 'program' }), token('t3', 'feed')], WARD);
  assert.equal(standing(program, heldIn(program, SESSION, 'feed'), NOW), undefined);
  assert.equal(standing(program, heldIn(program, tokenCredential('t3'), 'feed'), NOW)?.kind, 'program');
  assert.equal(standing(WARD, { account: 'nobody', credential: SESSION, epoch: 1 }, NOW), undefined);
  assert.equal(standing(WARD, { account: 'nobody', credential: SESSION, epoch: 0 }, NOW), undefined);
  const forgotten = { kind: 'SubjectForgotten', subject: accountSubject(ADA), body: null } as const;
  const after = applyAccessRecord(WARD, forgotten);
  for (const credential of [SESSION, TOKEN]) assert.equal(standing(after, heldIn(WARD, credential), NOW), undefined);
});

test('emergency rights hold until their time and not at that instant', () => {
  const [grant] = Object.values(WARD.grants);
  assert.equal(isInForce(grant!, NOW + GLASS_LIFETIME - 1), true);
  assert.equal(isInForce(grant!, NOW + GLASS_LIFETIME), false);
  assert.equal(GLASS_LIFETIME, 4 * HOUR);
});

const signedInAtProvider = (at?: number): AccessEntry =>
  about('SignedIn', ADA, {
    account: ADA,
    session: 's1',
    method: 'oidc',
    address: '192.0.2.1',
    lanes: [],
    ...(at === undefined ? {} : { at }),
  });
const MANAGED = fold([
  created(ADA, { managed: true, oidc: OIDC, by: ADA, roles: ['clinician', 'researcher'], wards: ['icu', 'ed'] }),
  signedInAtProvider(NOW),
  token('t1'),
]);

test('rights of a provider lapse a day after it last confirmed them, and come back when it does', () => {
  for (const credential of [SESSION, TOKEN]) {
    const held = heldIn(MANAGED, credential);
    const lasting = fold(
      [token('t1')].map((entry) => withExpiry(entry, NOW + 9 * DAY)),
      MANAGED,
    );
    assert.notEqual(standing(lasting, held, NOW + PROVIDER_CONFIRMATION), undefined);
    assert.equal(standing(lasting, held, NOW + PROVIDER_CONFIRMATION + 1), undefined);
    const again = fold([signedInAtProvider(NOW + 3 * DAY)], lasting);
    assert.notEqual(standing(again, held, NOW + 4 * DAY), undefined);
    assert.equal(standing(again, held, NOW + 4 * DAY + 1), undefined);
  }
  assert.equal(PROVIDER_CONFIRMATION, DAY);
});

const withExpiry = (entry: AccessEntry, expiresAt: number): AccessEntry =>
  ({ ...entry, body: { ...(entry.body as object), expiresAt } }) as AccessEntry;

test('a password does not stand in for the word of the provider', () => {
  const byPassword = about('SignedIn', ADA, {
    account: ADA,
    session: 's2',
    method: 'password',
    address: '192.0.2.1',
    lanes: [],
    at: NOW + 2 * DAY,
  });
  const after = fold([byPassword], MANAGED);
  assert.equal(standing(after, heldIn(MANAGED, SESSION), NOW + 2 * DAY), undefined);
});

test('what the provider takes away ends the epoch, what it gives does not, and an administrator ends none', () => {
  const epochAfter = (more: Omit<AccessBodies['AccountChanged'], 'account'>): number =>
    fold([changed(more)], MANAGED).accounts[ADA]!.epoch - MANAGED.accounts[ADA]!.epoch;
  const [roles, wards] = [['clinician', 'researcher'] as const, ['icu', 'ed']];
  for (const fewer of [
    { roles: [], wards: [] },
    { roles: ['clinician'] as const, wards },
    { roles: ['clinician', 'auditor'] as const, wards },
    { roles, wards: ['ed'] },
  ])
    assert.equal(epochAfter({ ...fewer, by: ADA }), 1, JSON.stringify(fewer));
  assert.equal(epochAfter({ roles: [...roles, 'auditor'], wards: [...wards, 'home'], by: ADA }), 0);
  assert.equal(epochAfter({ roles: [], by: ROOT }), 0);
});

test('whom a provider made administrator does not count as the one there always is', () => {
  const both = fold([
    created(ROOT, { roles: ['administrator'], oidc: { ...OIDC, subject: 'root' } }),
    created(ADA, { roles: ['administrator'], managed: true, oidc: OIDC }),
  ]);
  assert.deepEqual(
    administrators(both).map(({ id }) => id),
    [ROOT],
  );
});

test('a link stands by the right of whoever made it, also where he makes one for himself', () => {
  const reset = (by: string): AccessState =>
    fold([about('CredentialChanged', ADA, { account: ADA, by, what: 'link', link })], WARD);
  const byRoot = reset(ROOT);
  assert.equal(standing(byRoot, byRoot.accounts[ADA]!.link!.by, NOW)?.id, ROOT);
  const bySelf = reset(ADA);
  assert.equal(standing(bySelf, bySelf.accounts[ADA]!.link!.by, NOW)?.id, ADA);
  const gone = fold([about('AccountDisabled', ROOT, { account: ROOT, by: ADA })], byRoot);
  assert.equal(standing(gone, byRoot.accounts[ADA]!.link!.by, NOW), undefined);
});

test('history of 0.2.0 says none of it, and is folded to the safe side', () => {
  // a provider's account whose last sign-in has no time has not been confirmed
  const managed = fold([created(ADA, { managed: true, oidc: OIDC, by: ADA }), signedInAtProvider(), token('t1')]);
  assert.equal(standing(managed, heldIn(managed, TOKEN), NOW), undefined);
  // a token that outlived a change of password then does not any more; others stand as they did
  const outlived = fold([created(ADA), token('t1'), ...ENDS['a new password']!, token('t2')]);
  assert.equal(standing(outlived, heldIn(outlived, TOKEN), NOW), undefined);
  assert.notEqual(standing(outlived, heldIn(outlived, tokenCredential('t2')), NOW), undefined);
  // a grant and a link have the epoch of their place in history
  assert.equal(WARD.grants['g1']!.epoch, WARD.accounts[ADA]!.epoch);
  const invited = fold([created('ben', { link })], WARD);
  assert.equal(invited.accounts['ben']!.link!.by.epoch, WARD.accounts[ROOT]!.epoch);
  assert.equal(standing(invited, invited.accounts['ben']!.link!.by, NOW)?.id, ROOT);
});
