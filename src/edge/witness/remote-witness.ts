import { readFileSync } from 'node:fs';
import { Fault } from '#base/fault';
import { type CosignatureVerifier, parseCosignatureKey } from '#crypto/cosignature';
import type { ReferenceFault } from '../catalog/read-catalog-file.ts';
import { isLoopback } from '../machine/loopback.ts';

/** A witness as the configuration names it. */
export interface WitnessConfig {
  /** Its submission prefix: what it is asked is at `<url>/add-checkpoint`. */
  readonly url: string;
  /** Its verifier key, one line (C2SP signed-note `vkey` of type cosignature/v1). */
  readonly key: string;
  /** File of the certificates that it is trusted by; those that Node.js trusts by default. */
  readonly ca?: string;
}

/** A witness to be asked over HTTP. */
export interface RemoteWitness {
  /** Of `add-checkpoint` itself. */
  readonly url: URL;
  readonly verifier: CosignatureVerifier;
  /** PEM. */
  readonly ca?: string;
}

/** @throws Fault `config.witness` for what `witnessFaults` finds, or a file that cannot be read */
export function remoteWitness({ url, key, ca }: WitnessConfig): RemoteWitness {
  const verifier = parsedKey(key);
  const wrong = urlFault(url) ?? (verifier === undefined ? NO_KEY : undefined);
  if (verifier === undefined || wrong !== undefined) throw new Fault('config.witness', `witnesses: ${wrong}`);
  return {
    url: new URL(`${url.replace(/\/$/, '')}/add-checkpoint`),
    verifier,
    ...(ca === undefined ? {} : { ca: readCertificates(ca) }),
  };
}

/** What is wrong with the witnesses of a configuration, with what would be right. */
export function witnessFaults(witnesses: readonly WitnessConfig[]): readonly ReferenceFault[] {
  const faults: ReferenceFault[] = [];
  const seen = new Set<string>();
  for (const [index, { url, key, ca }] of witnesses.entries()) {
    const pointer = `/witnesses/${index}`;
    const wrong = urlFault(url);
    if (wrong !== undefined) faults.push({ pointer: `${pointer}/url`, message: wrong });
    if (ca !== undefined && url.startsWith('http:'))
      faults.push({ pointer: `${pointer}/ca`, message: '`ca` is for https; nothing is trusted by it over plain HTTP' });
    const verifier = parsedKey(key);
    if (verifier === undefined) faults.push({ pointer: `${pointer}/key`, message: NO_KEY });
    else if (seen.has(key.trim()))
      faults.push({ pointer: `${pointer}/key`, message: `\`${verifier.name}\` is named twice; each counts once` });
    seen.add(key.trim());
  }
  return faults;
}

const NO_KEY = 'the key is not a cosignature key line; `npx wardtwin history witness` of the witness shows it';

function urlFault(text: string): string | undefined {
  const url = URL.parse(text);
  if (url === null) return `\`${text}\` is no URL; state https://host:port`;
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '')
    return 'the URL has to be without name, password, query and fragment: a witness needs none';
  if (url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url.hostname))) return undefined;
  return `\`${text}\` has to begin with https://; plain HTTP is for a witness on this machine`;
}

function parsedKey(line: string): CosignatureVerifier | undefined {
  try {
    return parseCosignatureKey(line.trim());
  } catch (error) {
    if (error instanceof Fault) return undefined;
    throw error;
  }
}

function readCertificates(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new Fault('config.witness', `witnesses: \`${path}\` cannot be read: ${(error as Error).message}`, { path });
  }
}
