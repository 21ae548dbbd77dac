import type { FastifyReply, FastifyRequest } from 'fastify';
import { utf8 } from '#base/bytes';
import { Fault } from '#base/fault';
import { sha256 } from '#crypto/digest';
import type { Access } from '#edge/access/access';
import { credentialsOf } from '#edge/access/request-credentials';
import { createAnswerShelf, type KeptAnswer } from './answer-shelf.ts';
import { idempotencyKeyOf } from './idempotency-key.ts';
import { sendProblem } from './send-problem.ts';
import type { Api } from './type-provider.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The route keeps its keys by itself: in history, or with what it made. */
    readonly keepsKeys?: boolean;
  }
  interface FastifyRequest {
    /** Whose the answer to this request is, and under which key it is kept. */
    answerKey: readonly [owner: string, key: string] | null;
  }
}

const WRITES: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH', 'DELETE']);
/** Of an answer that is given again, beside its body. */
const KEPT_HEADERS = ['content-type', 'location', 'etag'] as const;

/**
 * Honours the header `Idempotency-Key` on every write (draft-ietf-httpapi-idempotency-key-header-07): the same key of the same session
 * or token gets the answer that it got before, for ten minutes and while the process lives. Only what was done is kept: what was refused
 * changed nothing and may be asked for again. To be called before any route is added.
 */
export function addIdempotentWrites(app: Api, access: Pick<Access, 'authenticate'>): void {
  const shelf = createAnswerShelf(() => performance.now());
  app.decorateRequest('answerKey', null);

  app.addHook('preHandler', async (request, reply) => {
    const key = keyOf(access, request);
    if (key === undefined) return;
    const earlier = shelf.begin(...key, wishOf(request));
    switch (earlier.kind) {
      case 'new':
        request.answerKey = key;
        return;
      case 'answered':
        return giveAgain(reply, earlier.answer);
      case 'under-way':
        return sendProblem(UNDER_WAY, request, reply);
      case 'other':
        return sendProblem(REUSED, request, reply);
    }
  });
  app.addHook('onSend', async ({ answerKey }, reply, payload) => {
    if (answerKey !== null) shelf.end(...answerKey, answerOf(reply, payload));
    return payload;
  });
}

const UNDER_WAY = new Fault('http.under-way', 'idempotency-key: its request is under way; ask again in a moment');
const REUSED = new Fault('http.key-reused', 'idempotency-key: belongs to another request; use a new one');

/**
 * INVARIANT: of one credential, not of one account: what a session was answered, a token of less scope must not be given. Undefined where
 * no key was sent, and for strangers, who are refused later.
 */
function keyOf(
  access: Pick<Access, 'authenticate'>,
  request: FastifyRequest,
): NonNullable<FastifyRequest['answerKey']> | undefined {
  const { method, headers, routeOptions } = request;
  if (!WRITES.has(method) || headers['idempotency-key'] === undefined) return undefined;
  if (routeOptions.config.keepsKeys === true) return undefined;
  const principal = request.caller?.principal ?? access.authenticate(credentialsOf(headers));
  const key = principal && idempotencyKeyOf(request, { principal });
  return key === undefined ? undefined : [principal!.credential, key];
}

const wishOf = ({ method, url, body }: FastifyRequest): string =>
  sha256(utf8(`${method} ${url}\n${JSON.stringify(body) ?? ''}`)).toBase64();

function answerOf(reply: FastifyReply, payload: unknown): KeptAnswer | undefined {
  const { statusCode: status } = reply;
  // a cookie is a session, which is kept nowhere else either
  if (status < 200 || status > 299 || reply.hasHeader('set-cookie')) return undefined;
  const body = payload ?? '';
  if (typeof body !== 'string') return undefined;
  const headers: Record<string, string> = {};
  for (const name of KEPT_HEADERS) if (reply.hasHeader(name)) headers[name] = String(reply.getHeader(name));
  return { status, headers, body };
}

const giveAgain = (reply: FastifyReply, { status, headers, body }: KeptAnswer): FastifyReply =>
  reply
    .code(status)
    .headers({ ...headers, 'idempotency-replayed': 'true' })
    .serializer(String)
    .send(body === '' ? undefined : body);
