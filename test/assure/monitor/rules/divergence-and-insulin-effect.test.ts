import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Finding } from '#assure/monitor/finding';
import type { Rule } from '#assure/monitor/rule';
import { divergence } from '#assure/monitor/rules/divergence';
import { unexplainedInsulinEffect } from '#assure/monitor/rules/unexplained-insulin-effect';
import { explain } from '#base/explanation';
import { MINUTE } from '#base/time';
import type { DeviceMessage } from '#mirror/channel/device-message';
import { commission } from '#mirror/twin/commission';
import { applyMessage, createTwin } from '#mirror/twin/twin';
import { type IdentifiableWard, identifiableMessages } from '../../../mirror/twin/identifiable-ward.ts';
import { assertWhole } from '../whole-finding.ts';

const model = commission(identifiableMessages({ days: 5, seed: 1 }));

function findingsOf<State>(rule: Rule<State>, messages: readonly DeviceMessage[]): readonly Finding[] {
  let twin = createTwin('p-1', model);
  let state = rule.initial();
  const all: Finding[] = [];
  for (const message of messages) {
    const { twin: next, innovation } = applyMessage(twin, message);
    const checked = rule.check(state, {
      kind: 'message',
      now: message.receivedAt,
      message,
      twin: next,
      previous: twin,
      ...(innovation === undefined ? {} : { innovation }),
    });
    twin = next;
    state = checked.state;
    all.push(...checked.findings);
  }
  return all;
}

const insulinFindings = (ward: Omit<IdentifiableWard, 'days' | 'seed'>): readonly Finding[] =>
  findingsOf(unexplainedInsulinEffect, identifiableMessages({ days: 2, seed: 4, ...ward }));

/** Whoever may not read the twin is told the same of everybody. */
function assertWithheld(findings: readonly Finding[], told: readonly string[]): void {
  for (const finding of findings) assertWhole(finding);
  assert.ok(findings.every(({ values }) => values === undefined));
  const statements = new Set(findings.map((finding) => explain(finding, { reported: false })));
  assert.deepEqual([...statements].sort(), told);
}

describe('unexplained insulin effect', () => {
  it('finds insulin that the pump reports and does not deliver', () => {
    for (const fromMin of [1500, 1900, 2300]) {
      const [first] = insulinFindings({ fault: { fromMin, factor: 0 } });
      assert.equal(first?.reported?.['direction'], 'missing');
      assert.ok(first.at > fromMin * MINUTE && first.at < (fromMin + 420) * MINUTE, `found at ${first.at / MINUTE}`);
      assert.ok((first.reported?.['fraction'] as number) > 0.5);
    }
  });

  it('finds insulin that acts and was not reported', () => {
    for (const fromMin of [1500, 1900]) {
      const [first] = insulinFindings({ fault: { fromMin, factor: 3 } });
      assert.equal(first?.reported?.['direction'], 'excess');
      assert.ok(first.at > fromMin * MINUTE && first.at < (fromMin + 420) * MINUTE, `found at ${first.at / MINUTE}`);
    }
  });

  it('says nothing while all is as reported', () => {
    for (const seed of [11, 12, 13]) {
      assert.deepEqual(findingsOf(unexplainedInsulinEffect, identifiableMessages({ days: 3, seed })), []);
    }
  });

  it('takes a meal that nobody announced for a meal', () => {
    assert.deepEqual(insulinFindings({ hiddenMealAtMin: 1800 }), []);
  });

  it('finds glucose that keeps going low although no more insulin is reported', () => {
    const lows = identifiableMessages({ days: 2, seed: 4 }).map((message): DeviceMessage => {
      const minute = message.sentAt / MINUTE;
      if (message.thing !== 'cgm' || message.content.kind !== 'Report' || minute < 1500) return message;
      const value = 58 + 16 * Math.sin(minute / 20);
      const measurements = message.content.measurements.map((measurement) => ({ ...measurement, value }));
      return { ...message, content: { ...message.content, measurements } };
    });
    const found = findingsOf(unexplainedInsulinEffect, lows);
    assert.ok(found.some(({ reported = {} }) => 'burden' in reported && reported['direction'] === 'excess'));
    const kept = found.filter(({ reported = {} }) => 'burden' in reported);
    const often = 'at … % of the usual reported insulin activity';
    assertWithheld(kept, [`insulin: glucose keeps going low, on average … mg/dL below 70 for hours, ${often}`]);
  });

  it('no_finding_tells_of_the_patient', () => {
    const missing = insulinFindings({ fault: { fromMin: 1500, factor: 0 } });
    assertWithheld(
      missing.filter(({ reported }) => reported?.['direction'] === 'missing'),
      ['insulin: … % of the reported insulin does not act, for … min'],
    );
    const excess = insulinFindings({ fault: { fromMin: 1500, factor: 3 } });
    assertWithheld(
      excess.filter(({ reported = {} }) => !('burden' in reported)),
      ['insulin: insulin acts that was not reported, … % of what was, for … min'],
    );
  });

  it('raises an episode once', () => {
    const found = insulinFindings({ fault: { fromMin: 1500, factor: 0 } });
    const missing = found.filter(({ reported }) => reported?.['direction'] === 'missing');
    for (let index = 1; index < missing.length; index += 1) {
      assert.ok(missing[index]!.at - missing[index - 1]!.at >= 6 * 60 * MINUTE);
    }
  });
});

describe('divergence', () => {
  const shifted = (by: (minute: number) => number): readonly DeviceMessage[] =>
    identifiableMessages({ days: 2, seed: 4 }).map((message): DeviceMessage => {
      if (message.thing !== 'cgm' || message.content.kind !== 'Report') return message;
      const minute = message.sentAt / MINUTE;
      const measurements = message.content.measurements.map((measurement) => ({
        ...measurement,
        value: Math.max(39, (measurement.value as number) + by(minute)),
      }));
      return { ...message, content: { ...message.content, measurements } };
    });

  it('no_finding_tells_of_the_patient', () => {
    for (const bias of [-60, 60]) {
      const found = findingsOf(
        divergence,
        shifted((minute) => (minute > 1500 ? bias : 0)),
      );
      assertWithheld(found, ['glucose: … mg/dL where the twin expects …: …']);
    }
  });

  it('finds readings biased upwards and downwards', () => {
    for (const bias of [60, -60]) {
      const found = findingsOf(
        divergence,
        shifted((minute) => (minute >= 1700 ? bias : 0)),
      );
      assert.ok(found.length > 0, `bias ${bias}`);
      assert.ok(found[0]!.at >= 1700 * MINUTE);
    }
  });

  it('finds readings that are ramped downwards', () => {
    const found = findingsOf(
      divergence,
      shifted((minute) => -Math.max(0, Math.min(70, (minute - 1700) * 0.5))),
    );
    assert.ok(found.length > 0);
  });

  it('says nothing while all is well', () => {
    assert.deepEqual(findingsOf(divergence, identifiableMessages({ days: 3, seed: 21 })), []);
  });

  it('needs a commissioned twin', () => {
    const [message] = identifiableMessages({ days: 1, seed: 1 });
    const twin = createTwin('p-1');
    const observation = { kind: 'message', now: 0, message: message!, twin, previous: twin } as const;
    assert.deepEqual(divergence.check(divergence.initial(), observation).findings, []);
  });
});
