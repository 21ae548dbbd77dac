import { MINUTE, type Millis } from '#base/time';
import type { Units } from '#base/units';
import { refusalOfFirmware } from '../firmware.ts';
import { createLink } from '../link/link.ts';
import type { LinkFrame } from '../link/link-codec.ts';
import type { Operation } from '../link/operation.ts';
import { decodeGlucoseReading, encodeOutcome, type LinkOutcome } from '../link/payload.ts';
import { type Answer, createPlatformEnd } from '../platform-end.ts';
import { createReportSchedule, REPORT_TIMER } from '../report-schedule.ts';
import { CONFIRMATION_PERIOD, type InsulinPumpConfiguration } from './configuration.ts';
import { createConfirmations, type PendingBolus } from './confirmation.ts';
import type { ConfirmationRequest, InsulinPump, InsulinPumpPorts } from './insulin-pump-types.ts';
import type { PumpAlarm } from './pump-alarm.ts';
import { createPumpEngine } from './pump-engine.ts';
import { measurePump, PUMP_THINNING } from './pump-report.ts';
import { maySay, type PumpRequest, readPlatformRequest, readRadioRequest, type Via } from './pump-request.ts';
import { createRetransmissions } from './retransmissions.ts';
import type { TherapyRefusal } from './therapy.ts';

const MINUTE_TIMER = 'minute';
const CONFIRMATION_TIMER = 'confirmation';

type Refusal = TherapyRefusal | 'remote-disabled' | 'not-allowed' | 'safe-basal';

/** What became of a request at once; a pending one is settled later. */
type Outcome =
  | { readonly kind: 'applied' }
  | { readonly kind: 'pending' }
  | { readonly kind: 'refused'; readonly reason: Refusal };

type Settle = PendingBolus['settle'];
type RemoteVia = ConfirmationRequest['via'];

const APPLIED: Outcome = { kind: 'applied' };
const PENDING: Outcome = { kind: 'pending' };

const refusedFor = (reason: Refusal): Outcome => ({ kind: 'refused', reason });

const amountOf = (request: PumpRequest): number | undefined => {
  if (request.kind === 'bolus') return request.units;
  return request.kind === 'setTemporaryBasal' ? request.rate : undefined;
};

/**
 * An insulin pump: takes commands by radio and from the platform, moves the drive once a minute, and defends itself as far as
 * it is configured to.
 *
 * INVARIANT: whatever bytes arrive, no bolus above `HARD_LIMITS.maxBolus` and no basal above `HARD_LIMITS.maxBasal` is
 * counted as delivered. What firmware pushes beyond the count is in no check of the pump: that is the point of signing it.
 */
export function createInsulinPump(configuration: InsulinPumpConfiguration, ports: InsulinPumpPorts): InsulinPump {
  const { defences, reporting } = configuration;
  const broadcasts = new Set<Operation>(['platform-command']);
  if (defences.lowGlucoseSuspend === true) broadcasts.add('glucose-reading');
  const link = createLink(configuration.link, broadcasts);
  const platform = createPlatformEnd({
    self: 'pump',
    reporting,
    thinning: PUMP_THINNING,
    access: configuration,
    link,
    ports,
  });
  const engine = createPumpEngine(configuration);
  const { delivery, battery, program, therapy, alarms } = engine;
  const confirmations = createConfirmations();
  const retransmissions = createRetransmissions();

  let remoteEnabled = configuration.remoteEnabled;
  let refusedFrames = 0;
  let acceptedCommands = 0;
  let signalled: PumpAlarm['condition'] = 'none';

  const measure = (now: Millis) => measurePump(engine, { refusedFrames, acceptedCommands, remoteEnabled }, now);

  const reports = createReportSchedule(ports, () => {
    const now = ports.now();
    platform.report(measure(now), now);
  });

  const signalAlarm = (): void => {
    const { condition, priority } = engine.alarm(ports.now());
    if (condition === signalled) return;
    signalled = condition;
    ports.trace({ kind: 'alarm', condition, priority });
    if (condition !== 'none') ports.notifyPerson?.({ condition, priority });
    reports.request();
  };

  const applied = (action: string, via: Via, amount?: number): void => {
    if (via !== 'local') acceptedCommands += 1;
    ports.trace({ kind: 'command-applied', action, via, ...(amount === undefined ? {} : { amount }) });
    reports.request();
  };

  const refused = (action: string, reason: Refusal | 'declined' | 'confirmation-expired'): void => {
    ports.trace({ kind: 'command-refused', action, reason });
    if (reason !== 'hourly-limit' && reason !== 'confirmation-expired') return;
    alarms.raise(reason, ports.now());
    signalAlarm();
  };

  /** Starts a bolus, or asks the person first; `settle` is called once she has answered. */
  const requestBolus = (units: Units, via: RemoteVia, settle: Settle): Outcome => {
    const reason = therapy.refusalOfBolus(units) ?? (confirmations.isPending() ? 'busy' : undefined);
    if (reason !== undefined) return refusedFor(reason);
    if (units <= (defences.confirmRemoteBolusAbove ?? Number.POSITIVE_INFINITY)) {
      therapy.startBolus(units);
      return APPLIED;
    }
    const request = confirmations.ask(units, via, settle);
    ports.schedule(CONFIRMATION_TIMER, CONFIRMATION_PERIOD);
    ports.askPerson(request);
    return PENDING;
  };

  const settleBolus = (pending: PendingBolus | undefined, answer: 'confirmed' | 'declined' | 'expired'): void => {
    if (pending === undefined) return;
    ports.cancel(CONFIRMATION_TIMER);
    const { units, via } = pending.request;
    // Time has passed: what was acceptable when it was asked for need not be any more.
    const reason = answer === 'confirmed' ? therapy.refusalOfBolus(units) : undefined;
    if (answer === 'confirmed' && reason === undefined) {
      therapy.startBolus(units);
      applied('bolus', via, units);
      pending.settle('applied');
      return;
    }
    refused('bolus', reason ?? (answer === 'expired' ? 'confirmation-expired' : 'declined'));
    pending.settle(answer === 'expired' ? 'expired' : 'refused');
  };

  const change = (request: PumpRequest, via: RemoteVia, now: Millis, settle: Settle): Outcome => {
    const judged = (reason: TherapyRefusal | undefined): Outcome =>
      reason === undefined ? APPLIED : refusedFor(reason);
    switch (request.kind) {
      case 'wakeUp':
        return APPLIED;
      case 'bolus':
        return requestBolus(request.units, via, settle);
      case 'suspend':
        therapy.suspend();
        return APPLIED;
      case 'resume':
        therapy.resume();
        if (via === 'platform') program.endFallBack();
        return APPLIED;
      case 'setTemporaryBasal':
        return judged(therapy.setTemporaryBasal(request.rate, request.durationMin, now));
      case 'setBasalProfile':
        return judged(therapy.setBasalProfile(request.rates));
      case 'setLimits':
        return judged(therapy.setLimits(request.limits));
      case 'setRemoteEnabled':
        remoteEnabled = request.enabled;
        return APPLIED;
      case 'fallBackToSafeBasal':
        return judged(therapy.fallBack(request.durationMin, now));
      case 'revokeLink':
        link.revoke(request.peer);
        return APPLIED;
    }
  };

  const perform = (request: PumpRequest, via: RemoteVia, now: Millis, settle: Settle): Outcome => {
    const outcome = change(request, via, now, settle);
    if (outcome.kind === 'applied' && request.kind !== 'wakeUp') applied(request.kind, via, amountOf(request));
    return outcome;
  };

  const acknowledge = (frame: LinkFrame, outcome: LinkOutcome): void => {
    retransmissions.remember(frame, outcome, ports.now());
    battery.drain('perAnswer');
    const { from, request } = frame;
    const payload = encodeOutcome(outcome);
    ports.send('radio', link.encode({ from: 'pump', to: from, operation: 'acknowledge', request, payload }));
  };

  const judgeRadioRequest = (frame: LinkFrame, via: 'handset' | 'remote', now: Millis): Outcome => {
    const request = readRadioRequest(frame);
    if (request === undefined) return refusedFor('malformed');
    if (request.kind !== 'wakeUp') {
      if (program.isSafe(now)) return refusedFor('safe-basal');
      if (via === 'remote' && !remoteEnabled) return refusedFor('remote-disabled');
    }
    return perform(request, via, now, (outcome) => acknowledge(frame, outcome));
  };

  const handleRadioRequest = (frame: LinkFrame, via: 'handset' | 'remote', now: Millis): void => {
    ports.trace({ kind: 'frame-accepted', operation: frame.operation });
    const repeated = retransmissions.answerTo(frame, now);
    if (repeated !== undefined) {
      acknowledge(frame, repeated);
      return;
    }
    const outcome = judgeRadioRequest(frame, via, now);
    if (outcome.kind === 'refused') refused(frame.operation, outcome.reason);
    acknowledge(frame, outcome.kind);
  };

  const refuseFrame = (operation: string, reason: string): void => {
    refusedFrames += 1;
    battery.drain('perRefusal');
    ports.trace({ kind: 'frame-refused', operation, reason });
  };

  const answer = (content: Answer): void => {
    battery.drain('perAnswer');
    platform.answer(content, ports.now());
  };

  const handlePlatformCommand = (frame: LinkFrame, now: Millis): void => {
    const received = platform.openCommand(frame.payload, now);
    if (received.kind === 'not-for-us') return;
    if (received.kind === 'refused') {
      refuseFrame(frame.operation, received.reason);
      return;
    }
    ports.trace({ kind: 'frame-accepted', operation: frame.operation });
    const { command } = received;
    const commandId = command.id;
    if (received.kind === 'expired') {
      ports.trace({ kind: 'command-refused', action: command.action, reason: 'expired' });
      answer({ commandId, outcome: 'expired' });
      return;
    }
    const request = readPlatformRequest(command);
    const settle: Settle = (outcome) => answer({ commandId, outcome: outcome === 'applied' ? 'done' : outcome });
    const outcome = request === undefined ? refusedFor('malformed') : perform(request, 'platform', now, settle);
    if (outcome.kind === 'applied') answer({ commandId, outcome: 'done' });
    if (outcome.kind !== 'refused') return;
    refused(command.action, outcome.reason);
    answer({ commandId, outcome: 'refused', reason: outcome.reason });
  };

  const handleReading = (frame: LinkFrame, now: Millis): void => {
    const reading = decodeGlucoseReading(frame.payload);
    if (reading === undefined) return;
    ports.trace({ kind: 'frame-accepted', operation: frame.operation });
    const changed = engine.observeGlucose(reading.glucose, now);
    if (changed === undefined) return;
    applied(changed === 'suspended' ? 'lowGlucoseSuspend' : 'lowGlucoseResume', 'local');
    signalAlarm();
  };

  const handle = (frame: LinkFrame, now: Millis): void => {
    if (!maySay(frame.from, frame.operation)) {
      refused(frame.operation, 'not-allowed');
      return;
    }
    switch (frame.from) {
      case 'handset':
      case 'remote':
        handleRadioRequest(frame, frame.from, now);
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

  const runMinute = (): void => {
    const pushed = engine.runMinute(ports.now());
    if (pushed > 0) ports.deliver(pushed);
    signalAlarm();
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
        runMinute();
        scheduleMinute();
      } else if (timer === REPORT_TIMER) reports.onTimer();
      else if (timer === CONFIRMATION_TIMER) settleBolus(confirmations.take(), 'expired');
    },

    confirm: (requestId) => settleBolus(confirmations.take(requestId), 'confirmed'),
    decline: (requestId) => settleBolus(confirmations.take(requestId), 'declined'),
    occlude: (since) => delivery.occlude(since),
    changeInfusionSet() {
      delivery.clearOcclusion();
      signalAlarm();
    },
    replaceReservoir(units) {
      delivery.refill(units);
      signalAlarm();
    },
    replaceBattery() {
      battery.replace();
      switchOn();
    },
    bolusAtDevice(units) {
      const reason = therapy.refusalOfBolus(units);
      if (reason !== undefined) {
        ports.trace({ kind: 'command-refused', action: 'bolus', reason });
        return;
      }
      therapy.startBolus(units);
      applied('bolus', 'local', units);
    },
    resumeAtDevice() {
      therapy.resume();
      program.endFallBack();
      applied('resume', 'local');
    },
    offerFirmware(image) {
      const reason = refusalOfFirmware(image, engine.firmware(), defences.verifyFirmware);
      const { version, deliveryFactor, alarmsEnabled } = image;
      ports.trace({ kind: 'firmware', outcome: reason === undefined ? 'installed' : 'refused', version });
      if (reason !== undefined) return;
      engine.install({ version, deliveryFactor, alarmsEnabled });
      reports.request();
    },
    report: () => measure(ports.now()),
    endpointState: () => platform.snapshot(),
  };
}
