import { basename, extname, join } from 'node:path';
import type { ApprovalPolicy } from '#assure/guard/approval';
import type { GuardPolicy } from '#assure/guard/policy';
import type { Playbook } from '#assure/incident/playbook';
import type { IncidentPolicy } from '#assure/incident/policy';
import { decodeThingModel } from '#model/thing/decode-thing-model';
import type { ThingModel } from '#model/thing/thing-model';
import { TECHNIQUES } from '#simulate/attack/technique-table';
import type { DefenceSet, Scenario, Suite, Ward } from '#simulate/exercise/scenario';
import { type Known, scenarioFaults, suiteFaults } from '#simulate/exercise/scenario-faults';
import { catalogRoot, listCatalogFiles } from './catalog-directory.ts';
import { CatalogFault } from './catalog-fault.ts';
import { type FindPatient, loadPatients } from './patients.ts';
import { type CatalogFile, openCatalogFile, readCatalogFile } from './read-catalog-file.ts';

/** All of the catalog that the attack laboratory works with, read and cross-checked. */
export interface Laboratory {
  readonly patientOf: FindPatient;
  readonly wards: ReadonlyMap<string, Ward>;
  readonly defenceSets: ReadonlyMap<string, DefenceSet>;
  readonly scenarios: ReadonlyMap<string, Scenario>;
  readonly suites: ReadonlyMap<string, Suite>;
  /** A scenario of a person's own, by its path. @throws CatalogFault */
  readScenario(path: string): Scenario;
  /** A ward of a person's own, by its path. @throws CatalogFault */
  readWard(path: string): Ward;
}

/** @throws CatalogFault with all the faults of all files */
export function loadLaboratory(root: string = catalogRoot): Laboratory {
  const faults: CatalogFault[] = [];
  const patientOf = loadPatients(root);
  const wards = readAll<Ward>('wards', 'ward', root, faults);
  const defenceSets = readAll<DefenceSet>('defences', 'defence-sets', root, faults);
  const scenarios = readAll<Scenario>('scenarios', 'scenario', root, faults);
  const suites = readAll<Suite>('suites', 'suite', root, faults);
  const known = (extraWards: ReadonlyMap<string, CatalogFile<Ward>> = wards): Known => ({
    techniques: TECHNIQUES,
    wards: dataOf(extraWards),
    defenceSets: new Set(defenceSets.keys()),
    scenarios: new Set(scenarios.keys()),
    isPatient: (id) => isKnown(() => patientOf(id)),
  });
  for (const file of scenarios.values()) collect(faults, () => file.fail(scenarioFaults(file.data, known())));
  for (const file of suites.values()) collect(faults, () => file.fail(suiteFaults(file.data, known())));
  if (faults.length > 0) throw new CatalogFault(faults.flatMap((fault) => fault.faults));

  return {
    patientOf,
    wards: dataOf(wards),
    defenceSets: dataOf(defenceSets),
    scenarios: dataOf(scenarios),
    suites: dataOf(suites),
    readScenario: (path) => {
      const file = openCatalogFile<Scenario>(path, 'scenario', root);
      file.fail(scenarioFaults(file.data, known()));
      return file.data;
    },
    readWard: (path) => readCatalogFile<Ward>(path, 'ward', root),
  };
}

export const loadIncidentPolicy = (root: string = catalogRoot): IncidentPolicy =>
  readCatalogFile<IncidentPolicy>(join(root, 'policies', 'incident-standard.yaml'), 'incident-policy', root);

export const loadGuardPolicy = (name: 'standard' | 'open', root: string = catalogRoot): GuardPolicy =>
  readCatalogFile<GuardPolicy>(join(root, 'policies', `guard-${name}.yaml`), 'guard-policy', root);

export const loadApprovalPolicy = (root: string = catalogRoot): ApprovalPolicy =>
  readCatalogFile<ApprovalPolicy>(join(root, 'policies', 'approval-standard.yaml'), 'approval-policy', root);

export const loadPlaybooks = (root: string = catalogRoot): readonly Playbook[] =>
  listCatalogFiles('playbooks', root).map(({ path }) => readCatalogFile<Playbook>(path, 'playbook', root));

/** By the name of the file, which is what an enrolment names. */
export function loadThingModels(root: string = catalogRoot): ReadonlyMap<string, ThingModel> {
  return new Map(
    listCatalogFiles('things', root).map(({ id, path }) => [
      id,
      decodeThingModel(readCatalogFile<object>(path, 'thing-model', root)),
    ]),
  );
}

function readAll<T extends { readonly id: string }>(
  kind: string,
  schema: string,
  root: string,
  faults: CatalogFault[],
): ReadonlyMap<string, CatalogFile<T>> {
  const files = new Map<string, CatalogFile<T>>();
  for (const { id, path } of listCatalogFiles(kind, root)) {
    collect(faults, () => {
      const file = openCatalogFile<T>(path, schema, root);
      if (file.data.id !== id) {
        file.fail([
          {
            pointer: '/id',
            message: `\`${file.data.id}\` has to be the name of its file, \`${basename(path, extname(path))}\``,
          },
        ]);
      }
      files.set(id, file);
    });
  }
  return files;
}

function collect(faults: CatalogFault[], read: () => void): void {
  try {
    read();
  } catch (error) {
    if (!(error instanceof CatalogFault)) throw error;
    faults.push(error);
  }
}

const dataOf = <T>(files: ReadonlyMap<string, CatalogFile<T>>): ReadonlyMap<string, T> =>
  new Map([...files].map(([id, file]) => [id, file.data]));

function isKnown(find: () => unknown): boolean {
  try {
    find();
    return true;
  } catch {
    return false;
  }
}
