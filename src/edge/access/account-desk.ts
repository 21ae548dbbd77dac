import { type AccessBodies, type AccessEntry, accountSubject } from '#assure/access/access-record';
import { type AccessState, accountByName, administrators } from '#assure/access/access-state';
import {
  ACCOUNT_LIMIT,
  type Account,
  type AccountId,
  isAccountName,
  normalizeName,
  type OidcLink,
} from '#assure/access/account';
import type { Role } from '#assure/access/authorization';
import { normalizePassword, unsuitablePassword } from '#assure/access/password-policy';
import type { SubjectId } from '#mirror/history/record';
import { accessFault } from './access-fault.ts';
import type { AccessLog } from './access-history.ts';
import type { Actor } from './actor.ts';
import type { CredentialLinks } from './credential-links.ts';
import type { PasswordDesk } from './password-desk.ts';
import { makeId, makeRecoveryCodes, recoveryDigest, type SecretSource } from './secret-text.ts';

export interface AccountWish {
  readonly kind: Account['kind'];
  readonly name: string;
  readonly displayName: string;
  readonly roles: readonly Role[];
  readonly wards: readonly string[];
  readonly patients: readonly SubjectId[];
  readonly oidc?: OidcLink;
  readonly managed?: boolean;
}

export type AccountPatch = Omit<AccessBodies['AccountChanged'], 'account' | 'by'>;

/** What is done to accounts. Who may do it was asked before. Every method throws Fault `access.unknown`, `access.conflict`. */
export interface AccountDesk {
  /** The account; with `link`, the token of the link by which its owner gets credentials. */
  create(
    wish: AccountWish,
    by: Actor,
    link: boolean,
  ): Promise<{ readonly account: AccountId; readonly token?: string }>;
  change(id: AccountId, patch: AccountPatch, by: Actor): Promise<void>;
  /** For good: what was open under the account ends at once. */
  disable(id: AccountId, by: Actor): Promise<void>;
  /** The account's credentials are void; returns the token of the link to new ones. */
  resetCredentials(id: AccountId, by: Actor): Promise<string>;
  /** Of an account as its owner was just confirmed to be. @throws Fault `access.password-unsuitable`, `access.busy` */
  changePassword(account: Account, next: string): Promise<void>;
  /** New recovery codes; those before are void. */
  renewRecoveryCodes(account: Account): Promise<readonly string[]>;
}

export interface AccountDeskDeps {
  readonly log: AccessLog;
  readonly random: SecretSource;
  readonly links: CredentialLinks;
  readonly passwords: PasswordDesk;
}

export function createAccountDesk({ log, random, links, passwords }: AccountDeskDeps): AccountDesk {
  const credentials = (body: AccessBodies['CredentialChanged'], version: number): Promise<void> =>
    log.change((state) => {
      if (existing(state, body.account).version !== version)
        throw accessFault('access.conflict', `account \`${body.account}\`: it changed meanwhile; try again`);
      return {
        entries: [{ kind: 'CredentialChanged', subject: accountSubject(body.account), body }],
        answer: undefined,
      };
    });

  return {
    create: (wish, by, withLink) =>
      log.change((state, now) => {
        const name = checkedName(state, wish.name);
        checkLink(state, wish.oidc);
        const account = makeId(random);
        const made = withLink && wish.kind === 'person' ? links.make(now, by) : undefined;
        const { managed = false, ...rest } = wish;
        const link = made === undefined ? {} : { link: made.link };
        const body = { ...rest, account, name, managed, by: by.id, ...link };
        return {
          entries: [{ kind: 'AccountCreated', subject: accountSubject(account), body }],
          answer: { account, ...(made === undefined ? {} : { token: made.token }) },
        };
      }, by),
    change: (id, patch, by) =>
      log.change((state) => {
        const account = existing(state, id);
        if (patch.roles !== undefined && !patch.roles.includes('administrator')) keepAnAdministrator(state, account);
        if (account.managed && gives(account, patch))
          throw accessFault(
            'access.conflict',
            `account \`${id}\`: its provider gives roles and wards; give them there`,
          );
        checkLink(state, patch.oidc ?? undefined, id);
        const entry: AccessEntry = {
          kind: 'AccountChanged',
          subject: accountSubject(id),
          body: { account: id, ...patch, by: by.id },
        };
        return { entries: [entry], answer: undefined };
      }, by),
    disable: (id, by) =>
      log.change((state) => {
        const account = existing(state, id);
        keepAnAdministrator(state, account);
        const entry: AccessEntry = {
          kind: 'AccountDisabled',
          subject: accountSubject(id),
          body: { account: id, by: by.id },
        };
        return { entries: account.disabled ? [] : [entry], answer: undefined };
      }, by),
    resetCredentials: (id, by) =>
      log.change((state, now) => {
        const account = existing(state, id);
        if (account.kind === 'program' || account.disabled || account.managed)
          throw accessFault('access.conflict', `account \`${id}\`: nobody signs in to it with a password`);
        // whoever loses the link before it is used must not have been the only one
        keepAnAdministrator(state, account);
        const { link, token } = links.make(now, by);
        const entry: AccessEntry = {
          kind: 'CredentialChanged',
          subject: accountSubject(id),
          body: { account: id, by: by.id, what: 'link', link },
        };
        return { entries: [entry], answer: token };
      }, by),
    changePassword: async (account, next) => {
      const password = normalizePassword(next);
      const unsuitable = unsuitablePassword(password, account);
      if (unsuitable !== undefined) throw accessFault('access.password-unsuitable', `password: ${unsuitable}`);
      const hash = await passwords.hash(password);
      const { id, version } = account;
      await credentials({ account: id, by: id, what: 'password', password: hash }, version);
    },
    renewRecoveryCodes: async ({ id, version }) => {
      const codes = makeRecoveryCodes(random);
      await credentials({ account: id, by: id, what: 'recovery', recovery: codes.map(recoveryDigest) }, version);
      return codes;
    },
  };
}

const gives = (account: Account, { roles = [], wards = [] }: AccountPatch): boolean =>
  roles.some((role) => !account.roles.includes(role)) || wards.some((ward) => !account.wards.includes(ward));

function existing(state: AccessState, id: AccountId): Account {
  const account = state.accounts[id];
  if (account === undefined) throw accessFault('access.unknown', `account \`${id}\`: there is none`);
  return account;
}

function checkedName(state: AccessState, given: string): string {
  const name = normalizeName(given);
  if (!isAccountName(name))
    throw accessFault('access.malformed', `name: \`${name}\` is not 2 to 64 of a-z, 0-9, ".", "-", "_" and "@"`);
  if (accountByName(state, name) !== undefined)
    throw accessFault('access.conflict', `name: \`${name}\` is taken; choose another one`);
  if (Object.keys(state.accounts).length >= ACCOUNT_LIMIT)
    throw accessFault('access.conflict', `accounts: there are \`${ACCOUNT_LIMIT}\` already; forget some first`);
  return name;
}

function checkLink(state: AccessState, oidc: OidcLink | undefined, own?: AccountId): void {
  if (oidc === undefined) return;
  const linked = accountByOidc(state, oidc);
  if (linked !== undefined && linked.id !== own)
    throw accessFault('access.conflict', `oidc: that subject is linked to account \`${linked.id}\` already`);
}

export const accountByOidc = (state: AccessState, { issuer, subject }: OidcLink): Account | undefined =>
  Object.values(state.accounts).find(({ oidc }) => oidc?.issuer === issuer && oidc.subject === subject);

/** INVARIANT: once set up there is always an administrator, or nobody could ever give rights again. */
function keepAnAdministrator(state: AccessState, account: Account): void {
  const left = administrators(state).filter(({ id }) => id !== account.id);
  if (left.length === 0 && account.roles.includes('administrator'))
    throw accessFault(
      'access.conflict',
      `account \`${account.id}\`: is the only administrator; make another one first`,
    );
}
