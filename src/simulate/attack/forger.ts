import { buildLegacyFrame, type LegacyFrame } from '#model/device/link/legacy-frame';
import { isRequest, type Operation } from '#model/device/link/operation';
import { MAX_SERIAL_NUMBER, type Peer, type SerialNumber } from '#model/device/link/peer';
import { readHeader, readLegacy } from './overheard-frame.ts';
import type { Adversary } from './technique.ts';

/** A frame that the adversary would like a device to take for a peer's. */
export interface ForgedRequest {
  readonly as: Peer;
  readonly to: Peer;
  readonly operation: Operation;
  readonly payload: Uint8Array;
}

/**
 * Speaks as a peer on a link whose only secret, the serial number, is in every frame that it overhears. On an encrypted link
 * it learns no number and tries all the same with one of its own: whether a device falls for it is the device's business.
 */
export interface Forger {
  /** Transmits the frame as soon as enough was overheard for it: at once, or within a report period. */
  transmit(request: ForgedRequest, done: () => void): void;
}

/**
 * A rolling counter in the clear is no obstacle: the forger counts on from the last one that it heard, far enough ahead that
 * the genuine sender does not overtake it while the attack lasts.
 */
const COUNTER_LEAD = 1_000;

/** Oldest wishes are dropped: an adversary that hears nothing for hours stays silent, it does not save up. */
const MAX_WAITING = 16;

export function createForger(adversary: Adversary<'radio-range'>): Forger {
  const serials = new Map<Peer, SerialNumber>();
  const counters = new Map<Peer, number>();
  let rolling = false;
  /** Traffic was heard that cannot be read. */
  let blind = false;
  let stopped = false;
  const guess = adversary.random.integer(0, MAX_SERIAL_NUMBER);
  let requests = adversary.random.integer(0, 255);
  let waiting: { readonly request: ForgedRequest; readonly done: () => void }[] = [];

  adversary.onStop(() => {
    stopped = true;
    waiting = [];
  });

  adversary.point.listen((bytes) => {
    if (stopped) return;
    const frame = readLegacy(bytes);
    if (frame !== undefined) learn(frame);
    else if (readHeader(bytes) === undefined) return;
    else blind = true;
    const ready = waiting;
    waiting = [];
    for (const { request, done } of ready) attempt(request, done);
  });

  function learn(frame: LegacyFrame): void {
    rolling = frame.counter !== undefined;
    if (frame.counter !== undefined) {
      counters.set(frame.from, Math.max(frame.counter + COUNTER_LEAD, counters.get(frame.from) ?? 0));
    }
    // A request carries the number of the device it is for, everything else that of the device it comes from.
    if (!isRequest(frame.operation)) serials.set(frame.from, frame.serial);
    else if (frame.to !== 'all') serials.set(frame.to, frame.serial);
  }

  function attempt(request: ForgedRequest, done: () => void): void {
    const known = serials.get(isRequest(request.operation) ? request.to : request.as);
    const serial = known ?? (blind ? guess : undefined);
    if (serial === undefined) {
      waiting = [...waiting, { request, done }].slice(-MAX_WAITING);
      return;
    }
    requests = (requests + 1) & 0xff;
    const frame = {
      from: request.as,
      to: request.to,
      operation: request.operation,
      request: requests,
      payload: request.payload,
      serial,
    };
    adversary.point.transmit(buildLegacyFrame(rolling ? { ...frame, counter: nextCounter(request.as) } : frame));
    done();
  }

  /** The adversary's next counter for a peer; one that it never heard begins with the lead itself. */
  function nextCounter(peer: Peer): number {
    const counter = counters.get(peer) ?? COUNTER_LEAD;
    counters.set(peer, counter + 1);
    return counter;
  }

  return { transmit: attempt };
}
