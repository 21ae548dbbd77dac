import Type from 'typebox';
import { PATIENTS_LIMIT, WARDS_LIMIT } from '#assure/access/account';
import { ACTION_NAMES, ROLES } from '#assure/access/authorization';
import { GLASS_REASON_MAX } from '#assure/access/glass';
import { PASSWORD_MAX } from '#assure/access/password-policy';
import { TOKEN_LIFETIME, TOKEN_LIFETIME_MAX } from '#assure/access/token';
import { DAY } from '#base/time';

/** Schemas of requests and answers: what validates them is what documents them. Unknown members are refused. */
const strict = { additionalProperties: false } as const;
const text = (max: number, description: string) => Type.String({ minLength: 1, maxLength: max, description });
const literals = <T extends readonly string[]>(values: T) =>
  Type.Unsafe<T[number]>({ type: 'string', enum: [...values] });

/** How a route describes that what was asked for is done. */
export const DONE = { 204: Type.Null({ description: 'Done' }) };

export const Id = Type.String({ pattern: '^[a-z2-7]{16}$' });
export const IdParams = Type.Object({ id: Id }, strict);
const Instant = Type.Integer({ description: 'milliseconds since the Unix epoch' });
const RoleName = literals(ROLES);
const ActionName = literals(ACTION_NAMES);
/** Twice the limit of code points: what is too long is told so, what is absurd is not looked at. */
const Password = Type.String({ minLength: 1, maxLength: 4 * PASSWORD_MAX });
const Roles = Type.Array(RoleName, { maxItems: ROLES.length, uniqueItems: true });
const Wards = Type.Array(text(64, 'a ward'), { maxItems: WARDS_LIMIT, uniqueItems: true });
const Patients = Type.Array(text(128, 'a subject'), { maxItems: PATIENTS_LIMIT, uniqueItems: true });
const Oidc = Type.Object({ issuer: text(256, 'as the provider states it'), subject: text(255, 'its `sub`') }, strict);

const Code = text(40, 'of the authenticator, or a recovery code');
export const SignInBody = Type.Object({ name: text(64, 'sign-in name'), password: Password, code: Code }, strict);
/** Who has a password says once more who he is; who signs in at a provider has nothing to send. */
const confirmation = { password: Type.Optional(Password), code: Type.Optional(Code) };
export const OptionalConfirmation = Type.Optional(Type.Union([Type.Object(confirmation, strict), Type.Null()]));
export const SessionAnswer = Type.Object({
  id: Id,
  account: Type.String(),
  method: literals(['password', 'oidc'] as const),
  address: Type.String(),
  openedAt: Instant,
  seenAt: Instant,
  current: Type.Boolean(),
});
export const SignInAnswer = Type.Object({ session: SessionAnswer, recoveryCodesLeft: Type.Integer() });
export const SessionsAnswer = Type.Object({ sessions: Type.Array(SessionAnswer) });
export const AccountQuery = Type.Object({ account: Type.Optional(Id) }, strict);

export const AccountAnswer = Type.Object({
  id: Type.String(),
  kind: literals(['person', 'program'] as const),
  name: Type.String(),
  displayName: Type.String(),
  roles: Type.Array(RoleName),
  wards: Type.Array(Type.String()),
  patients: Type.Array(Type.String()),
  disabled: Type.Boolean(),
  managed: Type.Boolean(),
  oidc: Type.Optional(Oidc),
  secondFactor: Type.Boolean(),
  recoveryCodesLeft: Type.Integer(),
});
export const AccountsQuery = Type.Object(
  {
    after: Type.Optional(Id),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, default: 50 })),
  },
  strict,
);
export const AccountsAnswer = Type.Object({ accounts: Type.Array(AccountAnswer), next: Type.Optional(Type.String()) });
export const AccountBody = Type.Object(
  {
    kind: Type.Optional(literals(['person', 'program'] as const)),
    name: text(64, 'sign-in name: 2 to 64 of a-z, 0-9 and .-_@'),
    displayName: text(100, 'who this is'),
    roles: Roles,
    wards: Type.Optional(Wards),
    patients: Type.Optional(Patients),
    oidc: Type.Optional(Oidc),
    ...confirmation,
  },
  strict,
);
export const AccountCreated = Type.Object({
  id: Type.String(),
  link: Type.Optional(
    Type.String({ description: 'single-use, for a day: where its owner sets password and second factor' }),
  ),
});
export const AccountPatch = Type.Object(
  {
    displayName: Type.Optional(text(100, 'who this is')),
    roles: Type.Optional(Roles),
    wards: Type.Optional(Wards),
    patients: Type.Optional(Patients),
    oidc: Type.Optional(Type.Union([Oidc, Type.Null()])),
    ...confirmation,
  },
  { ...strict, minProperties: 1 },
);
export const LinkAnswer = Type.Object({ link: Type.String() });

export const MeAnswer = Type.Object({
  kind: literals(['person', 'program'] as const),
  id: Type.String(),
  roles: Type.Array(RoleName),
  wards: Type.Array(Type.String()),
  patients: Type.Array(Type.String()),
  scope: Type.Optional(Type.Array(ActionName)),
  credential: Type.String(),
  account: Type.Optional(AccountAnswer),
});
export const PasswordBody = Type.Object({ current: Password, code: Code, next: Password }, strict);
export const ConfirmBody = Type.Object({ password: Password, code: Code }, strict);
export const RecoveryCodesAnswer = Type.Object({ recoveryCodes: Type.Array(Type.String()) });

const days = (millis: number): number => millis / DAY;
export const TokenBody = Type.Object(
  {
    owner: Type.Optional(Id),
    label: text(100, 'what uses it'),
    scope: Type.Array(ActionName, { minItems: 1, maxItems: ACTION_NAMES.length, uniqueItems: true }),
    days: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: days(TOKEN_LIFETIME_MAX),
        default: days(TOKEN_LIFETIME),
        description: `more than ${days(TOKEN_LIFETIME)} only for the account of a program`,
      }),
    ),
    ...confirmation,
  },
  strict,
);
export const TokenAnswer = Type.Object({
  id: Id,
  owner: Type.String(),
  issuer: Type.String(),
  label: Type.String(),
  scope: Type.Array(ActionName),
  issuedAt: Instant,
  expiresAt: Instant,
});
export const TokenIssuedAnswer = Type.Object({ token: TokenAnswer, text: Type.String({ description: 'shown once' }) });
export const TokensAnswer = Type.Object({ tokens: Type.Array(TokenAnswer) });

export const GlassBody = Type.Object(
  { subject: text(128, 'the patient, as a subject'), reason: text(GLASS_REASON_MAX, 'why it cannot wait') },
  strict,
);
export const GlassAnswer = Type.Object({
  id: Id,
  account: Type.String(),
  subject: Type.String(),
  reason: Type.String(),
  at: Instant,
  until: Instant,
  review: Type.Optional(Type.Object({ by: Type.String(), finding: literals(['justified', 'not-justified'] as const) })),
});
export const GlassListAnswer = Type.Object({ grants: Type.Array(GlassAnswer) });
export const ReviewBody = Type.Object(
  {
    finding: literals(['justified', 'not-justified'] as const),
    comment: text(GLASS_REASON_MAX, 'what the finding rests on'),
  },
  strict,
);

export const SetUpBody = Type.Object(
  {
    token: text(128, 'of the link'),
    password: Password,
    name: Type.Optional(text(64, 'of the first administrator')),
    displayName: Type.Optional(text(100, 'of the first administrator')),
  },
  strict,
);
export const SetUpAnswer = Type.Object({
  account: Type.String(),
  name: Type.String(),
  totpSecret: Type.String(),
  totpUri: Type.String(),
  recoveryCodes: Type.Array(Type.String()),
});
