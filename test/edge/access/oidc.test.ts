import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import type { FastifyInstance } from 'fastify';
import Provider, { type ClientMetadata } from 'oidc-provider';
import { HOUR, MINUTE } from '#base/time';
import { type AuthorizationQuestion, heldBy } from '#edge/access/access';
import { checkOidcConfig, type OidcConfig } from '#edge/access/oidc/oidc-config';
import { openIcu, openWardAccess, send, sendConfirmed, signedIn, type WardAccess } from './ward-access.ts';

const CLIENT = { clientId: 'wardtwin', clientSecret: 'a-secret-of-more-than-sixteen' };

interface RunningProvider {
  readonly issuer: string;
  close(): Promise<void>;
}

/** A certified provider of others, on loopback, with its own pages for signing in. */
async function runProvider(callback: string, alter: (idToken: string) => string): Promise<RunningProvider> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const client: ClientMetadata = {
    client_id: CLIENT.clientId,
    client_secret: CLIENT.clientSecret,
    redirect_uris: [callback],
    grant_types: ['authorization_code'],
    response_types: ['code'],
    token_endpoint_auth_method: 'client_secret_basic',
  };
  const provider = new Provider(issuer, {
    clients: [client],
    conformIdTokenClaims: false,
    claims: { openid: ['sub'], profile: ['name', 'preferred_username', 'groups', 'wards'] },
    findAccount: (_, sub) => ({
      accountId: sub,
      claims: () => ({ sub, name: `Dr ${sub}`, preferred_username: sub, groups: groupsOf(sub), wards: ['icu'] }),
    }),
    cookies: { keys: ['only for this test'] },
  });
  // what somebody in the middle of the connection could do
  provider.use(async (context, next) => {
    await next();
    const { id_token: idToken } = (context.body ?? {}) as { readonly id_token?: string };
    if (idToken !== undefined) context.body = { ...(context.body as object), id_token: alter(idToken) };
  });
  server.on('request', provider.callback());
  return {
    issuer,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const groups: Record<string, readonly string[]> = { ada: ['physicians', 'chess'], ben: ['chess'] };
const groupsOf = (sub: string): readonly string[] => groups[sub] ?? [];

/** A browser, as far as signing in needs one: cookies per origin, redirects, and forms. */
function createBrowser(app: FastifyInstance, origin: string) {
  const jars = new Map<string, Map<string, string>>();
  const jarOf = (url: URL): Map<string, string> => {
    const jar = jars.get(url.origin) ?? new Map<string, string>();
    jars.set(url.origin, jar);
    return jar;
  };
  const keep = (url: URL, cookies: readonly string[]): void => {
    for (const cookie of cookies) {
      const [pair = ''] = cookie.split(';');
      const [name = '', ...value] = pair.split('=');
      if (/Max-Age=0|expires=Thu, 01 Jan 1970/i.test(cookie)) jarOf(url).delete(name);
      else jarOf(url).set(name, value.join('='));
    }
  };
  const once = async (url: URL, form?: Record<string, string>) => {
    const cookie = [...jarOf(url)].map(([name, value]) => `${name}=${value}`).join('; ');
    if (url.origin === origin) {
      const answer = await app.inject({ url: url.pathname + url.search, headers: { cookie } });
      keep(url, [answer.headers['set-cookie'] ?? []].flat());
      return { status: answer.statusCode, location: answer.headers.location, body: answer.body };
    }
    const answer = await fetch(url, {
      redirect: 'manual',
      headers: { cookie, 'content-type': 'application/x-www-form-urlencoded' },
      ...(form === undefined ? {} : { method: 'POST', body: new URLSearchParams(form) }),
    });
    keep(url, answer.headers.getSetCookie());
    return { status: answer.status, location: answer.headers.get('location') ?? undefined, body: await answer.text() };
  };
  return {
    jarOf,
    /** Follows redirects, signs in as `login` and agrees where it is asked, until a page of ours is there. */
    open: async (start: string, login: string, through: (url: URL) => URL = (url) => url) => {
      let url = new URL(start, origin);
      let form: Record<string, string> | undefined;
      for (let step = 0; step < 20; step += 1) {
        const answer = await once(through(url), form);
        form = undefined;
        if (answer.location !== undefined) url = new URL(answer.location, url);
        else if (url.origin === origin) return { ...answer, url };
        else {
          const action = /<form[^>]* action="([^"]+)"/.exec(answer.body)?.[1] ?? assert.fail(answer.body);
          url = new URL(action, url);
          form = answer.body.includes('name="login"')
            ? { prompt: 'login', login, password: 'x' }
            : { prompt: 'consent' };
        }
      }
      return assert.fail('signing in never ends');
    },
  };
}

const ORIGIN = 'http://ward.example';
const readTwin: AuthorizationQuestion = {
  action: 'readTwin',
  resource: { type: 'Twin', subject: 'patient-1', ward: 'icu' },
};
const CALLBACK = `${ORIGIN}/api/v1/oidc/callback`;
const mapping = { claim: 'groups', roles: { physicians: ['clinician'] as const }, wardsClaim: 'wards' };

async function withProvider(
  config: Partial<OidcConfig>,
  use: (ward: WardAccess, issuer: string) => Promise<void>,
  open: (oidc: OidcConfig) => Promise<WardAccess> = (oidc) => openWardAccess({ oidc, origin: () => ORIGIN }),
  alter: (idToken: string) => string = (idToken) => idToken,
): Promise<void> {
  const provider = await runProvider(CALLBACK, alter);
  try {
    const oidc = checkOidcConfig({ ...CLIENT, issuer: provider.issuer, ...config });
    await use(await open(oidc), provider.issuer);
  } finally {
    await provider.close();
  }
}

test('somebody signs in at the provider and gets an account with the mapped rights, and keeps it', async () => {
  await withProvider({ mapping }, async (ward, issuer) => {
    const browser = createBrowser(ward.app, ORIGIN);
    const page = await browser.open('/api/v1/oidc/start', 'ada');
    assert.equal(page.status, 200, page.body);
    const jar = browser.jarOf(new URL(ORIGIN));
    const session = jar.get('__Host-wardtwin')!;
    assert.ok(!jar.has('__Host-wardtwin-oidc'));
    const principal = ward.access.authenticate({ session })!;
    assert.deepEqual([principal.roles, principal.wards], [['clinician'], ['icu']]);
    const [created] = ward.of('AccountCreated');
    assert.deepEqual(created?.['oidc'], { issuer, subject: 'ada' });
    assert.equal(created?.['name'], 'ada');
    assert.equal(ward.of('SignedIn')[0]?.['method'], 'oidc');

    groups['ada'] = ['chess'];
    const later = await createBrowser(ward.app, ORIGIN).open('/api/v1/oidc/start', 'ada');
    assert.equal(later.status, 401, 'no role for its claims any more');
    assert.equal(ward.access.authenticate({ session }), undefined);
    groups['ada'] = ['physicians'];
    await createBrowser(ward.app, ORIGIN).open('/api/v1/oidc/start', 'ada');
    assert.equal(ward.of('AccountCreated').length, 1);
    assert.deepEqual(ward.rebuilt(), ward.access.state);
  });
});

test('without a mapping an account has to be linked, and somebody without a role is refused', async () => {
  await withProvider({}, async (ward) => {
    const page = await createBrowser(ward.app, ORIGIN).open('/api/v1/oidc/start', 'ada');
    assert.equal(page.status, 401);
    assert.deepEqual(
      ward.of('SignInRefused').map(({ reason }) => reason),
      ['oidc: no account is linked'],
    );
    assert.equal(ward.of('AccountCreated').length, 0);
  });
  await withProvider({ mapping }, async (ward) => {
    const page = await createBrowser(ward.app, ORIGIN).open('/api/v1/oidc/start', 'ben');
    assert.equal(page.status, 401);
    assert.deepEqual(
      ward.of('SignInRefused').map(({ reason }) => reason),
      ['oidc: no role for its claims'],
    );
  });
});

test('an account that an administrator linked is opened with its own rights, at that issuer only', async () => {
  const { ward: icu, root, nurse } = await openIcu();
  const link = (id: string, issuer: string) =>
    sendConfirmed(icu, root, 'PATCH', `/api/v1/accounts/${id}`, { oidc: { issuer, subject: 'ada' } });
  let known = '';
  const openLinked = async (oidc: OidcConfig): Promise<WardAccess> => {
    if (known === '') {
      known = oidc.issuer;
      assert.equal((await link(nurse.id, known)).statusCode, 204);
      assert.equal((await link(root.id, known)).statusCode, 409, 'one account for one subject');
    }
    return openWardAccess({ oidc, origin: () => ORIGIN, state: icu.access.state });
  };
  const signIn = async (ward: WardAccess) => {
    const browser = createBrowser(ward.app, ORIGIN);
    const { status } = await browser.open('/api/v1/oidc/start', 'ada');
    const session = browser.jarOf(new URL(ORIGIN)).get('__Host-wardtwin');
    const principal = session === undefined ? undefined : ward.access.authenticate({ session });
    return { status, principal, cookie: `__Host-wardtwin=${session}` };
  };
  // Both run at once, so that they are two issuers; the mapping would give other rights, if it were asked.
  await withProvider(
    { mapping: { ...mapping, roles: { physicians: ['auditor'] } } },
    async (ward) => {
      const { principal, cookie } = await signIn(ward);
      assert.equal((await issue(ward, cookie)).statusCode, 403, 'who has a password gives it');
      assert.deepEqual(
        [principal?.id, principal?.roles, principal?.patients],
        [nurse.id, ['clinician'], ['patient-1']],
      );
      await withProvider({}, async (other) => assert.equal((await signIn(other)).status, 401), openLinked);
    },
    openLinked,
  );
});

const both = { ...mapping, roles: { physicians: ['clinician'], scientists: ['researcher'] } } as const;

/** Signs in at the provider; the cookie of the session, or the status of the refusal. */
async function enter(ward: WardAccess, login = 'ada'): Promise<{ readonly status: number; readonly cookie: string }> {
  const browser = createBrowser(ward.app, ORIGIN);
  const { status } = await browser.open('/api/v1/oidc/start', login);
  return { status, cookie: `__Host-wardtwin=${browser.jarOf(new URL(ORIGIN)).get('__Host-wardtwin') ?? ''}` };
}
const isIn = async (ward: WardAccess, cookie: string): Promise<boolean> =>
  (await send(ward, { cookie }, 'GET', '/api/v1/me')).statusCode === 200;
const issue = (ward: WardAccess, cookie: string, days = 1) =>
  send(ward, { cookie }, 'POST', '/api/v1/tokens', { label: 'x', scope: ['readTwin'], days });

test('rights_follow_the_provider: what its claims give no longer is taken away at once, with sessions and tokens', async () => {
  await withProvider({ mapping: both }, async (ward) => {
    for (const [less, roles] of [
      [['scientists'], ['researcher']],
      [['chess'], []],
    ] as const) {
      groups['cleo'] = ['physicians', 'scientists'];
      const { cookie } = await enter(ward, 'cleo');
      const { text } = (await issue(ward, cookie)).json<{ text: string }>();
      const held = heldBy(ward.access.authenticate({ bearer: text })!);
      assert.deepEqual(ward.access.authenticate({ bearer: text })?.roles, ['clinician', 'researcher']);
      groups['cleo'] = less;
      const later = await enter(ward, 'cleo');
      assert.equal(later.status, roles.length === 0 ? 401 : 200);
      assert.deepEqual(ward.of('AccountChanged').at(-1)?.['roles'], roles);
      assert.equal(await isIn(ward, cookie), false);
      assert.equal(ward.access.authenticate({ bearer: text }), undefined);
      assert.deepEqual(ward.access.decideHeld(held, readTwin).determinedBy, ['credential']);
      assert.equal(await isIn(ward, later.cookie), roles.length > 0);
      const [account] = Object.values(ward.access.state.accounts);
      assert.deepEqual(account?.roles, roles);
      assert.deepEqual(ward.rebuilt(), ward.access.state);
    }
  });
});

test('rights_follow_the_provider: what it gives besides leaves sessions of before to be told so, and tokens valid', async () => {
  await withProvider({ mapping: both }, async (ward) => {
    groups['cleo'] = ['physicians'];
    const { cookie } = await enter(ward, 'cleo');
    const { text } = (await issue(ward, cookie)).json<{ text: string }>();
    groups['cleo'] = ['physicians', 'scientists'];
    await enter(ward, 'cleo');
    assert.deepEqual(ward.access.authenticate({ bearer: text })?.roles, ['clinician', 'researcher']);
  });
});

test('rights_follow_the_provider: without its word they lapse after a day, and come back with it', async () => {
  await withProvider({ mapping: both }, async (ward) => {
    groups['cleo'] = ['physicians'];
    const { cookie } = await enter(ward, 'cleo');
    const { text } = (await issue(ward, cookie, 30)).json<{ text: string }>();
    const held = heldBy(ward.access.authenticate({ bearer: text })!);
    let ended = 0;
    ward.access.onRevoked(held.credential, () => {
      ended += 1;
    });
    ward.clock.pass(24 * HOUR);
    assert.notEqual(ward.access.authenticate({ bearer: text }), undefined);
    ward.clock.pass(1);
    assert.equal(ward.access.authenticate({ bearer: text }), undefined);
    assert.deepEqual(ward.access.decideHeld(held, readTwin).determinedBy, ['credential']);
    await ward.access.tick();
    assert.equal(ended, 1, 'streams end with it');
    await enter(ward, 'cleo');
    assert.notEqual(ward.access.authenticate({ bearer: text }), undefined);
    assert.deepEqual(ward.rebuilt(), ward.access.state);
  });
});

test('an account whose mapping is gone has no rights from its provider any more', async () => {
  await withProvider({ mapping: both }, async (ward, issuer) => {
    groups['cleo'] = ['physicians'];
    const { cookie } = await enter(ward, 'cleo');
    await issue(ward, cookie);
    const unmapped = checkOidcConfig({ ...CLIENT, issuer });
    const other = await openWardAccess({ oidc: unmapped, origin: () => ORIGIN, state: ward.access.state });
    assert.equal((await enter(other, 'cleo')).status, 401);
    assert.deepEqual(
      other.of('SignInRefused').map(({ reason }) => reason),
      ['oidc: no mapping for its account'],
    );
    const [account] = Object.values(other.access.state.accounts);
    assert.deepEqual([account?.roles, account?.wards], [[], []]);
    assert.deepEqual(other.access.state.tokens, {});
  });
});

test('a disabled account is not opened by its provider, and nothing about it changes', async () => {
  const { ward: icu, root } = await openIcu();
  const open = (oidc: OidcConfig) => openWardAccess({ oidc, origin: () => ORIGIN, state: icu.access.state });
  const use = async (ward: WardAccess): Promise<void> => {
    ward.clock.pass(icu.clock.now() - ward.clock.now());
    groups['cleo'] = ['physicians'];
    await enter(ward, 'cleo');
    const { id } = Object.values(ward.access.state.accounts).find(({ name }) => name === 'cleo')!;
    await signedIn(ward, root);
    assert.equal((await send(ward, root, 'POST', `/api/v1/accounts/${id}/disable`)).statusCode, 204);
    const reset = await sendConfirmed(ward, root, 'POST', `/api/v1/accounts/${id}/credential-link`);
    assert.equal(reset.statusCode, 409);
    const { accounts } = ward.access.state;
    groups['cleo'] = ['physicians', 'scientists'];
    const again = await enter(ward, 'cleo');
    assert.deepEqual([again.status, again.cookie], [401, '__Host-wardtwin=']);
    const reasons = ward.of('SignInRefused').map(({ reason }) => reason);
    assert.deepEqual(reasons, ['oidc: account disabled']);
    assert.equal(ward.access.state.accounts[id], accounts[id]);
  };
  await withProvider({ mapping: both }, use, open);
});

test('an account of a provider has no password and no rights but what that gives it', async () => {
  const { ward: icu, root } = await openIcu();
  const open = (oidc: OidcConfig) => openWardAccess({ oidc, origin: () => ORIGIN, state: icu.access.state });
  const use = async (ward: WardAccess): Promise<void> => {
    ward.clock.pass(icu.clock.now() - ward.clock.now());
    groups['cleo'] = ['physicians'];
    const { cookie } = await enter(ward, 'cleo');
    const { id } = Object.values(ward.access.state.accounts).find(({ name }) => name === 'cleo')!;
    await signedIn(ward, root);
    const reset = await sendConfirmed(ward, root, 'POST', `/api/v1/accounts/${id}/credential-link`);
    assert.equal(reset.statusCode, 409);
    assert.equal(await isIn(ward, cookie), true);
    const change = async (rights: object) =>
      (await sendConfirmed(ward, root, 'PATCH', `/api/v1/accounts/${id}`, rights)).statusCode;
    assert.equal(await change({ roles: ['clinician', 'administrator'] }), 409);
    assert.equal(await change({ wards: ['icu', 'ed'] }), 409);
    // what the provider knows nothing of is an administrator's to say, and to take away is always safe
    assert.equal(await change({ patients: ['patient-1'] }), 204);
    assert.equal(await change({ roles: [] }), 204);
  };
  await withProvider({ mapping: both }, use, open);
});

test('who signs in at a provider confirms by having done so in the last five minutes, and not a moment later', async () => {
  await withProvider({ mapping: both }, async (ward) => {
    groups['cleo'] = ['physicians'];
    const { cookie } = await enter(ward, 'cleo');
    ward.clock.pass(5 * MINUTE);
    assert.equal((await issue(ward, cookie)).statusCode, 201);
    ward.clock.pass(1);
    const late = await issue(ward, cookie);
    assert.equal(late.statusCode, 403);
    assert.match(late.json().detail, /sign in at the provider again/);
    assert.deepEqual(
      ward.of('AccessRefused').map(({ action, determinedBy }) => [action, determinedBy]),
      [['issueToken', ['step-up']]],
    );
    // no password is asked for, and none helps
    const guess = { label: 'x', scope: ['readTwin'], password: 'any words will do', code: '123456' };
    assert.equal((await send(ward, { cookie }, 'POST', '/api/v1/tokens', guess)).statusCode, 403);
    const again = await enter(ward, 'cleo');
    assert.equal((await issue(ward, again.cookie)).statusCode, 201);
  });
});

test('an answer that was not asked for, was changed, or comes twice opens nothing', async () => {
  await withProvider({ mapping }, async (ward) => {
    const stranger = await ward.app.inject('/api/v1/oidc/callback?code=stolen&state=guessed');
    assert.equal(stranger.statusCode, 401);

    const changed = (member: string) => (url: URL) => {
      if (url.origin === ORIGIN && url.searchParams.has('code')) url.searchParams.set(member, 'x'.repeat(43));
      return url;
    };
    for (const member of ['state', 'code', 'iss']) {
      const page = await createBrowser(ward.app, ORIGIN).open('/api/v1/oidc/start', 'ada', changed(member));
      assert.equal(page.status, 401, member);
    }
    assert.equal(ward.of('SignedIn').length, 0);
    const reasons = ward.of('SignInRefused').map(({ reason }) => reason);
    assert.deepEqual(reasons, ['oidc: OAUTH_INVALID_RESPONSE', 'oidc: invalid_grant', 'oidc: OAUTH_INVALID_RESPONSE']);

    const browser = createBrowser(ward.app, ORIGIN);
    const page = await browser.open('/api/v1/oidc/start', 'ada');
    assert.equal(page.status, 200);
    assert.equal((await ward.app.inject(page.url.pathname + page.url.search)).statusCode, 401);
    assert.equal(ward.of('SignedIn').length, 1);
  });
});

test('genuine_or_nothing: an ID token whose claims or signature were altered on the way opens nothing', async () => {
  const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const decode = (part = ''): object => JSON.parse(Buffer.from(part, 'base64url').toString());
  const promoted = (idToken: string): string => {
    const [header, claims, signature] = idToken.split('.');
    return [header, encode({ ...decode(claims), groups: ['physicians'] }), signature].join('.');
  };
  const unsigned = (idToken: string): string => [encode({ alg: 'none' }), idToken.split('.')[1], ''].join('.');
  const forged = (idToken: string): string => `${idToken.slice(0, -8)}${'A'.repeat(8)}`;
  for (const [login, alter] of [
    ['ben', promoted],
    ['ada', unsigned],
    ['ada', forged],
  ] as const) {
    await withProvider(
      { mapping },
      async (ward) => {
        const page = await createBrowser(ward.app, ORIGIN).open('/api/v1/oidc/start', login);
        assert.equal(page.status, 401, page.body);
        assert.equal(ward.of('AccountCreated').length, 0);
      },
      undefined,
      alter,
    );
  }
});

test('nobody_alone_takes_all: who begins to sign in for ever pushes out nobody from another network', async () => {
  await withProvider({ mapping }, async (ward, issuer) => {
    const begun = await ward.app.inject('/api/v1/oidc/start');
    for (let count = 0; count < 1_100; count += 1)
      await ward.app.inject({ url: '/api/v1/oidc/start', remoteAddress: '198.51.100.7' });
    const state = new URL(String(begun.headers.location)).searchParams.get('state');
    const cookie = String(begun.headers['set-cookie']).split(';')[0]!;
    const url = `/api/v1/oidc/callback?code=x&state=${state}&iss=${encodeURIComponent(issuer)}`;
    const answer = await ward.app.inject({ url, headers: { cookie } });
    assert.equal(answer.statusCode, 401);
    const reasons = ward.of('SignInRefused').map(({ reason }) => reason);
    assert.deepEqual(reasons, ['oidc: invalid_grant'], 'the attempt was still known: the provider was asked');
  });
});

test('a provider that is down is told as that, and is found when it is back', async () => {
  const ward = await openWardAccess({
    oidc: checkOidcConfig({ ...CLIENT, issuer: 'http://127.0.0.1:1' }),
    origin: () => ORIGIN,
  });
  const answer = await ward.app.inject('/api/v1/oidc/start');
  assert.equal(answer.statusCode, 502);
  assert.equal(answer.json().type, 'urn:wardtwin:problem:access.provider-unavailable');
});

test('a provider that cannot be safe is refused', () => {
  const config = { ...CLIENT, issuer: 'https://idp.example' };
  const unsafe = [
    { issuer: 'http://idp.example' },
    { issuer: 'http://127.0.0.1.evil.example' },
    { issuer: 'idp.example' },
    { clientId: '' },
    { clientSecret: 'short' },
    { mapping: { claim: 'groups', roles: { all: ['surgeon' as 'clinician'] } } },
  ];
  for (const change of unsafe) assert.throws(() => checkOidcConfig({ ...config, ...change }), { code: 'config.oidc' });
  assert.equal(checkOidcConfig(config).issuer, config.issuer);
});
