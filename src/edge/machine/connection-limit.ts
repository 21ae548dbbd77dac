import type { Server, Socket } from 'node:net';
import { networkOf } from '#base/network';

export interface Connections {
  /** Breaks off all that are open, those in the middle of their handshake too, which closing a server would wait for. */
  destroyAll(): void;
}

/**
 * Lets one network hold so many connections and no more, so that nobody alone takes all there are. Counted from the first byte:
 * a handshake that is never finished is a connection too.
 */
export function limitConnections(server: Server, ofOneNetwork: number): Connections {
  const open = new Map<string, number>();
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    const network = networkOf(socket.remoteAddress ?? '');
    const own = open.get(network) ?? 0;
    if (own >= ofOneNetwork) {
      socket.destroy();
      return;
    }
    open.set(network, own + 1);
    sockets.add(socket);
    socket.once('close', () => {
      sockets.delete(socket);
      const left = (open.get(network) ?? 1) - 1;
      if (left === 0) open.delete(network);
      else open.set(network, left);
    });
  });
  return {
    destroyAll: () => {
      for (const socket of sockets) socket.destroy();
    },
  };
}
