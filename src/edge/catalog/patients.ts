import { join } from 'node:path';
import { Fault } from '#base/fault';
import { createRandom } from '#base/random';
import type { MgPerDl } from '#base/units';
import {
  drawHovorka2004Patient,
  type Hovorka2004Distributions,
  type Hovorka2004PopulationDefinition,
  type TherapyBounds,
} from '#model/physiology/hovorka-2004-population';
import type { VirtualPatient } from '#model/physiology/patient-model';
import {
  createUvaPadova2008Patient,
  type UvaPadova2008Parameters,
  type UvaPadova2008Subject,
} from '#model/physiology/uva-padova-2008';
import { catalogRoot } from './catalog-directory.ts';
import { readCatalogFile } from './read-catalog-file.ts';

/** The shape of `patients/uva-padova-2008.yaml`; its schema holds the units and bounds. */
interface UvaPadova2008File {
  readonly subjects: readonly {
    readonly id: string;
    readonly settings: Pick<UvaPadova2008Subject, 'carbRatio' | 'correctionFactor' | 'totalDailyInsulin'>;
    readonly parameters: UvaPadova2008Parameters;
  }[];
}

/** The shape of `patients/hovorka-2004.yaml`. */
interface Hovorka2004File {
  readonly seed: string;
  readonly fastingGlucose: { readonly value: MgPerDl };
  readonly therapy: { readonly [name in keyof TherapyBounds]: { readonly low: number; readonly high: number } };
  readonly parameters: Hovorka2004Distributions;
}

/** @throws CatalogFault with all the faults of the file */
export function readUvaPadova2008Subjects(catalogDir: string = catalogRoot): readonly UvaPadova2008Subject[] {
  const path = join(catalogDir, 'patients', 'uva-padova-2008.yaml');
  const file = readCatalogFile<UvaPadova2008File>(path, 'patients-uva-padova-2008', catalogDir);
  return file.subjects.map(({ id, settings, parameters }) => ({
    id,
    carbRatio: settings.carbRatio,
    correctionFactor: settings.correctionFactor,
    totalDailyInsulin: settings.totalDailyInsulin,
    parameters,
  }));
}

/** The population that `hovorka#1`, `hovorka#2` and so on are drawn from. @throws CatalogFault */
export function readHovorka2004Population(
  catalogDir: string = catalogRoot,
): Hovorka2004PopulationDefinition & { readonly seed: string } {
  const path = join(catalogDir, 'patients', 'hovorka-2004.yaml');
  const file = readCatalogFile<Hovorka2004File>(path, 'patients-hovorka-2004', catalogDir);
  const bounds = (name: keyof TherapyBounds) => [file.therapy[name].low, file.therapy[name].high] as const;
  return {
    seed: file.seed,
    fastingGlucose: file.fastingGlucose.value,
    distributions: file.parameters,
    therapy: {
      basalRate: bounds('basalRate'),
      carbRatio: bounds('carbRatio'),
      correctionFactor: bounds('correctionFactor'),
    },
  };
}

/** Finds a person by id. @throws Fault `patient.unknown` naming the id and the ids there are */
export type FindPatient = (id: string) => VirtualPatient;

const DRAWN_PERSON = /^hovorka#([1-9][0-9]{0,5})$/;

/**
 * Reads the subjects once; what it returns touches no file. A person is built when first asked for and kept, since finding
 * the therapy of a drawn one takes milliseconds; a plant is made anew each time. @throws CatalogFault
 */
export function loadPatients(catalogDir: string = catalogRoot): FindPatient {
  const subjects = new Map(readUvaPadova2008Subjects(catalogDir).map((subject) => [subject.id, subject]));
  const population = readHovorka2004Population(catalogDir);
  const random = createRandom(population.seed);
  const known = new Map<string, VirtualPatient>();

  const build = (id: string): VirtualPatient => {
    const subject = subjects.get(id);
    if (subject !== undefined) return createUvaPadova2008Patient(subject);
    const index = DRAWN_PERSON.exec(id)?.[1];
    if (index !== undefined) return drawHovorka2004Patient(population, random, Number(index));
    const ids = [...subjects.keys()];
    throw new Fault(
      'patient.unknown',
      `patient \`${id}\` is not in the catalog; it has \`${ids[0]}\` to \`${ids.at(-1)}\`, and \`hovorka#1\` to \`hovorka#999999\``,
      { id },
    );
  };

  return (id) => {
    const patient = known.get(id) ?? build(id);
    known.set(id, patient);
    return patient;
  };
}

/** The ids of the listed subjects, in the catalog's order; drawn persons have no list. @throws CatalogFault */
export function listPatientIds(catalogDir: string = catalogRoot): readonly string[] {
  return readUvaPadova2008Subjects(catalogDir).map((subject) => subject.id);
}
