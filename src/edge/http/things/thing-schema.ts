import Type, { type Static } from 'typebox';
import type { ThingEntry } from '#platform/fleet/registry';
import { InstantSchema, isoOf } from '../instant.ts';
import { RoleName, SubjectName } from '../twins/twin-schema.ts';

export const ThingName = Type.String({ pattern: '^[a-z0-9-]{1,64}$' });

export const ThingSchema = Type.Object({
  thing: Type.String(),
  subject: Type.String(),
  role: Type.String(),
  model: Type.String(),
  via: Type.Optional(Type.String()),
  speaksFor: Type.Array(Type.String()),
  status: Type.String({ description: 'expected, enrolled, spoken-for or revoked' }),
  since: InstantSchema,
  connection: Type.Object({ state: Type.String(), since: InstantSchema }),
  certificates: Type.Array(
    Type.Object({ serial: Type.String(), notAfter: InstantSchema, revokedAt: Type.Optional(InstantSchema) }),
  ),
  keyFingerprint: Type.Optional(Type.String()),
  offerExpiresAt: Type.Optional(InstantSchema),
});
export type ThingView = Static<typeof ThingSchema>;

/** The digest of an offer is not told: it is nobody's business but enrolment's. */
export function thingView(entry: ThingEntry): ThingView {
  const { thing, subject, role, model, via, speaksFor, status, since, connection, certificates, offer } = entry;
  return {
    thing,
    subject,
    role,
    model,
    ...(via === undefined ? {} : { via }),
    speaksFor: [...speaksFor],
    status,
    since: isoOf(since),
    connection: { state: connection.state, since: isoOf(connection.since) },
    certificates: certificates.map(({ serial, notAfter, revokedAt }) => ({
      serial,
      notAfter: isoOf(notAfter),
      ...(revokedAt === undefined ? {} : { revokedAt: isoOf(revokedAt) }),
    })),
    ...(entry.keyFingerprint === undefined ? {} : { keyFingerprint: entry.keyFingerprint }),
    ...(offer === undefined || status !== 'expected' ? {} : { offerExpiresAt: isoOf(offer.expiresAt) }),
  };
}

export const ThingWishSchema = Type.Object(
  {
    thing: ThingName,
    subject: SubjectName,
    role: RoleName,
    model: ThingName,
    via: Type.Optional(ThingName),
    speaksFor: Type.Optional(Type.Array(ThingName, { maxItems: 16 })),
    spokenFor: Type.Optional(
      Type.Boolean({ description: 'It has no identity of its own and reports through another one: no token is made' }),
    ),
    tokenLifetimeMin: Type.Optional(Type.Integer({ minimum: 5, maximum: 7 * 24 * 60, default: 24 * 60 })),
  },
  { additionalProperties: false },
);

export const ThingOffered = Type.Object({
  thing: ThingSchema,
  enrolment: Type.Optional(
    Type.Object({
      token: Type.String({ description: 'Single-use; it is shown here and never again' }),
      expiresAt: InstantSchema,
    }),
  ),
});
