import 'reflect-metadata';
import { Pkcs10CertificateRequestGenerator } from '@peculiar/x509';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;

export interface TestKeys {
  readonly privateKey: CryptoKey;
  readonly publicKey: CryptoKey;
}

export const makeTestKeys = (): Promise<TestKeys> => crypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);

/** A certification request, DER; without `keys`, of a new key. */
export async function makeTestRequest(commonName: string, keys?: TestKeys): Promise<Uint8Array> {
  const request = await Pkcs10CertificateRequestGenerator.create({
    name: [{ CN: [commonName] }],
    keys: keys ?? (await makeTestKeys()),
    signingAlgorithm: ALGORITHM,
  });
  return new Uint8Array(request.rawData);
}
