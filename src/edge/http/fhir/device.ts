import { toHex, utf8 } from '#base/bytes';
import { sha256 } from '#crypto/digest';
import type { PropertyAffordance, ThingModel } from '#model/thing/thing-model';
import type { ThingEntry } from '#platform/fleet/registry';
import { deviceReference, type FhirResource, patientReference, THING_SYSTEM, UCUM } from './fhir-base.ts';
import { codingsOf } from './property-codes.ts';

const STATUS: Readonly<Record<ThingEntry['status'], string>> = {
  expected: 'unknown',
  enrolled: 'active',
  'spoken-for': 'active',
  revoked: 'inactive',
};

export function deviceOf(
  { thing, subject, role, model, via, status }: ThingEntry,
  { title }: ThingModel,
): FhirResource {
  return {
    resourceType: 'Device',
    id: thing,
    identifier: [{ system: THING_SYSTEM, value: thing }],
    status: STATUS[status],
    deviceName: [{ name: title, type: 'model-name' }],
    modelNumber: model,
    type: { text: role },
    patient: patientReference(subject),
    ...(via === undefined ? {} : { parent: deviceReference(via) }),
  };
}

const LONGEST_ID = 64;

/** FHIR ids have at most 64 characters; a longer name is known by its digest. */
export function metricId(thing: string, property: string): string {
  const name = `${thing}.${property}`;
  return name.length <= LONGEST_ID ? name : `metric-${toHex(sha256(utf8(name))).slice(0, 40)}`;
}

export function deviceMetricOf({ thing }: ThingEntry, model: ThingModel, property: PropertyAffordance): FhirResource {
  const { name, unit } = property;
  return {
    resourceType: 'DeviceMetric',
    id: metricId(thing, name),
    identifier: [{ system: THING_SYSTEM, value: `${thing}/${name}` }],
    type: { coding: codingsOf(model, property), text: name },
    ...(unit === undefined ? {} : { unit: { coding: [{ system: UCUM, code: unit }], text: unit } }),
    source: deviceReference(thing),
    category: 'measurement',
  };
}
