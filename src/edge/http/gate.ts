import type { Insight } from '#base/explanation';
import { Fault } from '#base/fault';
import type { Access, Action, AuthorizationDecision, AuthorizationQuestion, Resource } from '#edge/access/access';
import type { Live } from '#edge/live/live';
import type { SubjectId } from '#mirror/history/record';
import type { ThingId } from '#model/thing/thing-id';
import type { SubjectEntry, ThingEntry } from '#platform/fleet/registry';
import type { Caller } from './caller.ts';
import { notFound } from './send-problem.ts';

/** Asks whether a caller may, and says no in the way that fits. */
export interface Gate {
  /** Decides without a trace: for lists, streams, and what is left out of an answer. */
  may(caller: Caller, action: Action, resource: Resource, affordance?: string): boolean;
  /** The decision itself, without a trace: for whoever records it with what he does. */
  decide(caller: Caller, action: Action, resource: Resource, affordance?: string): AuthorizationDecision;
  /** @throws Fault `http.refused` */
  require(caller: Caller, action: Action, resource: Resource): Promise<void>;
  /** A subject that the caller may see. @throws Fault `http.not-found` for one that there is not, or not for him */
  see(caller: Caller, action: Action, subject: SubjectId): Promise<SubjectEntry>;
  /** A device that the caller may see. @throws Fault `http.not-found` */
  seeThing(caller: Caller, thing: ThingId): Promise<ThingEntry>;
  /** A subject that the caller may act upon. @throws Fault `http.refused`; `http.not-found` for who might */
  act(caller: Caller, action: Action, subject: SubjectId): Promise<SubjectEntry>;
  /** What of an explanation about that subject the caller may see. */
  insight(caller: Caller, subject: SubjectId): Insight;
  /**
   * Brings an effect about that was permitted a while ago, if it still is: decided and begun in one step. Work that takes time is done
   * before. @throws Fault `http.refused`
   */
  carryOut<T>(caller: Caller, action: Action, resource: Resource, effect: () => Promise<T>): Promise<T>;
  /** Asks again what the caller was permitted: to be called before the answer to a read leaves. @throws Fault `http.refused` */
  requireStill(caller: Caller): Promise<void>;
  twinOf(subject: SubjectId): Resource;
  thingOf(entry: ThingEntry): Resource;
  /** Undefined for a device that there is not. */
  thingNamed(thing: ThingId): Resource | undefined;
}

/** No subject lives there: rights by ward never reach it. */
const NO_WARD = '';

export function createGate(live: Live, access: Access): Gate {
  const subjects = () => live.fleet.registry.subjects;
  const wardOf = (subject: SubjectId): string => subjects().get(subject)?.ward ?? NO_WARD;
  const twinOf = (subject: SubjectId): Resource => ({ type: 'Twin', subject, ward: wardOf(subject) });
  const thingOf = ({ thing, subject }: ThingEntry): Resource => ({
    type: 'Thing',
    thing,
    subject,
    ward: wardOf(subject),
  });

  const decide: Gate['decide'] = (caller, action, resource, affordance) =>
    access.decide(caller.principal, questionOf(caller, action, resource, affordance));
  const authorize = async (caller: Caller, action: Action, resource: Resource): Promise<AuthorizationDecision> => {
    const question = questionOf(caller, action, resource);
    const decision = await access.authorize(caller.principal, question);
    if (decision.outcome === 'permit') caller.permitted.push(question);
    return decision;
  };
  /** No longer: on record, and told. */
  const withdrawn = async ({ principal }: Caller, question: AuthorizationQuestion): Promise<never> =>
    Promise.reject(refused(question.action, await access.authorize(principal, question)));

  const may: Gate['may'] = (...question) => decide(...question).outcome === 'permit';
  const require: Gate['require'] = async (caller, action, resource) => {
    const decision = await authorize(caller, action, resource);
    if (decision.outcome !== 'permit') throw refused(action, decision);
  };

  return {
    decide,
    may,
    require,
    see: async (caller, action, subject) => {
      const entry = subjects().get(subject);
      // one that is not there is asked about too, or the time taken would tell
      const decision = await authorize(caller, action, twinOf(subject));
      if (entry === undefined || decision.outcome !== 'permit') throw notFound('subject');
      return entry;
    },
    seeThing: async (caller, thing) => {
      const entry = live.fleet.registry.things.get(thing);
      const resource: Resource = { type: 'Thing', thing, subject: entry?.subject ?? thing, ward: NO_WARD };
      const decision = await authorize(caller, 'readThing', entry === undefined ? resource : thingOf(entry));
      if (entry === undefined || decision.outcome !== 'permit') throw notFound('thing');
      return entry;
    },
    act: async (caller, action, subject) => {
      await require(caller, action, twinOf(subject));
      const entry = subjects().get(subject);
      if (entry === undefined) throw notFound('subject');
      return entry;
    },
    insight: (caller, subject) => ({ reported: may(caller, 'readTwin', twinOf(subject)) }),
    carryOut: (caller, action, resource, effect) =>
      decide(caller, action, resource).outcome === 'permit'
        ? effect()
        : withdrawn(caller, questionOf(caller, action, resource)),
    requireStill: async (caller) => {
      const { principal, permitted } = caller;
      const lost = permitted.find((question) => access.decide(principal, question).outcome !== 'permit');
      if (lost !== undefined) await withdrawn(caller, lost);
    },
    twinOf,
    thingOf,
    thingNamed: (thing) => {
      const entry = live.fleet.registry.things.get(thing);
      return entry === undefined ? undefined : thingOf(entry);
    },
  };
}

const questionOf = (
  { purpose }: Caller,
  action: Action,
  resource: Resource,
  affordance?: string,
): AuthorizationQuestion => ({
  action,
  resource,
  ...(purpose === undefined ? {} : { purpose }),
  ...(affordance === undefined ? {} : { affordance }),
});

export const refused = (action: string, { determinedBy }: AuthorizationDecision): Fault =>
  new Fault('http.refused', `\`${action}\` is not permitted to you`, { determinedBy });
