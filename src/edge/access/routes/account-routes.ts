import type { FastifyInstance } from 'fastify';
import type { Static } from 'typebox';
import type { Account } from '#assure/access/account';
import { accessFault } from '../access-fault.ts';
import { requireStepUp } from '../step-up.ts';
import { type RouteDeps, requirePermit } from './route-deps.ts';
import {
  AccountAnswer,
  AccountBody,
  AccountCreated,
  AccountPatch,
  AccountsAnswer,
  AccountsQuery,
  DONE,
  IdParams,
  LinkAnswer,
  OptionalConfirmation,
} from './schemas.ts';
import { setUpLink } from './set-up-routes.ts';

const tags = ['accounts'];

/** Accounts of people and programs. */
export function addAccountRoutes(app: FastifyInstance, deps: RouteDeps): void {
  addReading(app, deps);
  addChanging(app, deps);
}

function addReading(app: FastifyInstance, deps: RouteDeps): void {
  const { log } = deps;

  app.get<{ Querystring: Static<typeof AccountsQuery> }>(
    '/api/v1/accounts',
    {
      schema: {
        summary: 'accounts, in the order of their ids',
        tags,
        querystring: AccountsQuery,
        response: { 200: AccountsAnswer },
      },
    },
    async (request) => {
      await requirePermit(deps, request, { action: 'readAccounts', resource: { type: 'Platform' } });
      const { after = '', limit = 50 } = request.query;
      const rest = Object.values(log.state.accounts)
        .filter(({ id }) => id > after)
        .sort((left, right) => (left.id < right.id ? -1 : 1));
      const page = rest.slice(0, limit);
      return { accounts: page.map(shownAccount), ...(rest.length > limit ? { next: page.at(-1)!.id } : {}) };
    },
  );

  app.get<{ Params: Static<typeof IdParams> }>(
    '/api/v1/accounts/:id',
    { schema: { summary: 'one account', tags, params: IdParams, response: { 200: AccountAnswer } } },
    async (request) => {
      const { id } = request.params;
      await requirePermit(deps, request, { action: 'readAccounts', resource: { type: 'Account', account: id } });
      const account = log.state.accounts[id];
      if (account === undefined) throw accessFault('access.unknown', `account \`${id}\`: there is none`);
      return shownAccount(account);
    },
  );
}

function addChanging(app: FastifyInstance, deps: RouteDeps): void {
  const { accounts, origin } = deps;

  app.post<{ Body: Static<typeof AccountBody> }>(
    '/api/v1/accounts',
    {
      schema: {
        summary: 'give somebody, or a program, an account; confirmed by `password` and `code`',
        tags,
        body: AccountBody,
        response: { 201: AccountCreated },
      },
    },
    async (request, reply) => {
      const question = { action: 'manageAccounts', resource: { type: 'Platform' } } as const;
      const by = await requirePermit(deps, request, question);
      const { kind = 'person', wards = [], patients = [], oidc, password, code, ...rest } = request.body;
      await requireStepUp(deps, by, question, { password, code }, request.ip);
      const wish = { ...rest, kind, wards, patients, ...(oidc === undefined ? {} : { oidc }) };
      const { account, token } = await accounts.create(wish, by, oidc === undefined);
      const link = token === undefined ? {} : { link: setUpLink(origin(), token) };
      return reply.code(201).send({ id: account, ...link });
    },
  );

  app.patch<{ Params: Static<typeof IdParams>; Body: Static<typeof AccountPatch> }>(
    '/api/v1/accounts/:id',
    {
      schema: {
        summary: 'change roles, wards or patients, confirmed by `password` and `code`: its sessions end at once',
        tags,
        params: IdParams,
        body: AccountPatch,
        response: DONE,
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      const { password, code, ...patch } = request.body;
      const question = { action: 'manageAccounts', resource: { type: 'Account', account: id } } as const;
      const by = await requirePermit(deps, request, question);
      if (Object.keys(patch).length === 0) throw accessFault('access.malformed', 'body: changes nothing; say what');
      await requireStepUp(deps, by, question, { password, code }, request.ip);
      await accounts.change(id, patch, by);
      return reply.code(204).send();
    },
  );

  app.post<{ Params: Static<typeof IdParams> }>(
    '/api/v1/accounts/:id/disable',
    { schema: { summary: 'disable an account for good', tags, params: IdParams, response: DONE } },
    async (request, reply) => {
      const { id } = request.params;
      // unconfirmed: to contain must not wait, and gives nobody anything
      const by = await requirePermit(deps, request, {
        action: 'manageAccounts',
        resource: { type: 'Account', account: id },
      });
      await accounts.disable(id, by);
      return reply.code(204).send();
    },
  );

  app.post<{ Params: Static<typeof IdParams>; Body: Static<typeof OptionalConfirmation> }>(
    '/api/v1/accounts/:id/credential-link',
    {
      schema: {
        summary:
          'void its credentials, and make the link by which its owner sets new ones; confirmed by `password` and `code`',
        tags,
        params: IdParams,
        body: OptionalConfirmation,
        response: { 201: LinkAnswer },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      const question = { action: 'manageAccounts', resource: { type: 'Account', account: id } } as const;
      const by = await requirePermit(deps, request, question);
      await requireStepUp(deps, by, question, request.body ?? {}, request.ip);
      const token = await accounts.resetCredentials(id, by);
      return reply.code(201).send({ link: setUpLink(origin(), token) });
    },
  );
}

/** An account as it is told: no hash, no secret, no code. */
export function shownAccount(account: Account): Static<typeof AccountAnswer> {
  const { id, kind, name, displayName, roles, wards, patients, disabled, managed, oidc, totp, recovery } = account;
  return {
    id,
    kind,
    name,
    displayName,
    roles: [...roles],
    wards: [...wards],
    patients: [...patients],
    disabled,
    managed,
    ...(oidc === undefined ? {} : { oidc }),
    secondFactor: totp !== undefined,
    recoveryCodesLeft: recovery.length,
  };
}
