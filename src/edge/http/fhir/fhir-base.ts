import type { SubjectId } from '#mirror/history/record';

/** A FHIR R4 resource as JSON. */
export type FhirResource = Readonly<Record<string, unknown>> & { readonly resourceType: string };

export const FHIR_TYPE = 'application/fhir+json; charset=utf-8';
export const FHIR_PREFIX = '/fhir';
export const UCUM = 'http://unitsofmeasure.org';
export const LOINC = 'http://loinc.org';
export const IEEE_11073 = 'urn:iso:std:iso:11073:10101';
/** Codes of our own: the names that Thing Models give. */
export const PROPERTY_SYSTEM = 'urn:wardtwin:property';
export const SUBJECT_SYSTEM = 'urn:wardtwin:subject';
export const THING_SYSTEM = 'urn:wardtwin:thing';

/** The patient by pseudonym. There is no such resource here: who it is, is known elsewhere. */
export const patientReference = (subject: SubjectId) => ({
  reference: `Patient/${subject}`,
  type: 'Patient',
  identifier: { system: SUBJECT_SYSTEM, value: subject },
});

export const deviceReference = (thing: string) => ({ reference: `Device/${thing}`, type: 'Device' });
