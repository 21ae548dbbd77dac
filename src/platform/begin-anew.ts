import { noteReplaced } from '#assure/guard/command-ledger';
import { isKnown, beginAnew as withoutFormer } from '#mirror/twin/begin-anew';
import type { ThingId } from '#model/thing/thing-id';
import { nowOf, type PlatformCore } from './core.ts';
import { appendRecord } from './records.ts';
import { show } from './respond.ts';

/** A role was given another key or thing: twin, monitor and ledger forget what the former one said. On record, so that the past tells it. */
export function beginAnew(core: PlatformCore, role: ThingId): void {
  const { state } = core;
  if (!isKnown(state.twin, role)) return;
  appendRecord(core, 'ThingReplaced', { thing: role });
  state.twin = withoutFormer(state.twin, role);
  state.ledger = noteReplaced(state.ledger, role);
  show(core, { kind: 'replaced', now: nowOf(core), thing: role, twin: state.twin });
}
