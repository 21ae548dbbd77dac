import {
  allowInsecureRequests,
  authorizationCodeGrant,
  buildAuthorizationUrl,
  ClientSecretBasic,
  type Configuration,
  calculatePKCECodeChallenge,
  discovery,
  enableNonRepudiationChecks,
  randomNonce,
  randomPKCECodeVerifier,
  randomState,
} from 'openid-client';
import { lanesOf, waitOf } from '#assure/access/throttle';
import { networkOf } from '#base/network';
import { type Clock, MINUTE, type Millis, SECOND } from '#base/time';
import { PLATFORM_SUBJECT } from '#mirror/history/record';
import { accessFault } from '../access-fault.ts';
import type { AccessLog } from '../access-history.ts';
import { digestOf, makeId, makeSecret, type SecretSource } from '../secret-text.ts';
import type { SessionTable } from '../sessions.ts';
import { signInRefused } from '../sign-in.ts';
import type { Claims } from './claimed-rights.ts';
import { judgeClaims } from './judge-claims.ts';
import { isLoopbackHttp, type OidcConfig } from './oidc-config.ts';

/** Signing in at a provider: authorization code with PKCE (OpenID Connect Core 1.0, 3.1; RFC 7636; RFC 9700, 2.1.1). */
export interface OidcSignIn {
  /** Where to send the browser, and the secret of a cookie that ties the answer to it. @throws Fault `access.provider-unavailable` */
  start(address: string): Promise<{ readonly url: string; readonly cookie: string }>;
  /**
   * Takes the provider's answer; returns the secret of the session's cookie.
   * @throws Fault `access.sign-in-refused`, `access.slowed`, `access.provider-unavailable`
   */
  finish(cookie: string | undefined, pathAndQuery: string, address: string): Promise<string>;
}

export interface OidcDeps {
  readonly config: OidcConfig;
  readonly log: AccessLog;
  readonly clock: Clock;
  readonly random: SecretSource;
  readonly sessions: SessionTable;
  readonly origin: () => string;
}

export const OIDC_CALLBACK = '/api/v1/oidc/callback';
/** How long somebody may take at the provider. */
export const OIDC_PATIENCE: Millis = 10 * MINUTE;
/** Attempts under way, in all and from one network. Anybody can begin one: whoever begins too many loses the own oldest. */
const PENDING_LIMIT = 10_000;
const PENDING_OF_ONE = 500;
const TIMEOUT_SECONDS = 10;

interface Pending {
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
  readonly network: string;
  readonly until: Millis;
}

export function createOidcSignIn(deps: OidcDeps): OidcSignIn {
  const { config, clock, random, origin } = deps;
  const provider = createProvider(config);
  const pending = new Map<string, Pending>();
  const makeRoom = (network: string): void => {
    const own = [...pending].filter(([, attempt]) => attempt.network === network);
    if (own.length >= PENDING_OF_ONE) pending.delete(own[0]![0]);
    if (pending.size >= PENDING_LIMIT) pending.delete(pending.keys().next().value!);
  };

  return {
    start: async (address) => {
      const configuration = await provider();
      const attempt = { state: randomState(), nonce: randomNonce(), verifier: randomPKCECodeVerifier() };
      const challenge = await calculatePKCECodeChallenge(attempt.verifier);
      const url = buildAuthorizationUrl(configuration, {
        redirect_uri: `${origin()}${OIDC_CALLBACK}`,
        scope: ['openid', ...(config.scopes ?? ['profile'])].join(' '),
        state: attempt.state,
        nonce: attempt.nonce,
        code_challenge: challenge,
        code_challenge_method: 'S256',
      });
      const cookie = makeSecret(random);
      const network = networkOf(address);
      makeRoom(network);
      pending.set(digestOf(cookie), { ...attempt, network, until: clock.now() + OIDC_PATIENCE });
      return { url: url.href, cookie };
    },
    finish: async (cookie, pathAndQuery, address) => {
      const key = cookie === undefined ? '' : digestOf(cookie);
      const attempt = pending.get(key);
      // taken out first: one answer per start, whatever becomes of it
      pending.delete(key);
      if (attempt === undefined || attempt.until <= clock.now()) throw signInRefused();
      const lanes = lanesOf('', address, false).slice(1);
      const wait = waitOf(deps.log.state.throttle, lanes, clock.now());
      if (wait > 0) {
        const retryAfterSec = Math.ceil(wait / SECOND);
        throw accessFault('access.slowed', `signing in: too many attempts; wait ${retryAfterSec} s`, { retryAfterSec });
      }
      const configuration = await provider();
      const claims = await granted(configuration, new URL(pathAndQuery, origin()), attempt).catch(async (failure) => {
        await refuse(deps, codeOf(failure), address, lanes);
        throw signInRefused();
      });
      return signIn(deps, claims, address, lanes);
    },
  };
}

/** Found out when it is first needed, so that a provider that is down does not keep the platform from starting. */
function createProvider(config: OidcConfig): () => Promise<Configuration> {
  let found: Promise<Configuration> | undefined;
  return () => {
    found ??= discovery(new URL(config.issuer), config.clientId, undefined, ClientSecretBasic(config.clientSecret), {
      timeout: TIMEOUT_SECONDS,
      // the library takes an ID token unverified where it came by TLS; whoever got into that connection is no provider
      execute: [enableNonRepudiationChecks, ...(isLoopbackHttp(config.issuer) ? [allowInsecureRequests] : [])],
    }).catch((failure: unknown) => {
      found = undefined;
      throw accessFault(
        'access.provider-unavailable',
        `oidc: \`${config.issuer}\` does not answer (${codeOf(failure)})`,
      );
    });
    return found;
  };
}

/** Trades the code for an ID token. State, nonce, PKCE, issuer, audience, signature and expiry are checked by the library. */
async function granted(configuration: Configuration, answer: URL, attempt: Pending): Promise<Claims> {
  const tokens = await authorizationCodeGrant(configuration, answer, {
    expectedState: attempt.state,
    expectedNonce: attempt.nonce,
    pkceCodeVerifier: attempt.verifier,
    idTokenExpected: true,
  });
  return { ...tokens.claims() };
}

async function signIn(deps: OidcDeps, claims: Claims, address: string, lanes: readonly string[]): Promise<string> {
  const { config, log, random, sessions } = deps;
  const ids = { session: makeId(random), account: makeId(random) };
  const judged = await log.change((state, now) => judgeClaims(state, config, claims, address, ids, now));
  if (judged.kind === 'refused') {
    await refuse(deps, judged.reason, address, lanes);
    throw signInRefused();
  }
  const account = log.state.accounts[judged.account];
  if (account === undefined || account.disabled) throw signInRefused();
  return sessions.open(ids.session, account, 'oidc', address);
}

function refuse({ log }: OidcDeps, reason: string, address: string, lanes: readonly string[]): Promise<void> {
  return log.change((_, at) => ({
    entries: [
      {
        kind: 'SignInRefused',
        subject: PLATFORM_SUBJECT,
        body: { reason: `oidc: ${reason}`, address, lanes, at, count: 1 },
      },
    ],
    answer: undefined,
  }));
}

const CODE = /^[A-Za-z0-9_.-]{1,64}$/;

/** The library's code of a failure: its messages may hold what a stranger sent. */
function codeOf(failure: unknown): string {
  const { code, error } = failure as { readonly code?: unknown; readonly error?: unknown };
  return [error, code].find((text): text is string => typeof text === 'string' && CODE.test(text)) ?? 'unknown error';
}
