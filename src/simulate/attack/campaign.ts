import { assert } from '#base/assert';
import type { Random } from '#base/random';
import { type Clock, MINUTE, type Millis } from '#base/time';
import type { FaultPoints, Position } from '#simulate/world/fault-points';
import { type ActLog, createActLog } from './act-log.ts';
import type { Campaign, CampaignStep } from './campaign-step.ts';
import { isHeard, watchRadio } from './heard-condition.ts';
import { createSharedPoints } from './shared-points.ts';
import type { Adversary, Technique } from './technique.ts';
import { completeParameters } from './technique-parameters.ts';

export interface CampaignRunnerOptions {
  readonly campaign: Campaign;
  readonly techniques: ReadonlyMap<string, Technique>;
  readonly points: FaultPoints;
  readonly clock: Clock;
  /** Calls `act` at an instant that is not in the past. */
  schedule(at: Millis, act: () => void): void;
  /** Each step draws from the stream of its id. */
  readonly random: Random;
  /** Midnight of the simulated day, from which the minutes of the steps count. */
  readonly origin: Millis;
}

export interface CampaignRunner {
  /** Called once, before the run begins: schedules the steps and listens for what they wait for. */
  start(): void;
  log(): ActLog;
}

/** INVARIANT: the campaign was checked; each step has a known technique, for which a position is held, and valid parameters. */
export function createCampaignRunner(options: CampaignRunnerOptions): CampaignRunner {
  const { campaign, techniques, clock, schedule, random, origin } = options;
  const shared = createSharedPoints(options.points);
  const log = createActLog();
  const begun = new Set<string>();

  const later = (at: Millis, act: () => void): void => schedule(Math.max(at, clock.now()), act);

  function begin(step: CampaignStep): void {
    if (begun.has(step.id)) return;
    begun.add(step.id);
    const technique = techniques.get(step.technique);
    assert(technique !== undefined, `technique \`${step.technique}\` is known`);
    assert(campaign.positions.includes(technique.position), `the adversary is ${technique.position}`);
    const adversary = createAdversary(step, technique.position);
    if (step.durationMin !== undefined) later(clock.now() + step.durationMin * MINUTE, adversary.stop);
    for (const next of campaign.steps) {
      if (next.start.kind !== 'after' || next.start.step !== step.id) continue;
      later(clock.now() + next.start.delayMin * MINUTE, () => begin(next));
    }
    technique.launch(adversary.hands, completeParameters(technique, step.parameters));
  }

  function createAdversary(step: CampaignStep, position: Position) {
    const undos: (() => void)[] = [];
    let stopped = false;
    const guarded = (act: () => void) => (): void => {
      if (!stopped) act();
    };
    const hands: Adversary = {
      point: shared.forStep()[position],
      random: random.fork(step.id),
      now: () => clock.now(),
      after: (delay, act) => later(clock.now() + delay, guarded(act)),
      every: (period, act) => {
        const turn = guarded(() => {
          act();
          later(clock.now() + period, turn);
        });
        turn();
      },
      onStop: (undo) => undos.push(undo),
      act: (what) => log.add({ at: clock.now(), step: step.id, technique: step.technique, what }),
    };
    const stop = guarded(() => {
      stopped = true;
      for (const undo of undos.toReversed()) undo();
    });
    return { hands, stop };
  }

  return {
    start: () => {
      for (const step of campaign.steps) {
        if (step.start.kind === 'at') later(origin + step.start.minute * MINUTE, () => begin(step));
      }
      const waiting = campaign.steps.filter((step) => isHeard(step.start));
      if (waiting.length === 0) return;
      assert(campaign.positions.includes('radio-range'), 'who waits for the radio is in its reach');
      const heard = (step: CampaignStep): void => later(clock.now(), () => begin(step));
      watchRadio(
        options.points['radio-range'],
        waiting,
        (fromMinute) => clock.now() >= origin + fromMinute * MINUTE,
        heard,
      );
    },
    log: log.read,
  };
}
