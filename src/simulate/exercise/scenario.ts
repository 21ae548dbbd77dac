import type { Fraction, Minutes, Percent, Units } from '#base/units';
import type { Severity } from '#model/hazard/severity';
import type { Campaign } from '#simulate/attack/campaign-step';

/** One file of `catalog/scenarios`: a campaign against a ward, and what is claimed to come of it. */
export interface Scenario {
  /** Kebab-case, the name of the file. */
  readonly id: string;
  readonly title: string;
  readonly description: string;
  readonly standsFor: readonly Source[];
  /** Id of a ward. */
  readonly ward: string;
  /** What is different in this ward, where a whole ward file would say too little new. */
  readonly wardOverrides?: WardOverrides;
  /** Length of the run from the ward's `startMinute` on. */
  readonly horizonMin: Minutes;
  readonly objective: Objective;
  /** Whether the adversary's success shows in the therapy or only in what is seen of it. */
  readonly effect: 'therapy' | 'view';
  readonly campaign: Campaign;
  /** Ids of patients; those of the suite if not stated. */
  readonly patients?: readonly string[];
  /** Least severity of the attacked run that counts as harmed; `serious` if not stated. */
  readonly harmAtLeast?: Severity;
  /** What this scenario cannot show, and what no defence here can do about it. */
  readonly limits?: string;
  /** By id of a defence set. */
  readonly criteria: Readonly<Record<string, readonly Criterion[]>>;
}

/** The advisory, paper or standard that something stands for. */
export interface Source {
  readonly text: string;
  readonly cve?: readonly string[];
}

export type Objective =
  | 'hypoglycaemia'
  | 'hyperglycaemia'
  | 'loss-of-therapy'
  | 'loss-of-view'
  | 'manipulation-of-view'
  | 'loss-of-alarm';

/** A claim about a proportion of the runs: it holds for at least, or at most, `bound` of them. */
export type Criterion = {
  readonly relation: 'at-least' | 'at-most';
  readonly bound: Fraction;
  /** The claim as a sentence; generated from the rest if not stated. */
  readonly text?: string;
} & CriterionMetric;

export type CriterionMetric =
  | {
      readonly metric: /** Harm of the attacked run is worse than its baseline's and at least `harmAtLeast`. */
        | 'harmed'
        /** The adversary never had an effect on what the scenario aims at (therapy or view). */
        | 'prevented'
        /** A true finding was raised. */
        | 'detected'
        /** A true finding was raised no later than the first hazardous situation, or there was none. */
        | 'detectedBeforeHarm'
        /** Of the runs with an effect on therapy, those in which it was ended while the adversary still tried. */
        | 'contained'
        /** Of the runs with an effect on therapy, those back to the baseline's therapy within its bound. */
        | 'recovered'
        /** The platform lost its view of the patient, or was shown a false one. */
        | 'viewLost';
    }
  | {
      /** A true finding was raised within `withinMin` of the first adversarial act. */
      readonly metric: 'detectedWithin';
      readonly withinMin: Minutes;
    };

/** One file of `catalog/suites`: which scenarios are exercised, how often, and at what confidence. */
export interface Suite {
  readonly id: string;
  readonly title: string;
  readonly description: string;
  /** `all` of the catalog, or ids. */
  readonly scenarios: 'all' | readonly string[];
  /** Ids of defence sets, in the order of the report. */
  readonly defenceSets: readonly string[];
  readonly patients: readonly string[];
  readonly seed: number;
  /** Runs after which the criteria are looked at, cumulative and rising; a run is one patient with one seed. */
  readonly looks: readonly number[];
  /** Of every interval and verdict, over all looks together. */
  readonly confidence: Fraction;
  /** How the looks share the permitted error, together 1; equally if not stated. */
  readonly errorShares?: readonly Fraction[];
}

/** One file of `catalog/defences`: what is switched on. */
export interface DefenceSet {
  readonly id: string;
  readonly title: string;
  readonly description: string;
  readonly device: DeviceDefences;
  readonly platform: PlatformDefences;
}

export interface DeviceDefences {
  /** Frames of the body-area radio are encrypted and authenticated. */
  readonly linkAuthentication: boolean;
  /** Receivers refuse a counter that they have seen. */
  readonly antiReplay: boolean;
  /** The pump limits the insulin of any sliding hour. */
  readonly hourlyInsulinLimit: boolean;
  /** A large bolus that was asked for from afar waits for the person at the pump. */
  readonly confirmRemoteBolus: boolean;
  /** The pump installs only what its maker signed. */
  readonly firmwareSignature: boolean;
  /** The pump itself suspends basal insulin on low glucose. */
  readonly lowGlucoseSuspend: boolean;
  /** Each device seals its own reports; the gateway only passes them on. */
  readonly deviceSignedTelemetry: boolean;
}

export interface PlatformDefences {
  /** `all` rules of the monitor, or the ids of some; with none of them nothing is ever found. */
  readonly monitor: 'all' | readonly string[];
  readonly guard: 'standard' | 'open';
  /** Whether a declared incident starts its playbook. */
  readonly containment: boolean;
}

/** One file of `catalog/wards`: a person with devices around them, and how they live. */
export interface Ward {
  readonly id: string;
  readonly title: string;
  readonly description: string;
  readonly controller: 'pid' | 'basal-bolus';
  /** Minute of the simulated day at which a run begins. */
  readonly startMinute: Minutes;
  /** Integration step of the patient model. */
  readonly plantStepMin: Minutes;
  readonly radio: WardRadio;
  readonly uplink: WardUplink;
  readonly sensor: 'exact' | 'breton-2008' | 'vettoretti-2019';
  readonly pump: WardPump;
  readonly remote: WardRemote;
  readonly caregiver?: WardCaregiver;
  readonly life: WardLife;
  readonly person: WardPerson;
}

export type WardOverrides = {
  readonly [Part in keyof Omit<Ward, 'id' | 'title' | 'description'>]?: Ward[Part] extends object
    ? Partial<Ward[Part]>
    : Ward[Part];
};

export interface WardRadio {
  /** Probability that one receiver misses one frame. */
  readonly loss: Fraction;
  readonly latencyMs: number;
  /** Added to the latency, uniform from 0. */
  readonly jitterMs: number;
}

export interface WardUplink {
  readonly latencyMs: number;
  readonly jitterMs: number;
}

/** How the pump is filled when a run begins. */
export interface WardPump {
  readonly batteryPercent: Percent;
  readonly reservoirUnits: Units;
}

/** The key fob that speaks to the pump. */
export interface WardRemote {
  /** Whether the user enabled it on the pump: off as shipped. */
  readonly enabled: boolean;
  /** Share of the announced meals whose bolus is given by the fob. */
  readonly shareOfMealBoluses: Fraction;
}

/** Somebody who helps from afar, with an account of the platform. */
export interface WardCaregiver {
  /** Share of the announced meals whose bolus is asked for through the platform. */
  readonly shareOfMealBoluses: Fraction;
}

export interface WardLife {
  readonly meals: readonly WardMeal[];
  /** Coefficient of variation of the person's carbohydrate counting. */
  readonly countingErrorCv: Fraction;
  /** Probability that a meal is not announced. */
  readonly unannounced: Fraction;
  /** Coefficient of variation of insulin sensitivity from day to day. */
  readonly sensitivityCv: Fraction;
}

export interface WardMeal {
  readonly atMinute: Minutes;
  readonly carbohydratesG: number;
  /** Standard deviation of its time. */
  readonly timeSdMin: Minutes;
  /** Coefficient of variation of its size. */
  readonly sizeCv: Fraction;
}

/** What the person does about an alarm and a question of the pump. Sources stand in the ward's file. */
export interface WardPerson {
  /** Minutes of the day; sleep passes midnight when `sleepFromMinute` is the greater. */
  readonly sleepFromMinute: Minutes;
  readonly sleepToMinute: Minutes;
  /** Probability that an alarm event (alarms at most 30 min apart) is answered at all. */
  readonly answersAwake: Fraction;
  readonly answersAsleep: Fraction;
  /** From the alarm to the answer. */
  readonly answerDelayMin: Minutes;
  /** Fast carbohydrate eaten on a low-glucose alarm. */
  readonly rescueCarbohydratesG: number;
  /** Probability that a person who is asked about a bolus they did not want declines it. */
  readonly declinesUnwanted: Fraction;
}
