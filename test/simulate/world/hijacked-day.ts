import { MINUTE } from '#base/time';
import type { MgPerDl, Minutes } from '#base/units';
import type { ParameterValues } from '#simulate/attack/technique';
import { TECHNIQUES } from '#simulate/attack/technique-table';
import { FIRST_MIDNIGHT } from '#simulate/exercise/run-ward';
import { REFERENCE_MEALS } from '../../model/physiology/basal-bolus-day.ts';
import { laboratory, quietWard, startWard } from '../exercise/laboratory-bench.ts';

/** A row of the reference set, done by a technique of ours instead of by writing into the plant's input. */
export interface Hijack {
  readonly durationMin: Minutes;
  readonly technique: string;
  readonly parameters: (basalRate: number) => ParameterValues;
  readonly atMinute: Minutes;
  /** The technique ends then, and a caregiver lets the pump go on. */
  readonly endsAtMinute?: Minutes;
  readonly meals?: true;
}

const bolus = (units: number): Hijack => ({
  durationMin: 720,
  technique: 'injected-bolus',
  parameters: () => ({ units }),
  // Forged as soon as the serial number was overheard, a few seconds later.
  atMinute: 60,
});

export const HIJACKS: Readonly<Record<string, Hijack>> = {
  bolus_2U_t60_fasting_12h: bolus(2),
  bolus_5U_t60_fasting_12h: bolus(5),
  bolus_10U_t60_fasting_12h: bolus(10),
  bolus_25U_t60_fasting_12h: bolus(25),
  suspend_t60_8h: {
    durationMin: 600,
    technique: 'injected-suspend',
    parameters: () => ({}),
    atMinute: 60,
    endsAtMinute: 540,
  },
  basal_x2_24h: {
    durationMin: 1_440,
    technique: 'basal-profile-tampered',
    parameters: (basalRate) => ({ rate: 2 * basalRate, blocksTemporaryBasal: false }),
    atMinute: 0,
  },
  bolus_doubled_3meals_24h: {
    durationMin: 1_440,
    technique: 'carb-ratio-tampered',
    parameters: () => ({ carbRatioFactor: 0.5 }),
    atMinute: 0,
    meals: true,
  },
  bolus_blocked_3meals_24h: {
    durationMin: 1_440,
    technique: 'command-blocked',
    parameters: () => ({ commands: 'bolus' }),
    atMinute: 0,
    meals: true,
  },
};

/** Interstitial glucose of every minute, the start included, of a person whose pump was hijacked through its radio. */
export function hijackedDay(patientId: string, hijack: Hijack): readonly MgPerDl[] {
  const { durationMin, parameters, atMinute, endsAtMinute } = hijack;
  const technique = TECHNIQUES.get(hijack.technique)!;
  const patient = laboratory.patientOf(patientId);
  const meals = hijack.meals === true ? REFERENCE_MEALS : [];
  const ward = startWard({
    ward: quietWard('basal-bolus-home', { plantStepMin: 0.5 }),
    patient: patientId,
    campaign: {
      positions: [technique.position],
      steps: [
        {
          id: 'hijack',
          technique: technique.id,
          parameters: parameters(patient.basalRate),
          start: { kind: 'at', minute: atMinute },
          ...(endsAtMinute === undefined ? {} : { durationMin: endsAtMinute - atMinute }),
        },
      ],
    },
    change: {
      // The reference has no circadian rhythm.
      sensitivityAt: () => 1,
      meals: meals.map(({ minute, grams }) => ({
        at: FIRST_MIDNIGHT + minute * MINUTE,
        carbohydrates: grams,
        counted: grams,
      })),
    },
  });
  // The reference gives no corrections: the owner of this handset has set it so that it gives none that matter.
  ward.points['on-handset'].changeSettings({ correctionFactor: 1e6 });
  const glucose = [ward.body.interstitialGlucose];
  for (let minute = 1; minute <= durationMin; minute += 1) {
    ward.until(minute);
    if (minute === endsAtMinute) {
      ward.points['platform-account'].requestCommand({ thing: 'pump', action: 'resume', input: {} });
    }
    glucose.push(ward.body.interstitialGlucose);
  }
  return glucose;
}
