import type { Peer } from '#edge/pki/peer-certificate';
import type { ConnectorRefusal } from './device-connector.ts';
import { downTopic, upTopic } from './topics.ts';

/** As far as the gate looks at packets. */
interface Published {
  readonly topic: string;
  readonly qos: number;
  readonly retain?: boolean;
}

/** Why a thing may not publish this, or undefined. INVARIANT: a thing speaks on its own topic and on no other. */
export function objectionToPublish({ thing }: Peer, { topic, qos, retain }: Published): ConnectorRefusal | undefined {
  if (topic !== upTopic(thing)) return 'foreign-topic';
  // what is retained would be handed to whoever subscribes later, and nobody ever does
  if (retain === true) return 'retained';
  // exactly once is the business of the sealed sequence number; a second bookkeeping of it would be one more to flood
  return qos > 1 ? 'quality-of-service' : undefined;
}

/** Why a thing may not subscribe to this, or undefined. */
export const objectionToSubscribe = ({ thing }: Peer, topic: string): ConnectorRefusal | undefined =>
  topic === downTopic(thing) ? undefined : 'foreign-topic';
