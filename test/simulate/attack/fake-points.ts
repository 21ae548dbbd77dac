import { createRandom } from '#base/random';
import type { Millis } from '#base/time';
import { buildFirmware, type FirmwareImage } from '#model/device/firmware';
import type { HandsetSettings } from '#model/device/handset/settings';
import type { Report } from '#model/thing/message';
import { createCampaignRunner } from '#simulate/attack/campaign';
import type { Campaign } from '#simulate/attack/campaign-step';
import type { ParameterValues } from '#simulate/attack/technique';
import { TECHNIQUES } from '#simulate/attack/technique-table';
import { createEventQueue } from '#simulate/world/event-queue';
import type { Direction, FaultPoints, Interception } from '#simulate/world/fault-points';

/** Monday 2024-01-01, midnight. */
export const MIDNIGHT: Millis = Date.UTC(2024, 0, 1);

/** Fault points without a world behind them: what was done to them is looked at, what they would hear is told to them. */
export function createFakePoints() {
  const listeners: ((frame: Uint8Array) => void)[] = [];
  let jam: ((frame: Uint8Array) => boolean) | undefined;
  let delay: ((frame: Uint8Array) => Millis) | undefined;
  let reading: ((glucose: number) => number | undefined) | undefined;
  let report: ((report: Report) => Report | undefined) | undefined;
  let intercept: ((bytes: Uint8Array, direction: Direction) => Interception) | undefined;
  const seen = {
    transmitted: [] as Uint8Array[],
    boluses: [] as number[],
    clockShift: 0,
    silent: false,
    dropsRelayed: false,
    commands: [] as { readonly action: string; readonly input: Readonly<Record<string, unknown>> }[],
    firmware: [] as FirmwareImage[],
    records: [{ units: 3 }, { statement: 'bolus' }, { units: 4 }] as Record<string, unknown>[],
    settings: {
      mode: 'closed-loop',
      carbRatio: 10,
      correctionFactor: 40,
      targetGlucose: 120,
      maxInsulinOnBoard: 8,
      maxBolus: 10,
      maxBasal: 5,
      basalProfile: new Array<number>(24).fill(1),
    } as HandsetSettings,
  };
  const points: FaultPoints = {
    'radio-range': {
      listen: (heard) => void listeners.push(heard),
      transmit: (frame) => void seen.transmitted.push(frame.slice()),
      jam: (by) => {
        jam = by;
      },
      delay: (by) => {
        delay = by;
      },
    },
    'on-handset': {
      tamperReading: (by) => {
        reading = by;
      },
      readSettings: () => seen.settings,
      changeSettings: (change) => {
        seen.settings = { ...seen.settings, ...change };
      },
      shiftClock: (by) => {
        seen.clockShift += by;
      },
      silenceAlarms: (silent) => {
        seen.silent = silent;
      },
      requestBolus: (units) => void seen.boluses.push(units),
    },
    'on-gateway': {
      tamperReport: (by) => {
        report = by;
      },
      dropRelayed: (drops) => {
        seen.dropsRelayed = drops;
      },
      sendReport: () => {},
    },
    'network-path': {
      intercept: (by) => {
        intercept = by;
      },
      inject: () => {},
    },
    'platform-account': {
      requestCommand: ({ action, input }) => {
        seen.commands.push({ action, input });
        return { outcome: 'permitted' };
      },
    },
    'store-insider': {
      size: () => seen.records.length,
      rewrite: (position, change) => {
        seen.records[position] = change({ ...seen.records[position] });
        return true;
      },
      truncate: (toSize) => void seen.records.splice(toSize),
    },
    'supply-chain': {
      offerFirmware: (image) => void seen.firmware.push(image),
      currentFirmware: () =>
        buildFirmware({ version: '2.4.0', deliveryFactor: 1, alarmsEnabled: true }, () => new Uint8Array(64)),
    },
  };
  return {
    points,
    seen,
    /** A device transmits: tells listeners, then what becomes of the frame. */
    air: (frame: Uint8Array): { readonly destroyed: boolean; readonly held: Millis } => {
      for (const heard of listeners) heard(frame);
      return { destroyed: jam?.(frame) ?? false, held: delay?.(frame) ?? 0 };
    },
    read: (glucose: number): number | undefined => (reading === undefined ? glucose : reading(glucose)),
    relay: (genuine: Report): Report | undefined => (report === undefined ? genuine : report(genuine)),
    uplink: (bytes: Uint8Array, direction: Direction = 'to-platform'): Interception =>
      intercept?.(bytes, direction) ?? { kind: 'pass' },
  };
}

/** Runs a campaign on fake points; `until` moves the clock. */
export function runCampaign(campaign: Campaign, seed = 1) {
  const fake = createFakePoints();
  const queue = createEventQueue(MIDNIGHT);
  const runner = createCampaignRunner({
    campaign,
    techniques: TECHNIQUES,
    points: fake.points,
    clock: queue,
    schedule: queue.at,
    random: createRandom(seed),
    origin: MIDNIGHT,
  });
  runner.start();
  return { ...fake, runner, queue, until: (minute: number) => queue.runUntil(MIDNIGHT + minute * 60_000) };
}

/** One technique from minute 0 on. */
export function runTechnique(id: string, parameters: ParameterValues = {}, durationMin?: number) {
  const technique = TECHNIQUES.get(id);
  if (technique === undefined) throw new Error(`no technique ${id}`);
  const step = { id: 'step', technique: id, parameters, start: { kind: 'at', minute: 0 } } as const;
  const run = runCampaign({
    positions: [technique.position],
    steps: [durationMin === undefined ? step : { ...step, durationMin }],
  });
  run.until(0);
  return run;
}
