import type { Fraction, Minutes } from '#base/units';
import type { CriterionResult, Distribution, Proportion } from '#simulate/exercise/exercise-report';

const NO_BREAK = '\u00a0';
/** Stands where there is no value. */
export const NONE = '–';
/** Keeps what is a whole per cent but for its last bit from being rounded away from itself. */
const SLACK = 1e-9;

/** `96 %`; `0 %` and `100 %` only where they are exact. */
export function percent(fraction: Fraction): string {
  const value = Math.round(fraction * 100);
  if (value === 100 && fraction < 1) return `>99${NO_BREAK}%`;
  if (value === 0 && fraction > 0) return `<1${NO_BREAK}%`;
  return `${value}${NO_BREAK}%`;
}

/** `23/24`. */
export const count = ({ k, n }: Proportion): string => `${k}/${n}`;

/** `[79, 100] %`, rounded outwards: an interval that crosses a bound must not read as if it ended there. */
export function interval({ low, high }: Proportion): string {
  return `[${Math.floor(low * 100 + SLACK)}, ${Math.ceil(high * 100 - SLACK)}]${NO_BREAK}%`;
}

/** The share, or a dash where no run counts. */
export const share = (value: Proportion): string => (value.n === 0 ? NONE : percent(value.k / value.n));

/** `95 min`, `4.2 h`, `2.5 d`. */
export function duration(minutes: Minutes): string {
  const size = Math.abs(minutes);
  if (size < 120) return `${trimmed(minutes, size < 10 ? 1 : 0)}${NO_BREAK}min`;
  if (size < 48 * 60) return `${trimmed(minutes / 60, 1)}${NO_BREAK}h`;
  return `${trimmed(minutes / 1440, 1)}${NO_BREAK}d`;
}

/** The median with the 5 % and 95 % quantiles: `12 min (4 min to 31 min)`. */
export function spread({ median, q05, q95 }: Distribution): string {
  if (median === null || q05 === null || q95 === null) return NONE;
  return `${duration(median)} (${duration(q05)} to ${duration(q95)})`;
}

/** A time of a run, from minutes since its first midnight; `02:05 +1` being five past two on the second day. */
export function clockOfRun(minute: Minutes): string {
  const whole = Math.round(minute);
  const day = Math.floor(whole / 1_440);
  const ofDay = whole - 1_440 * day;
  const clock = `${String(Math.floor(ofDay / 60)).padStart(2, '0')}:${String(ofDay % 60).padStart(2, '0')}`;
  return day === 0 ? clock : `${clock}\u00a0+${day}`;
}

/** A number with at most `digits` decimals, with a true minus sign. */
export function trimmed(value: number, digits: number): string {
  const text = String(Number(value.toFixed(digits)));
  return text === '-0' ? '0' : text.replace('-', '−');
}

/** As `trimmed`, always with its sign. */
export function signed(value: number, digits: number): string {
  const text = trimmed(value, digits);
  return text === '0' || text.startsWith('−') ? text : `+${text}`;
}

/** `at least 90 %`. */
export function bound({ relation, bound: limit }: CriterionResult): string {
  return `${relation} ${trimmed(limit * 100, 1)}${NO_BREAK}%`;
}
