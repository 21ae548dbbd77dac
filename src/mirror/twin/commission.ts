import { Fault } from '#base/fault';
import { DAY, MINUTE } from '#base/time';
import type { DeviceMessage } from '#mirror/channel/device-message';
import { calibrateBands } from './calibrate-bands.ts';
import { calibrateRisk } from './calibrate-risk.ts';
import { collectSamples } from './collect-samples.ts';
import type { CommissionedModel } from './commissioned-model.ts';
import { identifyParameters } from './identify.ts';
import { identifyVariances } from './identify-variances.ts';
import { tuneThresholds } from './tune-thresholds.ts';

/** Fewer readings than one day's say too little of a person. */
const FEWEST_READINGS = 200;
/** The part of the period that identifies the model; the rest, which the model has not seen, tunes the thresholds. */
const IDENTIFYING_SHARE = 0.6;

/** Grams covered by a unit are 500 over the daily dose: a dosing rule, for a handset that reports no ratio. */
const RULE_OF_500 = 500;

/**
 * Identifies a model from an attack-free period of messages, in the order received. Deterministic and bounded. At least a day
 * of readings; three days and more make a good model.
 * @throws Fault `commission.too-few-readings`, `commission.no-insulin`
 */
export function commission(messages: Iterable<DeviceMessage>): CommissionedModel {
  const kept = [...messages];
  const collected = collectSamples(kept);
  const { samples } = collected;
  const first = samples[0];
  const last = samples.at(-1);
  if (first === undefined || last === undefined || samples.length < FEWEST_READINGS) {
    throw new Fault(
      'commission.too-few-readings',
      `commissioning: \`${samples.length}\` glucose readings, need at least \`${FEWEST_READINGS}\`: wait for more`,
      { readings: samples.length },
    );
  }
  const meanInsulinRate = (collected.insulin / (last.at - first.at)) * (DAY / 24);
  if (!(meanInsulinRate > 0)) {
    throw new Fault(
      'commission.no-insulin',
      'commissioning: the pump reported no insulin: check that it reports delivery',
    );
  }
  const identifying = samples.slice(0, Math.ceil(samples.length * IDENTIFYING_SHARE));
  const parameters = identifyParameters(identifying, {
    meanInsulinRate,
    meanGlucose: identifying.reduce((sum, sample) => sum + sample.glucose!, 0) / identifying.length,
    meanCarbohydrates: collected.carbohydrates / ((last.at - first.at) / MINUTE),
    carbRatio: collected.carbRatio > 0 ? collected.carbRatio : RULE_OF_500 / (24 * meanInsulinRate),
  });
  const variances = identifyVariances(identifying, parameters, meanInsulinRate);
  const model: CommissionedModel = {
    kind: 'CommissionedModel',
    parameters,
    variances,
    thresholds: tuneThresholds(samples, identifying.length, { parameters, variances, meanInsulinRate }),
    basalProfile: collected.basalProfile,
    carbRatio: collected.carbRatio,
    meanInsulinRate,
    period: { from: first.at, to: last.at },
    readings: samples.length,
    identifiedFrom: collected.digest,
  };
  const bands = calibrateBands(kept, model);
  const risk = calibrateRisk(kept, model);
  return { ...model, ...(bands === undefined ? {} : { bands }), ...(risk === undefined ? {} : { risk }) };
}
