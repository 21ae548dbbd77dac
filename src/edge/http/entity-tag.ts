import type { FastifyReply, FastifyRequest } from 'fastify';
import Type from 'typebox';
import { Fault } from '#base/fault';

/**
 * A weak tag (RFC 9110, 8.8.3): equal as long as nothing was recorded about what it stands for. Ages go on all the same, which
 * is why it is weak.
 */
export const entityTag = (revision: number | string): string => `W/"${revision}"`;

/** How a route describes the answer to somebody who has it already. */
export const NOT_MODIFIED = Type.Null({ description: 'It is still what the `ETag` stands for' });

/** Sets the tag, and tells whether the caller has what it stands for already: then a 304 is the whole answer. */
export function isUnchanged(request: FastifyRequest, reply: FastifyReply, tag: string): boolean {
  void reply.header('etag', tag);
  return listed(request.headers['if-none-match'], tag);
}

/** @throws Fault `http.changed-meanwhile` where the caller stated what he saw, and it is no longer so */
export function requireUnchanged(request: FastifyRequest, tag: string): void {
  const stated = request.headers['if-match'];
  if (stated === undefined || listed(stated, tag)) return;
  throw new Fault('http.changed-meanwhile', 'if-match: read it again before you change it');
}

/** Weak comparison (RFC 9110, 8.8.3.2), also for `If-Match`: what must not be lost is a change, and ages are none. */
function listed(header: string | undefined, tag: string): boolean {
  if (header === undefined) return false;
  if (header.trim() === '*') return true;
  const opaque = tag.replace(/^W\//, '');
  return header.split(',').some((one) => one.trim().replace(/^W\//, '') === opaque);
}
