import type { CborObject, CborValue } from '#base/canonical';
import { Fault } from '#base/fault';
import type { AuditResult } from '#mirror/history/history';
import { PLATFORM_SUBJECT, type SubjectId } from '#mirror/history/record';
import type { CommissionedModel } from '#mirror/twin/commissioned-model';
import { commissionTwin } from '#mirror/twin/twin';
import { noteAudit } from '../audit.ts';
import {
  type Authorization,
  approveCommand,
  type CommandAnswer,
  judged,
  type Requester,
  requestCommand,
} from '../command.ts';
import type { CommandWish } from '../command-wish.ts';
import { judgeAndRespond } from '../respond.ts';
import { tick } from '../tick.ts';
import { revokeThing } from './enrol.ts';
import { type FleetEffect, owned } from './fleet-effect.ts';
import { type FleetState, isMirrored, memberOf, record } from './fleet-state.ts';

/** What comes to a fleet from outside beside messages: each is recorded first and then acted upon, live and when replayed. */

/** An answer of the fleet: its effects carry whose they are. */
export type FleetAnswer = Omit<CommandAnswer, 'effects'> & { readonly effects: readonly FleetEffect[] };

/** One record for all subjects: the clock was looked at. */
export function tickAll(fleet: FleetState): readonly FleetEffect[] {
  record(fleet, 'MinutePassed', PLATFORM_SUBJECT, {});
  const effects: FleetEffect[] = [];
  for (const [subject, { core }] of fleet.members) effects.push(...owned(subject, tick(core)));
  return effects;
}

export function audited(fleet: FleetState, result: AuditResult): readonly FleetEffect[] {
  const firstBad = result.kind === 'tampered' && 'firstBad' in result ? result.firstBad : undefined;
  const reason = result.kind === 'tampered' ? result.reason : undefined;
  record(fleet, 'HistoryAudited', PLATFORM_SUBJECT, { outcome: result.kind, reason, firstBad });
  const effects: FleetEffect[] = [];
  for (const [subject, { core }] of fleet.members) effects.push(...owned(subject, noteAudit(core, result)));
  return effects;
}

export function request(fleet: FleetState, subject: SubjectId, requester: Requester, wish: CommandWish): FleetAnswer {
  const { core } = knownMember(fleet, subject);
  const answer = judged(core, requestCommand(core, requester, wish), judgeAndRespond);
  return { ...answer, effects: owned(subject, answer.effects) };
}

export function approve(
  fleet: FleetState,
  subject: SubjectId,
  approver: Requester,
  commandId: string,
  approves: boolean,
  asker: Authorization,
): FleetAnswer {
  const { core } = knownMember(fleet, subject);
  const answer = judged(core, approveCommand(core, approver, commandId, approves, asker), judgeAndRespond);
  return { ...answer, effects: owned(subject, answer.effects) };
}

/** `body` says by whom and why, and which ward where it is not all of them. */
export function setKillSwitch(fleet: FleetState, thrown: boolean, body: CborValue): void {
  record(fleet, thrown ? 'KillSwitchThrown' : 'KillSwitchReleased', PLATFORM_SUBJECT, body);
  const { ward } = body as CborObject;
  if (typeof ward !== 'string') fleet.killSwitch = thrown;
  else if (thrown) fleet.stoppedWards.add(ward);
  else fleet.stoppedWards.delete(ward);
}

/** `body` holds the model; it is recorded under the subject, with whom it is forgotten. */
export function commission(fleet: FleetState, subject: SubjectId, body: CborValue): void {
  const { core } = knownMember(fleet, subject);
  record(fleet, 'TwinCommissioned', subject, body);
  const { model } = body as unknown as { readonly model: CommissionedModel };
  core.state.twin = commissionTwin(core.state.twin, model);
}

function knownMember(fleet: FleetState, subject: SubjectId) {
  if (!isMirrored(fleet, subject)) {
    throw new Fault('fleet.unknown-subject', `no subject \`${subject}\``, { subject });
  }
  return memberOf(fleet, subject);
}

/** Subjects of records about somebody's account: they have a data key of their own and no twin. */
const ACCOUNT_PREFIX = 'account/';

/** The subject's data key is about to be destroyed: nothing of it is kept in memory either, and its devices are nobody's. */
export function forget(fleet: FleetState, subject: SubjectId): void {
  if (!subject.startsWith(ACCOUNT_PREFIX)) knownMember(fleet, subject);
  for (const { thing } of fleet.registry.thingsOf(subject)) {
    revokeThing(fleet, thing, PLATFORM_SUBJECT, 'its subject was forgotten');
  }
  record(fleet, 'SubjectForgotten', PLATFORM_SUBJECT, { subject });
  applyForgotten(fleet, subject);
}

export function applyForgotten(fleet: FleetState, subject: SubjectId): void {
  for (const { thing } of fleet.registry.thingsOf(subject)) fleet.channel.revoke(thing);
  fleet.members.delete(subject);
  fleet.registry.forget(subject, fleet.instant);
}
