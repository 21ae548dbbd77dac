import type { Random } from '#base/random';
import { MINUTE } from '#base/time';
import type { UnitsPerHour } from '#base/units';
import type { CommissionedModel } from '#mirror/twin/commissioned-model';
import type { EstimatorState } from '#mirror/twin/estimator';
import { numberOf, takeUp } from '#mirror/twin/intake';
import { createTwin, HANDSET, INSULIN_PUMP, reportedValue, type Twin } from '#mirror/twin/twin';
import { type HandsetSettings, settingsFor } from '#model/device/handset/settings';
import { rulesOf, surroundingsOf } from '#simulate/exercise/run-ward';
import type { DefenceSet } from '#simulate/exercise/scenario';
import type { WardPatient, WardSpecification } from '#simulate/world/ward';
import type { ForkRequest } from './fork-request.ts';
import { createIdentifiedBody } from './identified-body.ts';

/** A twin that can be forked: it was commissioned and has an estimate. */
export interface KnownTwin {
  readonly twin: Twin;
  readonly model: CommissionedModel;
  readonly present: EstimatorState;
}

/** "1700 over the daily dose is the fall per unit": a dosing rule, for a handset that reports no correction factor. */
const RULE_OF_1700 = 1_700;
/** What a pump is taken to hold that never reported it. */
const DEFAULT_RESERVOIR = 200;
const DEFAULT_BATTERY = 100;

/**
 * The ward of one life: the twin's identified body where its estimate stands, devices as they reported themselves. INVARIANT:
 * keys are drawn from `random` for the fork alone; none of a live device is in it.
 */
export function forkSpecification(
  request: ForkRequest,
  { twin, model, present }: KnownTwin,
  defenceSet: DefenceSet,
  random: Random,
): WardSpecification {
  const { ward, laboratory, meals = [] } = request;
  const pump = twin.reported[INSULIN_PUMP];
  const handset = twin.reported[HANDSET];
  const outstanding = takeUp(twin.intake, pump, handset, present.at, 0);
  const body = createIdentifiedBody(
    { model, estimate: present.estimate, outstandingInsulin: outstanding.insulin },
    random.fork('life'),
  );
  const patient = patientOf(twin, model, body.plant);
  const settings = settingsOf(twin, patient);
  const isRemoteEnabled = reportedValue(twin, INSULIN_PUMP, 'remoteEnabled') ?? ward.remote.enabled;
  const insulinOnBoard = numberOf(handset, 'insulinOnBoard');
  return {
    startsAt: present.at,
    patient,
    plantStepMin: 1,
    sensitivityAt: () => 1,
    meals: meals.map(({ inMin, grams, counted = grams }) => ({
      at: present.at + Math.round(inMin * MINUTE),
      carbohydrates: grams,
      counted: counted > 0 ? counted : undefined,
    })),
    reactions: ward.person,
    fobShare: isRemoteEnabled === true ? ward.remote.shareOfMealBoluses : 0,
    caregiverShare: ward.caregiver?.shareOfMealBoluses ?? 0,
    remoteEnabled: isRemoteEnabled === true,
    pump: {
      reservoirUnits: numberOf(pump, 'reservoir') ?? DEFAULT_RESERVOIR,
      batteryPercent: numberOf(pump, 'battery') ?? DEFAULT_BATTERY,
    },
    controller: settings.mode === 'closed-loop' ? 'pid' : 'basal-bolus',
    settings,
    ...(insulinOnBoard === undefined ? {} : { insulinOnBoard }),
    sensor: body.sense,
    ...surroundingsOf(laboratory, ward, defenceSet),
    rules: rulesOf(defenceSet.platform),
    commissioned: model,
    // Devices count from 0 again and sequences begin anew, so of what is known only the body is taken over.
    twin: { ...createTwin('patient', model), predicted: present },
    random: random.fork('ward'),
  };
}

function patientOf(twin: Twin, model: CommissionedModel, plant: ReturnType<WardPatient['createPlant']>): WardPatient {
  const handset = twin.reported[HANDSET];
  const profile = profileOf(twin, model);
  const totalDailyInsulin = 24 * model.meanInsulinRate;
  const ratio = numberOf(handset, 'carbRatio') ?? model.carbRatio;
  return {
    basalRate: profile.reduce((sum, rate) => sum + rate, 0) / profile.length,
    carbRatio: ratio > 0 ? ratio : RULE_OF_500 / totalDailyInsulin,
    correctionFactor: numberOf(handset, 'correctionFactor') ?? RULE_OF_1700 / totalDailyInsulin,
    totalDailyInsulin,
    createPlant: () => plant,
  };
}

/** "500 over the daily dose is the grams that a unit covers": as in commissioning. */
const RULE_OF_500 = 500;

function settingsOf(twin: Twin, patient: WardPatient): HandsetSettings {
  const mode = reportedValue(twin, HANDSET, 'mode') === 'open-loop' ? 'open-loop' : 'closed-loop';
  const usual = settingsFor(patient, mode);
  const pump = twin.reported[INSULIN_PUMP];
  const handset = twin.reported[HANDSET];
  return {
    ...usual,
    targetGlucose: numberOf(handset, 'targetGlucose') ?? usual.targetGlucose,
    maxInsulinOnBoard: numberOf(handset, 'maxInsulinOnBoard') ?? usual.maxInsulinOnBoard,
    maxBolus: numberOf(pump, 'maxBolus') ?? usual.maxBolus,
    maxBasal: numberOf(pump, 'maxBasal') ?? usual.maxBasal,
    basalProfile: profileOf(twin, twin.commissioned!),
  };
}

const HOURS_PER_DAY = 24;

function profileOf(twin: Twin, model: CommissionedModel): readonly UnitsPerHour[] {
  const reported = reportedValue(twin, INSULIN_PUMP, 'basalProfile');
  for (const profile of [reported, model.basalProfile]) {
    if (Array.isArray(profile) && profile.length === HOURS_PER_DAY) return profile;
  }
  const rate = numberOf(twin.reported[INSULIN_PUMP], 'basalRate') ?? model.meanInsulinRate;
  return Array.from({ length: HOURS_PER_DAY }, () => rate);
}
