import { equalBytes, utf8 } from '#base/bytes';
import { Fault } from '#base/fault';
import { type CosignatureVerifier, isBy, verifyCosignature } from '#crypto/cosignature';
import { type SignatureAlgorithm, verify } from '#crypto/sign';
import { type Checkpoint, type NoteVerifier, parseCheckpoint, splitNote } from '#crypto/signed-note';

/** Whose signatures a checkpoint must have, and whose it may have. */
export interface TrustedKeys {
  /** The log's own: of each algorithm among them one key must have signed. Several of one algorithm are older and newer ones. */
  readonly verifiers: readonly NoteVerifier[];
  readonly witnesses?: readonly CosignatureVerifier[];
}

/** What a note is found to be. `cosignedBy` names witnesses. */
export type NoteCheck =
  | {
      readonly kind: 'genuine';
      readonly checkpoint: Checkpoint;
      readonly extensions: readonly string[];
      readonly cosignedBy: readonly string[];
    }
  | { readonly kind: 'false'; readonly reason: string };

const isFalse = (reason: string): NoteCheck => ({ kind: 'false', reason });

/**
 * Checks a checkpoint's note to the last byte. `openNote` is content with one good signature and passes over lines of keys
 * that it does not know; here every line must be accounted for, because a line whose name or key id was changed is one of an
 * unknown key.
 */
export function checkNote(note: string, { verifiers, witnesses = [] }: TrustedKeys): NoteCheck {
  try {
    const { text, signatures } = splitNote(note);
    const { checkpoint, extensions } = parseCheckpoint(text);
    const signers = new Set<NoteVerifier>();
    const cosigners = new Set<CosignatureVerifier>();
    for (const line of signatures) {
      const signer = verifiers.find(({ name, keyId }) => name === line.name && equalBytes(keyId, line.keyId));
      const witness = witnesses.find((known) => isBy(line, known));
      if (signer !== undefined) {
        if (!verify(signer.key, utf8(text), line.signature))
          return isFalse(`the signature of ${keyName(signer)} is wrong`);
        signers.add(signer);
      } else if (witness !== undefined) {
        if (verifyCosignature(text, line, witness) === undefined)
          return isFalse(`the cosignature of \`${line.name}\` is wrong`);
        cosigners.add(witness);
      } else return isFalse(`a key \`${line.name}\` signed it that is not among the keys given`);
    }
    if (signers.size + cosigners.size !== signatures.length) return isFalse('a key signed it twice');
    const missing = missingAlgorithm(verifiers, signers);
    if (missing !== undefined) return isFalse(`no ${missing} key of the log signed it`);
    return { kind: 'genuine', checkpoint, extensions, cosignedBy: [...cosigners].map(({ name }) => name) };
  } catch (error) {
    if (error instanceof Fault) return isFalse(error.message);
    throw error;
  }
}

/** An algorithm of which none of the log's keys signed: both have to be broken before a checkpoint can be forged. */
export function missingAlgorithm(
  verifiers: readonly NoteVerifier[],
  signers: ReadonlySet<NoteVerifier>,
): SignatureAlgorithm | undefined {
  const signed = new Set([...signers].map(({ key }) => key.algorithm));
  return verifiers.find(({ key }) => !signed.has(key.algorithm))?.key.algorithm;
}

const keyName = ({ name, key }: NoteVerifier): string => `\`${name}\` (${key.algorithm})`;
