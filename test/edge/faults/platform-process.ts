/**
 * A platform as a process of its own, to be killed: one JSON object per line comes in, one goes out. What it says on standard
 * output was durable when it said so, because it is said when `act` resolves and not before.
 */
import { flushCompileCache } from 'node:module';
import { createInterface } from 'node:readline';
import { DAY } from '#base/time';
import { openFileRootKeys } from '#edge/keys/file-root-keys';
import { createLive } from '#edge/live/create-live';
import { platformKeys } from '#edge/live/platform-keys';
import { createSteadyClock } from '#edge/machine/steady-clock';
import { openDataDirectory } from '#edge/serve/data-directory';
import { openWhenFree } from '#edge/store/open-when-free';
import { SETTINGS } from '../live/live-bench.ts';
import { enrolWard } from './enrol-ward.ts';
import { partsOf } from './held-against-history.ts';
import { type Asked, ORIGIN, type Said, SPEED, VERSION, wardTime } from './platform-words.ts';

const [directory = '', location = '', anchor = ''] = process.argv.slice(2);
const data = openDataDirectory(directory);
const say = (said: Said): void => void process.stdout.write(`${JSON.stringify(said)}\n`);

const live = await createLive({
  origin: ORIGIN,
  version: VERSION,
  clock: createSteadyClock({ wall: wardTime(Number(anchor)), monotonic: () => performance.now() * SPEED }),
  settings: SETTINGS,
  rootKeys: await openFileRootKeys({ directory: data.rootKeys, create: true }),
  folds: [],
  epochs: data.epochs,
  openStore: () => openWhenFree(location),
  log: (level, message, details) => {
    if (message === 'history opened') say({ kind: 'replayed', records: Number(details?.['replayed']) });
    else if (level !== 'info') say({ kind: 'log', message });
  },
  // its minutes pass when it is asked for one, so that its state stands still while it is looked at
  tickEvery: DAY,
});

live.onEffect((effect) => {
  if (effect.kind !== 'dispatch') return;
  say({ kind: 'dispatch', subject: effect.subject, thing: effect.thing, bytes: effect.bytes.toBase64() });
});

async function answer(asked: Asked): Promise<string | undefined> {
  switch (asked.kind) {
    case 'enrol':
      await enrolWard(live, asked.subject, asked.secrets);
      return undefined;
    case 'message': {
      const transport = { thing: asked.by, proven: true, redelivered: asked.again };
      const bytes = Uint8Array.fromBase64(asked.bytes);
      return (await live.act((fleet) => fleet.receive(bytes, transport))).outcome;
    }
    case 'command': {
      const authorization = { outcome: 'permit', determinedBy: ['clinician'], reasons: [] } as const;
      const requester = {
        id: 'clinician-1',
        kind: 'person',
        credential: 'session/test',
        epoch: 0,
        authorization,
        idempotencyKey: asked.key,
      } as const;
      const wish = { thing: 'pump', action: asked.action, input: {} };
      const { outcome, id } = await live.act((fleet) => fleet.request(asked.subject, requester, wish));
      return `${outcome} ${id}`;
    }
    case 'minute':
      await live.act((fleet) => ({ effects: fleet.tick() }));
      return undefined;
    case 'state':
      return JSON.stringify([...partsOf(live.fleet)]);
    case 'close':
      await live.close();
      return undefined;
  }
}

createInterface(process.stdin).on('line', (line) => {
  const asked = JSON.parse(line) as Asked;
  const { n } = asked;
  answer(asked).then(
    (outcome) => {
      say({ kind: 'answer', n, outcome: outcome ?? '' });
      if (asked.kind === 'close') process.exit(0);
    },
    (error: unknown) => say({ kind: 'fault', n, message: error instanceof Error ? error.message : String(error) }),
  );
});

// now, because whoever is killed keeps nothing for the next start
flushCompileCache();
const commandKeys = platformKeys({ find: live.secrets.find, keep: () => {} }).command;
say({ kind: 'open', commandKey: commandKeys[0]!.publicKey.bytes.toBase64() });
