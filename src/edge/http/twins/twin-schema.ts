import Type, { type Static } from 'typebox';
import { InstantSchema } from '../instant.ts';

export const SubjectName = Type.String({ pattern: '^[a-z0-9-]{1,64}$' });
export const RoleName = Type.String({ pattern: '^[a-z0-9-]{1,64}$', description: 'For example `cgm`, `pump`' });
export const AffordanceName = Type.String({ pattern: '^[A-Za-z][A-Za-z0-9-]{0,63}$' });

/** A value of a property or of a field of an action's input. */
export const ValueSchema = Type.Union([Type.Number(), Type.String(), Type.Boolean(), Type.Array(Type.Number())]);

const Duration = Type.Number({ minimum: 0, description: 'Milliseconds' });

export const ReportedSchema = Type.Object({
  value: ValueSchema,
  unit: Type.Optional(Type.String({ description: 'UCUM' })),
  at: InstantSchema,
  receivedAt: InstantSchema,
});
export type ReportedView = Static<typeof ReportedSchema>;

const ThingOfTwin = Type.Object({
  role: Type.String(),
  thing: Type.String(),
  model: Type.String(),
  status: Type.String(),
  connection: Type.Object({ state: Type.String(), since: InstantSchema }),
  lastHeardAt: Type.Optional(InstantSchema),
  stalenessMs: Type.Optional(Duration),
});

const DesiredSchema = Type.Object({
  thing: Type.String(),
  action: Type.String(),
  commandId: Type.String(),
  input: Type.Record(Type.String(), ValueSchema),
  issuedAt: InstantSchema,
  outcome: Type.String(),
});

const PredictedSchema = Type.Object({
  at: InstantSchema,
  lastReadingAt: InstantSchema,
  stalenessMs: Duration,
  glucoseMgPerDl: Type.Number(),
  deviationMgPerDl: Type.Number(),
  sensitivity: Type.Number({ description: "Relative change of insulin's effect that the readings ask for" }),
});

const DivergenceSchema = Type.Object({
  glucoseMgPerDl: Type.Optional(
    Type.Number({ description: 'The last reading minus what the twin estimates glucose to be' }),
  ),
  unfulfilled: Type.Array(
    Type.Object({ thing: Type.String(), action: Type.String(), commandId: Type.String(), ageMs: Duration }),
  ),
});

export const IncidentSchema = Type.Object({
  id: Type.String(),
  phase: Type.String(),
  criterion: Type.Optional(Type.String()),
  playbook: Type.Optional(Type.String()),
  declaredAt: InstantSchema,
  phaseSince: InstantSchema,
  reason: Type.Optional(Type.String()),
});
export type IncidentView = Static<typeof IncidentSchema>;

export const TwinView = Type.Object({
  subject: Type.String(),
  ward: Type.String(),
  admittedAt: InstantSchema,
  /** The instant that the view is of. */
  at: InstantSchema,
  things: Type.Array(ThingOfTwin),
  reported: Type.Record(Type.String(), Type.Record(Type.String(), ReportedSchema)),
  ahead: Type.Record(Type.String(), Type.Record(Type.String(), ReportedSchema), {
    description: "What devices stamped too far ahead of the platform's clock: as said, and used for nothing",
  }),
  desired: Type.Array(DesiredSchema),
  predicted: Type.Optional(PredictedSchema),
  divergence: DivergenceSchema,
  commissioned: Type.Optional(Type.Object({ from: InstantSchema, to: InstantSchema, readings: Type.Integer() })),
  incidents: Type.Array(IncidentSchema, { description: 'Those that are not closed' }),
});
export type TwinView = Static<typeof TwinView>;

export const TwinSummary = Type.Object({
  subject: Type.String(),
  ward: Type.String(),
  admittedAt: InstantSchema,
  commissioned: Type.Boolean(),
  lastHeardAt: Type.Optional(InstantSchema),
  openIncidents: Type.Integer(),
});
export type TwinSummary = Static<typeof TwinSummary>;
