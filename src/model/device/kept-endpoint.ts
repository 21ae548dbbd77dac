import { createEndpoint, type Endpoint } from '#model/thing/endpoint';
import type { EnrolmentKey } from '#model/thing/enrolment-key';
import type { DevicePorts } from './device.ts';
import type { PlatformAccess } from './platform-access.ts';

/** The endpoint of a device that was enrolled, which keeps its state through the device's ports where they can. */
export function createKeptEndpoint(
  { enrolment, commandKeys, state, reserveAhead }: PlatformAccess & { readonly enrolment: EnrolmentKey },
  { keep }: DevicePorts,
): Endpoint {
  return createEndpoint(enrolment, {
    ...(commandKeys === undefined ? {} : { commandKeys }),
    ...(state === undefined ? {} : { state }),
    ...(keep === undefined ? {} : { keep }),
    ...(reserveAhead === undefined ? {} : { reserveAhead }),
  });
}
