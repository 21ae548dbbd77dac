import { createRandom, type Random } from '#base/random';
import { type CampaignRunner, createCampaignRunner } from '#simulate/attack/campaign';
import type { Campaign } from '#simulate/attack/campaign-step';
import { TECHNIQUES } from '#simulate/attack/technique-table';
import { UNDEFENDED } from '#simulate/exercise/exercise-definition';
import { judge } from '#simulate/exercise/judge';
import { type RunOutcome, SERIES_STEP_MIN } from '#simulate/exercise/run-outcome';
import { observeWard } from '#simulate/exercise/run-ward';
import type { DefenceSet } from '#simulate/exercise/scenario';
import { createWard, type SimulatedWard } from '#simulate/world/ward';
import { forkLimits } from './fork-limits.ts';
import type { DefendedFork, ForkOutcome } from './fork-outcome.ts';
import { checkForkRequest, type ForkAttack, type ForkRequest } from './fork-request.ts';
import { forkSpecification, type KnownTwin } from './fork-specification.ts';
import { attackedOf, courseOf } from './summarise-fork.ts';

/**
 * Plays an attack, or nothing, on forks of a twin: a simulated ward whose body is the one that the twin identified, started
 * where its estimate stands, with devices set as they reported themselves, and the production platform watching. Pure and
 * deterministic; the twin stays as it is. Undefined while the twin cannot predict. Takes about 50 ms of processor time for a
 * day of one run (`runsOf` counts them): more than a server should spend between two requests.
 *
 * A fork touches no device and holds no live key: its ward is made of simulated ones with keys drawn for it.
 *
 * What it cannot show. The body is a model of four states identified from sensor readings: after a large overdose a real one
 * defends itself with glucagon and this one does not, so depth and time below 54 mg/dL are upper bounds, and what the twin was
 * told wrongly it now takes for the body. The devices are those of the catalog, not this maker's firmware. Insulin on board
 * counts as given at the start; the controller's integral begins at 0; nothing in flight on the radio and no counter of a link
 * is known. A technique that needs something overheard earlier hears it on the fork or not at all. Model evidence for comparing
 * defences, no forecast of an individual's harm.
 *
 * @throws Fault, those of `checkForkRequest`
 */
export function forkUnderAttack(request: ForkRequest): ForkOutcome | undefined {
  checkForkRequest(request);
  const { twin, attack, defences, horizonMin, seeds } = request;
  if (twin.commissioned === undefined || twin.predicted === undefined) return undefined;
  const known: KnownTwin = { twin, model: twin.commissioned, present: twin.predicted };
  const play = (defenceSet: DefenceSet, by?: ForkAttack): readonly RunOutcome[] =>
    Array.from({ length: seeds }, (_, seed) => playLife(request, known, defenceSet, createRandom(`fork/${seed}`), by));
  const undefended = attack === undefined ? [] : play(UNDEFENDED, attack);
  return {
    from: known.present.at,
    stepMin: SERIES_STEP_MIN,
    horizonMin,
    seeds,
    limits: forkLimits(twin, known.present.at),
    byDefences: defences.map((defenceSet): DefendedFork => {
      const baselines = play(defenceSet);
      const unattacked = courseOf(baselines);
      if (attack === undefined) return { defences: defenceSet.id, unattacked };
      const attacks = play(defenceSet, attack);
      const verdicts = attacks.map((attacked, seed) =>
        judge({
          attacked,
          baseline: baselines[seed]!,
          undefended: undefended[seed]!,
          effect: 'therapy',
          harmAtLeast: 'serious',
        }),
      );
      return { defences: defenceSet.id, unattacked, attacked: attackedOf(attacks, verdicts) };
    }),
  };
}

function playLife(
  request: ForkRequest,
  known: KnownTwin,
  defenceSet: DefenceSet,
  random: Random,
  attack: ForkAttack | undefined,
): RunOutcome {
  const specification = forkSpecification(request, known, defenceSet, random);
  const ward = createWard(specification);
  const adversary = attack === undefined ? undefined : adversaryOf(ward, attack, random.fork('campaign'));
  const { severityCriteria } = request.laboratory;
  const { basalRate } = specification.patient;
  return observeWard(ward, adversary, [request.horizonMin], { basalRate, severityCriteria })[0]!;
}

const STEP = 'fork';

function adversaryOf(ward: SimulatedWard, attack: ForkAttack, random: Random): CampaignRunner {
  const { technique, parameters = {}, startMin = 0, durationMin } = attack;
  const { position } = TECHNIQUES.get(technique)!;
  const campaign: Campaign = {
    positions: [position],
    steps: [
      {
        id: STEP,
        technique,
        parameters,
        start: { kind: 'at', minute: startMin },
        ...(durationMin === undefined ? {} : { durationMin }),
      },
    ],
  };
  const { queue: clock, points } = ward;
  return createCampaignRunner({
    campaign,
    techniques: TECHNIQUES,
    points,
    clock,
    schedule: clock.at,
    random,
    origin: clock.now(),
  });
}
