import { HOUR, MINUTE, type Millis } from '#base/time';
import type { MgPerDl, Units, UnitsPerHour } from '#base/units';
import type { Measurement } from '#model/thing/message';
import { createGlucoseTrend } from '../glucose-trend.ts';
import { createLink } from '../link/link.ts';
import type { LinkFrame } from '../link/link-codec.ts';
import type { Operation } from '../link/operation.ts';
import {
  decodeGlucoseReading,
  encodeBasalProfile,
  encodeBolus,
  encodeLimits,
  encodeTemporaryBasal,
  HOURS_PER_DAY,
  NO_PAYLOAD,
} from '../link/payload.ts';
import { createPlatformEnd } from '../platform-end.ts';
import { createReportSchedule, REPORT_TIMER } from '../report-schedule.ts';
import { createAlarmSignal } from './alarm-signal.ts';
import { createBasalLedger } from './basal-ledger.ts';
import { mealBolus } from './controller/basal-bolus.ts';
import { createInsulinOnBoard } from './controller/insulin-on-board.ts';
import { pidBasal } from './controller/pid.ts';
import { PUMP_LOST_AFTER, SIGNAL_LOSS_AFTER } from './handset-alarm.ts';
import { HANDSET_THINNING, measureHandset } from './handset-report.ts';
import type { Handset, HandsetConfiguration, HandsetPorts } from './handset-types.ts';
import { type CommandOutcome, createPumpCommands, RETRY_TIMER } from './pump-commands.ts';
import { createReadingCheck, type ReadingJudgement } from './reading-check.ts';
import { type HandsetSettings, MAX_MEAL } from './settings.ts';

/** A temporary basal outlives the loss of a few cycles and no more: without a controller the pump returns to its profile. */
export const TEMPORARY_BASAL_MINUTES = 30;
const SIGNAL_TIMER = 'signal';
const PUMP_TIMER = 'pump';
/** Pumps take rates in steps of 0.05 U/h and boluses in steps of 0.05 U. */
const STEPS_PER_UNIT = 20;
/** The integral of the controller is not fed across gaps longer than this. */
const LONGEST_STEP_MINUTES = 15;

const BROADCASTS: ReadonlySet<Operation> = new Set<Operation>(['glucose-reading', 'platform-command']);

const downToStep = (amount: number): number => Math.floor(amount * STEPS_PER_UNIT + 1e-6) / STEPS_PER_UNIT;

/** The handset: hears readings, runs the controller on each, commands the pump, alarms the person. */
export function createHandset(configuration: HandsetConfiguration, ports: HandsetPorts): Handset {
  const { reporting, totalDailyInsulin } = configuration;
  const link = createLink(configuration.link, BROADCASTS);
  const platform = createPlatformEnd({
    self: 'handset',
    reporting,
    thinning: HANDSET_THINNING,
    access: configuration,
    link,
    ports,
  });
  const commands = createPumpCommands(link, ports);
  const readings = createReadingCheck();
  const trend = createGlucoseTrend();
  const doses = createInsulinOnBoard();
  const basal = createBasalLedger();
  const alarms = createAlarmSignal(ports);

  let settings: HandsetSettings = configuration.settings;
  let clockShift: Millis = 0;
  let tamper: ((glucoseMgPerDl: MgPerDl) => MgPerDl | undefined) | undefined;

  let used: { readonly glucose: MgPerDl; readonly at: Millis } | undefined;
  let alarmGlucose: MgPerDl | undefined;
  let integral = 0;
  let commandedRate: UnitsPerHour | undefined;
  let commandedBolus: Units = 0;
  let announcedCarbohydrates = 0;
  let pumpHeardAt: Millis = 0;
  let refusedFrames = 0;
  let signalLost = false;
  let pumpLost = false;

  /** Of the device: what counts elapsed time. */
  const uptime = (): Millis => ports.now();
  /** Of the day: what stamps doses and reports; the user and malware can set it. */
  const wallClock = (): Millis => ports.now() + clockShift;

  const profileRate = (): UnitsPerHour => settings.basalProfile[Math.floor(wallClock() / HOUR) % HOURS_PER_DAY] ?? 0;

  const measure = (): readonly Measurement[] => {
    const at = wallClock();
    const insulinOnBoard = doses.at(at);
    const alarm = alarms.current();
    const rate = commandedRate ?? profileRate();
    return measureHandset(
      {
        settings,
        used,
        commandedRate: rate,
        commandedBolus,
        announcedCarbohydrates,
        insulinOnBoard,
        pumpHeardAt,
        alarm,
        refusedFrames,
      },
      uptime(),
      at,
    );
  };

  const reports = createReportSchedule(ports, () => platform.report(measure(), wallClock()));

  const signalAlarm = (): void => alarms.update({ glucose: alarmGlucose, signalLost, pumpLost }, uptime());

  const countBasal = (): void => doses.record(basal.settle(uptime(), profileRate()), wallClock());

  const heardPump = (): void => {
    pumpHeardAt = uptime();
    pumpLost = false;
    ports.schedule(PUMP_TIMER, PUMP_LOST_AFTER);
  };

  const commandBasal = (rate: UnitsPerHour): void => {
    commandedRate = rate;
    ports.trace({ kind: 'commanded', action: 'basal', amount: rate });
    const payload = encodeTemporaryBasal({ rate, duration: TEMPORARY_BASAL_MINUTES });
    commands.send('set-temporary-basal', payload, (outcome) => {
      if (outcome === 'applied') {
        countBasal();
        basal.began(rate, uptime() + TEMPORARY_BASAL_MINUTES * MINUTE);
      }
      reports.request();
    });
  };

  const commandBolus = (wanted: Units): void => {
    const units = downToStep(Math.min(wanted, settings.maxBolus));
    if (!(units > 0)) return;
    ports.trace({ kind: 'commanded', action: 'bolus', amount: units });
    commands.send('bolus', encodeBolus(units), (outcome) => {
      settleBolus(units, outcome);
      reports.request();
    });
  };

  /** What the pump refused was not given. What it did not answer may have been given: too much caution is the safe error. */
  const settleBolus = (units: Units, outcome: CommandOutcome): void => {
    if (outcome === 'refused' || outcome === 'expired') return;
    commandedBolus += units;
    doses.record(units, wallClock());
  };

  const runController = (glucose: MgPerDl, elapsed: number): void => {
    countBasal();
    if (settings.mode === 'open-loop') {
      // Asks the pump for a sign of life.
      commands.send('wake-up', NO_PAYLOAD, () => reports.request());
      return;
    }
    const decision = pidBasal(
      {
        glucose,
        slope: trend.slope(),
        insulinOnBoard: doses.at(wallClock()),
        profileRate: profileRate(),
        integral,
        elapsed: Math.min(elapsed, LONGEST_STEP_MINUTES),
        totalDailyInsulin,
      },
      settings,
    );
    integral = decision.integral;
    commandBasal(downToStep(decision.rate));
  };

  const useReading = (glucose: MgPerDl): void => {
    const now = uptime();
    const elapsed = used === undefined ? 0 : (now - used.at) / MINUTE;
    used = { glucose, at: now };
    trend.push(glucose, now);
    ports.trace({ kind: 'reading-used', glucoseMgPerDl: glucose });
    runController(glucose, elapsed);
  };

  const act = (judgement: ReadingJudgement, glucose: MgPerDl): void => {
    switch (judgement.kind) {
      case 'implausible':
        ports.trace({ kind: 'frame-refused', operation: 'glucose-reading', reason: judgement.reason });
        return;
      case 'below-range':
      case 'above-range':
        heardSensor(glucose);
        countBasal();
        // No dose from a number that is not one; but low is low, and basal can only make it worse.
        if (judgement.kind === 'below-range' && settings.mode === 'closed-loop') commandBasal(0);
        else reports.request();
        return;
      case 'usable':
        heardSensor(glucose);
        useReading(glucose);
    }
  };

  const heardSensor = (glucose: MgPerDl): void => {
    alarmGlucose = glucose;
    signalLost = false;
    ports.schedule(SIGNAL_TIMER, SIGNAL_LOSS_AFTER);
    signalAlarm();
  };

  const handleReading = (frame: LinkFrame): void => {
    const reading = decodeGlucoseReading(frame.payload);
    if (reading === undefined) return;
    const glucose = tamper === undefined ? reading.glucose : tamper(reading.glucose);
    if (glucose === undefined) return;
    ports.trace({ kind: 'frame-accepted', operation: frame.operation });
    const rounded = Math.round(glucose);
    act(readings.judge({ glucose: rounded, sensorMinute: reading.sensorMinute }, uptime()), rounded);
  };

  const handlePlatformCommand = (frame: LinkFrame): void => {
    const now = wallClock();
    const received = platform.openCommand(frame.payload, now);
    if (received.kind === 'not-for-us') return;
    if (received.kind === 'refused') {
      refuseFrame(frame.operation, received.reason);
      return;
    }
    const { id: commandId, action, input } = received.command;
    ports.trace({ kind: 'frame-accepted', operation: frame.operation });
    if (received.kind === 'expired') {
      platform.answer({ commandId, outcome: 'expired' }, now);
    } else if (action !== 'alert' || typeof input['text'] !== 'string') {
      ports.trace({ kind: 'command-refused', action, reason: 'malformed' });
      platform.answer({ commandId, outcome: 'refused', reason: 'malformed' }, now);
    } else {
      ports.trace({ kind: 'command-applied', action, via: 'platform' });
      if (!alarms.isSilenced()) ports.notifyPerson({ condition: 'alert', priority: 'high', text: input['text'] });
      platform.answer({ commandId, outcome: 'done' }, now);
    }
  };

  const refuseFrame = (operation: string, reason: string): void => {
    refusedFrames += 1;
    ports.trace({ kind: 'frame-refused', operation, reason });
  };

  const handle = (frame: LinkFrame): void => {
    if (frame.from === 'cgm' && frame.operation === 'glucose-reading') handleReading(frame);
    else if (frame.from === 'pump' && frame.operation === 'acknowledge') {
      heardPump();
      commands.acknowledged(frame);
    } else if (frame.from === 'gateway' && frame.operation === 'platform-command') handlePlatformCommand(frame);
  };

  return {
    start() {
      pumpHeardAt = uptime();
      basal.settle(uptime(), 0);
      doses.record(configuration.insulinOnBoard ?? 0, wallClock());
      ports.schedule(SIGNAL_TIMER, SIGNAL_LOSS_AFTER);
      ports.schedule(PUMP_TIMER, PUMP_LOST_AFTER);
      reports.request();
    },

    receive(kind, bytes) {
      if (kind !== 'radio') return;
      const decoded = link.decode(bytes);
      if (decoded.kind === 'refused') refuseFrame(decoded.operation, decoded.reason);
      else if (decoded.kind === 'frame') handle(decoded.frame);
    },

    onTimer(timer) {
      switch (timer) {
        case RETRY_TIMER:
          commands.onTimer();
          return;
        case REPORT_TIMER:
          reports.onTimer();
          return;
        case SIGNAL_TIMER:
          signalLost = true;
          alarmGlucose = undefined;
          ports.schedule(SIGNAL_TIMER, SIGNAL_LOSS_AFTER);
          signalAlarm();
          return;
        case PUMP_TIMER:
          pumpLost = true;
          ports.schedule(PUMP_TIMER, PUMP_LOST_AFTER);
          signalAlarm();
          return;
      }
    },

    announceMeal(carbohydrates) {
      const grams = Math.min(Math.max(carbohydrates, 0), MAX_MEAL);
      announcedCarbohydrates += grams;
      const isFresh = used !== undefined && uptime() - used.at <= LONGEST_STEP_MINUTES * MINUTE;
      const glucose = isFresh ? used?.glucose : undefined;
      countBasal();
      commandBolus(mealBolus({ carbohydrates: grams, glucose, insulinOnBoard: doses.at(wallClock()) }, settings));
    },
    requestBolus: commandBolus,

    readSettings: () => settings,
    changeSettings(change) {
      const before = settings;
      settings = { ...settings, ...change };
      if (change.basalProfile !== undefined) {
        commands.send('set-basal-profile', encodeBasalProfile(settings.basalProfile), () => reports.request());
      }
      if (settings.maxBolus !== before.maxBolus || settings.maxBasal !== before.maxBasal) {
        commands.send('set-limits', encodeLimits(settings), () => reports.request());
      }
      if (settings.mode === 'open-loop' && before.mode === 'closed-loop') {
        countBasal();
        basal.ended();
        commandedRate = undefined;
        commands.send('set-temporary-basal', encodeTemporaryBasal({ rate: 0, duration: 0 }), () => reports.request());
      }
      reports.request();
    },
    shiftClock(by) {
      clockShift += by;
    },
    tamperReading(by) {
      tamper = by;
    },
    silenceAlarms(silent) {
      alarms.silence(silent);
      signalAlarm();
    },
    report: measure,
    endpointState: () => platform.snapshot(),
  };
}
