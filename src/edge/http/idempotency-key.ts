import type { FastifyRequest } from 'fastify';
import { utf8 } from '#base/bytes';
import { Fault } from '#base/fault';
import { sha256 } from '#crypto/digest';
import type { Caller } from './caller.ts';

const KEY = /^[\x21-\x7e]{8,64}$/;

/**
 * The key by which a request that is sent twice is one, made into something that only this caller's requests share. Undefined where
 * none was sent. @throws Fault `http.malformed`
 */
export function idempotencyKeyOf(
  request: FastifyRequest,
  { principal }: Pick<Caller, 'principal'>,
): string | undefined {
  const header = request.headers['idempotency-key'];
  if (header === undefined) return undefined;
  if (typeof header !== 'string' || !KEY.test(header)) {
    throw new Fault(
      'http.malformed',
      'header idempotency-key: 8 to 64 printable characters, a new one for each request',
    );
  }
  const digest = sha256(utf8(`${principal.id}\n${header}`));
  return digest.toBase64({ alphabet: 'base64url', omitPadding: true });
}

/** @throws Fault `http.no-idempotency-key`, `http.malformed` */
export function requiredKeyOf(request: FastifyRequest, caller: Caller): string {
  const key = idempotencyKeyOf(request, caller);
  if (key !== undefined) return key;
  throw new Fault(
    'http.no-idempotency-key',
    'header idempotency-key: missing; send a new one with each command, so that one that is sent twice is carried out once',
  );
}
