import { MINUTE, type Millis } from '#base/time';
import { plotGlucose } from './glucose-plot.ts';
import { colourOfGlucose, type Paint } from './paint.ts';
import type { Reported, TwinReading } from './twin-reading.ts';

/** A reading that is older is told as old. */
const FRESH: Millis = 11 * MINUTE;
/** Change within 15 minutes from which on glucose is said to rise or fall, mg/dL: what CGM displays call 1 and 2 mg/dL per minute. */
const SLOW = 15;
const FAST = 30;
const TREND_STEPS = 3;

/** One twin as lines of text. */
export function frameOf(twin: TwinReading, paint: Paint): readonly string[] {
  const { subject, ward, at } = twin;
  return [
    `${paint('bold', subject)}  ${ward}  ${new Date(at).toISOString().slice(0, 19).replace('T', ' ')}`,
    glucoseLine(twin, paint),
    ...(twin.past.length + twin.forecast.length > 0 ? plotGlucose(twin, paint) : []),
    ...insulinLine(twin),
    `devices   ${twin.things.map(deviceOf).join('  ')}`,
    ...twin.incidents.map(({ id, phase, criterion }) =>
      paint('red', `incident  ${id} ${phase}${criterion ? `: ${criterion}` : ''}`),
    ),
    ...twin.findings.map((finding) =>
      paint('yellow', `finding   ${finding.at.slice(11, 16)} ${finding.rule}: ${finding.statement}`),
    ),
  ];
}

function glucoseLine({ at, reported, past, predicted }: TwinReading, paint: Paint): string {
  const reading = reported['cgm']?.['glucose'];
  const estimate = predicted === undefined ? 'no prediction' : `twin estimates ${Math.round(predicted.glucoseMgPerDl)}`;
  if (reading === undefined || typeof reading.value !== 'number') return `glucose   no reading  (${estimate})`;
  const age = at - Date.parse(reading.at);
  const old = age > FRESH ? paint('yellow', `, ${Math.round(age / MINUTE)} min old`) : '';
  const value = paint(colourOfGlucose(reading.value), String(reading.value));
  return `glucose   ${value} mg/dL ${trendOf(past.map((point) => point.value))}${old}  (${estimate})`;
}

export function trendOf(values: readonly number[]): string {
  const latest = values.at(-1);
  const before = values.at(-1 - TREND_STEPS);
  if (latest === undefined || before === undefined) return '';
  const change = latest - before;
  if (Math.abs(change) < SLOW) return '→';
  if (change > 0) return change >= FAST ? '↑' : '↗';
  return change <= -FAST ? '↓' : '↘';
}

/** What is told of the pump, by the names of its Thing Model. */
const PUMP: readonly (readonly [string, string, string])[] = [
  ['basalRate', 'basal', 'U/h'],
  ['lastBolus', 'last bolus', 'U'],
  ['reservoir', 'reservoir', 'U'],
  ['battery', 'battery', '%'],
  ['deliveryState', '', ''],
  ['controlMode', '', ''],
];

function insulinLine({ reported }: TwinReading): readonly string[] {
  const pump = reported['pump'];
  if (pump === undefined) return [];
  const parts = PUMP.flatMap(([name, label, unit]) => {
    const property: Reported | undefined = pump[name];
    return property === undefined ? [] : [`${label} ${String(property.value)} ${unit}`.trim()];
  });
  return [`insulin   ${parts.join(', ')}`];
}

function deviceOf({ role, connection, stalenessMs }: TwinReading['things'][number]): string {
  const heard = stalenessMs === undefined ? 'not heard yet' : `${Math.round(stalenessMs / MINUTE)} min`;
  // a device behind a gateway has no connection of its own
  return connection.state === 'never' ? `${role} ${heard}` : `${role} ${connection.state}, ${heard}`;
}
