import type { FastifyPluginAsync } from 'fastify';
import type { AuthorizationDecision, AuthorizationQuestion, Principal } from '#assure/access/authorization';
import type { HeldRight } from '#assure/access/held-right';

export {
  ACTION_NAMES,
  ACTIONS,
  type Action,
  type AuthorizationDecision,
  type AuthorizationQuestion,
  type Principal,
  PURPOSES,
  type Purpose,
  type Resource,
  ROLES,
  type Role,
} from '#assure/access/authorization';
export { type HeldRight, heldBy } from '#assure/access/held-right';

export interface Credentials {
  /** Value of the session cookie. */
  readonly session?: string;
  /** Of `Authorization: Bearer`. */
  readonly bearer?: string;
}

/** Who may do what, for everything that people and programs reach: API, streams, WoT. */
export interface Access {
  /** Who shows these credentials, or undefined. Cheap: it is asked for every request. */
  authenticate(credentials: Credentials): Principal | undefined;
  /** Decides without a trace, for filtering lists. Cached. */
  decide(principal: Principal, question: AuthorizationQuestion): AuthorizationDecision;
  /**
   * Decides, without a trace, by the rights of now for whoever asked for something earlier: to be called when that takes effect. Refused by
   * `credential` where the right by which it was asked for no longer stands (`heldBy` makes it of a principal).
   */
  decideHeld(held: HeldRight, question: AuthorizationQuestion): AuthorizationDecision;
  /** Decides, and records a refusal or a privileged permit; resolves once that is durable. */
  authorize(principal: Principal, question: AuthorizationQuestion): Promise<AuthorizationDecision>;
  /** Calls back when the credential stops being valid, or reaches less far: streams end at once. Returns how to stop listening. */
  onRevoked(credential: string, ended: () => void): () => void;
  /** Routes for signing in and out, accounts, tokens, OIDC, set-up, break-glass: below `/api/v1` and `/setup`. */
  readonly routes: FastifyPluginAsync;
}
