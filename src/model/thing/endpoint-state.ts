import { type CborValue, decodeCanonical, encodeCanonical } from '#base/canonical';
import { Fault } from '#base/fault';
import { REPLAY_BLOCKS, type ReplayState } from './replay-window.ts';

/**
 * What a thing must keep over a restart, as plain data. Going back to an older one would use a nonce twice and take a command
 * again.
 */
export interface EndpointState {
  /** Of the enrolment key that sequence and window belong to. */
  readonly fingerprint: string;
  /** Every number from here on is unused. */
  readonly nextSequence: number;
  readonly received: ReplayState;
  /** Counter of the last command that was accepted, -1 before the first. The thing's own: it outlives an enrolment key. */
  readonly commandCounter: number;
}

/** An encoded state is a few hundred bytes. */
const STATE_LIMIT = 1_024;
const ITEMS = 5;
const FINGERPRINT = /^[0-9a-f]{16}$/;
const WORD = 2 ** 32;

export function encodeEndpointState({
  fingerprint,
  nextSequence,
  received,
  commandCounter,
}: EndpointState): Uint8Array {
  const { highest, blocks } = received;
  return encodeCanonical([fingerprint, nextSequence, highest, blocks, commandCounter]);
}

/** @throws Fault `endpoint-state.malformed`, `cbor.malformed`: a device that cannot read its state must be enrolled anew */
export function decodeEndpointState(bytes: Uint8Array): EndpointState {
  const value = decodeCanonical(bytes, STATE_LIMIT);
  if (!Array.isArray(value) || value.length !== ITEMS) throw malformed(`not an array of ${ITEMS}`);
  const [fingerprint, nextSequence, highest, blocks, commandCounter] = value as readonly CborValue[];
  if (typeof fingerprint !== 'string' || !FINGERPRINT.test(fingerprint)) throw malformed('no key fingerprint');
  if (!isCount(nextSequence, 0) || !isCount(highest, -1) || !isCount(commandCounter, -1)) {
    throw malformed('a count is no whole number');
  }
  if (!Array.isArray(blocks) || blocks.length !== REPLAY_BLOCKS || !blocks.every(isWord)) {
    throw malformed(`the replay window is not ${REPLAY_BLOCKS} words`);
  }
  return { fingerprint, nextSequence, received: { highest, blocks: blocks as readonly number[] }, commandCounter };
}

const isCount = (value: CborValue | undefined, least: number): value is number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= least;

const isWord = (value: unknown): boolean => isCount(value as CborValue, 0) && (value as number) < WORD;

const malformed = (what: string): Fault =>
  new Fault('endpoint-state.malformed', `endpoint state: ${what}; enrol the device anew`);
