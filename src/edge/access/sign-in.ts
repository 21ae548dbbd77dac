import { type AccessEntry, accountSubject } from '#assure/access/access-record';
import { type AccessState, accountByName } from '#assure/access/access-state';
import { type Account, normalizeName } from '#assure/access/account';
import type { Principal } from '#assure/access/authorization';
import { normalizePassword } from '#assure/access/password-policy';
import { lanesOf, nameTag, waitOf } from '#assure/access/throttle';
import { TOTP_DIGITS, verifyTotp } from '#assure/access/totp';
import { networkOf } from '#base/network';
import { type Clock, MINUTE, type Millis, SECOND } from '#base/time';
import { PLATFORM_SUBJECT } from '#mirror/history/record';
import { accessFault } from './access-fault.ts';
import type { AccessLog, Change } from './access-history.ts';
import type { PasswordDesk } from './password-desk.ts';
import { makeId, recoveryDigest, type SecretSource } from './secret-text.ts';
import type { Session, SessionTable } from './sessions.ts';

export interface SignInAttempt {
  readonly name: string;
  readonly password: string;
  /** Of the authenticator application, or a recovery code. */
  readonly code: string;
  readonly address: string;
}

export interface SignedIn {
  readonly session: Session;
  /** The value of the session's cookie; nowhere kept. */
  readonly secret: string;
  /** Recovery codes that are left: whoever used the last one should make new ones. */
  readonly recoveryCodesLeft: number;
}

export interface SignIn {
  /**
   * Password and second factor in one step, so that nobody learns which of them was wrong, nor whether there is such an account.
   * @throws Fault `access.sign-in-refused`, `access.slowed` (`retryAfterSec`, seconds), `access.busy`
   */
  withPassword(attempt: SignInAttempt): Promise<SignedIn>;
  /**
   * Asks somebody who is signed in for password and second factor again, before something that outlives the session: whoever holds
   * somebody's session does not hold the account. Slowed like signing in. @throws the same
   */
  confirm(principal: Principal, given: GivenAgain, address: string): Promise<Account>;
}

export type GivenAgain = Pick<SignInAttempt, 'password' | 'code'>;

export interface SignInDeps {
  readonly log: AccessLog;
  readonly clock: Clock;
  readonly random: SecretSource;
  readonly passwords: PasswordDesk;
  readonly sessions: SessionTable;
}

export function createSignIn(deps: SignInDeps): SignIn {
  const { log, clock, passwords, sessions } = deps;
  /** Lanes of attempts that are being checked: many at once must not all pass before the first one is counted. */
  const inFlight = new Set<string>();
  const noteSlowed = createSlowedNotes(deps);

  /** Runs `attempt` unless these lanes have to wait. */
  const inLane = async <T>(
    lanes: readonly string[],
    account: Account | undefined,
    address: string,
    attempt: () => Promise<T>,
  ): Promise<T> => {
    const own = lanes[0]!;
    const wait = inFlight.has(own) ? SECOND : waitOf(log.state.throttle, lanes, clock.now());
    if (wait > 0) {
      await noteSlowed(own, account, address);
      const retryAfterSec = Math.ceil(wait / SECOND);
      throw accessFault('access.slowed', `signing in: too many attempts; wait ${retryAfterSec} s`, { retryAfterSec });
    }
    inFlight.add(own);
    try {
      return await attempt();
    } finally {
      inFlight.delete(own);
    }
  };

  const proved = async (attempt: Attempt): Promise<Account> => {
    const { given, before } = attempt;
    const genuine = await passwords.verify(normalizePassword(given.password), before?.password);
    const answer = await log.change((state, now) => judge(state, now, attempt, genuine));
    if (answer === undefined) throw signInRefused();
    return answer;
  };

  return {
    withPassword: (attempt) => {
      const { address } = attempt;
      const name = normalizeName(attempt.name);
      const account = usable(accountByName(log.state, name));
      const lanes = lanesOf(nameTag(name), address, isKnown(account, address));
      return inLane(lanes, account, address, async () => {
        const id = makeId(deps.random);
        const answer = await proved({
          given: attempt,
          lanes,
          address,
          before: account,
          find: (state) => accountByName(state, name),
          accepted: (owner, step, at) => ({
            kind: 'SignedIn',
            subject: accountSubject(owner.id),
            body: { account: owner.id, session: id, method: 'password', address, lanes, at, ...step },
          }),
        });
        const secret = sessions.open(id, answer, 'password', address);
        const session = sessions.find(id);
        // the account changed in the moment since
        if (session === undefined) throw signInRefused();
        return { session, secret, recoveryCodesLeft: answer.recovery.length };
      });
    },
    confirm: ({ id, credential }, given, address) => {
      const account = usable(log.state.accounts[id]);
      const lanes = lanesOf(nameTag(account?.name ?? id), address, isKnown(account, address));
      return inLane(lanes, account, address, () =>
        proved({
          given,
          lanes,
          address,
          before: account,
          find: ({ accounts }) => accounts[id],
          accepted: (_owner, step) => ({
            kind: 'IdentityConfirmed',
            subject: accountSubject(id),
            body: { account: id, credential, lanes, ...step },
          }),
          again: true,
        }),
      );
    },
  };
}

/** The one answer to whoever is not let in. */
export const signInRefused = () =>
  accessFault('access.sign-in-refused', 'signing in: name, password or code is wrong, or the account cannot be used');

/** The step of the second factor that an attempt used up, where it did. */
type Step = { readonly totpStep?: number };

/** What an attempt is judged by. */
interface Attempt {
  readonly given: GivenAgain;
  readonly lanes: readonly string[];
  readonly address: string;
  /** The account that its password is compared with. */
  readonly before: Account | undefined;
  /** The account when it is judged. */
  readonly find: (state: AccessState) => Account | undefined;
  /** The record of an attempt that was accepted. */
  readonly accepted: (account: Account, step: Step, now: Millis) => AccessEntry;
  /** By somebody who is signed in. */
  readonly again?: boolean;
}

function judge(state: AccessState, now: Millis, attempt: Attempt, genuine: boolean): Change<Account | undefined> {
  const { given, lanes, address, before, find, accepted, again = false } = attempt;
  const account = usable(find(state));
  const factor = account === undefined ? undefined : secondFactor(account, given.code, now);
  // The account may have changed while its password was compared: then the comparison says nothing about it.
  const same = account !== undefined && account.version === before?.version;
  if (account === undefined || !genuine || !same || factor === undefined) {
    const what = account === undefined ? 'unknown account' : genuine ? 'second factor' : 'password';
    const reason = again ? `${what}, asked again` : what;
    return { entries: [refusal(account, reason, address, lanes, now)], answer: undefined };
  }
  const entry = accepted(account, factor.kind === 'totp' ? { totpStep: factor.step } : {}, now);
  if (factor.kind === 'totp') return { entries: [entry], answer: account };
  const body = { account: account.id, digest: factor.digest };
  const used: AccessEntry = { kind: 'RecoveryCodeUsed', subject: accountSubject(account.id), body };
  const recovery = account.recovery.filter((code) => code !== factor.digest);
  return { entries: [used, entry], answer: { ...account, recovery } };
}

type Factor = { readonly kind: 'totp'; readonly step: number } | { readonly kind: 'recovery'; readonly digest: string };

function secondFactor(account: Account, code: string, now: Millis): Factor | undefined {
  const plain = code.replaceAll(/\s/g, '');
  if (plain.length === TOTP_DIGITS) {
    if (account.totp === undefined) return undefined;
    const step = verifyTotp(account.totp, plain, now, account.totpStep);
    return step === undefined ? undefined : { kind: 'totp', step };
  }
  const digest = recoveryDigest(code);
  return account.recovery.includes(digest) ? { kind: 'recovery', digest } : undefined;
}

/** An account somebody can sign in to with a password. */
const usable = (account: Account | undefined): Account | undefined =>
  account?.kind === 'person' && !account.disabled && account.password !== undefined ? account : undefined;

const isKnown = (account: Account | undefined, address: string): boolean =>
  account?.networks.includes(networkOf(address)) ?? false;

function refusal(
  account: Account | undefined,
  reason: string,
  address: string,
  lanes: readonly string[],
  at: Millis,
  count = 1,
): AccessEntry {
  return {
    kind: 'SignInRefused',
    subject: account === undefined ? PLATFORM_SUBJECT : accountSubject(account.id),
    body: { ...(account === undefined ? {} : { account: account.id }), reason, address, lanes, at, count },
  };
}

/** Lanes whose attempts are noted one by one. */
const NOTED_LIMIT = 1_000;

/**
 * Records that attempts came before their time: per lane the first one at once, those of the minute after it as one record with
 * their number, made when the next one comes. A flood of them must not fill history.
 */
function createSlowedNotes({ log, clock }: SignInDeps) {
  const noted = new Map<string, { at: Millis; more: number }>();
  return async (lane: string, account: Account | undefined, address: string): Promise<void> => {
    const now = clock.now();
    const before = noted.get(lane);
    if (before !== undefined && now - before.at < MINUTE) {
      before.more += 1;
      return;
    }
    noted.delete(lane);
    if (noted.size >= NOTED_LIMIT) noted.delete(noted.keys().next().value!);
    noted.set(lane, { at: now, more: 0 });
    const entry = refusal(account, 'came before its time', address, [], now, 1 + (before?.more ?? 0));
    await log.change(() => ({ entries: [entry], answer: undefined }));
  };
}
