import type { Socket } from 'node:net';
import { concat } from '#base/bytes';

const LENGTH_BYTES = 4;

/** Whole messages over a stream of bytes, each behind its length (32 bits, big-endian). */
export interface MessageStream {
  send(bytes: Uint8Array): void;
}

/** Ends the connection at a message longer than `limit`, and at one that `onMessage` throws at. */
export function createMessageStream(
  socket: Socket,
  limit: number,
  onMessage: (bytes: Uint8Array) => void,
): MessageStream {
  let pending: Uint8Array = new Uint8Array(0);

  const takeMessages = (): void => {
    while (pending.length >= LENGTH_BYTES) {
      const length = new DataView(pending.buffer, pending.byteOffset).getUint32(0);
      if (length > limit) throw new Error(`a message of ${length} bytes`);
      if (pending.length < LENGTH_BYTES + length) return;
      const message = pending.slice(LENGTH_BYTES, LENGTH_BYTES + length);
      pending = pending.subarray(LENGTH_BYTES + length);
      onMessage(message);
    }
  };

  socket.on('data', (chunk: Uint8Array) => {
    pending = concat(pending, chunk);
    try {
      takeMessages();
    } catch (error) {
      socket.destroy(error as Error);
    }
  });

  return {
    send: (bytes) => {
      if (socket.destroyed || !socket.writable) return;
      const length = new Uint8Array(LENGTH_BYTES);
      new DataView(length.buffer).setUint32(0, bytes.length);
      socket.write(concat(length, bytes));
    },
  };
}
