import { explanation } from '#base/explanation';
import { createAudience } from './audience.ts';
import type { Finding } from './finding.ts';
import type { Observation, Rule } from './rule.ts';

/** Shows every observation to the rules that look at it and keeps their memories. */
export interface Monitor {
  check(observation: Observation): readonly Finding[];
  /** The memories of all rules; plain data that is never changed in place. */
  save(): MonitorMemory;
  /** Takes memories up again: those of the same rules, or after a commit that failed the ones from before. */
  restore(memory: MonitorMemory): void;
}

/** By rule id. */
export type MonitorMemory = Readonly<Record<string, unknown>>;

/**
 * INVARIANT: a rule that throws stops no other. It yields a finding `rule-failed`, which names it, once until it works again: a
 * monitor that went blind unseen would be worth an attack.
 */
export function createMonitor(rules: readonly Rule[]): Monitor {
  const states = rules.map((rule) => rule.initial());
  const failing = rules.map(() => false);
  const audienceOf = createAudience(rules);

  return {
    check(observation) {
      const found: Finding[] = [];
      for (const index of audienceOf(observation)) {
        const rule = rules[index]!;
        try {
          const { state, findings } = rule.check(states[index], observation);
          states[index] = state;
          failing[index] = false;
          if (findings.length > 0) found.push(...findings);
        } catch (error) {
          if (!failing[index]) found.push(ruleFailed(rule, observation, error));
          failing[index] = true;
        }
      }
      return found;
    },
    save: () => Object.fromEntries(rules.map((rule, index) => [rule.id, states[index]])),
    restore(memory) {
      rules.forEach((rule, index) => {
        states[index] = Object.hasOwn(memory, rule.id) ? memory[rule.id] : rule.initial();
      });
    },
  };
}

function ruleFailed(rule: Rule, observation: Observation, error: unknown): Finding {
  const text = error instanceof Error ? error.message : String(error);
  return {
    kind: 'Finding',
    rule: 'rule-failed',
    thing: 'platform',
    at: observation.now,
    confidence: 'probable',
    // What went wrong in a rule may quote what it looked at.
    ...explanation('rule {failedRule} failed on a {observed}: {error}', {
      values: { failedRule: rule.id, observed: observation.kind },
      reported: { error: text },
    }),
  };
}
