import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRandom } from '#base/random';
import { appetiteFor, createDayPlan, type DayPlan } from '#simulate/world/person/day-plan';
import { createPlate, eatingOf } from '#simulate/world/person/plate';

const planOf = (days: number, seed = 'plan'): DayPlan => createDayPlan(createRandom(seed), { days });

test('the same seed gives the same plan, another seed another', () => {
  assert.deepEqual(planOf(5), planOf(5));
  assert.notDeepEqual(planOf(5), planOf(5, 'other'));
});

test('more days append and change nothing', () => {
  const short = planOf(3);
  const long = planOf(9);
  assert.deepEqual(long.meals.slice(0, short.meals.length), short.meals);
  assert.deepEqual(long.sleeps.slice(0, 3), short.sleeps);
});

test('a habit taken away changes no other', () => {
  const usual = createDayPlan(createRandom(1), { days: 20 });
  const quiet = createDayPlan(createRandom(1), { days: 20, snacking: 0, activity: 0 });
  assert.deepEqual(
    quiet.meals,
    usual.meals.filter((meal) => !meal.name.endsWith('snack')),
  );
  assert.deepEqual(quiet.activities, []);
  assert.deepEqual(quiet.sleeps, usual.sleeps);
});

test('meals are in order, within their day, and of a size one eats', () => {
  const { meals, sleeps } = planOf(60);
  assert.ok(meals.length > 60 * 2.5 && meals.length < 60 * 6);
  for (const [index, meal] of meals.entries()) {
    assert.ok(meal.carbs >= 3 && meal.carbs <= 100 && Number.isInteger(meal.atMin));
    if (index > 0) assert.ok(meal.atMin >= meals[index - 1]!.atMin);
    for (const sleep of sleeps) assert.ok(meal.atMin <= sleep.startMin || meal.atMin >= sleep.endMin - 120);
  }
});

test('counting errs by the stated spread and without bias; few meals are kept silent', () => {
  const { meals } = createDayPlan(createRandom('count'), { days: 600, snacking: 0 });
  const errors = meals.flatMap(({ carbs, announcement }) =>
    announcement.kind === 'announced' ? [announcement.carbs / carbs - 1] : [],
  );
  const mean = errors.reduce((sum, error) => sum + error, 0) / errors.length;
  const spread = Math.sqrt(errors.reduce((sum, error) => sum + (error - mean) ** 2, 0) / errors.length);
  assert.ok(Math.abs(mean) < 0.02, `mean ${mean}`);
  assert.ok(Math.abs(spread - 0.2) < 0.015, `spread ${spread}`);
  const silent = 1 - errors.length / meals.length;
  assert.ok(silent > 0.025 && silent < 0.055, `unannounced ${silent}`);
});

test('a lighter person eats less, a heavier one no more', () => {
  assert.equal(appetiteFor(30), 0.5);
  assert.equal(appetiteFor(100), 1);
  const carbs = (appetite: number): number =>
    createDayPlan(createRandom(2), { days: 30, appetite }).meals.reduce((sum, meal) => sum + meal.carbs, 0);
  assert.ok(Math.abs(carbs(0.5) / carbs(1) - 0.5) < 0.03);
});

test('nothing on the plate is lost: what is served is eaten, at 5 g/min at most', () => {
  const plate = createPlate();
  plate.serve(12);
  assert.deepEqual([plate.eat(), plate.eat(), plate.eat(), plate.eat()], [5, 5, 2, 0]);
  const { meals } = planOf(4);
  const eaten = eatingOf(meals, 4 * 1440 + 120);
  assert.ok(eaten.every((rate) => rate >= 0 && rate <= 5));
  assert.equal(
    eaten.reduce((sum, rate) => sum + rate, 0),
    meals.reduce((sum, meal) => sum + meal.carbs, 0),
  );
});
