import assert from 'node:assert/strict';
import { test } from 'node:test';
import { catalogRoot } from '#edge/catalog/catalog-directory';
import { readHovorka2004Population } from '#edge/catalog/patients';
import { readCatalogFile } from '#edge/catalog/read-catalog-file';
import { readVectors } from '../vectors/read-vectors.ts';

interface Subjects {
  readonly subjects: readonly {
    readonly id: string;
    readonly settings: Readonly<Record<string, number>>;
    readonly parameters: Readonly<Record<string, number>>;
  }[];
}

/** In the order of the columns of the published table. */
const SETTINGS = ['ageYears', 'carbRatio', 'correctionFactor', 'totalDailyInsulin'];
const PARAMETERS =
  'BW kabs kmax kmin b d f Vg k1 k2 kp1 kp2 kp3 ki Fsnc Vm0 Vmx Km0 p2u ke1 ke2 Vi Ib m1 m2 m4 m30 kd ka1 ka2 ksc u2ss Gpb Gtb Ipb Ilb isc1ss isc2ss'.split(
    ' ',
  );

test('the 30 subjects of UVA/Padova 2008 are the published ones, in every number', () => {
  const path = `${catalogRoot}/patients/uva-padova-2008.yaml`;
  const { subjects } = readCatalogFile<Subjects>(path, 'patients-uva-padova-2008');
  const published = readVectors('uva-padova-2008-subjects.csv');
  assert.equal(published.length, 30);
  const names = [...SETTINGS, ...PARAMETERS];
  assert.deepEqual(
    subjects.map(({ id, settings, parameters }) => ({ id, ...settings, ...parameters })),
    published.map(([id, ...values]) => ({
      id,
      ...Object.fromEntries(names.map((name, index) => [name, Number(values[index])])),
    })),
  );
});

/** Mean and spread of each parameter as published, and where this project cuts the distribution. */
const HOVORKA: Readonly<Record<string, object>> = {
  BW: { kind: 'uniform', low: 65, high: 95 },
  EGP0: { kind: 'normal', mean: 0.0161, sd: 0.0039, low: 0.0083, high: 0.0239 },
  F01: { kind: 'normal', mean: 0.0097, sd: 0.0022, low: 0.0053, high: 0.0141 },
  k12: { kind: 'normal', mean: 0.0649, sd: 0.0282, low: 0.01, high: 0.1213 },
  ka1: { kind: 'normal', mean: 0.0055, sd: 0.0056, low: 0.001, high: 0.0167 },
  ka2: { kind: 'normal', mean: 0.0683, sd: 0.0507, low: 0.01, high: 0.1697 },
  ka3: { kind: 'normal', mean: 0.0304, sd: 0.0235, low: 0.005, high: 0.0774 },
  SIT: { kind: 'normal', mean: 51.2e-4, sd: 32.09e-4, low: 5e-4, high: 115.38e-4 },
  SID: { kind: 'normal', mean: 8.2e-4, sd: 7.84e-4, low: 1e-4, high: 23.88e-4 },
  SIE: { kind: 'normal', mean: 520e-4, sd: 306.2e-4, low: 50e-4, high: 1132.4e-4 },
  ke: { kind: 'normal', mean: 0.14, sd: 0.035, low: 0.07, high: 0.21 },
  VI: { kind: 'normal', mean: 0.12, sd: 0.012, low: 0.096, high: 0.144 },
  VG: { kind: 'exponential-normal', mean: 1.16, sd: 0.23, low: 0.1, high: 0.25 },
  tmaxI: { kind: 'reciprocal-normal', mean: 0.018, sd: 0.0045, low: 37, high: 111 },
  tmaxG: { kind: 'log-normal', mean: 3.689, sd: 0.25, low: 24, high: 66 },
  AG: { kind: 'uniform', low: 0.7, high: 1.2 },
  kaInt: { kind: 'fixed', value: 0.073 },
};

test('the distributions of Hovorka 2004 are the published ones, cut where the catalog says', () => {
  const { distributions, therapy, fastingGlucose } = readHovorka2004Population();
  const told = ['unit', 'meaning'];
  const numbers = Object.entries(distributions).map(([name, distribution]) => [
    name,
    Object.fromEntries(Object.entries(distribution).filter(([member]) => !told.includes(member))),
  ]);
  assert.deepEqual(Object.fromEntries(numbers), HOVORKA);
  assert.equal(fastingGlucose, 120);
  assert.deepEqual(therapy, { basalRate: [0.25, 2.5], carbRatio: [3, 30], correctionFactor: [8, 120] });
});
