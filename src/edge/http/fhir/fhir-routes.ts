import { callerIn } from '../caller.ts';
import type { RouteContext } from '../route-context.ts';
import { notFound } from '../send-problem.ts';
import type { Api } from '../type-provider.ts';
import type { OriginOf } from '../wot/directory-routes.ts';
import { capabilityStatement } from './capability-statement.ts';
import { addDeviceRoutes } from './device-routes.ts';
import { FHIR_PREFIX } from './fhir-base.ts';
import { addObservationRoutes } from './observation-routes.ts';
import { sendOutcome } from './operation-outcome.ts';
import { FHIR_RESPONSE, sendResource } from './send-resource.ts';

/** A read facade in FHIR R4: devices, what they measure, and what they measured. */
export function addFhirRoutes(api: Api, context: RouteContext, originOf: OriginOf, version: string): void {
  const startedAt = context.clock.now();
  api.setErrorHandler(sendOutcome);
  api.get(
    '/metadata',
    {
      schema: { operationId: 'fhirMetadata', summary: 'CapabilityStatement', tags: ['fhir'], response: FHIR_RESPONSE },
    },
    async (request, reply) => {
      const base = `${originOf(request)}${FHIR_PREFIX}`;
      return sendResource(reply, capabilityStatement(base, version, startedAt));
    },
  );
  addDeviceRoutes(api, context, originOf);
  addObservationRoutes(api, context, originOf);
  api.get('/*', { schema: { hide: true } }, async (request) => {
    callerIn(request);
    throw notFound('resource');
  });
}
