import { Fault } from '#base/fault';
import { ACCESS_FAULTS } from '#edge/access/access-fault';

/** How a fault is told over HTTP. */
export interface ProblemEntry {
  readonly status: number;
  readonly title: string;
  /** After how many seconds it is worth another try. */
  readonly retryAfterSec?: number;
}

/**
 * One entry per code of a fault that a caller can bring about or has to live with. Its message is shown to him: it names what
 * was wrong with the request, or says that the platform cannot now. A code that is not here is told nothing of.
 */
const PROBLEMS: Readonly<Record<string, ProblemEntry>> = {
  'http.malformed': { status: 400, title: 'the request does not fit its schema' },
  'http.bad-instant': { status: 400, title: 'the instant cannot be read' },
  'http.bad-cursor': { status: 400, title: 'the cursor is not one of ours' },
  'http.bad-input': { status: 400, title: 'the input does not fit the action' },
  'http.no-idempotency-key': { status: 400, title: 'a command needs a key of its own' },
  'http.unauthenticated': { status: 401, title: 'sign in or show a token' },
  'http.refused': { status: 403, title: 'the action was refused' },
  'http.not-found': { status: 404, title: 'there is no such thing' },
  'http.method-not-allowed': { status: 405, title: 'not with this method' },
  'http.conflict': { status: 409, title: 'the state of things does not allow it' },
  'http.under-way': { status: 409, title: 'the same request is under way', retryAfterSec: 1 },
  'http.not-predicting': { status: 409, title: 'the twin cannot predict' },
  'http.changed-meanwhile': { status: 412, title: 'somebody changed it meanwhile' },
  'http.too-large': { status: 413, title: 'the request is too large' },
  'http.media-type': { status: 415, title: 'the media type is not understood' },
  'http.key-reused': { status: 422, title: 'the key belongs to another request' },
  'http.too-many-requests': { status: 429, title: 'too many requests', retryAfterSec: 1 },
  'http.busy': { status: 429, title: 'too much at once', retryAfterSec: 2 },
  'http.too-many-forks': { status: 429, title: 'too many forks are kept', retryAfterSec: 60 },
  'http.too-many-streams': { status: 429, title: 'too many streams are open', retryAfterSec: 10 },
  'command.refused': { status: 409, title: 'the command was refused' },
  'live.unavailable': { status: 503, title: 'the platform cannot keep records now', retryAfterSec: 2 },
  'live.busy': { status: 429, title: 'too much waits to be recorded', retryAfterSec: 1 },
  'store.unavailable': { status: 503, title: 'the store is away', retryAfterSec: 2 },
  'fleet.unknown-subject': { status: 404, title: 'there is no such subject' },
  'fleet.unknown-thing': { status: 404, title: 'there is no such device' },
  'fleet.bad-subject': { status: 400, title: 'the subject cannot be admitted' },
  'fleet.known-subject': { status: 409, title: 'the subject was admitted already' },
  'fleet.too-many-subjects': { status: 409, title: 'there are as many subjects as can be mirrored' },
  'fleet.unknown-model': { status: 400, title: 'there is no such Thing Model' },
  'fleet.bad-thing': { status: 400, title: 'the device cannot be expected' },
  'fleet.known-thing': { status: 409, title: 'the name belongs to another device' },
  'fleet.role-taken': { status: 409, title: 'the role is taken' },
  'history.no-record': { status: 404, title: 'there is no such record' },
  'history.subject-forgotten': { status: 410, title: 'the subject was forgotten' },
  'series.bad-period': { status: 400, title: 'the period is none' },
  'series.bad-resolution': { status: 400, title: 'the resolution is none' },
  'series.too-many-buckets': { status: 400, title: 'the series would be too long' },
  'fork.too-many-changes': { status: 400, title: 'too many changes at once' },
  'fork.bad-start': { status: 400, title: 'a change cannot begin then' },
  'fork.unknown-technique': { status: 400, title: 'there is no such technique' },
  'fork.bad-parameter': { status: 400, title: 'a parameter does not fit the technique' },
  'fork.bad-horizon': { status: 400, title: 'the horizon is none' },
  'fork.bad-seeds': { status: 400, title: 'so many lives are not played' },
  'fork.no-defences': { status: 400, title: 'no defences are stated' },
  'fork.too-many-runs': { status: 400, title: 'too much to play at once' },
  'fork.bad-meal': { status: 400, title: 'a meal does not fit' },
  'fork.unknown-name': { status: 400, title: 'there is no such ward or defence set' },
  'fork.busy': { status: 429, title: 'too much waits', retryAfterSec: 10 },
  'fork.too-long': { status: 503, title: 'it took too long', retryAfterSec: 60 },
  'commission.too-few-readings': { status: 409, title: 'there is too little to identify a model from' },
  'commission.no-insulin': { status: 409, title: 'there is too little to identify a model from' },
  'commission.too-many-messages': { status: 400, title: 'the period holds too much' },
  ...ACCESS_FAULTS,
};

/** Problem details (RFC 9457). */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail?: string;
  readonly reasons?: readonly string[];
  readonly determinedBy?: readonly string[];
  readonly errors?: readonly { readonly pointer: string; readonly detail: string }[];
  readonly retryAfterSec?: number;
}

const UNEXPECTED: Problem = {
  type: 'urn:wardtwin:problem:unexpected',
  title: 'something went wrong on our side',
  status: 500,
};

/** What a caller is told of an error: all of it where he can do something about it, else nothing. */
export function problemOf(error: unknown): Problem {
  const fault = error instanceof Fault ? error : faultOfFramework(error);
  const entry = fault === undefined ? undefined : PROBLEMS[fault.code];
  if (fault === undefined || entry === undefined) return UNEXPECTED;
  const {
    reasons,
    determinedBy,
    errors,
    retryAfterSec = entry.retryAfterSec,
  } = fault.data as Pick<Problem, 'reasons' | 'determinedBy' | 'errors' | 'retryAfterSec'>;
  return {
    type: typeOf(fault.code),
    title: entry.title,
    status: entry.status,
    detail: fault.message,
    ...(reasons === undefined ? {} : { reasons }),
    ...(determinedBy === undefined ? {} : { determinedBy }),
    ...(errors === undefined ? {} : { errors }),
    ...(retryAfterSec === undefined ? {} : { retryAfterSec }),
  };
}

/** `http.not-found` is `urn:wardtwin:problem:not-found`; `fleet.role-taken` is `urn:wardtwin:problem:fleet.role-taken`. */
const typeOf = (code: string): string => `urn:wardtwin:problem:${code.replace(/^http\./, '')}`;

/** What the HTTP framework found wrong before any of our code saw the request. */
interface FrameworkError {
  readonly code?: string;
  readonly statusCode?: number;
  readonly validationContext?: string;
  readonly validation?: readonly {
    readonly instancePath: string;
    readonly message?: string;
    readonly params?: Readonly<Record<string, unknown>>;
  }[];
}

function faultOfFramework(error: unknown): Fault | undefined {
  const { code, statusCode, validation, validationContext = 'request' } = error as FrameworkError;
  if (validation !== undefined) return faultOfValidation(validation, validationContext);
  if (statusCode === 413) return new Fault('http.too-large', 'body: too large; leave something out');
  if (statusCode === 415) return new Fault('http.media-type', 'body: send `application/json`');
  if (statusCode === 400 && code?.startsWith('FST_ERR_') === true) {
    return new Fault('http.malformed', 'body: not well-formed JSON');
  }
  return error instanceof SyntaxError && statusCode === 400
    ? new Fault('http.malformed', 'body: not well-formed JSON')
    : undefined;
}

const MOST_ERRORS = 20;

function faultOfValidation(validation: NonNullable<FrameworkError['validation']>, context: string): Fault {
  const errors = validation.slice(0, MOST_ERRORS).map(({ instancePath, message = 'does not fit', params }) => {
    const unknown = params?.['additionalProperty'];
    const detail = typeof unknown === 'string' ? `${message}: \`${unknown.slice(0, 64)}\`` : message;
    return { pointer: instancePath, detail };
  });
  const first = errors[0];
  return new Fault('http.malformed', `${context}${first?.pointer ?? ''}: ${first?.detail ?? 'does not fit'}`, {
    errors,
  });
}
