import { type AccessEntry, accountSubject } from '#assure/access/access-record';
import { type AccessState, accountByName } from '#assure/access/access-state';
import {
  type Account,
  type AccountId,
  type CredentialLink,
  isAccountName,
  normalizeName,
} from '#assure/access/account';
import type { HeldRight } from '#assure/access/held-right';
import { normalizePassword, unsuitablePassword } from '#assure/access/password-policy';
import { TOTP_SECRET_BYTES, totpUri } from '#assure/access/totp';
import { base32 } from '#base/base32';
import { fromHex } from '#base/bytes';
import { type Clock, DAY, type Millis } from '#base/time';
import { equalSecrets } from '#crypto/constant-time';
import { PLATFORM_SUBJECT } from '#mirror/history/record';
import { accessFault } from './access-fault.ts';
import type { AccessLog } from './access-history.ts';
import type { Actor } from './actor.ts';
import type { PasswordDesk } from './password-desk.ts';
import { digestOf, makeId, makeRecoveryCodes, makeSecret, recoveryDigest, type SecretSource } from './secret-text.ts';

/** A link that nobody used for so long is dead. */
export const LINK_LIFETIME: Millis = DAY;

/** What a link is for. */
export type LinkPurpose =
  | { readonly kind: 'first-administrator' }
  | { readonly kind: 'credentials'; readonly account: Account };

export interface LinkAnswer {
  readonly token: string;
  readonly password: string;
  /** Of the first administrator. */
  readonly name?: string;
  readonly displayName?: string;
}

/** What is shown once. */
export interface NewCredentials {
  readonly account: string;
  readonly name: string;
  readonly totpSecret: string;
  readonly totpUri: string;
  readonly recoveryCodes: readonly string[];
}

/** Single-use links by which people set their own password and second factor: nobody else ever knows them. */
export interface CredentialLinks {
  /**
   * The token of the set-up link, as long as there is no account; the one before it is dead. Kept as a digest in memory only: a
   * restart prints another one.
   */
  offerSetUp(): string | undefined;
  purposeOf(token: string): LinkPurpose | undefined;
  /** Uses the link. @throws Fault `access.link-invalid`, `access.password-unsuitable`, `access.malformed`, `access.busy` */
  redeem(answer: LinkAnswer): Promise<NewCredentials>;
  /** A link that was not recorded yet, and its token. */
  make(now: Millis, by?: Actor): { readonly link: CredentialLink; readonly token: string };
}

export interface CredentialLinkDeps {
  readonly log: AccessLog;
  readonly clock: Clock;
  readonly random: SecretSource;
  readonly passwords: PasswordDesk;
  /** What authenticator applications show the account under. */
  readonly issuer: string;
  /** Whether who made a link may still give that account credentials. */
  readonly mayStill: (by: HeldRight, account: AccountId) => boolean;
}

export function createCredentialLinks(deps: CredentialLinkDeps): CredentialLinks {
  const { log, clock, random, passwords } = deps;
  let setUp: CredentialLink | undefined;

  const make: CredentialLinks['make'] = (now, by) => {
    const token = makeSecret(random);
    const made = by === undefined ? {} : { credential: by.credential };
    return { token, link: { digest: digestOf(token), until: now + LINK_LIFETIME, ...made } };
  };
  const purposeIn = (state: AccessState, token: string, now: Millis): LinkPurpose | undefined => {
    const digest = fromHex(digestOf(token));
    const opens = (link: CredentialLink | undefined): boolean =>
      link !== undefined && now < link.until && equalSecrets(fromHex(link.digest), digest);
    if (!state.setUp && opens(setUp)) return { kind: 'first-administrator' };
    const account = Object.values(state.accounts).find(({ link, disabled }) => !disabled && opens(link));
    if (account?.link === undefined || !deps.mayStill(account.link.by, account.id)) return undefined;
    return { kind: 'credentials', account };
  };
  const purposeOf = (token: string): LinkPurpose | undefined => purposeIn(log.state, token, clock.now());

  return {
    make,
    purposeOf,
    offerSetUp: () => {
      if (log.state.setUp) return undefined;
      const { link, token } = make(clock.now());
      setUp = link;
      return token;
    },
    redeem: async (answer) => {
      const purpose = purposeOf(answer.token);
      if (purpose === undefined) throw linkInvalid();
      const owner = purpose.kind === 'credentials' ? purpose.account : firstAdministrator(answer, makeId(random));
      const password = normalizePassword(answer.password);
      const unsuitable = unsuitablePassword(password, owner);
      if (unsuitable !== undefined) throw accessFault('access.password-unsuitable', `password: ${unsuitable}`);
      const hash = await passwords.hash(password);
      const totp = random(TOTP_SECRET_BYTES);
      const recoveryCodes = makeRecoveryCodes(random);
      return log.change((state, now) => {
        // again, in turn: of two who use one link at once, one is too late
        const still = purposeIn(state, answer.token, now);
        if (still?.kind !== purpose.kind) throw linkInvalid();
        if (still.kind === 'first-administrator' && accountByName(state, owner.name) !== undefined) throw linkInvalid();
        const subject = accountSubject(owner.id);
        const credentials: AccessEntry = {
          kind: 'CredentialChanged',
          subject,
          body: {
            account: owner.id,
            by: owner.id,
            what: 'all',
            password: hash,
            totp,
            recovery: recoveryCodes.map(recoveryDigest),
          },
        };
        const first = still.kind === 'first-administrator' ? firstEntries(owner) : [];
        return {
          entries: [...first, credentials],
          answer: {
            account: owner.id,
            name: owner.name,
            totpSecret: base32(totp),
            totpUri: totpUri(totp, deps.issuer, owner.name),
            recoveryCodes,
          },
        };
      });
    },
  };
}

const linkInvalid = () =>
  accessFault('access.link-invalid', 'link: it was used, is too old, was withdrawn or is none; ask for another one');

type FirstAdministrator = Pick<Account, 'id' | 'name' | 'displayName'>;

function firstAdministrator(answer: LinkAnswer, id: string): FirstAdministrator {
  const name = normalizeName(answer.name ?? '');
  const displayName = (answer.displayName ?? '').normalize('NFC').trim();
  if (!isAccountName(name))
    throw accessFault('access.malformed', `name: \`${name}\` is not 2 to 64 of a-z, 0-9, ".", "-", "_" and "@"`);
  if (displayName === '') throw accessFault('access.malformed', 'displayName: is empty; say who this is');
  return { id, name, displayName };
}

function firstEntries({ id, name, displayName }: FirstAdministrator): readonly AccessEntry[] {
  return [
    { kind: 'SetUpCompleted', subject: PLATFORM_SUBJECT, body: { account: id } },
    {
      kind: 'AccountCreated',
      subject: accountSubject(id),
      body: {
        account: id,
        kind: 'person',
        name,
        displayName,
        roles: ['administrator'],
        wards: [],
        patients: [],
        managed: false,
        by: id,
      },
    },
  ];
}
