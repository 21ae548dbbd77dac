import websocket from '@fastify/websocket';
import type { WebSocket } from 'ws';
import { callerIn } from '../caller.ts';
import type { RouteContext } from '../route-context.ts';
import type { Api } from '../type-provider.ts';
import { createSocketSession } from './socket-session.ts';
import { createSocketWatch } from './socket-watch.ts';

/** Bytes of a message from a client: a subscription fits many times over. */
const MESSAGE_BYTES = 8 * 1024;

/** Lets routes be WebSockets. To be called before any route is added. */
export async function addWebSockets(app: Api): Promise<void> {
  await app.register(websocket, { options: { maxPayload: MESSAGE_BYTES, perMessageDeflate: false } });
}

/** The same events as the SSE streams, over one socket, with subscriptions that come and go. */
export function addWebSocketRoutes(api: Api, context: RouteContext): void {
  const watch = createSocketWatch(context);
  api.get(
    '/ws',
    {
      websocket: true,
      schema: {
        operationId: 'openSocket',
        summary: 'WebSocket: subscribe to and unsubscribe from the events of twins',
        tags: ['streams'],
        response: { 101: { description: 'The socket is open' } },
      },
    },
    (socket: WebSocket, request) => {
      // what is wrong with the connection ends it: `close` follows
      socket.on('error', () => socket.terminate());
      if (!watch.admits(socket, callerIn(request))) return;
      const session = createSocketSession(context, callerIn(request), {
        send: (message, sent) => socket.send(JSON.stringify(message), sent),
        close: (code, reason) => socket.close(code, reason),
        terminate: () => socket.terminate(),
      });
      socket.on('message', (data, isBinary) => session.receive(isBinary ? undefined : String(data)));
      socket.on('close', session.end);
    },
  );
}
