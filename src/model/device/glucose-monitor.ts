import { MINUTE, type Millis } from '#base/time';
import type { MgPerDl, Minutes, Percent } from '#base/units';
import type { Measurement } from '#model/thing/message';
import type { DevicePorts } from './device.ts';
import { createLink, type LinkConfiguration } from './link/link.ts';
import { encodeGlucoseReading } from './link/payload.ts';
import type { PlatformAccess, PlatformDevice } from './platform-access.ts';
import { createPlatformEnd } from './platform-end.ts';
import type { Reporting, Thinning } from './reporting.ts';

/** It takes no commands: of its access, the enrolment seals its reports. */
export interface GlucoseMonitorConfiguration extends PlatformAccess {
  readonly link: LinkConfiguration;
  readonly reporting: Reporting;
  /** Age of the sensor when the device is switched on. */
  readonly sensorAge?: Minutes;
  /** A new sensor tells no glucose before this age. */
  readonly warmUp?: Minutes;
  readonly sensorLife?: Minutes;
  readonly battery?: Percent;
  /** Time from start to the first reading; every 5 min from there on. */
  readonly phase?: Millis;
}

export interface GlucoseMonitorPorts extends DevicePorts {
  /** What the sensor reads now, errors included. */
  sense(): MgPerDl;
}

export interface GlucoseMonitor extends PlatformDevice {
  /** The person applies a new sensor: warm-up begins. */
  replaceSensor(): void;
  report(): readonly Measurement[];
}

export const READING_PERIOD: Millis = 5 * MINUTE;
/** Dexcom G6: 2 h of warm-up, 10 days of wear, 40 to 400 mg/dL, a transmitter that lasts 90 days. */
export const DEFAULT_WARM_UP: Minutes = 120;
export const DEFAULT_SENSOR_LIFE: Minutes = 14_400;
const DEFAULT_SENSOR_AGE: Minutes = 1_440;
export const BELOW_RANGE: MgPerDl = 39;
export const ABOVE_RANGE: MgPerDl = 401;
const DRAIN_PER_READING: Percent = 100 / (90 * 288);

const THINNING: Thinning = {
  settled: new Set(['battery']),
  states: new Set(),
  slow: new Set(['sensorAge']),
};

const READING_TIMER = 'reading';

/** Senses every 5 min, and sends the reading to whoever listens and a report to the gateway. */
export function createGlucoseMonitor(
  configuration: GlucoseMonitorConfiguration,
  ports: GlucoseMonitorPorts,
): GlucoseMonitor {
  const link = createLink(configuration.link, new Set());
  const { reporting } = configuration;
  const platform = createPlatformEnd({
    self: 'cgm',
    reporting,
    thinning: THINNING,
    access: configuration,
    link,
    ports,
  });
  const warmUp = configuration.warmUp ?? DEFAULT_WARM_UP;
  const sensorLife = configuration.sensorLife ?? DEFAULT_SENSOR_LIFE;
  let battery = configuration.battery ?? 100;
  let sensorStartedAt: Millis = 0;
  let latest: { readonly glucose: MgPerDl; readonly at: Millis } | undefined;

  const sensorAge = (now: Millis): Minutes => Math.max(0, Math.floor((now - sensorStartedAt) / MINUTE));

  const measure = (now: Millis): readonly Measurement[] => [
    ...(latest === undefined ? [] : [{ name: 'glucose', value: latest.glucose, at: latest.at }]),
    { name: 'sensorAge', value: sensorAge(now), at: now },
    { name: 'battery', value: Math.round(battery * 10) / 10, at: now },
  ];

  const takeReading = (now: Millis): void => {
    const age = sensorAge(now);
    latest = undefined;
    if (age >= warmUp && age < sensorLife) {
      const glucose = onTheWire(ports.sense());
      latest = { glucose, at: now };
      const payload = encodeGlucoseReading({ glucose, sensorMinute: age });
      const frame = { from: 'cgm', to: 'all', operation: 'glucose-reading', request: 0, payload } as const;
      ports.send('radio', link.encode(frame));
    }
    platform.report(measure(now), now);
  };

  return {
    start() {
      sensorStartedAt = ports.now() - (configuration.sensorAge ?? DEFAULT_SENSOR_AGE) * MINUTE;
      ports.schedule(READING_TIMER, configuration.phase ?? READING_PERIOD);
    },
    // A transmitter: it has no receiver that anybody could talk to.
    receive() {},
    onTimer(timer) {
      if (timer !== READING_TIMER || battery <= 0) return;
      ports.schedule(READING_TIMER, READING_PERIOD);
      battery = Math.max(0, battery - DRAIN_PER_READING);
      takeReading(ports.now());
    },
    replaceSensor() {
      sensorStartedAt = ports.now();
      latest = undefined;
    },
    report: () => measure(ports.now()),
    endpointState: () => platform.snapshot(),
  };
}

/** What cannot be measured is told apart from what can: 39 is below, 401 above the range of 40 to 400 mg/dL. */
function onTheWire(glucose: MgPerDl): MgPerDl {
  if (!(glucose >= BELOW_RANGE + 1)) return BELOW_RANGE;
  return glucose > ABOVE_RANGE - 1 ? ABOVE_RANGE : Math.round(glucose);
}
