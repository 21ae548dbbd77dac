import type { IncidentState } from '#assure/incident/incident';
import type { Channel } from '#mirror/channel/receive';
import type { History } from '#mirror/history/history';
import type { Twin } from '#mirror/twin/twin';
import { type Account, authenticate, authorizationOf } from './account.ts';
import { noteAudit } from './audit.ts';
import { type CommandAnswer, judged, refuseUnknown, requestCommand } from './command.ts';
import { type CommandWish, malformationOf } from './command-wish.ts';
import { type CoreDeps, createCore, nowOf } from './core.ts';
import type { Effect } from './effect.ts';
import { take } from './ingest.ts';
import { appendRecord } from './records.ts';
import { judgeAndRespond } from './respond.ts';
import { tick } from './tick.ts';

export interface PlatformDeps extends CoreDeps {
  readonly channel: Channel;
  readonly history: History;
  readonly accounts: readonly Account[];
}

/**
 * The platform of one subject's ward. Synchronous: every call returns the effects that its caller carries out once the
 * records it made are durable.
 */
export interface Platform {
  /** Bytes from a device. */
  ingest(bytes: Uint8Array): readonly Effect[];
  /** Once a minute: what is noticed because nothing happened. */
  tick(): readonly Effect[];
  /** Somebody who shows `token` asks for a command. */
  request(token: string, wish: CommandWish): CommandAnswer;
  /** Checks what the store holds against what was recorded. */
  audit(): readonly Effect[];
  /** Stops all commands at once, or lets them pass again. */
  setKillSwitch(thrown: boolean): void;
  twin(): Twin;
  incident(): IncidentState;
}

export function createPlatform(deps: PlatformDeps): Platform {
  const core = createCore(deps);

  /** A person's way to a device: form (is it a request), authenticate (who), authorize (may they), guard (is it safe now). */
  const request = (token: string, wish: CommandWish): CommandAnswer => {
    const account = authenticate(deps.accounts, token);
    if (account === undefined && malformationOf(wish) === undefined) return refuseUnknown(core, wish);
    return judged(core, requestCommand(core, authorizationOf(account, wish), wish), judgeAndRespond);
  };

  return {
    ingest: (bytes) => take(core, deps.channel.receive(bytes, nowOf(core))),
    tick: () => tick(core),
    request,
    audit: () => noteAudit(core, deps.history.audit()),
    setKillSwitch: (thrown) => {
      appendRecord(core, thrown ? 'KillSwitchThrown' : 'KillSwitchReleased', {});
      core.state.killSwitch = thrown;
    },
    twin: () => core.state.twin,
    incident: () => core.state.incident,
  };
}
