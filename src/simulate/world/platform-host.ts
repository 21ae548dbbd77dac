import type { Finding } from '#assure/monitor/finding';
import type { Monitor } from '#assure/monitor/monitor';
import { MINUTE, type Millis } from '#base/time';
import type { MgPerDl, Minutes } from '#base/units';
import type { Effect } from '#platform/effect';
import { createPlatform, type Platform, type PlatformDeps } from '#platform/platform';
import type { EventQueue } from './event-queue.ts';
import type { Network } from './network.ts';

/** How often the stored history is checked as a whole. */
export const AUDIT_PERIOD: Millis = 4 * 60 * MINUTE;
/** The twin's glucose is lost to whoever looks when it is older than this, */
const STALE_AFTER: Millis = 20 * MINUTE;
/** or further from the truth than a sensor is, */
const FAR_FROM_TRUTH_MG_PER_DL: MgPerDl = 40;
const FAR_FROM_TRUTH_FRACTION = 0.35;
/** a while after the ward was switched on. */
const SETTLED_AFTER: Millis = 30 * MINUTE;
/** Findings kept of a run; more are counted. */
const MOST_FINDINGS = 512;

export interface PlatformHostDeps {
  readonly queue: EventQueue;
  readonly network: Network;
  readonly platform: PlatformDeps;
  readonly notifyPatient: (text: string) => void;
  /** Interstitial glucose, to compare the twin's view with. */
  readonly trueGlucose: () => MgPerDl;
}

/** The production platform in the simulated world: its clock, its network, and an observer of what it noticed and did. */
export interface PlatformHost {
  readonly platform: Platform;
  /** Carries out what a call of the platform returned. */
  release(effects: readonly Effect[]): void;
  start(): void;
  readonly findings: readonly Finding[];
  readonly findingsDropped: number;
  readonly messages: number;
  readonly responses: readonly { readonly at: Millis; readonly what: string; readonly touchesTherapy: boolean }[];
  readonly viewLostMin: Minutes;
}

export function hostPlatform(deps: PlatformHostDeps): PlatformHost {
  const { queue, network } = deps;
  const findings: Finding[] = [];
  const responses: { at: Millis; what: string; touchesTherapy: boolean }[] = [];
  let dropped = 0;
  let messages = 0;
  let viewLostMin = 0;
  let startedAt = 0;

  const keep = (finding: Finding): void => {
    if (findings.length < MOST_FINDINGS) findings.push(finding);
    else dropped += 1;
  };
  const platform = createPlatform({ ...deps.platform, monitor: overheard(deps.platform.monitor, keep) });

  const release = (effects: readonly Effect[]): void => {
    for (const effect of effects) {
      switch (effect.kind) {
        case 'dispatch':
          if (effect.because !== undefined) {
            responses.push({ at: queue.now(), what: `${effect.thing}: ${effect.because}`, touchesTherapy: true });
          }
          network.toGateway(effect.bytes);
          break;
        case 'notify':
          responses.push({
            at: queue.now(),
            what: `${effect.who} alerted: ${effect.text}`,
            touchesTherapy: effect.who === 'patient',
          });
          if (effect.who === 'patient') deps.notifyPatient(effect.text);
          break;
      }
    }
  };

  const isViewLost = (): boolean => {
    const property = platform.twin().reported['cgm']?.['glucose'];
    if (property === undefined || typeof property.value !== 'number') return true;
    if (queue.now() - property.receivedAt > STALE_AFTER) return true;
    const truth = deps.trueGlucose();
    const tolerance = Math.max(FAR_FROM_TRUTH_MG_PER_DL, FAR_FROM_TRUTH_FRACTION * truth);
    return Math.abs(property.value - truth) > tolerance;
  };

  const everyMinute = (): void => {
    release(platform.tick());
    if (queue.now() - startedAt >= SETTLED_AFTER && isViewLost()) viewLostMin += 1;
    queue.after(MINUTE, everyMinute);
  };
  const audit = (): void => {
    release(platform.audit());
    queue.after(AUDIT_PERIOD, audit);
  };

  return {
    platform,
    release,
    start: () => {
      startedAt = queue.now();
      network.onPlatform((bytes) => {
        messages += 1;
        release(platform.ingest(bytes));
      });
      queue.after(MINUTE, everyMinute);
      queue.after(AUDIT_PERIOD, audit);
    },
    findings,
    get findingsDropped() {
      return dropped;
    },
    get messages() {
      return messages;
    },
    responses,
    get viewLostMin() {
      return viewLostMin;
    },
  };
}

/** The same monitor; whoever judges the exercise hears what it finds. */
function overheard(monitor: Monitor, keep: (finding: Finding) => void): Monitor {
  return {
    ...monitor,
    check: (observation) => {
      const found = monitor.check(observation);
      for (const finding of found) keep(finding);
      return found;
    },
  };
}
