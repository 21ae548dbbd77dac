import { expireCommands } from './acknowledge.ts';
import { nowOf, type PlatformCore } from './core.ts';
import type { Effect } from './effect.ts';
import { judgeAndRespond } from './respond.ts';

/** Once a minute: silence, time-outs, the progress of incidents. */
export function tick(core: PlatformCore): readonly Effect[] {
  if (core.state.commands.length > 0) expireCommands(core);
  return judgeAndRespond(core, { kind: 'tick', now: nowOf(core), twin: core.state.twin });
}
