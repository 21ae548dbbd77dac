import type { Millis } from '#base/time';
import type { ThingId } from '#model/thing/thing-id';
import type { SerialNumber } from './serial-number.ts';

/** What a token is worth. `unknown`: no such thing is expected, or it is not its token; `withdrawn`: who made it may not any more. */
export type TokenStanding = 'granted' | 'unknown' | 'used' | 'expired' | 'withdrawn';

/** Why somebody was given no certificate. */
export type EnrolmentRefusal =
  | 'credentials-missing'
  | 'token-unknown'
  | 'token-used'
  | 'token-expired'
  | 'token-withdrawn'
  | 'too-many-attempts'
  | 'request-refused'
  | 'certificate-missing'
  | 'certificate-not-valid';

export interface RefusedEnrolment {
  /** The thing that was claimed, where it was shown or at least named. */
  readonly thing?: ThingId;
  readonly reason: EnrolmentRefusal;
  /** For people: what exactly. Never a token. */
  readonly detail: string;
  /** Network address of the peer. */
  readonly address: string;
  /** How many refusals before this one were not recorded, because there were too many. */
  readonly omitted: number;
}

export interface IssuedToDevice {
  readonly thing: ThingId;
  readonly serial: SerialNumber;
  readonly notAfter: Millis;
  /** SHA-256 of the SubjectPublicKeyInfo, hexadecimal. */
  readonly keyFingerprint: string;
  readonly renewal: boolean;
}

/** Where it is known which devices are expected and which certificates hold. What it is told is durable when it resolves. */
export interface EnrolmentDesk {
  /**
   * What `redeem` would answer, with nothing consumed. It compares digests in constant time and tells an unknown thing from a
   * wrong token by nothing.
   */
  examine(thing: ThingId, token: string): TokenStanding;
  /** Uses the token up. INVARIANT: of two that redeem one token, one at most is granted. */
  redeem(thing: ThingId, token: string): Promise<TokenStanding>;
  issued(issued: IssuedToDevice): Promise<void>;
  refused(refused: RefusedEnrolment): Promise<void>;
  /** Whether this certificate was issued to this thing and not revoked. Cheap: it is asked for every connection. */
  isValid(thing: ThingId, serial: SerialNumber): boolean;
}
