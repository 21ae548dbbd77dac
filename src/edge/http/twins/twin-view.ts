import { type Incident, openIncidents } from '#assure/incident/incident';
import type { Millis } from '#base/time';
import { COVARIANCE } from '#mirror/twin/kalman';
import { divergence, staleness } from '#mirror/twin/staleness';
import {
  GLUCOSE_MONITOR,
  type PropertyTable,
  type ReportedProperty,
  reportedValue,
  type Twin,
} from '#mirror/twin/twin';
import type { ThingModel } from '#model/thing/thing-model';
import type { Registry, SubjectEntry, ThingEntry } from '#platform/fleet/registry';
import { isoOf } from '../instant.ts';
import type { CatalogModels } from '../wot/catalog-models.ts';
import type { IncidentView, ReportedView, TwinSummary, TwinView } from './twin-schema.ts';

/** A twin as it is told of, at the instant `at`. `incidents` are those of then. */
export function viewOfTwin(
  entry: SubjectEntry,
  twin: Twin,
  at: Millis,
  registry: Registry,
  models: CatalogModels,
  incidents: readonly IncidentView[],
): TwinView {
  const { subject, ward, admittedAt } = entry;
  const things = registry.thingsOf(subject);
  const { commissioned } = twin;
  return {
    subject,
    ward,
    admittedAt: isoOf(admittedAt),
    at: isoOf(at),
    things: things.map((thing) => thingView(thing, twin, at)),
    reported: tablesView(twin.reported, things, models),
    ahead: tablesView(twin.ahead, things, models),
    desired: desiredView(twin),
    ...predictedView(twin, at),
    divergence: divergenceView(twin, at),
    ...(commissioned === undefined
      ? {}
      : {
          commissioned: {
            from: isoOf(commissioned.period.from),
            to: isoOf(commissioned.period.to),
            readings: commissioned.readings,
          },
        }),
    incidents: [...incidents],
  };
}

/** The model of whatever had that role last, revoked or not: its units are those of what was reported. */
export function modelOf(things: readonly ThingEntry[], role: string, models: CatalogModels): ThingModel | undefined {
  const entry = things.findLast((thing) => thing.role === role);
  return entry === undefined ? undefined : models.get(entry.model)?.model;
}

function thingView(entry: ThingEntry, twin: Twin, at: Millis): TwinView['things'][number] {
  const { role, thing, model, status, connection } = entry;
  const age = staleness(twin, role, at);
  return {
    role,
    thing,
    model,
    status,
    connection: { state: connection.state, since: isoOf(connection.since) },
    ...(Number.isFinite(age) ? { lastHeardAt: isoOf(twin.lastHeard[role]!.receivedAt), stalenessMs: age } : {}),
  };
}

const tablesView = (tables: Twin['reported'], things: readonly ThingEntry[], models: CatalogModels) =>
  Object.fromEntries(
    Object.entries(tables).map(([role, table]) => [role, tableView(table, modelOf(things, role, models))]),
  );

const tableView = (table: PropertyTable, model: ThingModel | undefined): Record<string, ReportedView> =>
  Object.fromEntries(
    Object.entries(table).map(([name, reported]) => [name, reportedView(reported, model?.properties.get(name)?.unit)]),
  );

export const reportedView = ({ value, at, receivedAt }: ReportedProperty, unit?: string): ReportedView => ({
  value: typeof value === 'object' ? [...value] : value,
  ...(unit === undefined ? {} : { unit }),
  at: isoOf(at),
  receivedAt: isoOf(receivedAt),
});

const desiredView = ({ desired }: Twin): TwinView['desired'] =>
  Object.entries(desired).flatMap(([thing, actions]) =>
    Object.entries(actions).map(([action, { commandId, input, issuedAt, outcome }]) => ({
      thing,
      action,
      commandId,
      input: input as TwinView['desired'][number]['input'],
      issuedAt: isoOf(issuedAt),
      outcome,
    })),
  );

function predictedView(twin: Twin, at: Millis): Pick<TwinView, 'predicted'> {
  const { predicted } = twin;
  const { glucose } = divergence(twin, at);
  if (predicted === undefined || glucose === undefined) return {};
  return {
    predicted: {
      at: isoOf(predicted.at),
      lastReadingAt: isoOf(predicted.readAt),
      stalenessMs: Math.max(0, at - predicted.readAt),
      glucoseMgPerDl: glucose.estimated,
      deviationMgPerDl: Math.sqrt(predicted.estimate[COVARIANCE]!),
      sensitivity: glucose.sensitivity,
    },
  };
}

function divergenceView(twin: Twin, at: Millis): TwinView['divergence'] {
  const { glucose, unfulfilled } = divergence(twin, at);
  const reading = reportedValue(twin, GLUCOSE_MONITOR, 'glucose');
  return {
    ...(glucose === undefined || typeof reading !== 'number' ? {} : { glucoseMgPerDl: reading - glucose.estimated }),
    unfulfilled: unfulfilled.map(({ age, ...rest }) => ({ ...rest, ageMs: Math.max(0, age) })),
  };
}

export const incidentView = ({ id, phase, criterion, playbook, declaredAt, phaseSince }: Incident): IncidentView => ({
  id,
  phase,
  criterion,
  playbook,
  declaredAt: isoOf(declaredAt),
  phaseSince: isoOf(phaseSince),
});

export function summaryOf(
  { subject, ward, admittedAt }: SubjectEntry,
  state: { readonly twin: Twin; readonly incident: Parameters<typeof openIncidents>[0] } | undefined,
): TwinSummary {
  const heard = Object.values(state?.twin.lastHeard ?? {}).map(({ receivedAt }) => receivedAt);
  return {
    subject,
    ward,
    admittedAt: isoOf(admittedAt),
    commissioned: state?.twin.commissioned !== undefined,
    ...(heard.length === 0 ? {} : { lastHeardAt: isoOf(Math.max(...heard)) }),
    openIncidents: state === undefined ? 0 : openIncidents(state.incident).length,
  };
}
