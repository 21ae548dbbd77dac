import { join } from 'node:path';
import { Fault } from '#base/fault';
import type { VirtualPatient } from '#model/physiology/patient-model';
import {
  createUvaPadova2008Patient,
  type UvaPadova2008Parameters,
  type UvaPadova2008Subject,
} from '#model/physiology/uva-padova-2008';
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

/** Finds a person by id. @throws Fault `patient-unknown` naming the id and where ids come from */
export type FindPatient = (id: string) => VirtualPatient;

/** Reads the subjects once; what it returns builds patients without touching a file. @throws CatalogFault */
export function loadPatients(catalogDir: string): FindPatient {
  const subjects = new Map(readUvaPadova2008Subjects(catalogDir).map((subject) => [subject.id, subject]));
  return (id) => {
    const subject = subjects.get(id);
    if (subject !== undefined) return createUvaPadova2008Patient(subject);
    throw new Fault('patient-unknown', `patient \`${id}\` is not in the catalog; \`adult#003\` is one that is`, { id });
  };
}

/** The ids of the finite populations, in the catalog's order. */
export function listPatientIds(catalogDir: string): readonly string[] {
  return readUvaPadova2008Subjects(catalogDir).map((subject) => subject.id);
}
