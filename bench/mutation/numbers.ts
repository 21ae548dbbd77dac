const numberOf = (written: string): number => Number(written.replaceAll('_', ''));

/** Digits behind the point of a number as it is written. */
const decimalsOf = (written: string): number => /\.(\d+)/.exec(written)?.[1]?.length ?? 0;

/** Twice the number; one instead of none. */
export const doubled = (written: string): string => (numberOf(written) === 0 ? '1' : String(2 * numberOf(written)));

/** A number with the last digit that was written one higher. */
export function stepped(written: string): string {
  if (/e/i.test(written)) return written.replace(/^[^e]+/i, (mantissa) => stepped(mantissa));
  const decimals = decimalsOf(written);
  return (numberOf(written) + 10 ** -decimals).toFixed(decimals);
}

/** Half the number; the half of a whole number is whole, where it is another one. */
export function halved(written: string): string {
  const half = numberOf(written) / 2;
  const whole = decimalsOf(written) === 0 && Math.abs(half) >= 1;
  return String(whole ? Math.trunc(half) : half);
}
