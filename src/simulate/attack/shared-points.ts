import type { Millis } from '#base/time';
import type {
  Direction,
  FaultPoints,
  GatewayPoint,
  HandsetPoint,
  Interception,
  NetworkPoint,
  RadioPoint,
} from '#simulate/world/fault-points';

/**
 * A fault point has one tap of each kind, and the last call holds. Steps of a campaign act at the same time, so each is given
 * points of its own whose taps work together: a frame is destroyed if any step destroys it, a reading passes through the
 * manipulations in the order of the steps.
 */
export interface SharedPoints {
  /** Points for one more step. Taps take effect in the order in which steps were given theirs. */
  forStep(): FaultPoints;
}

/** One tap per step; `undefined` where a step does not use it. */
interface Taps<Tap> {
  /** The setter for one step; `changed` is told the taps in use. */
  slot(): (tap: Tap | undefined) => void;
}

function createTaps<Tap>(changed: (inUse: readonly Tap[]) => void): Taps<Tap> {
  const taps: (Tap | undefined)[] = [];
  return {
    slot: () => {
      const index = taps.push(undefined) - 1;
      return (tap) => {
        taps[index] = tap;
        changed(taps.filter((used) => used !== undefined));
      };
    },
  };
}

export function createSharedPoints(points: FaultPoints): SharedPoints {
  const radio = shareRadio(points['radio-range']);
  const handset = shareHandset(points['on-handset']);
  const gateway = shareGateway(points['on-gateway']);
  const network = shareNetwork(points['network-path']);
  return {
    forStep: () => ({
      ...points,
      'radio-range': radio(),
      'on-handset': handset(),
      'on-gateway': gateway(),
      'network-path': network(),
    }),
  };
}

function shareRadio(point: RadioPoint): () => RadioPoint {
  const jams = createTaps<(frame: Uint8Array) => boolean>((inUse) => {
    // Every step hears every frame, also one that another step has destroyed already.
    const destroys = (frame: Uint8Array): boolean => inUse.filter((jam) => jam(frame)).length > 0;
    point.jam(inUse.length === 0 ? undefined : destroys);
  });
  const delays = createTaps<(frame: Uint8Array) => Millis>((inUse) => {
    const longest = (frame: Uint8Array): Millis => inUse.reduce((held, delay) => Math.max(held, delay(frame)), 0);
    point.delay(inUse.length === 0 ? undefined : longest);
  });
  return () => ({ ...point, jam: jams.slot(), delay: delays.slot() });
}

function shareHandset(point: HandsetPoint): () => HandsetPoint {
  const readings = createTaps<(glucose: number) => number | undefined>((inUse) => {
    point.tamperReading(inUse.length === 0 ? undefined : inSequence(inUse));
  });
  const silences = createTaps<true>((inUse) => point.silenceAlarms(inUse.length > 0));
  return () => {
    const silence = silences.slot();
    return { ...point, tamperReading: readings.slot(), silenceAlarms: (silent) => silence(silent || undefined) };
  };
}

function shareGateway(point: GatewayPoint): () => GatewayPoint {
  const reports = createTaps<Parameters<GatewayPoint['tamperReport']>[0] & {}>((inUse) => {
    point.tamperReport(inUse.length === 0 ? undefined : inSequence(inUse));
  });
  const drops = createTaps<true>((inUse) => point.dropRelayed(inUse.length > 0));
  return () => {
    const drop = drops.slot();
    return { ...point, tamperReport: reports.slot(), dropRelayed: (dropped) => drop(dropped || undefined) };
  };
}

function shareNetwork(point: NetworkPoint): () => NetworkPoint {
  const taps = createTaps<(bytes: Uint8Array, direction: Direction) => Interception>((inUse) => {
    point.intercept(inUse.length === 0 ? undefined : (bytes, direction) => intercept(inUse, bytes, direction));
  });
  return () => ({ ...point, intercept: taps.slot() });
}

/** The first step that does not let the bytes pass decides; one that replaces them hands its own to the next. */
function intercept(
  taps: readonly ((bytes: Uint8Array, direction: Direction) => Interception)[],
  bytes: Uint8Array,
  direction: Direction,
): Interception {
  let current: Interception = { kind: 'pass' };
  let carried = bytes;
  for (const tap of taps) {
    const next = tap(carried, direction);
    if (next.kind === 'drop' || next.kind === 'delay') return next;
    if (next.kind === 'replace') {
      current = next;
      carried = next.bytes;
    }
  }
  return current;
}

/** Each manipulation gets what the one before made of it; withheld by one is withheld. */
function inSequence<Value>(manipulations: readonly ((value: Value) => Value | undefined)[]) {
  return (value: Value): Value | undefined => {
    let current: Value | undefined = value;
    for (const manipulate of manipulations) {
      if (current === undefined) return undefined;
      current = manipulate(current);
    }
    return current;
  };
}
