import { chmodSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { MINUTE, type Millis } from '#base/time';
import { DEFAULT_SENSOR_LIFE } from '#model/device/glucose-monitor';
import { PEERS, type Peer } from '#model/device/link/peer';
import { createEventQueue } from '#simulate/world/event-queue';
import type { DeviceClock } from './device-clock.ts';
import { createHands } from './hands.ts';
import { createMessageStream, type MessageStream } from './message-stream.ts';
import { createPerson, type Person, type PersonDeps } from './person.ts';
import {
  decodeSideChannel,
  encodeSideChannel,
  type FromPatient,
  SIDE_CHANNEL_LIMIT,
  type ToPatient,
} from './side-channel-message.ts';

export interface SideChannelServer {
  readonly person: Person;
  close(): Promise<void>;
}

/** Real time between two looks at what is due. */
const DRIVE_PERIOD: Millis = 20;
/** The person applies a new sensor when the old one has ended. */
const SENSOR_CHECK: Millis = 10 * MINUTE;

/**
 * Hosts a person and the air around them for device processes, over a socket that only this user can open. It is what a body is
 * to devices: no message of it goes anywhere near the platform.
 */
export async function startSideChannel(
  path: string,
  clock: DeviceClock,
  deps: Omit<PersonDeps, 'queue'>,
): Promise<SideChannelServer> {
  const queue = createEventQueue(clock.now());
  const person = createPerson({ ...deps, queue });
  const devices = new Map<Peer, MessageStream>();
  const sockets = new Set<Socket>();
  let displayed = '';
  let sensorSince = queue.now();

  const drive = (): void => queue.runUntil(Math.max(queue.now(), clock.now()));
  const send = (to: Peer, message: FromPatient): void => devices.get(to)?.send(encodeSideChannel(message));

  for (const peer of PEERS) {
    if (peer !== 'all') person.radio.attach(peer, (frame) => send(peer, { kind: 'radio', frame }));
  }

  const take = (peer: Peer, message: ToPatient): void => {
    drive();
    switch (message.kind) {
      case 'join':
        return;
      case 'radio':
        person.radio.transmit(peer, message.frame);
        return;
      case 'sense':
        send(peer, { kind: 'sensed', glucose: person.sense() });
        return;
      case 'deliver':
        if (peer === 'pump') person.body.infuse(message.units);
        return;
      case 'ask':
        person.inhabitant.answer(message);
        return;
      case 'alarm':
        person.inhabitant.hearAlarm(message);
        return;
      case 'display':
        displayed = message.deliveryState;
        return;
    }
  };

  const changeSensor = (): void => {
    queue.after(SENSOR_CHECK, changeSensor);
    if (queue.now() - sensorSince < (DEFAULT_SENSOR_LIFE - FIRST_SENSOR_AGE) * MINUTE) return;
    sensorSince = queue.now();
    person.replaceSensor();
    send('cgm', { kind: 'sensor' });
  };

  const server = createServer((socket) => {
    let self: Peer | undefined;
    sockets.add(socket);
    socket.on('error', () => {});
    const stream = createMessageStream(socket, SIDE_CHANNEL_LIMIT, (bytes) => {
      const message = decodeSideChannel<ToPatient>(bytes);
      if (message.kind === 'join') {
        self = message.peer;
        devices.set(self, stream);
      } else if (self !== undefined) take(self, message);
    });
    socket.on('close', () => {
      sockets.delete(socket);
      if (self !== undefined && devices.get(self) === stream) devices.delete(self);
    });
  });
  rmSync(path, { force: true });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, () => resolve());
  });
  chmodSync(path, 0o600);
  person.start(createHands(send, () => displayed));
  queue.after(SENSOR_CHECK, changeSensor);
  const driver = setInterval(drive, DRIVE_PERIOD);

  return {
    person,
    close: async () => {
      clearInterval(driver);
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

/** Sensors are a day old when a life begins (`settleLife`). */
const FIRST_SENSOR_AGE = 1_440;
