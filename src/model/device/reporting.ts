import type { AeadKey } from '#crypto/aead';
import type { ThingId } from '#model/thing/thing-id';

/**
 * How a device's reports reach the platform: `plain` ones are sealed by the gateway, which speaks for the device; `signed`
 * ones are sealed by the device under a key of its own, and the gateway only passes the bytes on.
 */
export type Reporting =
  | { readonly kind: 'plain'; readonly thing: ThingId }
  | { readonly kind: 'signed'; readonly thing: ThingId; readonly key: AeadKey };
