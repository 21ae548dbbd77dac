import { Fault } from '#base/fault';
import { DAY, HOUR, type Millis, SECOND } from '#base/time';
import { createBackoff } from '#edge/machine/backoff';
import { type EnrolledDevice, loadDevice } from '#edge/pki/enrolled-device';
import { agreeKeys, enrolDevice, renewDevice } from '#edge/pki/enrolment-client';
import type { Pem } from '#edge/pki/pem';
import type { ThingId } from '#model/thing/thing-id';
import type { DeviceStorage, KeptAgreement } from './device-storage.ts';

export interface IdentityRequest {
  readonly origin: string;
  readonly directory: string;
  readonly thing: ThingId;
  /** For the first start; none is needed later. */
  readonly ca?: Pem;
  readonly token?: string;
}

/** Between attempts to reach a platform that is not there. */
const FIRST_RETRY: Millis = SECOND;
const LONGEST_RETRY: Millis = 30 * SECOND;
const RENEWAL_CHECK: Millis = HOUR;
/** A certificate is renewed when less than this is left of it, or half of a short life. */
const RENEWAL_MARGIN: Millis = 3 * DAY;

/** The device's certificate: the one it has, or the first, for its token. @throws Fault `device.no-token`, `enrolment.*` */
export async function ensureEnrolled(request: IdentityRequest): Promise<EnrolledDevice> {
  const { origin, directory, thing, ca, token } = request;
  const known = await loadDevice(directory).catch((error: unknown) => {
    if (error instanceof Fault && error.code === 'device.not-enrolled') return undefined;
    throw error;
  });
  if (known !== undefined) {
    if (known.thing === thing) return known;
    throw new Fault('device.other-thing', `device: \`${directory}\` is \`${known.thing}\`, not \`${thing}\``);
  }
  if (ca === undefined || token === undefined) {
    throw new Fault('device.no-token', `device: \`${thing}\` has no certificate yet; state --ca and --token`);
  }
  return whenReachable(() => enrolDevice({ origin, ca, thing, token, directory }));
}

/** The keys that it shares with the platform: those it has, or new ones. */
export async function ensureAgreement(
  { origin, directory }: Pick<IdentityRequest, 'origin' | 'directory'>,
  storage: DeviceStorage,
): Promise<KeptAgreement> {
  const kept = storage.readAgreement();
  if (kept !== undefined) return kept;
  const { secret, commandKeys, extra } = await whenReachable(() => agreeKeys({ origin, directory }));
  const mqtt = extra?.['mqtt'];
  // Sequence and window begin anew with the key, and a state of another key is not taken up: nothing else has to be undone.
  const agreement = { secret, commandKeys, ...(typeof mqtt === 'string' ? { mqtt } : {}) };
  storage.keepAgreement(agreement);
  return agreement;
}

/** Looks every hour of real time whether the certificate ends soon, and renews it. Returns how to stop. */
export function keepRenewed(
  { origin, directory }: Pick<IdentityRequest, 'origin' | 'directory'>,
  onFailure: (error: unknown) => void,
): () => void {
  const look = async (): Promise<void> => {
    const { notAfter } = await loadDevice(directory);
    if (notAfter - Date.now() < RENEWAL_MARGIN) await renewDevice({ origin, directory });
  };
  const timer = setInterval(() => void look().catch(onFailure), RENEWAL_CHECK);
  timer.unref();
  void look().catch(onFailure);
  return () => clearInterval(timer);
}

/** Tries again while nobody answers; what the platform refuses is not asked twice. */
async function whenReachable<T>(attempt: () => Promise<T>): Promise<T> {
  const backoff = createBackoff({ first: FIRST_RETRY, longest: LONGEST_RETRY });
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof Fault) || error.code !== 'enrolment.unreachable') throw error;
      await new Promise((resolve) => setTimeout(resolve, backoff.next()));
    }
  }
}
