import type { Finding } from '#assure/monitor/finding';
import type { Observation, Rule } from '#assure/monitor/rule';
import { MINUTE, type Millis } from '#base/time';
import { deviceMessages } from '#mirror/channel/device-message';
import type { Refusal, RefusalReason } from '#mirror/channel/refusal';
import { beginAnew } from '#mirror/twin/begin-anew';
import { applyMessage, createTwin, type Twin } from '#mirror/twin/twin';
import type { ThingValue } from '#model/thing/message';

export type Values = Readonly<Record<string, ThingValue>>;

/** What a quiet closed loop reports. */
export const QUIET = {
  cgm: { sensorAge: 1500, battery: 90 },
  pump: {
    basalRate: 1,
    basalDelivered: 10,
    bolusDelivered: 20,
    lastBolus: 4,
    reservoir: 150,
    battery: 80,
    deliveryState: 'delivering',
    controlMode: 'closed-loop',
    basalProfile: new Array<number>(24).fill(0.8),
    maxBolus: 10,
    maxBasal: 4,
    refusedFrames: 0,
    firmwareVersion: '1.0.0',
    remoteEnabled: false,
    alarmCondition: 'none',
  },
  handset: {
    glucoseUsedAge: 0,
    commandedBasalRate: 1,
    commandedBolus: 20,
    announcedCarbohydrates: 100,
    carbRatio: 10,
    correctionFactor: 40,
    targetGlucose: 110,
    mode: 'closed-loop',
    pumpContactAge: 0,
    alarmCondition: 'none',
    refusedFrames: 0,
  },
} as const satisfies Readonly<Record<string, Values>>;

/** Shows a rule what a platform would see, with a twin kept as the platform keeps it. */
export function observe(rule: Rule) {
  let state = rule.initial();
  let twin: Twin = createTwin('subject-1');
  let sequence = 0;
  const findings: Finding[] = [];
  const see = (observation: Observation): void => {
    const result = rule.check(state, observation);
    state = result.state;
    findings.push(...result.findings);
  };
  const report = (thing: string, now: Millis, values: Values, sentAt: Millis = now): void => {
    sequence += 1;
    const measurements = Object.entries(values).map(([name, value]) => ({ name, value, at: sentAt }));
    const message = deviceMessages({ kind: 'Report', thing, sentAt, measurements }, 'gateway', sequence, now)[0]!;
    const previous = twin;
    twin = applyMessage(twin, message).twin;
    see({ kind: 'message', now, message, twin, previous });
  };
  return {
    findings,
    report,
    skip: (count: number) => {
      sequence += count;
    },
    /** One cycle of the loop and the tick a minute later. */
    cycle(now: Millis, glucose: number, change: { readonly pump?: Values; readonly handset?: Values } = {}): void {
      report('cgm', now, { ...QUIET.cgm, glucose });
      report('pump', now + 1_000, { ...QUIET.pump, ...change.pump });
      report('handset', now + 2_000, { ...QUIET.handset, glucoseUsed: glucose, ...change.handset });
      see({ kind: 'tick', now: now + MINUTE, twin });
    },
    /** The role is given another key or thing. */
    replace(now: Millis, thing: string): void {
      twin = beginAnew(twin, thing);
      if (thing === 'gateway') sequence = 0;
      see({ kind: 'replaced', now, thing, twin });
    },
    tick: (now: Millis) => see({ kind: 'tick', now, twin }),
    refuse(now: Millis, reason: RefusalReason, claimedSender = 'gateway', detail = 'test'): void {
      const refusal: Refusal = {
        kind: 'Refusal',
        reason,
        claimedSender,
        authenticated: false,
        detail,
        at: now,
      };
      see({ kind: 'refusal', now, refusal, twin });
    },
    dispatch: (now: Millis, action: string, input: Values) =>
      see({ kind: 'dispatched', now, thing: 'pump', action, input, twin }),
    refuseCommand: (now: Millis, action: string, determinedBy: readonly string[]) =>
      see({
        kind: 'command-refused',
        now,
        thing: 'pump',
        action,
        requester: 'account-1',
        origin: 'person',
        determinedBy,
        twin,
      }),
    audit: (now: Millis, outcome: 'intact' | 'tampered') => see({ kind: 'audited', now, outcome, firstBad: 7, twin }),
    what: () => findings.map((finding) => finding.what),
  };
}

/** A plausible trace: slow waves and a little noise that does not repeat. */
export function trace(index: number): number {
  const noise = ((Math.imul(index + 1, 2_654_435_761) >>> 8) % 9) - 4;
  return Math.round(130 + 35 * Math.sin(index / 17) + 20 * Math.sin(index / 41) + noise);
}
