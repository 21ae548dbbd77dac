import { readFileSync, statSync } from 'node:fs';
import { Fault } from '#base/fault';

/** Where a token comes from: a file that somebody renews, or a variable of the environment. Never the configuration itself. */
export type TokenSource =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'environment'; readonly name: string };

/** Reads the token anew at each call. @throws Fault `keys.no-token`, `keys.exposed` for a file that others can read */
export const createTokenReader =
  (source: TokenSource): (() => string) =>
  () => {
    const token = source.kind === 'file' ? readToken(source.path) : process.env[source.name]?.trim();
    if (token !== undefined && /^[\x21-\x7e]+$/.test(token)) return token;
    const where = source.kind === 'file' ? `file \`${source.path}\`` : `variable \`${source.name}\``;
    throw new Fault('keys.no-token', `vault: ${where} holds no token`, { source: source.kind });
  };

/** Whoever has the token has all that the root key wraps: its file is kept like the key itself. */
function readToken(path: string): string | undefined {
  try {
    if ((statSync(path).mode & 0o077) !== 0) {
      throw new Fault('keys.exposed', `vault: file \`${path}\` can be read by others; run \`chmod 600 ${path}\``, {
        path,
      });
    }
    return readFileSync(path, 'utf8').trim();
  } catch (error) {
    if (error instanceof Fault) throw error;
    return undefined;
  }
}
