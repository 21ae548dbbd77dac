import type { Millis } from '#base/time';
import { isoOf } from '../instant.ts';
import type { FhirResource } from './fhir-base.ts';

const reads = [{ code: 'read' }, { code: 'search-type' }];

/** What the facade can do. It only reads: what devices told comes in by another way, and nothing else does. */
export const capabilityStatement = (base: string, version: string, startedAt: Millis): FhirResource => ({
  resourceType: 'CapabilityStatement',
  status: 'active',
  date: isoOf(startedAt),
  kind: 'instance',
  software: { name: 'Wardtwin', version },
  implementation: { description: 'Read facade of mirrored devices', url: base },
  fhirVersion: '4.0.1',
  format: ['json'],
  rest: [
    {
      mode: 'server',
      security: { description: 'A bearer token, or the session of a person; each sees what its rights reach' },
      resource: [
        {
          type: 'Device',
          interaction: reads,
          searchParam: [
            { name: '_id', type: 'token' },
            { name: 'patient', type: 'reference' },
            { name: 'subject', type: 'reference' },
          ],
        },
        {
          type: 'DeviceMetric',
          interaction: reads,
          searchParam: [
            { name: '_id', type: 'token' },
            { name: 'source', type: 'reference' },
          ],
        },
        {
          type: 'Observation',
          interaction: reads,
          searchParam: [
            { name: '_id', type: 'token' },
            { name: 'patient', type: 'reference' },
            { name: 'subject', type: 'reference' },
            { name: 'device', type: 'reference' },
            { name: 'code', type: 'token' },
            { name: 'date', type: 'date' },
          ],
        },
      ],
    },
  ],
});
