const V4_IN_V6 = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;
/** Longest address in text: IPv6 with an IPv4 address at its end (RFC 4291, 2.2). */
const ADDRESS_LIMIT = 45;

/**
 * What attempts are counted by: an IPv4 address, or the first 64 bits of an IPv6 address, since whoever has one of those
 * addresses has them all. Something else than an address stands for itself, cut short.
 */
export function networkOf(address: string): string {
  const mapped = V4_IN_V6.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  const plain = address.replace(/%.*$/, '').toLowerCase().slice(0, ADDRESS_LIMIT);
  if (!/^[0-9a-f:.]*:[0-9a-f:.]*$/.test(plain)) return plain;
  const [head = '', tail] = plain.split('::');
  const before = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? 0 : 8 - before.length - after.length;
  const groups = [...before, ...Array<string>(Math.max(0, zeros)).fill('0'), ...after];
  return `${groups
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':')}::/64`;
}
