import { MINUTE } from '#base/time';
import type { Minutes } from '#base/units';
import { type Check, PASSED } from '../check.ts';
import { commandsSince } from '../command-ledger.ts';

export interface RateSetting {
  readonly kind: 'rate';
  readonly maxCommands: number;
  readonly windowMin: Minutes;
}

export const rate: Check<RateSetting> = {
  statement: 'one requester has only so many commands permitted within a window',
  cost: 'a caregiver who gives many small corrections has to wait',
  judge(request, context, setting) {
    const count = commandsSince(context.ledger, request.requester, context.now - setting.windowMin * MINUTE);
    if (count < setting.maxCommands) return PASSED;
    return [
      `rate: \`${request.requester}\` had ${count} commands in ${setting.windowMin} min, at most ${setting.maxCommands}`,
    ];
  },
};
