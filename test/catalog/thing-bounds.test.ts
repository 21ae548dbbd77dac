import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { catalogRoot } from '#edge/catalog/catalog-directory';
import { loadThingModels } from '#edge/catalog/laboratory';
import { readCatalogFile } from '#edge/catalog/read-catalog-file';
import { type ValueSchema, violationOf, violationsOfInput } from '#model/thing/thing-model';

/** The least and the most, and by how little less or more is too much. */
type Bounds = readonly [number, number, number];
/** The words that are allowed, or the most characters. */
type Row = Bounds | readonly string[] | 'boolean' | { readonly characters: number } | { readonly rates: Bounds };

const COUNT: Bounds = [0, Number.MAX_SAFE_INTEGER, 1];
const PERCENT: Bounds = [0, 100, 0.01];
const AGE: Bounds = [0, 100_000_000, 1];
const TOTAL: Bounds = [0, 1_000_000, 0.01];
const RATE: Bounds = [0, 35, 0.01];
const DOSE: Bounds = [0, 25, 0.01];

const PROPERTIES: Readonly<Record<string, Readonly<Record<string, Row>>>> = {
  'glucose-monitor': { glucose: [39, 401, 1], sensorAge: [0, 1_000_000, 1], battery: PERCENT },
  gateway: { uptime: AGE, relayed: COUNT },
  handset: {
    glucoseUsed: [40, 400, 1],
    glucoseUsedAge: AGE,
    commandedBasalRate: RATE,
    commandedBolus: TOTAL,
    announcedCarbohydrates: TOTAL,
    insulinOnBoard: [-200, 200, 0.01],
    carbRatio: [0.1, 500, 0.01],
    correctionFactor: [0.1, 1_000, 0.01],
    targetGlucose: [40, 400, 0.01],
    maxInsulinOnBoard: [0, 1_000, 0.01],
    mode: ['closed-loop', 'open-loop'],
    pumpContactAge: AGE,
    alarmCondition: ['none', 'low-glucose', 'urgent-low-glucose', 'high-glucose', 'signal-loss', 'pump-lost'],
    refusedFrames: COUNT,
  },
  'insulin-pump': {
    basalRate: RATE,
    basalDelivered: TOTAL,
    bolusDelivered: TOTAL,
    lastBolus: DOSE,
    reservoir: [0, 500, 0.01],
    battery: PERCENT,
    deliveryState: ['delivering', 'suspended', 'occluded', 'empty'],
    controlMode: ['manual', 'closed-loop', 'safe-basal'],
    basalProfile: { rates: RATE },
    maxBolus: DOSE,
    maxBasal: RATE,
    refusedFrames: COUNT,
    acceptedCommands: COUNT,
    firmwareVersion: { characters: 16 },
    remoteEnabled: 'boolean',
    alarmCondition: [
      'none',
      'low-reservoir',
      'empty',
      'battery-low',
      'occlusion',
      'low-glucose-suspend',
      'hourly-limit',
      'confirmation-expired',
    ],
    alarmPriority: ['none', 'low', 'medium', 'high'],
  },
};

/** Every field is required. */
const ACTIONS: Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, Row>>>>>> = {
  'glucose-monitor': {},
  gateway: {},
  handset: { alert: { text: { characters: 200 } } },
  'insulin-pump': {
    bolus: { units: [0.05, 25, 0.01] },
    suspend: {},
    resume: {},
    setTemporaryBasal: { rate: RATE, durationMin: [0, 1_440, 1] },
    setBasalProfile: { rates: { rates: RATE } },
    fallBackToSafeBasal: { durationMin: [1, 1_440, 1] },
    revokeLink: { peer: ['handset', 'remote'] },
  },
};

function assertBounds(schema: ValueSchema, row: Row): void {
  if (row === 'boolean') assert.equal(violationOf(schema, true), undefined);
  else if ('characters' in row) {
    assert.equal(violationOf(schema, 'x'.repeat(row.characters)), undefined);
    assert.equal(violationOf(schema, 'x'.repeat(row.characters + 1)), 'bounds');
  } else if ('rates' in row) {
    const [least, most, step] = row.rates;
    assert.equal(schema.maxLength, 24);
    assert.equal(violationOf(schema, [...Array<number>(23).fill(least), most]), undefined);
    for (const rate of [least - step, most + step]) assert.equal(violationOf(schema, [rate]), 'bounds');
  } else if (typeof row[0] === 'string') {
    assert.deepEqual(schema.enum, row);
    assert.equal(violationOf(schema, 'something-else'), 'bounds');
  } else {
    const [least, most, step] = row as Bounds;
    assert.deepEqual([schema.minimum, schema.maximum], [least, most]);
    for (const value of [least, most]) assert.equal(violationOf(schema, value), undefined);
    assert.equal(violationOf(schema, least - step), 'bounds');
    if (most < Number.MAX_SAFE_INTEGER) assert.equal(violationOf(schema, most + step), 'bounds');
    // whole numbers only, where the step is one
    assert.equal(violationOf(schema, least + 0.5), step === 1 ? 'type' : undefined);
  }
}

for (const [name, model] of loadThingModels()) {
  describe(`the ${name}`, () => {
    const properties = PROPERTIES[name]!;
    const actions = ACTIONS[name]!;
    test('has these properties and actions, and no others', () => {
      assert.deepEqual([...model.properties.keys()].sort(), Object.keys(properties).sort());
      assert.deepEqual([...model.actions.keys()].sort(), Object.keys(actions).sort());
    });
    for (const [property, schema] of model.properties) {
      test(`${property} is within its bounds`, () => assertBounds(schema, properties[property]!));
    }
    for (const [action, affordance] of model.actions) {
      test(`${action} takes what it takes, and all of it`, () => {
        const fields = actions[action]!;
        assert.deepEqual([...affordance.input.keys()].sort(), Object.keys(fields).sort());
        for (const [field, schema] of affordance.input) assertBounds(schema, fields[field]!);
        assert.deepEqual(
          violationsOfInput(affordance, {}).map(({ field, violation }) => `${field} ${violation}`),
          Object.keys(fields).map((field) => `${field} missing`),
        );
      });
    }
  });
}

/** What the platform leaves alone and a reader of the Thing Model relies on. */
interface Described {
  readonly '@context': readonly unknown[];
  readonly properties: Readonly<Record<string, { readonly readOnly?: boolean; readonly minItems?: number }>>;
  readonly actions?: Readonly<Record<string, { readonly input?: { readonly properties: Described['properties'] } }>>;
}

/** What else than WoT the models speak in. */
const TERMS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'glucose-monitor': { ieee11073: 'urn:iso:std:iso:11073:10101' },
  'insulin-pump': { wardtwin: 'urn:wardtwin:vocabulary' },
  handset: { wardtwin: 'urn:wardtwin:vocabulary' },
};

for (const name of Object.keys(PROPERTIES)) {
  test(`nobody writes a property of the ${name}, and a profile has all of its 24 hours`, () => {
    const described = readCatalogFile<Described>(`${catalogRoot}/things/${name}.yaml`, 'thing-model');
    for (const [property, { readOnly }] of Object.entries(described.properties)) assert.equal(readOnly, true, property);
    const profiles = [
      described.properties['basalProfile'],
      described.actions?.['setBasalProfile']?.input?.properties['rates'],
    ];
    assert.deepEqual(
      profiles.flatMap((profile) => (profile === undefined ? [] : [profile.minItems])),
      name === 'insulin-pump' ? [24, 24] : [],
    );
    const terms = TERMS[name];
    assert.deepEqual(described['@context'], [
      'https://www.w3.org/2022/wot/td/v1.1',
      ...(terms === undefined ? [] : [terms]),
    ]);
  });
}
