// The whole server as people run it: about 45 s.
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import type { MqttClient } from 'mqtt';
import { wardtwin } from '../cli/command-line.ts';
import { holdAgainstHistory } from './held-against-history.ts';
import { repeatable, seeded } from './seed.ts';
import { enrolMonitor, expectMonitors, SERVED, type ServedDevice, upTopic } from './served-ward.ts';
import { beginServe, type ServerProcess, serve, writeConfig } from './server-process.ts';

const KILLS = 8;
const CUT_SHORT = 6;
/** Whatever hangs is a failure. */
const LIMITED = { timeout: 90_000 };
const WINDOW = 32;

async function inFolder(body: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'wardtwin-served-'));
  try {
    await body(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const replayedBy = ({ log }: ServerProcess): unknown => log.find(({ msg }) => msg === 'history opened')?.['replayed'];

test('SIGTERM ends it in order, and the next start replays nothing', LIMITED, () =>
  inFolder(async (folder) => {
    const first = await serve(folder);
    assert.equal(await first.end('SIGTERM'), 0);
    const second = await serve(folder);
    assert.equal(replayedBy(second), 0);
    assert.equal(await second.end('SIGTERM'), 0);
  }),
);

test('one_writer: a second server on the same data is told so and ends', LIMITED, () =>
  inFolder(async (folder) => {
    const server = await serve(folder);
    const second = await wardtwin(['serve', '--config', writeConfig(folder), '--data', join(folder, 'data')]);
    assert.equal(second.code, 2, second.err);
    assert.match(second.err, /written to by another process; stop that one first/);
    assert.equal(await server.end('SIGTERM'), 0);
  }),
);

test('a folder that others can read, or root keys that they can, are refused with what to do', LIMITED, () =>
  inFolder(async (folder) => {
    const data = join(folder, 'data');
    const started = await serve(folder);
    await started.end('SIGTERM');
    const start = () => wardtwin(['serve', '--config', writeConfig(folder), '--data', data]);
    chmodSync(data, 0o755);
    const open = await start();
    assert.deepEqual([open.code, /chmod 700/.test(open.err)], [2, true], open.err);
    chmodSync(data, 0o700);
    const [key] = readdirSync(join(data, 'root-keys')).filter((name) => name.endsWith('.key'));
    chmodSync(join(data, 'root-keys', key!), 0o640);
    const exposed = await start();
    assert.deepEqual([exposed.code, /chmod 600/.test(exposed.err)], [2, true], exposed.err);
  }),
);

test('a port that is taken is named, and what was started is stopped', LIMITED, () =>
  inFolder(async (folder) => {
    const taken = createServer().unref();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', () => resolve()));
    const { port } = taken.address() as { readonly port: number };
    for (const part of ['http', 'mqtt']) {
      const other = part === 'http' ? 'mqtt' : 'http';
      const config = join(folder, `${part}.yaml`);
      writeFileSync(config, `${part}:\n  port: ${port}\n${other}:\n  port: 0\n`);
      const ended = await wardtwin(['serve', '--config', config, '--data', join(folder, 'data')]);
      assert.equal(ended.code, 2, ended.err);
      assert.ok(ended.err.includes(String(port)), ended.err);
    }
    taken.close();
  }),
);

test('a start that is cut short, in an empty folder, is begun again', LIMITED, (t) =>
  inFolder(async (folder) => {
    const { random, again } = seeded('server.test.ts', (line) => t.diagnostic(line));
    await repeatable(again, async () => {
      mkdirSync(join(folder, 'data'), { mode: 0o700 });
      for (let turn = 0; turn < CUT_SHORT; turn += 1) {
        const { ready, kill } = beginServe(folder);
        ready.catch(() => {});
        // anywhere between its first line and its listeners
        await new Promise((resolve) => setTimeout(resolve, random.uniform(200, 900)));
        await kill();
      }
      const server = await serve(folder);
      assert.equal(await server.end('SIGTERM'), 0);
      const rebuilt = await wardtwin(['rebuild', '--check', '--data', join(folder, 'data')]);
      assert.deepEqual([rebuilt.code, /the same, byte for byte/.test(rebuilt.out)], [0, true], rebuilt.out);
    });
  }),
);

/** Publishes with a window in flight until the connection ends; PUBACK is the acknowledgement. */
async function publish(
  client: MqttClient,
  device: ServedDevice,
  outside: Outside,
  onEnough: () => void,
  wanted: number,
) {
  const { acknowledged, sent, waiting } = outside;
  let answers = 0;
  const send = (key: string, bytes: Uint8Array, dup: boolean): void => {
    client.publish(upTopic(device.thing), Buffer.from(bytes), { qos: 1, dup }, (error) => {
      if (error) return;
      acknowledged.add(key);
      waiting.delete(key);
      answers += 1;
      if (answers >= wanted) onEnough();
      sendNext();
    });
  };
  const sendNext = (): void => {
    const { key, bytes } = device.read(100 + (sent.size % 50));
    sent.add(key);
    waiting.set(key, bytes);
    send(key, bytes, false);
  };
  const again = [...waiting];
  for (const [key, bytes] of again) send(key, bytes, true);
  for (let count = again.length; count < WINDOW; count += 1) sendNext();
  // a client that is not to reconnect says so and nothing of what was under way
  await new Promise<void>((resolve) => client.once('close', () => resolve()));
}

/** What devices handed in, and what they still wait to hear about. */
interface Outside {
  readonly acknowledged: Set<string>;
  readonly sent: Set<string>;
  readonly waiting: Map<string, Uint8Array>;
}

test('no_message_lost, no_message_twice: the whole server killed under load over MQTT and TLS', LIMITED, (t) =>
  inFolder(async (folder) => {
    const { random, again } = seeded('server.test.ts', (line) => t.diagnostic(line));
    await repeatable(again, async () => {
      const tokens = await expectMonitors(folder, ['cgm-a', 'cgm-b']);
      let server = await serve(folder);
      const devices: ServedDevice[] = [];
      for (const [thing, token] of tokens) devices.push(await enrolMonitor(folder, server, thing, token));
      const outside = devices.map((): Outside => ({ acknowledged: new Set(), sent: new Set(), waiting: new Map() }));
      for (let round = 0; round < KILLS; round += 1) {
        const enough = Promise.withResolvers<void>();
        const wanted = random.integer(20, 200);
        const running = server;
        const loads = devices.map(async (device, index) => {
          const client = await device.connect(running);
          await publish(client, device, outside[index]!, enough.resolve, wanted);
        });
        await enough.promise;
        await new Promise((resolve) => setTimeout(resolve, random.uniform(0, 6)));
        await running.end('SIGKILL');
        await Promise.all(loads);
        server = await serve(folder);
      }
      const told = {
        acknowledged: new Set(outside.flatMap(({ acknowledged }) => [...acknowledged])),
        sent: new Set(outside.flatMap(({ sent }) => [...sent])),
        permitted: new Set<string>(),
        dispatched: new Set<string>(),
      };
      const data = join(folder, 'data');
      const kept = { ...SERVED, location: join(data, 'history.sqlite'), rootKeys: join(data, 'root-keys') };
      const held = await holdAgainstHistory(kept, told);
      t.diagnostic(
        `${KILLS} rounds, ${held.size} records, ${held.messages} messages, ${told.acknowledged.size} acknowledged`,
      );
      assert.equal(await server.end('SIGTERM'), 0);
      const rebuilt = await wardtwin(['rebuild', '--check', '--data', data]);
      assert.deepEqual(
        [rebuilt.code, /the same, byte for byte/.test(rebuilt.out)],
        [0, true],
        rebuilt.out + rebuilt.err,
      );
      const verified = await wardtwin(['history', 'verify', '--data', data]);
      assert.equal(verified.code, 0, verified.out + verified.err);
    });
  }),
);

test('one changed byte of the history is found by `history verify`, and by a start that reads it', LIMITED, () =>
  inFolder(async (folder) => {
    const server = await serve(folder);
    // killed, so that the next start has to read all of it
    await server.end('SIGKILL');
    const data = join(folder, 'data');
    const db = new DatabaseSync(join(data, 'history.sqlite'));
    const { sealed } = db.prepare('SELECT sealed FROM record WHERE position = 0').get() as { sealed: Uint8Array };
    sealed[sealed.length - 3]! ^= 0x10;
    db.prepare('UPDATE record SET sealed = ? WHERE position = 0').run(sealed);
    db.close();
    const verified = await wardtwin(['history', 'verify', '--data', data]);
    assert.deepEqual([verified.code, /tampered: record 0/.test(verified.out)], [1, true], verified.out + verified.err);
    const start = await wardtwin(['serve', '--config', writeConfig(folder), '--data', data]);
    assert.equal(start.code, 1, start.err);
    assert.match(start.err, /record `0` is altered; run `npx wardtwin history verify`/);
  }),
);
