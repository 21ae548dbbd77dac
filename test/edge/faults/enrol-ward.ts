import type { Live } from '#edge/live/live';
import { thingSecretName } from '#edge/live/opened';
import { deriveEnrolmentKey } from '#model/thing/enrolment-key';
import { WARD_ROLES } from '../live/live-bench.ts';

/** Admits a subject with its four devices, whose secrets somebody else holds too. */
export async function enrolWard(live: Live, subject: string, secrets: Readonly<Record<string, string>>): Promise<void> {
  await live.act((fleet) => fleet.admitSubject(subject, 'ward-1'));
  for (const [role, model] of Object.entries(WARD_ROLES)) {
    const thing = `${subject}-${role}`;
    const secret = Uint8Array.fromBase64(secrets[role]!);
    const via = role === 'gateway' ? {} : { via: `${subject}-gateway` };
    const offer = { digest: role.padEnd(64, '0'), expiresAt: Number.MAX_SAFE_INTEGER };
    await live.act((fleet) => {
      fleet.expectThing({ thing, subject, role, model, ...via, speaksFor: [] }, offer);
      fleet.redeemOffer(thing, offer.digest);
    });
    const kept = live.secrets.keep(thingSecretName(thing, deriveEnrolmentKey(thing, secret).fingerprint), secret);
    await Promise.all([kept, live.act((fleet) => fleet.keyed(thing, secret))]);
  }
}
