import { createKeyedUniform, type Random } from '#base/random';
import type { Millis } from '#base/time';
import type { Influences } from './cause.ts';
import type { EventQueue } from './event-queue.ts';
import type { Direction, Interception, NetworkPoint } from './fault-points.ts';

export interface NetworkOptions {
  readonly latency: Millis;
  readonly jitter: Millis;
}

/** The network path between gateway and platform: reliable as TCP is, so nothing is lost, only late, unless taken away. */
export interface Network {
  toPlatform(bytes: Uint8Array): void;
  toGateway(bytes: Uint8Array): void;
  onPlatform(receive: (bytes: Uint8Array) => void): void;
  onGateway(receive: (bytes: Uint8Array) => void): void;
  readonly point: NetworkPoint;
}

export function createNetwork(
  options: NetworkOptions,
  queue: EventQueue,
  random: Random,
  influences: Influences,
): Network {
  const uniform = createKeyedUniform(random);
  const receivers: Record<Direction, (bytes: Uint8Array) => void> = { 'to-platform': () => {}, 'to-gateway': () => {} };
  /** When the last bytes of each direction arrive: a stream never overtakes itself. */
  const arrival: Record<Direction, Millis> = { 'to-platform': 0, 'to-gateway': 0 };
  let intercepts: ((bytes: Uint8Array, direction: Direction) => Interception) | undefined;

  function carry(direction: Direction, bytes: Uint8Array, extra: Millis): void {
    const salt = direction === 'to-platform' ? 1 : 2;
    const flight = options.latency + Math.floor(uniform(queue.now(), salt) * (options.jitter + 1));
    const at = Math.max(queue.now() + flight, arrival[direction]);
    if (extra === 0) arrival[direction] = at;
    queue.at(at + extra, () => receivers[direction](bytes));
  }

  function send(direction: Direction, bytes: Uint8Array): void {
    const interception = intercepts?.(bytes, direction) ?? { kind: 'pass' };
    if (interception.kind !== 'pass') influences.note('view', queue.now(), `uplink ${interception.kind}`);
    switch (interception.kind) {
      case 'pass':
        carry(direction, bytes, 0);
        return;
      case 'drop':
        return;
      case 'replace':
        carry(direction, interception.bytes, 0);
        return;
      case 'delay':
        carry(direction, bytes, interception.by);
        return;
    }
  }

  return {
    toPlatform: (bytes) => send('to-platform', bytes),
    toGateway: (bytes) => send('to-gateway', bytes),
    onPlatform: (receive) => {
      receivers['to-platform'] = receive;
    },
    onGateway: (receive) => {
      receivers['to-gateway'] = receive;
    },
    point: {
      intercept: (by) => {
        intercepts = by;
      },
      inject: (bytes, direction) => carry(direction, bytes.slice(), 0),
    },
  };
}
