import { type Decision, refusedBy } from '#assure/guard/decision';
import type { CommandRequest } from '#assure/guard/request';
import { explanation } from '#base/explanation';
import type { CommandSealer } from '#mirror/channel/command-sealer';
import { type ActionAffordance, violationsOfInput } from '#model/thing/thing-model';
import type { CommandLife } from './command-life.ts';
import type { PlatformCore } from './core.ts';

/** What a command goes out with, once it may go out at all. */
export interface Admitted {
  readonly kind: 'admitted';
  readonly affordance: ActionAffordance;
  readonly sealer: CommandSealer;
}

/**
 * What stands before every dispatch, whoever asks, by whatever way, and whatever the guard's policy lists: the kill switch, a
 * device that has the role and a key, its Thing Model, and that no playbook adds. Asked again when a command that waited goes out.
 */
export function admissionOf(
  { deps, state }: PlatformCore,
  request: CommandRequest,
  life: CommandLife,
): Admitted | Decision {
  const { thing, action, input, origin } = request;
  if (state.killSwitch || deps.isStopped?.() === true)
    return refusedBy('kill-switch', explanation('kill switch: thrown by staff'));

  const model = deps.modelOf(thing);
  const sealer = deps.sealers.get(thing);
  if (model === undefined || sealer === undefined)
    return refusedBy('dispatch', explanation('{thing} takes no commands', { values: { thing } }));
  if (life.device !== deviceOf(deps, thing))
    return refusedBy(
      'dispatch',
      explanation('{thing} is another device than when this was asked for', { values: { thing } }),
    );

  const affordance = model.actions.get(action);
  if (affordance === undefined)
    return refusedBy('thing-model', explanation('{thing} has no action {action}', { values: { thing, action } }));
  const [first] = violationsOfInput(affordance, input);
  if (first !== undefined) {
    const values = { action, field: first.field, violation: first.violation };
    return refusedBy('thing-model', explanation('input {field} of {action}: {violation}', { values }));
  }
  if (origin === 'playbook' && (affordance.does ?? 'adds') === 'adds')
    return refusedBy(
      'playbook',
      explanation('{action} adds, which no playbook does by itself', { values: { action } }),
    );
  return { kind: 'admitted', affordance, sealer };
}

/** The device that has a role now. */
export const deviceOf = ({ thingOf }: Pick<PlatformCore['deps'], 'thingOf'>, role: string): string =>
  thingOf?.(role) ?? role;
