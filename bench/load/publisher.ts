import { connect, type SecureContext } from 'node:tls';

/** One device's connection, with as little around it as MQTT 3.1.1 allows: the load is to be the platform's. */
export interface Publisher {
  /** QoS 1; calls back with the acknowledgement. */
  publish(payload: Uint8Array, acknowledged: () => void): void;
  readonly unacknowledged: number;
  close(): void;
}

export interface PublisherOptions {
  readonly host: string;
  readonly port: number;
  readonly context: SecureContext;
  readonly thing: string;
  readonly onClosed: () => void;
}

const CONNACK = 2;
const PUBACK = 4;
const KEEP_ALIVE_SECONDS = 300;
const MOST_IDS = 65_535;

export function connectPublisher({ host, port, context, thing, onClosed }: PublisherOptions): Promise<Publisher> {
  const socket = connect({ host, port, secureContext: context, servername: 'localhost' });
  socket.setNoDelay(true);
  const topic = Buffer.from(`wardtwin/v1/${thing}/up`);
  const waiting = new Map<number, () => void>();
  let id = 0;
  let pending: Buffer = Buffer.alloc(0);

  const publisher: Publisher = {
    publish: (payload, acknowledged) => {
      id = (id % MOST_IDS) + 1;
      waiting.set(id, acknowledged);
      const body = 2 + topic.length + 2 + payload.length;
      const header = Buffer.from([0x32, ...lengthOf(body), topic.length >> 8, topic.length & 0xff]);
      socket.write(Buffer.concat([header, topic, Buffer.from([id >> 8, id & 0xff]), payload]));
    },
    get unacknowledged() {
      return waiting.size;
    },
    close: () => socket.destroy(),
  };

  return new Promise((resolve, reject) => {
    const take = (packet: Buffer): void => {
      const kind = packet[0]! >> 4;
      if (kind === CONNACK) {
        if (packet[3] === 0) resolve(publisher);
        else reject(new Error(`${thing}: refused with ${packet[3]}`));
      } else if (kind === PUBACK) {
        const acknowledged = packet.readUInt16BE(2);
        waiting.get(acknowledged)?.();
        waiting.delete(acknowledged);
      }
    };
    socket.on('secureConnect', () => socket.write(connectPacket(thing)));
    // every packet that a publisher hears has four bytes: CONNACK, PUBACK
    socket.on('data', (chunk: Buffer) => {
      pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
      while (pending.length >= 4) {
        take(pending.subarray(0, 4));
        pending = pending.subarray(4);
      }
    });
    socket.on('error', reject);
    socket.on('close', () => {
      reject(new Error(`${thing}: closed`));
      onClosed();
    });
  });
}

function connectPacket(thing: string): Buffer {
  const name = Buffer.from(thing);
  const body = Buffer.concat([
    Buffer.from([0, 4]),
    Buffer.from('MQTT'),
    Buffer.from([4, 2, KEEP_ALIVE_SECONDS >> 8, KEEP_ALIVE_SECONDS & 0xff, 0, name.length]),
    name,
  ]);
  return Buffer.concat([Buffer.from([0x10, ...lengthOf(body.length)]), body]);
}

/** MQTT 3.1.1, 2.2.3. */
function lengthOf(length: number): readonly number[] {
  const digits: number[] = [];
  for (let rest = length; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return [...digits, rest];
    digits.push((rest % 128) | 0x80);
  }
}
