import type { Rule } from './rule.ts';
import { alarmInconsistency } from './rules/alarm-inconsistency.ts';
import { authenticityFailure } from './rules/authenticity-failure.ts';
import { batteryDrain } from './rules/battery-drain.ts';
import { clockDrift } from './rules/clock-drift.ts';
import { divergence } from './rules/divergence.ts';
import { flatLine } from './rules/flat-line.ts';
import { glucosePlausibility } from './rules/glucose-plausibility.ts';
import { historyTampering } from './rules/history-tampering.ts';
import { insulinReconciliation } from './rules/insulin-reconciliation.ts';
import { remoteCommandPattern } from './rules/remote-command-pattern.ts';
import { sequence } from './rules/sequence.ts';
import { signalReplay } from './rules/signal-replay.ts';
import { silence } from './rules/silence.ts';
import { therapyParameterDrift } from './rules/therapy-parameter-drift.ts';
import { timing } from './rules/timing.ts';
import { unexplainedInsulinEffect } from './rules/unexplained-insulin-effect.ts';

/** Every rule of the monitor, by its id. */
export const RULES: ReadonlyMap<string, Rule> = new Map(
  [
    authenticityFailure,
    sequence,
    timing,
    silence,
    glucosePlausibility,
    flatLine,
    signalReplay,
    insulinReconciliation,
    divergence,
    unexplainedInsulinEffect,
    therapyParameterDrift,
    alarmInconsistency,
    clockDrift,
    batteryDrain,
    remoteCommandPattern,
    historyTampering,
  ].map((rule) => [rule.id, rule as Rule]),
);
