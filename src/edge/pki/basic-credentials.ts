import { fromUtf8 } from '#base/bytes';

/** A thing id, a colon and a token, in base64, are far below this. */
const HEADER_LIMIT = 512;
const BASIC = /^Basic ([A-Za-z0-9+/]+={0,2})$/i;

export interface BasicCredentials {
  readonly user: string;
  readonly password: string;
}

/** The credentials of an `Authorization` header (RFC 7617), or undefined when it holds none. */
export function readBasicCredentials(header: string | undefined): BasicCredentials | undefined {
  if (header === undefined || header.length > HEADER_LIMIT) return undefined;
  const encoded = BASIC.exec(header)?.[1];
  if (encoded === undefined) return undefined;
  try {
    const text = fromUtf8(Uint8Array.fromBase64(encoded));
    const colon = text.indexOf(':');
    return colon < 0 ? undefined : { user: text.slice(0, colon), password: text.slice(colon + 1) };
  } catch {
    return undefined;
  }
}
