import type { ThingId } from '#model/thing/thing-id';
import type { Observation, Rule } from './rule.ts';

/** Which rules look at an observation, by their index, in order. */
export type Audience = (observation: Observation) => readonly number[];

/** Most rules look at few things: what nobody looks at should cost nothing. */
export function createAudience(rules: readonly Rule[]): Audience {
  const ofKind: Readonly<Record<Observation['kind'], readonly number[]>> = {
    message: rulesLookingAt(rules, 'message'),
    refusal: rulesLookingAt(rules, 'refusal'),
    tick: rulesLookingAt(rules, 'tick'),
    dispatched: rulesLookingAt(rules, 'dispatched'),
    'command-refused': rulesLookingAt(rules, 'command-refused'),
    audited: rulesLookingAt(rules, 'audited'),
    replaced: rulesLookingAt(rules, 'replaced'),
  };
  const named = new Set(rules.flatMap((rule) => rule.looksAt?.things ?? []));
  const ofThing = new Map([...named].map((thing) => [thing, rulesLookingAt(rules, 'message', thing)]));
  const ofOtherThings = ofKind.message.filter((index) => rules[index]!.looksAt?.things === undefined);
  return (observation) =>
    observation.kind === 'message'
      ? (ofThing.get(observation.message.thing) ?? ofOtherThings)
      : ofKind[observation.kind];
}

function rulesLookingAt(rules: readonly Rule[], kind: Observation['kind'], thing?: ThingId): readonly number[] {
  return [...rules.keys()].filter((index) => {
    const { looksAt } = rules[index]!;
    if (looksAt === undefined) return true;
    const isOfThing = thing === undefined || looksAt.things === undefined || looksAt.things.includes(thing);
    return isOfThing && looksAt.kinds.includes(kind);
  });
}
