import { Fault } from '#base/fault';
import {
  type Laboratory,
  loadGuardPolicy,
  loadIncidentPolicy,
  loadLaboratory,
  loadPlaybooks,
  loadThingModels,
} from '#edge/catalog/laboratory';
import { loadSeverityCriteria } from '#edge/catalog/severity-policy';
import { bandCoverage } from '#mirror/twin/band-coverage';
import { commission } from '#mirror/twin/commission';
import type { ForkLaboratory } from '#simulate/fork/fork-request';
import { forkUnderAttack } from '#simulate/fork/fork-under-attack';
import type {
  CommissionWish,
  CommissionWorked,
  CoverageWish,
  CoverageWorked,
  ForkWish,
  ForkWorked,
  Worked,
} from './fork-wish.ts';

let loaded: { readonly catalog: Laboratory; readonly laboratory: ForkLaboratory } | undefined;

const load = () => {
  loaded ??= {
    catalog: loadLaboratory(),
    laboratory: {
      thingModels: loadThingModels(),
      guardPolicies: { standard: loadGuardPolicy('standard'), open: loadGuardPolicy('open') },
      incidentPolicy: loadIncidentPolicy(),
      playbooks: loadPlaybooks(),
      severityCriteria: loadSeverityCriteria(),
    },
  };
  return loaded;
};

/** What the pool calls in its thread: an attack on forks of a twin, */
export const playFork = (wish: ForkWish): ForkWorked =>
  worked(() => {
    const { catalog, laboratory } = load();
    const { defences, ward: wardId, ...rest } = wish;
    const ward = known(catalog.wards, wardId, 'ward');
    const sets = defences.map((id) => known(catalog.defenceSets, id, 'defence set'));
    return forkUnderAttack({ ...rest, ward, defences: sets, laboratory });
  });

/** a model identified from a period of messages. */
export const commissionTwin = (messages: CommissionWish): CommissionWorked => worked(() => commission(messages));

/** or how far its forecasts may be believed. */
export const judgeBands = ({ messages, model, horizonsMin }: CoverageWish): CoverageWorked =>
  worked(() => bandCoverage(messages, model, horizonsMin));

function known<T>(table: ReadonlyMap<string, T>, id: string, what: string): T {
  const found = table.get(id);
  if (found !== undefined) return found;
  throw new Fault('fork.unknown-name', `fork: no ${what} \`${id}\`; there are ${[...table.keys()].join(', ')}`);
}

function worked<T>(work: () => T): Worked<T> {
  try {
    return { kind: 'done', value: work() };
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    const { code, message } = error;
    return { kind: 'fault', code, message, data: {} };
  }
}
