import { readFileSync, statSync } from 'node:fs';
import { Fault } from '#base/fault';

/** Where a token or a PIN comes from: a file that somebody renews, or a variable of the environment. Never the configuration itself. */
export type TokenSource =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'environment'; readonly name: string };

/** Reads the token anew at each call. @throws Fault `keys.no-token`, `keys.exposed` for a file that others can read */
export const createTokenReader =
  (source: TokenSource, what: 'vault' | 'pkcs11' = 'vault'): (() => string) =>
  () => {
    const token = source.kind === 'file' ? readToken(source.path, what) : process.env[source.name]?.trim();
    if (token !== undefined && /^[\x21-\x7e]+$/.test(token)) return token;
    const where = source.kind === 'file' ? `file \`${source.path}\`` : `variable \`${source.name}\``;
    throw new Fault('keys.no-token', `${what}: ${where} holds no ${what === 'vault' ? 'token' : 'PIN'}`, {
      source: source.kind,
    });
  };

/** Whoever has the token has all that the root key wraps: its file is kept like the key itself. */
function readToken(path: string, what: string): string | undefined {
  try {
    if ((statSync(path).mode & 0o077) !== 0) {
      throw new Fault('keys.exposed', `${what}: file \`${path}\` can be read by others; run \`chmod 600 ${path}\``, {
        path,
      });
    }
    return readFileSync(path, 'utf8').trim();
  } catch (error) {
    if (error instanceof Fault) throw error;
    return undefined;
  }
}
