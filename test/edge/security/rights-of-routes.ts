import type { Action, Resource } from '#assure/access/authorization';

/**
 * What a route asks of its caller. `right`: an action on a resource, or else 403 or 404. `shown`: everybody gets an answer, and
 * nobody finds in it what is not for him. `own`: it concerns nobody but the caller; `person`: who has to be one.
 */
export type Asked =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'right'; readonly action: Action; readonly resource: Resource }
  | { readonly kind: 'shown'; readonly action: Action }
  | { readonly kind: 'own' }
  | { readonly kind: 'person' }
  /** A right that a person needs besides. */
  | { readonly kind: 'person-with-right'; readonly action: Action; readonly resource: Resource };

export const SUBJECT = 'p1';
export const THING = 'p1-cgm';
const WARD = 'ward-1';
/** Somebody whose account, session, token, emergency rights and command are asked for by others. */
export const VICTIM = 'aaaavictimaaaaaa';
/** A program's account. */
export const FEED = 'aaaafeedaaaaaaaa';

const TWIN: Resource = { type: 'Twin', subject: SUBJECT, ward: WARD };
const DEVICE: Resource = { type: 'Thing', thing: THING, subject: SUBJECT, ward: WARD };
const WHOLE_WARD: Resource = { type: 'Ward', ward: WARD };
const ACCOUNT: Resource = { type: 'Account', account: VICTIM };
const PLATFORM: Resource = { type: 'Platform' };

const right = (action: Action, resource: Resource): Asked => ({ kind: 'right', action, resource });
const shown = (action: Action): Asked => ({ kind: 'shown', action });
const personWith = (action: Action, resource: Resource): Asked => ({ kind: 'person-with-right', action, resource });
const OWN: Asked = { kind: 'own' };
const PERSON: Asked = { kind: 'person' };
const NOTHING: Asked = { kind: 'nothing' };

/** By operation id. INVARIANT: a route that is not here fails the test: whoever adds one says what it asks of its caller. */
export const RIGHTS_OF_ROUTES: Readonly<Record<string, Asked>> = {
  readDescriptionOfApi: NOTHING,
  isAlive: NOTHING,
  isReady: NOTHING,
  discoverDirectory: NOTHING,
  // each with a secret of its own in the body
  postSessions: NOTHING,
  postSetup: NOTHING,
  // leads to the provider, which asks who it is
  getOidcStart: NOTHING,

  listWards: shown('readTwin'),
  listTwins: shown('readTwin'),
  readTwin: right('readTwin', TWIN),
  readProperty: right('readTwin', TWIN),
  readPropertyHistory: right('readTwin', TWIN),
  forecastTwin: right('readTwin', TWIN),
  judgeForecast: right('readTwin', TWIN),
  forkTwin: right('forkTwin', TWIN),
  readFork: right('forkTwin', TWIN),
  dropFork: right('forkTwin', TWIN),
  commissionTwin: right('commissionTwin', TWIN),

  listThings: shown('readThing'),
  readThing: right('readThing', DEVICE),
  expectThing: right('enrolThing', DEVICE),
  revokeThing: right('revokeThing', DEVICE),
  admitSubject: right('admitSubject', WHOLE_WARD),

  requestCommand: right('invokeAction', DEVICE),
  listCommands: right('readTwin', TWIN),
  readCommand: right('readTwin', TWIN),
  answerCommand: right('approveCommand', DEVICE),
  readKillSwitch: OWN,
  setKillSwitch: right('throwKillSwitch', PLATFORM),

  listIncidents: shown('readIncident'),
  listIncidentsOfTwin: right('readIncident', TWIN),
  listFindings: right('readIncident', TWIN),
  listRecords: right('readAudit', PLATFORM),
  readCheckpoint: right('proveHistory', PLATFORM),
  signCheckpoint: right('proveHistory', PLATFORM),
  proveInclusion: right('proveHistory', PLATFORM),
  proveConsistency: right('proveHistory', PLATFORM),

  streamTwin: right('readTwin', TWIN),
  streamTwins: shown('readTwin'),
  listDescriptions: shown('readThing'),
  readDescription: right('readThing', DEVICE),
  streamDirectory: shown('readThing'),
  'streamDirectory.thing_created': shown('readThing'),
  'streamDirectory.thing_updated': shown('readThing'),
  'streamDirectory.thing_deleted': shown('readThing'),
  wotReadProperty: right('readTwin', TWIN),
  wotObserveProperty: right('readTwin', TWIN),
  wotAwaitProperty: right('readTwin', TWIN),
  wotInvokeAction: right('invokeAction', DEVICE),
  wotQueryAction: right('readTwin', TWIN),
  'wotSubscribe.finding': right('readTwin', TWIN),
  'wotSubscribe.incident': right('readTwin', TWIN),
  'wotSubscribe.command': right('readTwin', TWIN),
  'wotSubscribe.connection': right('readTwin', TWIN),
  // of the catalog, which is public
  readThingModel: OWN,
  fhirMetadata: OWN,
  fhirReadDevice: right('readThing', DEVICE),
  fhirSearchDevice: shown('readThing'),
  fhirReadDeviceMetric: right('readThing', DEVICE),
  fhirSearchDeviceMetric: shown('readThing'),
  fhirReadObservation: right('readTwin', TWIN),
  fhirSearchObservation: right('readTwin', TWIN),

  getSessions: PERSON,
  deleteSessionsCurrent: PERSON,
  deleteSessionsId: personWith('manageAccounts', ACCOUNT),
  getMe: OWN,
  putMePassword: PERSON,
  postMeRecoveryCodes: PERSON,
  getAccounts: right('readAccounts', PLATFORM),
  postAccounts: right('manageAccounts', PLATFORM),
  getAccountsId: right('readAccounts', ACCOUNT),
  patchAccountsId: right('manageAccounts', ACCOUNT),
  postAccountsIdDisable: right('manageAccounts', ACCOUNT),
  postAccountsIdCredentialLink: right('manageAccounts', ACCOUNT),
  // for an account that is not the caller's
  postTokens: right('issueToken', ACCOUNT),
  getTokens: PERSON,
  deleteTokensId: right('manageAccounts', ACCOUNT),
  postBreakGlass: right('breakGlass', TWIN),
  getBreakGlass: right('reviewGlass', PLATFORM),
  postBreakGlassIdReview: right('reviewGlass', PLATFORM),
};

/** The same routes asked another way, which needs another right: by operation id, with what is sent besides. */
export const VARIANTS: readonly {
  readonly operationId: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: Readonly<Record<string, unknown>>;
  readonly asked: Asked;
}[] = [
  { operationId: 'getSessions', query: { account: VICTIM }, asked: personWith('readAccounts', ACCOUNT) },
  { operationId: 'getTokens', query: { account: VICTIM }, asked: personWith('readAccounts', ACCOUNT) },
  { operationId: 'postTokens', body: { owner: FEED }, asked: right('issueToken', { type: 'Account', account: FEED }) },
  { operationId: 'setKillSwitch', body: { ward: WARD }, asked: right('throwKillSwitch', WHOLE_WARD) },
  { operationId: 'setKillSwitch', body: { thrown: false }, asked: right('releaseKillSwitch', PLATFORM) },
  { operationId: 'setKillSwitch', body: { thrown: false, ward: WARD }, asked: right('releaseKillSwitch', WHOLE_WARD) },
  { operationId: 'listThings', query: { subject: SUBJECT }, asked: shown('readThing') },
  { operationId: 'streamTwins', query: { subjects: SUBJECT }, asked: shown('readTwin') },
];

/** Routes that the description leaves out, and what each of them asks for instead of a session or a token. */
export const UNDESCRIBED: Readonly<Record<string, string>> = {
  'GET /setup': 'the secret in its link',
  'POST /setup': 'the secret in its form',
  'GET /api/v1/oidc/callback': 'the cookie of the attempt, and the answer of the provider',
  // the router leaves out where this begins: below `/fhir`
  'GET *': 'a caller, and answers that there is nothing',
  'GET /api/v1/ws': 'a caller; tested beside the streams',
};
