import { utf8 } from '#base/bytes';
import { crc16 } from './link/crc16.ts';

/** What a pump's software does, as far as it matters here. */
export interface FirmwareContent {
  /** `major.minor.patch`, each 0 to 999. */
  readonly version: string;
  /** Units pushed out for each unit that the pump counts and reports. 1 in every genuine image. */
  readonly deliveryFactor: number;
  readonly alarmsEnabled: boolean;
}

/** An image as a pump receives it. */
export interface FirmwareImage extends FirmwareContent {
  /** CRC-16 of `manifestBytes`: finds a damaged download; anybody can compute it. */
  readonly checksum: number;
  /** Ed25519 signature of the maker over `manifestBytes`. */
  readonly signature?: Uint8Array;
}

export type FirmwareRefusal = 'malformed' | 'checksum' | 'not-signed' | 'not-authentic' | 'downgrade';

/** Tells whether `signature` is the maker's over `message`. */
export type VerifyFirmware = (message: Uint8Array, signature: Uint8Array) => boolean;

const VERSION = /^\d{1,3}\.\d{1,3}\.\d{1,3}$/;
const SIGNATURE_BYTES = 64;

/** The one encoding of an image's content that checksum and signature are made over. */
export function manifestBytes(content: FirmwareContent): Uint8Array {
  return utf8(
    `wardtwin insulin pump firmware\n${content.version}\n${content.deliveryFactor}\n${content.alarmsEnabled}\n`,
  );
}

/** An image with its valid checksum; `sign` is the maker's signature and stays away from an adversary. */
export function buildFirmware(content: FirmwareContent, sign?: (message: Uint8Array) => Uint8Array): FirmwareImage {
  const { version, deliveryFactor, alarmsEnabled } = content;
  const manifest = manifestBytes(content);
  const image = { version, deliveryFactor, alarmsEnabled, checksum: crc16(manifest) };
  return sign === undefined ? image : { ...image, signature: sign(manifest) };
}

/**
 * Why an image is not installed; `undefined` when it is. Without `verify` the checksum is the only check, as in the infusion
 * pumps and gateways of CVE-2019-10959 and CVE-2021-33882. With it an older version is refused too, since an old image with a
 * known weakness is signed as well.
 */
export function refusalOfFirmware(
  image: FirmwareImage,
  installed: FirmwareContent,
  verify: VerifyFirmware | undefined,
): FirmwareRefusal | undefined {
  if (!VERSION.test(image.version) || !Number.isFinite(image.deliveryFactor) || image.deliveryFactor < 0) {
    return 'malformed';
  }
  const manifest = manifestBytes(image);
  if (crc16(manifest) !== image.checksum) return 'checksum';
  if (verify === undefined) return undefined;
  if (image.signature === undefined || image.signature.length !== SIGNATURE_BYTES) return 'not-signed';
  if (!verify(manifest, image.signature)) return 'not-authentic';
  return compareVersions(image.version, installed.version) < 0 ? 'downgrade' : undefined;
}

function compareVersions(left: string, right: string): number {
  const rights = right.split('.');
  for (const [index, part] of left.split('.').entries()) {
    const difference = Number(part) - Number(rights[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
