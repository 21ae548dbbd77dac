import { encodeCanonical } from '#base/canonical';
import type { Clock } from '#base/time';
import type { MemoryRecordStore } from '#mirror/history/memory-record-store';
import { openRecord, readHeader, sealRecord } from '#mirror/history/sealed-record';
import type { SubjectKeys } from '#mirror/history/subject-keys';
import type { FirmwareImage } from '#model/device/firmware';
import type { Gateway } from '#model/device/gateway';
import type { Handset } from '#model/device/handset/handset-types';
import type { InsulinPump } from '#model/device/insulin-pump/insulin-pump-types';
import type { Influences, OriginStack, Taint } from './cause.ts';
import type { FaultPoints, GatewayPoint, HandsetPoint, StorePoint } from './fault-points.ts';
import type { Network } from './network.ts';
import type { PlatformHost } from './platform-host.ts';
import type { Radio } from './radio.ts';

export interface PointsDeps {
  readonly clock: Clock;
  readonly origins: OriginStack;
  readonly influences: Influences;
  readonly taint: Taint;
  readonly radio: Radio;
  readonly network: Network;
  readonly handset: Handset;
  readonly gateway: Gateway;
  readonly pump: InsulinPump;
  readonly currentFirmware: () => FirmwareImage;
  readonly platform: PlatformHost;
  /** Of the account that was stolen. */
  readonly stolenToken: string;
  readonly store: MemoryRecordStore;
  readonly keys: SubjectKeys;
}

/** All hands that an adversary may have on this ward. Which of them a technique gets is its position's business. */
export function createFaultPoints(deps: PointsDeps): FaultPoints {
  const { clock, influences, origins } = deps;
  return {
    'radio-range': deps.radio.point,
    'network-path': deps.network.point,
    'on-handset': handsetPoint(deps),
    'on-gateway': gatewayPoint(deps),
    'store-insider': storePoint(deps),
    'platform-account': {
      requestCommand: ({ thing, action, input }) => {
        const answer = deps.platform.platform.request(deps.stolenToken, { thing, action, input });
        if (answer.outcome === 'permitted') influences.note('therapy', clock.now(), `${action} by a stolen account`);
        deps.platform.release(answer.effects);
        return { outcome: answer.outcome === 'permitted' ? 'permitted' : 'refused' };
      },
    },
    'supply-chain': {
      offerFirmware: (image) => origins.during('adversary', () => deps.pump.offerFirmware(image)),
      currentFirmware: deps.currentFirmware,
    },
  };
}

function handsetPoint({ clock, influences, taint, origins, handset }: PointsDeps): HandsetPoint {
  const therapy = (what: string): void => influences.note('therapy', clock.now(), `handset: ${what}`);
  return {
    tamperReading: (by) => {
      if (by === undefined) {
        handset.tamperReading(undefined);
        return;
      }
      handset.tamperReading((glucose) => {
        const shown = by(glucose);
        if (shown === undefined) therapy(`reading of ${glucose} mg/dL withheld`);
        else if (shown !== glucose) taint.reading(clock.now());
        return shown;
      });
    },
    readSettings: () => handset.readSettings(),
    changeSettings: (change) => {
      taint.lasting();
      origins.during('adversary', () => handset.changeSettings(change));
    },
    shiftClock: (by) => {
      taint.lasting();
      handset.shiftClock(by);
    },
    silenceAlarms: (silent) => {
      if (silent) influences.note('view', clock.now(), 'handset: alarms silenced');
      handset.silenceAlarms(silent);
    },
    requestBolus: (units) => {
      taint.reading(clock.now());
      origins.during('adversary', () => handset.requestBolus(units));
    },
  };
}

function gatewayPoint({ clock, influences, gateway }: PointsDeps): GatewayPoint {
  const view = (what: string): void => influences.note('view', clock.now(), `gateway: ${what}`);
  return {
    tamperReport: (by) => {
      if (by === undefined) {
        gateway.tamperReport(undefined);
        return;
      }
      gateway.tamperReport((report) => {
        const told = by(report);
        if (told !== report) view(`report of ${report.thing} ${told === undefined ? 'withheld' : 'altered'}`);
        return told;
      });
    },
    dropRelayed: (drops) => {
      if (drops) view('sealed messages dropped');
      gateway.dropRelayed(drops);
    },
    sendReport: (report) => {
      view(`report of ${report.thing} made up`);
      gateway.sendReport(report);
    },
  };
}

/** The insider opens and seals records with the genuine data keys; the Merkle tree is not in the store. */
function storePoint({ clock, influences, store, keys }: PointsDeps): StorePoint {
  return {
    size: () => store.size,
    rewrite: (position, change) => {
      const sealed = store.get(position);
      if (sealed === undefined) return false;
      const key = keys.find(readHeader(sealed).subject);
      const record = key === undefined ? undefined : openRecord(sealed, key);
      if (key === undefined || record === undefined || !isPlainRecord(record.body)) return false;
      const body = change({ ...record.body }) as typeof record.body;
      encodeCanonical(body);
      store.tamper(position, sealRecord({ ...record, body }, position, 0, key));
      influences.note('view', clock.now(), `record ${position} rewritten`);
      return true;
    },
    truncate: (toSize) => {
      store.truncate(toSize);
      influences.note('view', clock.now(), `history cut to ${toSize} records`);
    },
  };
}

const isPlainRecord = (body: unknown): body is Record<string, never> =>
  typeof body === 'object' && body !== null && !Array.isArray(body) && !(body instanceof Uint8Array);
