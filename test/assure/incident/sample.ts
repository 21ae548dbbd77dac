import type { Incident } from '#assure/incident/incident';
import type { Playbook } from '#assure/incident/playbook';
import type { IncidentPolicy } from '#assure/incident/policy';
import type { Finding } from '#assure/monitor/finding';
import type { Millis } from '#base/time';
import { catalogRoot, listCatalogFiles } from '#edge/catalog/catalog-directory';
import { readCatalogFile } from '#edge/catalog/read-catalog-file';
import { createTwin, type Twin } from '#mirror/twin/twin';

export const POLICY = readCatalogFile<IncidentPolicy>(
  `${catalogRoot}/policies/incident-standard.yaml`,
  'incident-policy',
);
export const PLAYBOOKS = listCatalogFiles('playbooks').map(({ path }) => readCatalogFile<Playbook>(path, 'playbook'));

export const finding = (rule: string, at: Millis, change: Partial<Finding> = {}): Finding => ({
  kind: 'Finding',
  rule,
  thing: 'pump',
  at,
  confidence: 'probable',
  statement: `${rule} found something`,
  values: {},
  ...change,
});

/** A twin whose last reading came at `at`. */
export const twinAt = (at: Millis, glucose: number): Twin => ({
  ...createTwin('subject-1'),
  reported: { cgm: { glucose: { value: glucose, at, receivedAt: at } } },
});

/** An incident that was declared at 0. */
export const incidentOf = (playbook: Playbook, change: Partial<Incident> = {}): Incident => ({
  kind: 'Incident',
  id: 'incident-1',
  phase: 'declared',
  criterion: 'one-certain',
  playbook: playbook.id,
  precedence: playbook.precedence,
  declaredAt: 0,
  phaseSince: 0,
  lastFindingAt: 0,
  findings: [],
  stepsTaken: [],
  ...change,
});
