import { toHex } from '#base/bytes';
import { Fault } from '#base/fault';
import { sha256 } from '#crypto/digest';
import type { Receipt, Transport } from '#platform/fleet/receive';
import type { Live } from './live.ts';

/** Messages that are remembered; more would be one defect met in many ways, and the oldest give way. */
const MOST_REMEMBERED = 1_000;

/** Hands a message in and resolves when what it did is durable. @throws what `Live.act` throws */
export type Receive = (bytes: Uint8Array, transport: Transport) => Promise<Receipt>;

/**
 * How connectors hand messages in. A message on which our own code fails is not acknowledged, so its sender says it again, and
 * the platform would fall and rise for ever. INVARIANT: it happens once per message: the second time it is refused, on record,
 * without being looked at.
 */
export function createReceiver({ act }: Pick<Live, 'act'>): Receive {
  const remembered = new Set<string>();

  const remember = (bytes: Uint8Array): void => {
    remembered.add(toHex(sha256(bytes)));
    const [oldest] = remembered;
    if (remembered.size > MOST_REMEMBERED && oldest !== undefined) remembered.delete(oldest);
  };

  return async (bytes, transport) => {
    if (remembered.size > 0 && remembered.has(toHex(sha256(bytes)))) {
      return act((fleet) => fleet.refuseUnread(transport));
    }
    try {
      return await act((fleet) => fleet.receive(bytes, transport));
    } catch (error) {
      if (!isOutage(error)) remember(bytes);
      throw error;
    }
  };
}

/** The store's failure, not the message's. */
const isOutage = (error: unknown): boolean => error instanceof Fault && /^(live|store|keys)\./.test(error.code);
