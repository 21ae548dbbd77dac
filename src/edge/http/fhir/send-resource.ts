import type { FastifyReply } from 'fastify';
import Type from 'typebox';
import { FHIR_TYPE, type FhirResource } from './fhir-base.ts';

export const sendResource = (reply: FastifyReply, resource: FhirResource): FastifyReply =>
  reply.type(FHIR_TYPE).serializer(JSON.stringify).send(resource);

/** What every answer of the facade is described as. */
export const FHIR_RESPONSE = {
  '2xx': {
    description: 'A FHIR R4 resource',
    content: { 'application/fhir+json': { schema: Type.Unsafe<object>({ type: 'object' }) } },
  },
  default: {
    description: 'OperationOutcome',
    content: { 'application/fhir+json': { schema: Type.Unsafe<object>({ type: 'object' }) } },
  },
};
