import { createKeyedUniform, type Random } from '#base/random';
import type { Millis } from '#base/time';
import type { Fraction } from '#base/units';
import type { Influences, OriginStack } from './cause.ts';
import type { EventQueue } from './event-queue.ts';
import type { RadioPoint } from './fault-points.ts';

export interface RadioOptions {
  /** Probability that one receiver misses one frame. */
  readonly loss: Fraction;
  readonly latency: Millis;
  /** Added to the latency, uniform from 0. */
  readonly jitter: Millis;
}

/** The body-area radio: whatever one device transmits, every other device in reach may hear. So may the adversary. */
export interface Radio {
  attach(name: string, receive: (frame: Uint8Array) => void): void;
  transmit(from: string, frame: Uint8Array): void;
  readonly point: RadioPoint;
}

/**
 * Loss and jitter are drawn from the instant and the two ends, not from a running stream, so that a frame which both the
 * attacked run and its baseline transmit has the same fate in both.
 */
export function createRadio(
  options: RadioOptions,
  queue: EventQueue,
  random: Random,
  origins: OriginStack,
  influences: Influences,
): Radio {
  const uniform = createKeyedUniform(random);
  const stations: { readonly name: string; readonly receive: (frame: Uint8Array) => void }[] = [];
  const listeners: ((frame: Uint8Array) => void)[] = [];
  let destroys: ((frame: Uint8Array) => boolean) | undefined;
  let delays: ((frame: Uint8Array) => Millis) | undefined;

  const flight = (station: number): Millis =>
    options.latency + Math.floor(uniform(queue.now(), 2 * station + 1) * (options.jitter + 1));

  /** One event for all receivers of a frame: they are metres apart. */
  function propagate(sender: number, frame: Uint8Array, held: Millis): void {
    const sentAt = queue.now();
    const adversarial = held > 0 || sender < 0;
    queue.after(held + flight(sender), () => {
      origins.during(adversarial ? 'adversary' : 'genuine', () => {
        for (let index = 0; index < stations.length; index += 1) {
          if (index === sender) continue;
          if (uniform(sentAt, 64 * (sender + 2) + 2 * index) < options.loss) continue;
          stations[index]!.receive(frame);
        }
      });
    });
  }

  return {
    attach: (name, receive) => {
      stations.push({ name, receive });
    },
    transmit: (from, frame) => {
      const sender = stations.findIndex((station) => station.name === from);
      for (const heard of listeners) heard(frame);
      if (destroys?.(frame)) {
        influences.note('therapy', queue.now(), `frame of ${from} destroyed`);
        return;
      }
      const held = delays?.(frame) ?? 0;
      if (held > 0) influences.note('therapy', queue.now(), `frame of ${from} held back`);
      propagate(sender, frame, held);
    },
    point: {
      listen: (heard) => {
        listeners.push(heard);
      },
      transmit: (frame) => propagate(-1, frame.slice(), 0),
      jam: (by) => {
        destroys = by;
      },
      delay: (by) => {
        delays = by;
      },
    },
  };
}
