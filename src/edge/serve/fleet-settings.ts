import { RULES } from '#assure/monitor/rule-table';
import {
  loadApprovalPolicy,
  loadGuardPolicy,
  loadIncidentPolicy,
  loadPlaybooks,
  loadThingModels,
} from '../catalog/laboratory.ts';
import type { FleetSettings } from '../live/opened.ts';
import type { ServeConfig } from './serve-config.ts';

/** All that the catalog gives a fleet. @throws CatalogFault */
export const fleetSettings = ({ containment = true }: Pick<ServeConfig, 'containment'>): FleetSettings => ({
  thingModels: loadThingModels(),
  rules: [...RULES.values()],
  guardPolicy: loadGuardPolicy('standard'),
  approvals: loadApprovalPolicy(),
  incidentPolicy: loadIncidentPolicy(),
  playbooks: loadPlaybooks(),
  containment,
});
