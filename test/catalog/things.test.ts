import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { test } from 'node:test';
import { Ajv } from 'ajv';
import { catalogRoot } from '#edge/catalog/catalog-directory';
import { readCatalogFile } from '#edge/catalog/read-catalog-file';
import { decodeThingModel } from '#model/thing/decode-thing-model';

const THINGS = ['glucose-monitor', 'insulin-pump', 'handset', 'gateway'] as const;

type JsonObject = Record<string, unknown>;

const read = (thing: string): JsonObject =>
  readCatalogFile<JsonObject>(join(catalogRoot, 'things', `${thing}.yaml`), 'thing-model');

/**
 * A Thing Description from a Thing Model (W3C WoT TD 1.1, 10.4): the instance gets what a model leaves open, namely its
 * security and a form for each affordance.
 */
function instantiate(model: JsonObject): JsonObject {
  const withForms = (affordances: unknown, op: string): JsonObject =>
    Object.fromEntries(
      Object.entries((affordances ?? {}) as Record<string, JsonObject>).map(([name, affordance]) => [
        name,
        { ...affordance, forms: [{ href: `wardtwin:/${name}`, op }] },
      ]),
    );
  return {
    ...model,
    '@type': 'Thing',
    id: 'urn:example:one-of-them',
    version: { ...(model['version'] as JsonObject), instance: '1' },
    security: 'sealed',
    securityDefinitions: { sealed: { scheme: 'psk' } },
    properties: withForms(model['properties'], 'readproperty'),
    actions: withForms(model['actions'], 'invokeaction'),
  };
}

const tdSchema = JSON.parse(
  readFileSync(
    createRequire(import.meta.url).resolve('wot-thing-description-types/schema/td-json-schema-validation.json'),
    'utf8',
  ),
) as JsonObject;
const isThingDescription = new Ajv({ strict: false, allErrors: true, validateFormats: false }).compile(tdSchema);

for (const thing of THINGS) {
  test(`the Thing Model of the ${thing} gives a Thing Description that the W3C's schema accepts`, () => {
    assert.equal(isThingDescription(instantiate(read(thing))), true, JSON.stringify(isThingDescription.errors));
  });

  test(`the Thing Model of the ${thing} decodes, and all that it reports is observable and bounded`, () => {
    const model = decodeThingModel(read(thing));
    for (const property of model.properties.values()) {
      assert.equal(property.observable, true, property.name);
      const isBounded =
        property.type === 'boolean' ||
        property.enum !== undefined ||
        (property.type === 'string' ? property.maxLength !== undefined : property.maximum !== undefined);
      assert.equal(isBounded, true, property.name);
    }
  });
}

test('a schema that accepted everything would accept an instance without security', () => {
  const { security, ...insecure } = instantiate(read('insulin-pump'));
  assert.equal(security, 'sealed');
  assert.equal(isThingDescription(insecure), false);
});

test('interstitial glucose has its nomenclature code, 2 * 65536 + 29140', () => {
  const glucose = decodeThingModel(read('glucose-monitor')).properties.get('glucose');
  assert.equal(glucose?.ieee11073Code, 2 * 65_536 + 29_140);
});
