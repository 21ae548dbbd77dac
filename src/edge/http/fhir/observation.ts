import type { Millis } from '#base/time';
import type { Position, SubjectId } from '#mirror/history/record';
import type { Measurement, ThingValue } from '#model/thing/message';
import type { PropertyAffordance, ThingModel } from '#model/thing/thing-model';
import { isoOf } from '../instant.ts';
import { metricId } from './device.ts';
import { deviceReference, type FhirResource, patientReference, UCUM } from './fhir-base.ts';
import { codingsOf } from './property-codes.ts';

/** A measurement, and where it stands: the how manyth of which record. */
export interface Observed {
  readonly position: Position;
  readonly index: number;
  readonly subject: SubjectId;
  readonly thing: string;
  readonly model: ThingModel;
  readonly property: PropertyAffordance;
  readonly measurement: Measurement;
  readonly receivedAt: Millis;
}

/** An observation is found again by its place in history, which never changes. */
export const observationId = ({ position, index }: Pick<Observed, 'position' | 'index'>): string =>
  `o${position}.${index}`;

export function placeOfObservation(id: string): { readonly position: Position; readonly index: number } | undefined {
  const parts = /^o(\d{1,15})\.(\d{1,5})$/.exec(id);
  return parts === null ? undefined : { position: Number(parts[1]), index: Number(parts[2]) };
}

export function observationOf(observed: Observed): FhirResource {
  const { subject, thing, model, property, measurement, receivedAt } = observed;
  return {
    resourceType: 'Observation',
    id: observationId(observed),
    status: 'final',
    code: { coding: codingsOf(model, property), text: property.name },
    subject: patientReference(subject),
    effectiveDateTime: isoOf(measurement.at),
    issued: isoOf(receivedAt),
    device: { ...deviceReference(thing), display: metricId(thing, property.name) },
    ...valueElement(measurement.value, property),
  };
}

function valueElement(value: ThingValue, property: PropertyAffordance): Readonly<Record<string, unknown>> {
  if (typeof value === 'boolean') return { valueBoolean: value };
  if (typeof value === 'string') return { valueString: value };
  if (typeof value === 'number') return { valueQuantity: quantityOf(value, property) };
  return {
    component: value.map((each, index) => ({
      code: { text: `${property.name} ${index}` },
      valueQuantity: quantityOf(each, property),
    })),
  };
}

/** IEEE 11073 code of interstitial glucose. */
const GLUCOSE = 160212;

/** A sensor that is out of its range shows the next number beyond it (Thing Model): as a quantity that is "below" or "above". */
function quantityOf(value: number, { unit, minimum, maximum, ieee11073Code }: PropertyAffordance) {
  const coded = unit === undefined ? {} : { unit, system: UCUM, code: unit };
  if (ieee11073Code === GLUCOSE && value === minimum) return { value: value + 1, comparator: '<', ...coded };
  if (ieee11073Code === GLUCOSE && value === maximum) return { value: value - 1, comparator: '>', ...coded };
  return { value, ...coded };
}
