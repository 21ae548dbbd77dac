import { MINUTE, type Millis } from '#base/time';
import type { Units, UnitsPerHour } from '#base/units';
import type { Command, Measurement, ThingValue } from '#model/thing/message';
import { type FirmwareContent, refusalOfFirmware } from '../firmware.ts';
import { createLink } from '../link/link.ts';
import type { LinkFrame } from '../link/link-codec.ts';
import type { Operation } from '../link/operation.ts';
import {
  decodeBasalProfile,
  decodeBolus,
  decodeGlucoseReading,
  decodeLimits,
  decodeSwitch,
  decodeTemporaryBasal,
  encodeOutcome,
  type LinkOutcome,
} from '../link/payload.ts';
import type { Peer } from '../link/peer.ts';
import { type Answer, createPlatformEnd } from '../platform-end.ts';
import { createReportSchedule, REPORT_TIMER } from '../report-schedule.ts';
import { createBasalProgram } from './basal-program.ts';
import { createBattery } from './battery.ts';
import {
  CONFIRMATION_PERIOD,
  DEFAULT_BATTERY_DRAIN,
  DEFAULT_BOLUS_RATE,
  DEFAULT_FIRMWARE,
  DEFAULT_INCREMENT,
  DEFAULT_OCCLUSION_VOLUME,
  DEFAULT_RESERVOIR,
  HARD_LIMITS,
  type InsulinPumpConfiguration,
} from './configuration.ts';
import { createConfirmations, type PendingBolus } from './confirmation.ts';
import { createDelivery } from './delivery.ts';
import { createHourlyLimit } from './hourly-limit.ts';
import type { ConfirmationRequest, InsulinPump, InsulinPumpPorts } from './insulin-pump-types.ts';
import { createLowGlucoseSuspend } from './low-glucose-suspend.ts';
import { readPumpCommand } from './platform-command.ts';
import { createPumpAlarms, type PumpAlarm } from './pump-alarm.ts';
import { createRetransmissions } from './retransmissions.ts';
import { createTherapy, type TherapyRefusal } from './therapy.ts';

const MINUTE_TIMER = 'minute';
const CONFIRMATION_TIMER = 'confirmation';

type Refusal = TherapyRefusal | 'remote-disabled' | 'not-allowed' | 'safe-basal';
type Settle = PendingBolus['settle'];

/** What became of a request at once. */
type Outcome =
  | { readonly kind: 'applied' }
  | { readonly kind: 'pending' }
  | { readonly kind: 'refused'; readonly reason: Refusal };

const APPLIED: Outcome = { kind: 'applied' };
const PENDING: Outcome = { kind: 'pending' };

/** What each peer may ask for by radio. A remote has three buttons. */
const ALLOWED: Readonly<Record<Peer, ReadonlySet<Operation>>> = {
  handset: new Set<Operation>([
    'set-temporary-basal',
    'bolus',
    'suspend',
    'resume',
    'set-basal-profile',
    'set-limits',
    'set-remote-enabled',
    'wake-up',
  ]),
  remote: new Set<Operation>(['bolus', 'suspend', 'resume', 'wake-up']),
  gateway: new Set<Operation>(['platform-command']),
  cgm: new Set<Operation>(['glucose-reading']),
  pump: new Set<Operation>(),
};

/** Removes the last bits of binary fractions from what is reported. */
const tidy = (amount: number): number => Math.round(amount * 1e6) / 1e6;

/**
 * An insulin pump: takes commands by radio and from the platform, moves the drive once a minute, and defends itself as far as
 * it is configured to.
 *
 * INVARIANT: whatever bytes arrive, no bolus above `HARD_LIMITS.maxBolus` and no basal above `HARD_LIMITS.maxBasal` is
 * counted as delivered. What firmware pushes beyond the count is in no check of the pump: that is the point of signing it.
 */
export function createInsulinPump(configuration: InsulinPumpConfiguration, ports: InsulinPumpPorts): InsulinPump {
  const { defences } = configuration;
  const link = createLink(
    configuration.link,
    new Set<Operation>(
      defences.lowGlucoseSuspend === true ? ['glucose-reading', 'platform-command'] : ['platform-command'],
    ),
  );
  const platform = createPlatformEnd({
    self: 'pump',
    reporting: configuration.reporting,
    enrolment: configuration.enrolment,
    link,
    ports,
  });
  const delivery = createDelivery({
    increment: configuration.increment ?? DEFAULT_INCREMENT,
    bolusRate: configuration.bolusRate ?? DEFAULT_BOLUS_RATE,
    reservoir: configuration.reservoir ?? DEFAULT_RESERVOIR,
    occlusionVolume: configuration.occlusionVolume ?? DEFAULT_OCCLUSION_VOLUME,
  });
  const battery = createBattery(configuration.battery ?? 100, configuration.batteryDrain ?? DEFAULT_BATTERY_DRAIN);
  const program = createBasalProgram(configuration.basalProfile);
  const hourlyLimit = defences.hourlyLimit === undefined ? undefined : createHourlyLimit(defences.hourlyLimit);
  const therapy = createTherapy({
    delivery,
    program,
    hourlyLimit,
    limits: { maxBolus: configuration.maxBolus, maxBasal: configuration.maxBasal },
  });
  const lowGlucose = defences.lowGlucoseSuspend === true ? createLowGlucoseSuspend() : undefined;
  const confirmations = createConfirmations();
  const retransmissions = createRetransmissions();
  const alarms = createPumpAlarms();

  let firmware: FirmwareContent = configuration.firmware ?? DEFAULT_FIRMWARE;
  let remoteEnabled = configuration.remoteEnabled;
  let refusedFrames = 0;
  let acceptedCommands = 0;
  let signalled: PumpAlarm['condition'] = 'none';

  const isStopped = (): boolean => therapy.isSuspended() || delivery.isOccluded() || delivery.reservoir() <= 0;
  const isLowGlucoseSuspended = (now: Millis): boolean => lowGlucose?.isSuspending(now) ?? false;

  const basalRate = (now: Millis): UnitsPerHour => {
    if (isStopped() || isLowGlucoseSuspended(now)) return 0;
    const rate = Math.min(program.rateAt(now), therapy.limits().maxBasal, HARD_LIMITS.maxBasal);
    if (hourlyLimit === undefined) return rate;
    const safe = program.safeRateAt(now);
    return rate <= safe || hourlyLimit.allows((rate - safe) / 60, delivery.bolusRemaining()) ? rate : safe;
  };

  const currentAlarm = (now: Millis): PumpAlarm =>
    alarms.current(
      {
        reservoir: delivery.reservoir(),
        battery: battery.charge(),
        occluded: delivery.isOccluded(),
        lowGlucoseSuspended: isLowGlucoseSuspended(now),
      },
      now,
    );

  const shownAlarm = (now: Millis): { readonly condition: string; readonly priority: PumpAlarm['priority'] } =>
    firmware.alarmsEnabled ? currentAlarm(now) : { condition: 'none', priority: 'none' };

  const deliveryState = (now: Millis): string => {
    if (delivery.isOccluded()) return 'occluded';
    if (delivery.reservoir() <= 0) return 'empty';
    const isLow = isLowGlucoseSuspended(now) && delivery.bolusRemaining() === 0;
    return therapy.isSuspended() || isLow ? 'suspended' : 'delivering';
  };

  const controlMode = (now: Millis): string => {
    if (program.isSafe(now)) return 'safe-basal';
    return program.hasTemporary(now) ? 'closed-loop' : 'manual';
  };

  const measure = (now: Millis): readonly Measurement[] => {
    const alarm = shownAlarm(now);
    const { maxBolus, maxBasal } = therapy.limits();
    const at = now;
    const entry = (name: string, value: ThingValue): Measurement => ({ name, value, at });
    return [
      entry('basalRate', tidy(basalRate(now))),
      entry('basalDelivered', delivery.basalDelivered()),
      entry('bolusDelivered', delivery.bolusDelivered()),
      entry('lastBolus', delivery.lastBolus()),
      entry('reservoir', delivery.reservoir()),
      entry('battery', Math.round(battery.charge() * 10) / 10),
      entry('deliveryState', deliveryState(now)),
      entry('controlMode', controlMode(now)),
      entry('basalProfile', program.profile()),
      entry('maxBolus', maxBolus),
      entry('maxBasal', maxBasal),
      entry('refusedFrames', refusedFrames),
      entry('acceptedCommands', acceptedCommands),
      entry('firmwareVersion', firmware.version),
      entry('remoteEnabled', remoteEnabled),
      entry('alarmCondition', alarm.condition),
      entry('alarmPriority', alarm.priority),
    ];
  };

  const reports = createReportSchedule(ports, () => {
    const now = ports.now();
    platform.report(measure(now), now);
  });

  const signalAlarm = (now: Millis): void => {
    const { condition, priority } = shownAlarm(now);
    if (condition === signalled) return;
    signalled = condition as PumpAlarm['condition'];
    ports.trace({ kind: 'alarm', condition, priority });
    if (condition !== 'none') ports.notifyPerson?.({ condition, priority });
    reports.request();
  };

  const acknowledge = (frame: LinkFrame, outcome: LinkOutcome): void => {
    battery.drain('perAnswer');
    const { from, request } = frame;
    const payload = encodeOutcome(outcome);
    ports.send('radio', link.encode({ from: 'pump', to: from, operation: 'acknowledge', request, payload }));
  };

  const applied = (action: string, via: 'handset' | 'remote' | 'platform' | 'local', amount?: number): void => {
    if (via !== 'local') acceptedCommands += 1;
    ports.trace({ kind: 'command-applied', action, via, ...(amount === undefined ? {} : { amount }) });
    reports.request();
  };

  const refused = (action: string, reason: Refusal | 'declined' | 'confirmation-expired'): void => {
    ports.trace({ kind: 'command-refused', action, reason });
    if (reason === 'hourly-limit') {
      alarms.raise('hourly-limit', ports.now());
      signalAlarm(ports.now());
    }
  };

  /** Carries out a request for a bolus, or lets the person decide; `settle` is called once she has. */
  const bolus = (units: Units, via: ConfirmationRequest['via'], settle: Settle): Outcome => {
    const reason = therapy.refusalOfBolus(units) ?? (confirmations.isPending() ? 'busy' : undefined);
    if (reason !== undefined) return { kind: 'refused', reason };
    if (units > (defences.confirmRemoteBolusAbove ?? Number.POSITIVE_INFINITY)) {
      const request = confirmations.ask(units, via, settle);
      ports.schedule(CONFIRMATION_TIMER, CONFIRMATION_PERIOD);
      ports.askPerson(request);
      return PENDING;
    }
    therapy.startBolus(units);
    applied('bolus', via, units);
    return APPLIED;
  };

  const settlePending = (pending: PendingBolus, answer: 'confirmed' | 'declined' | 'expired'): void => {
    ports.cancel(CONFIRMATION_TIMER);
    const { units, via } = pending.request;
    // Two minutes have passed: what was acceptable when it was asked for need not be any more.
    const reason = answer === 'confirmed' ? therapy.refusalOfBolus(units) : undefined;
    if (answer === 'confirmed' && reason === undefined) {
      therapy.startBolus(units);
      applied('bolus', via, units);
      pending.settle('applied');
      return;
    }
    if (answer === 'expired') {
      alarms.raise('confirmation-expired', ports.now());
      signalAlarm(ports.now());
    }
    refused('bolus', reason ?? (answer === 'expired' ? 'confirmation-expired' : 'declined'));
    pending.settle(answer === 'expired' ? 'expired' : 'refused');
  };

  const done = (
    action: string,
    via: 'handset' | 'remote' | 'platform',
    refusal?: Refusal,
    amount?: number,
  ): Outcome => {
    if (refusal !== undefined) return { kind: 'refused', reason: refusal };
    applied(action, via, amount);
    return APPLIED;
  };

  const carryOut = (frame: LinkFrame, via: 'handset' | 'remote', now: Millis): Outcome => {
    const { operation, payload } = frame;
    switch (operation) {
      case 'wake-up':
        return APPLIED;
      case 'bolus': {
        const units = decodeBolus(payload);
        if (units === undefined) return { kind: 'refused', reason: 'malformed' };
        return bolus(units, via, (outcome) => {
          retransmissions.remember(frame, outcome, ports.now());
          acknowledge(frame, outcome);
        });
      }
      case 'suspend':
        therapy.suspend();
        return done('suspend', via);
      case 'resume':
        therapy.resume();
        return done('resume', via);
      case 'set-temporary-basal': {
        const basal = decodeTemporaryBasal(payload);
        if (basal === undefined) return { kind: 'refused', reason: 'malformed' };
        return done(operation, via, therapy.setTemporaryBasal(basal.rate, basal.duration, now), basal.rate);
      }
      case 'set-basal-profile': {
        const rates = decodeBasalProfile(payload);
        return done(operation, via, rates === undefined ? 'malformed' : therapy.setBasalProfile(rates));
      }
      case 'set-limits': {
        const limits = decodeLimits(payload);
        return done(operation, via, limits === undefined ? 'malformed' : therapy.setLimits(limits));
      }
      case 'set-remote-enabled': {
        const enabled = decodeSwitch(payload);
        if (enabled === undefined) return { kind: 'refused', reason: 'malformed' };
        remoteEnabled = enabled;
        return done(operation, via);
      }
      case 'glucose-reading':
      case 'report':
      case 'acknowledge':
      case 'platform-command':
      case 'platform-answer':
        return { kind: 'refused', reason: 'not-allowed' };
    }
  };

  const handleRequest = (frame: LinkFrame, via: 'handset' | 'remote', now: Millis): void => {
    const repeated = retransmissions.answerTo(frame, now);
    if (repeated !== undefined) {
      acknowledge(frame, repeated);
      return;
    }
    const outcome = judge(frame, via, now);
    if (outcome.kind === 'refused') refused(frame.operation, outcome.reason);
    retransmissions.remember(frame, outcome.kind, now);
    acknowledge(frame, outcome.kind);
  };

  const judge = (frame: LinkFrame, via: 'handset' | 'remote', now: Millis): Outcome => {
    if (frame.operation === 'wake-up') return APPLIED;
    if (program.isSafe(now)) return { kind: 'refused', reason: 'safe-basal' };
    if (via === 'remote' && !remoteEnabled) return { kind: 'refused', reason: 'remote-disabled' };
    return carryOut(frame, via, now);
  };

  const obey = (command: Command, now: Millis): Outcome => {
    const action = readPumpCommand(command);
    if (action === undefined) return { kind: 'refused', reason: 'malformed' };
    switch (action.kind) {
      case 'bolus':
        return bolus(action.units, 'platform', (outcome) => {
          const settled = outcome === 'applied' ? 'done' : outcome;
          platform.answer({ commandId: command.id, outcome: settled }, ports.now());
        });
      case 'suspend':
        therapy.suspend();
        return done('suspend', 'platform');
      case 'resume':
        therapy.resume();
        program.endFallBack();
        return done('resume', 'platform');
      case 'setTemporaryBasal':
        return done(
          action.kind,
          'platform',
          therapy.setTemporaryBasal(action.rate, action.durationMin, now),
          action.rate,
        );
      case 'setBasalProfile':
        return done(action.kind, 'platform', therapy.setBasalProfile(action.rates));
      case 'fallBackToSafeBasal':
        return done(action.kind, 'platform', therapy.fallBack(action.durationMin, now));
      case 'revokeLink':
        link.revoke(action.peer);
        return done(action.kind, 'platform');
    }
  };

  const refuseFrame = (operation: string, reason: string): void => {
    refusedFrames += 1;
    battery.drain('perRefusal');
    ports.trace({ kind: 'frame-refused', operation, reason });
  };

  const answerCommand = (answer: Answer, now: Millis): void => {
    battery.drain('perAnswer');
    platform.answer(answer, now);
  };

  const handlePlatformCommand = (frame: LinkFrame, now: Millis): void => {
    const received = platform.openCommand(frame.payload, now);
    switch (received.kind) {
      case 'not-for-us':
        return;
      case 'refused':
        refuseFrame(frame.operation, received.reason);
        return;
      case 'expired':
        ports.trace({ kind: 'command-refused', action: received.command.action, reason: 'expired' });
        answerCommand({ commandId: received.command.id, outcome: 'expired' }, now);
        return;
      case 'command': {
        const { id: commandId, action } = received.command;
        ports.trace({ kind: 'frame-accepted', operation: frame.operation });
        const outcome = obey(received.command, now);
        if (outcome.kind === 'refused') {
          refused(action, outcome.reason);
          answerCommand({ commandId, outcome: 'refused', reason: outcome.reason }, now);
        } else if (outcome.kind === 'applied') {
          answerCommand({ commandId, outcome: 'done' }, now);
        }
        return;
      }
    }
  };

  const handleReading = (frame: LinkFrame, now: Millis): void => {
    const reading = decodeGlucoseReading(frame.payload);
    if (reading === undefined || lowGlucose === undefined) return;
    lowGlucose.observe(reading.glucose, now);
    signalAlarm(now);
  };

  const handle = (frame: LinkFrame, now: Millis): void => {
    if (!ALLOWED[frame.from].has(frame.operation)) {
      refused(frame.operation, 'not-allowed');
      return;
    }
    switch (frame.from) {
      case 'handset':
      case 'remote':
        ports.trace({ kind: 'frame-accepted', operation: frame.operation });
        handleRequest(frame, frame.from, now);
        return;
      case 'gateway':
        handlePlatformCommand(frame, now);
        return;
      case 'cgm':
        handleReading(frame, now);
        return;
      case 'pump':
        return;
    }
  };

  const runMinute = (now: Millis): void => {
    battery.drain('perMinute');
    const pulsesBefore = delivery.pulses();
    const bolusBefore = delivery.bolusDelivered();
    if (delivery.isOccluded() || delivery.reservoir() <= 0) delivery.cancelBolus();
    const rate = basalRate(now);
    const pushed = isStopped() ? 0 : delivery.runMinute(rate, firmware.deliveryFactor, now);
    battery.drain('perPulse', delivery.pulses() - pulsesBefore);
    const excess = Math.max(0, rate - program.safeRateAt(now)) / 60;
    hourlyLimit?.recordMinute(delivery.bolusDelivered() - bolusBefore + excess);
    if (pushed > 0) ports.deliver(pushed);
    signalAlarm(now);
  };

  const scheduleMinute = (): void => ports.schedule(MINUTE_TIMER, MINUTE - (ports.now() % MINUTE));

  const switchOn = (): void => {
    if (battery.isEmpty()) return;
    scheduleMinute();
    reports.request();
  };

  return {
    start: switchOn,

    receive(kind, bytes) {
      if (kind !== 'radio' || battery.isEmpty()) return;
      const decoded = link.decode(bytes);
      if (decoded.kind === 'refused') refuseFrame(decoded.operation, decoded.reason);
      else if (decoded.kind === 'frame') handle(decoded.frame, ports.now());
    },

    onTimer(timer) {
      // A pump without power does nothing, not even tell so.
      if (battery.isEmpty()) return;
      if (timer === MINUTE_TIMER) {
        runMinute(ports.now());
        scheduleMinute();
      } else if (timer === REPORT_TIMER) {
        reports.onTimer();
      } else if (timer === CONFIRMATION_TIMER) {
        const pending = confirmations.take();
        if (pending !== undefined) settlePending(pending, 'expired');
      }
    },

    confirm(requestId) {
      const pending = confirmations.take(requestId);
      if (pending !== undefined) settlePending(pending, 'confirmed');
    },
    decline(requestId) {
      const pending = confirmations.take(requestId);
      if (pending !== undefined) settlePending(pending, 'declined');
    },
    occlude: (since) => delivery.occlude(since),
    changeInfusionSet() {
      delivery.clearOcclusion();
      signalAlarm(ports.now());
    },
    replaceReservoir(units) {
      delivery.refill(units);
      signalAlarm(ports.now());
    },
    replaceBattery() {
      battery.replace();
      switchOn();
    },
    resumeAtDevice() {
      therapy.resume();
      program.endFallBack();
      applied('resume', 'local');
    },
    offerFirmware(image) {
      const reason = refusalOfFirmware(image, firmware, defences.verifyFirmware);
      const { version } = image;
      ports.trace({ kind: 'firmware', outcome: reason === undefined ? 'installed' : 'refused', version });
      if (reason !== undefined) return;
      const { deliveryFactor, alarmsEnabled } = image;
      firmware = { version, deliveryFactor, alarmsEnabled };
      reports.request();
    },
    report: () => measure(ports.now()),
  };
}
