import type { AuthorizationQuestion, Principal } from '#assure/access/authorization';
import { type Clock, MINUTE, type Millis } from '#base/time';
import { accessFault } from './access-fault.ts';
import type { AccessLog } from './access-history.ts';
import { refusedBy } from './cedar/access-policies.ts';
import type { DecisionRecord } from './decision-record.ts';
import type { SessionTable } from './sessions.ts';
import type { SignIn } from './sign-in.ts';

/** For so long somebody who signed in at a provider need not do so again. */
export const FRESH_SIGN_IN: Millis = 5 * MINUTE;

export interface StepUpDeps {
  readonly log: AccessLog;
  readonly clock: Clock;
  readonly sessions: SessionTable;
  readonly signIn: SignIn;
  readonly recordRefusal: DecisionRecord['keep'];
}

export interface Confirmation {
  readonly password?: string | undefined;
  /** Of the second factor, or a recovery code. */
  readonly code?: string | undefined;
}

/**
 * Has somebody who is signed in say once more who he is, before something that outlives the session. An account with a password gives it
 * again, with the second factor; one without has to have signed in at its provider a moment ago.
 * @throws Fault `access.step-up` for what is missing or late, `access.sign-in-refused`, `access.slowed`, `access.busy`
 */
export async function requireStepUp(
  { log, clock, sessions, signIn, recordRefusal }: StepUpDeps,
  principal: Principal,
  question: AuthorizationQuestion,
  { password, code }: Confirmation,
  address: string,
): Promise<void> {
  const isLocal = log.state.accounts[principal.id]?.password !== undefined;
  if (isLocal && password !== undefined && code !== undefined) {
    await signIn.confirm(principal, { password, code }, address);
    return;
  }
  const session = sessions.findBy(principal.credential);
  const isFresh = session?.method === 'oidc' && clock.now() - session.openedAt <= FRESH_SIGN_IN;
  if (!isLocal && isFresh) return;
  await recordRefusal(principal, question, refusedBy('step-up'));
  const needed = isLocal
    ? 'send `password` and `code` once more'
    : `sign in at the provider again: that was more than ${FRESH_SIGN_IN / MINUTE} minutes ago`;
  throw accessFault('access.step-up', `\`${question.action}\`: ${needed}`, { determinedBy: ['step-up'] });
}
