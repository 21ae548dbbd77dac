import { explanation } from '#base/explanation';
import { MINUTE } from '#base/time';
import type { Minutes } from '#base/units';
import { type Check, PASSED } from '../check.ts';
import { commandsSince } from '../command-ledger.ts';
import { effectOf } from '../effect.ts';

export interface RateSetting {
  readonly kind: 'rate';
  readonly maxCommands: number;
  readonly windowMin: Minutes;
}

export const rate: Check<RateSetting> = {
  statement:
    'one requester has only so many commands permitted within a window, and a subject only so many that add, whoever asks',
  cost: 'a caregiver who gives many small corrections has to wait, and so have others',
  judge(request, context, { maxCommands, windowMin }) {
    const { requester } = request;
    const adds = effectOf(request, context) === 'adds';
    const count = commandsSince(context.ledger, requester, adds, context.now - windowMin * MINUTE);
    if (count < maxCommands) return PASSED;
    const values = { requester, count, windowMin, maxCommands };
    const statement =
      'rate: {requester} and whoever else adds had {count} commands in {windowMin} min, at most {maxCommands}';
    return [explanation(statement, { values })];
  },
};
