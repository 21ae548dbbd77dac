import { connect, type Socket } from 'node:net';
import { type Millis, SECOND } from '#base/time';
import type { MgPerDl } from '#base/units';
import type { Peer } from '#model/device/link/peer';
import { createMessageStream, type MessageStream } from './message-stream.ts';
import {
  decodeSideChannel,
  encodeSideChannel,
  type FromPatient,
  SIDE_CHANNEL_LIMIT,
  type ToPatient,
} from './side-channel-message.ts';

/** A device's contact with its surroundings: the air around it and the body it sits on. The platform has no part in it. */
export interface SideChannel {
  /** Lost while nobody is there: as a radio frame is, and insulin that runs beside the body. */
  send(message: ToPatient): void;
  /** What the sensor reads now; undefined while there is no body. */
  sense(): Promise<MgPerDl | undefined>;
  close(): void;
}

const RETRY: Millis = SECOND / 2;

export function createSideChannelClient(
  path: string,
  peer: Peer,
  onMessage: (message: FromPatient) => void,
): SideChannel {
  const sensing: ((glucose: MgPerDl | undefined) => void)[] = [];
  let stream: MessageStream | undefined;
  let socket: Socket | undefined;
  let retry: NodeJS.Timeout | undefined;
  let isClosed = false;

  const take = (bytes: Uint8Array): void => {
    const message = decodeSideChannel<FromPatient>(bytes);
    if (message.kind === 'sensed') sensing.shift()?.(message.glucose);
    else onMessage(message);
  };

  const open = (): void => {
    const opened = connect(path);
    socket = opened;
    opened.on('error', () => {});
    opened.on('connect', () => {
      stream = createMessageStream(opened, SIDE_CHANNEL_LIMIT, take);
      stream.send(encodeSideChannel({ kind: 'join', peer }));
    });
    opened.on('close', () => {
      stream = undefined;
      for (const answer of sensing.splice(0)) answer(undefined);
      if (!isClosed) retry = setTimeout(open, RETRY);
    });
  };
  open();

  return {
    send: (message) => stream?.send(encodeSideChannel(message)),
    sense: () =>
      new Promise((resolve) => {
        if (stream === undefined) {
          resolve(undefined);
          return;
        }
        sensing.push(resolve);
        stream.send(encodeSideChannel({ kind: 'sense' }));
      }),
    close: () => {
      isClosed = true;
      clearTimeout(retry);
      socket?.destroy();
    },
  };
}
