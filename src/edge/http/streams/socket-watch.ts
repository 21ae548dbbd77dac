import type { WebSocket } from 'ws';
import type { Caller } from '../caller.ts';
import type { RouteContext } from '../route-context.ts';

/** RFC 6455, 7.4.1, and the registry that it makes: 1013 is "try again later". */
const POLICY_VIOLATION = 1008;
const TRY_AGAIN_LATER = 1013;

/** Sees to it that no socket outlives its credential or its client, and that nobody has more of them than streams. */
export interface SocketWatch {
  /** False where the caller has too many: then it is being closed. */
  admits(socket: WebSocket, caller: Caller): boolean;
}

export function createSocketWatch({ access, limits }: Pick<RouteContext, 'access' | 'limits'>): SocketWatch {
  const open = new Map<string, number>();
  return {
    admits: (socket, { principal: { id, credential } }) => {
      const own = open.get(id) ?? 0;
      if (own >= limits.streamsOfOne) {
        socket.close(TRY_AGAIN_LATER, 'too many sockets');
        return false;
      }
      open.set(id, own + 1);
      const stopListening = access.onRevoked(credential, () => socket.close(POLICY_VIOLATION, 'signed out'));
      let isHeard = true;
      const beat = setInterval(() => {
        if (!isHeard) socket.terminate();
        isHeard = false;
        socket.ping();
      }, limits.stalled);
      beat.unref();
      socket.on('pong', () => {
        isHeard = true;
      });
      socket.once('close', () => {
        clearInterval(beat);
        stopListening();
        const left = (open.get(id) ?? 1) - 1;
        if (left === 0) open.delete(id);
        else open.set(id, left);
      });
      return true;
    },
  };
}
