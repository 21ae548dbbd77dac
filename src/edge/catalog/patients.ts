import { join } from 'node:path';
import type { UvaPadova2008Parameters, UvaPadova2008Subject } from '#model/physiology/uva-padova-2008';
import { readCatalogFile } from './read-catalog-file.ts';

/** The shape of `patients/uva-padova-2008.yaml`; its schema holds the units and bounds. */
interface UvaPadova2008File {
  readonly subjects: readonly {
    readonly id: string;
    readonly settings: Pick<UvaPadova2008Subject, 'carbRatio' | 'correctionFactor' | 'totalDailyInsulin'>;
    readonly parameters: UvaPadova2008Parameters;
  }[];
}

/** @throws CatalogFault with all the faults of the file */
export function readUvaPadova2008Subjects(catalogDir: string): readonly UvaPadova2008Subject[] {
  const path = join(catalogDir, 'patients', 'uva-padova-2008.yaml');
  const file = readCatalogFile<UvaPadova2008File>(path, 'patients-uva-padova-2008', catalogDir);
  return file.subjects.map(({ id, settings, parameters }) => ({ id, ...settings, parameters }));
}
