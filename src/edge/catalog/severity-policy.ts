import { join } from 'node:path';
import type { SeverityCriterion } from '#model/hazard/severity';
import { catalogRoot } from './catalog-directory.ts';
import { readCatalogFile } from './read-catalog-file.ts';

/** The criteria of `policies/severity-glycaemia.yaml`. @throws CatalogFault with all the faults of the file */
export function loadSeverityCriteria(catalogDir: string = catalogRoot): readonly SeverityCriterion[] {
  const path = join(catalogDir, 'policies', 'severity-glycaemia.yaml');
  return readCatalogFile<{ readonly criteria: readonly SeverityCriterion[] }>(path, 'severity-glycaemia', catalogDir)
    .criteria;
}
