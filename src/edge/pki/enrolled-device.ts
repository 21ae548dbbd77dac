import 'reflect-metadata';
import { X509Certificate } from '@peculiar/x509';
import { Fault } from '#base/fault';
import type { Millis } from '#base/time';
import { parseThingId, type ThingId } from '#model/thing/thing-id';
import { createDeviceFiles, type DeviceIdentity } from './device-files.ts';
import { certificatesOf } from './pem.ts';
import type { SerialNumber } from './serial-number.ts';

/** A device that has a certificate. */
export interface EnrolledDevice extends DeviceIdentity {
  readonly thing: ThingId;
  readonly serial: SerialNumber;
  readonly notAfter: Millis;
}

/** @throws Fault `device.not-enrolled`, `device.identity-broken` */
export async function loadDevice(directory: string): Promise<EnrolledDevice> {
  const identity = await createDeviceFiles(directory).load();
  if (identity !== undefined) return describeDevice(identity);
  throw new Fault('device.not-enrolled', `device: \`${directory}\` holds no certificate; enrol with a token first`, {
    directory,
  });
}

/** What the certificate of an identity says. @throws Fault `thing-id.malformed` */
export function describeDevice(identity: DeviceIdentity): EnrolledDevice {
  const [first = ''] = certificatesOf(identity.chain);
  const certificate = new X509Certificate(first);
  const [thing] = certificate.subjectName.getField('CN');
  return {
    ...identity,
    thing: parseThingId(thing),
    serial: certificate.serialNumber.toLowerCase(),
    notAfter: certificate.notAfter.getTime(),
  };
}
