import type { Random } from '#base/random';
import { MINUTE } from '#base/time';
import type { MgPerDl, Minutes } from '#base/units';
import { buildLegacyFrame, type LegacyFrame } from '#model/device/link/legacy-frame';
import { encodeGlucoseReading } from '#model/device/link/payload';
import { forgeReading, readGlucose, readHeader, readLegacy } from './overheard-frame.ts';
import { forgeReport } from './report-forgery.ts';
import type { Adversary, ParameterSpecification, ParameterValues, Technique } from './technique.ts';

/** What a technique makes of glucose readings, wherever it stands. */
export interface ReadingManipulation<Parameters extends ParameterValues> {
  /** Begins the id of each of its techniques. */
  readonly id: string;
  readonly title: string;
  readonly standsFor: readonly string[];
  readonly parameters: ParameterSpecification<Parameters>;
  /** The manipulation of one run of the technique; it may remember what it saw. */
  begin(parameters: Parameters, random: Random): ManipulateReading;
}

/** The reading that the controller is to see, or `undefined` to leave the genuine one. */
export type ManipulateReading = (genuine: MgPerDl, elapsed: Minutes) => MgPerDl | undefined;

/** What sensors can say; a value outside would be refused by any controller. */
const LOWEST_READING: MgPerDl = 40;
const HIGHEST_READING: MgPerDl = 400;

const plausible = (glucose: MgPerDl): MgPerDl =>
  Math.round(Math.min(HIGHEST_READING, Math.max(LOWEST_READING, glucose)));

export type OnRadio<Parameters> = Parameters & { readonly forgeReports: boolean };

/**
 * Destroys the genuine reading while it is in the air and transmits an altered one under the overheard transmitter number.
 * Where readings are encrypted there is nothing to alter; it then tries with a reading in the clear.
 */
export function manipulateOnRadio<Parameters extends ParameterValues>(
  manipulation: ReadingManipulation<Parameters>,
): Technique<'radio-range', OnRadio<Parameters>> {
  return {
    id: `${manipulation.id}-on-radio`,
    title: `${manipulation.title}, on the radio`,
    attackIcs: ['T0856', 'T0830', 'T0860'],
    emb3d: ['TID-406', 'TID-408'],
    standsFor: manipulation.standsFor,
    position: 'radio-range',
    preconditions: ['readings travel in the clear', 'the receiver knows the transmitter by its number only'],
    parameters: {
      ...manipulation.parameters,
      forgeReports: {
        description: 'also alters what the monitor reports to the platform, so that both tell the same',
        default: true,
      },
    } as ParameterSpecification<OnRadio<Parameters>>,
    launch(adversary, parameters) {
      const manipulate = manipulation.begin(parameters, adversary.random);
      const began = adversary.now();
      let shown: MgPerDl | undefined;

      adversary.point.jam((bytes) => {
        const header = readHeader(bytes);
        if (header?.from !== 'cgm') return false;
        const frame = readLegacy(bytes);
        if (header.operation === 'glucose-reading') {
          const genuine = frame === undefined ? ASSUMED_READING : readGlucose(frame);
          const altered = genuine === undefined ? undefined : manipulate(genuine, (adversary.now() - began) / MINUTE);
          shown = altered === undefined ? undefined : plausible(altered);
          if (shown === undefined) return false;
          transmitReading(adversary, frame, shown);
          return frame !== undefined;
        }
        if (frame === undefined || shown === undefined || !parameters.forgeReports) return false;
        const report = forgeReport(frame, { glucose: shown });
        if (report === undefined) return false;
        adversary.point.transmit(report);
        return true;
      });
      adversary.onStop(() => adversary.point.jam(undefined));
    },
  };
}

/** What an adversary takes a reading for that it cannot read. */
const ASSUMED_READING: MgPerDl = 120;

function transmitReading(
  adversary: Adversary<'radio-range'>,
  genuine: LegacyFrame | undefined,
  glucose: MgPerDl,
): void {
  adversary.act(`forged reading of ${glucose} mg/dL transmitted`);
  adversary.point.transmit(genuine === undefined ? blindReading(glucose) : forgeReading(genuine, glucose));
}

/** A reading in the clear, for a receiver that should not listen to it. */
const blindReading = (glucose: MgPerDl): Uint8Array =>
  buildLegacyFrame({
    from: 'cgm',
    to: 'all',
    operation: 'glucose-reading',
    request: 0,
    serial: 0,
    payload: encodeGlucoseReading({ glucose, sensorMinute: 0 }),
  });

/** Malware on the handset changes the reading between the radio and the controller. */
export function manipulateOnHandset<Parameters extends ParameterValues>(
  manipulation: ReadingManipulation<Parameters>,
): Technique<'on-handset', Parameters> {
  return {
    id: `${manipulation.id}-on-handset`,
    title: `${manipulation.title}, by malware on the handset`,
    attackIcs: ['T0856', 'T0874', 'T0831'],
    emb3d: ['TID-302', 'TID-304'],
    standsFor: manipulation.standsFor,
    position: 'on-handset',
    preconditions: ['other software of the handset can reach into the controller'],
    parameters: manipulation.parameters,
    launch(adversary, parameters) {
      const manipulate = manipulation.begin(parameters, adversary.random);
      const began = adversary.now();
      adversary.point.tamperReading((genuine) => {
        const altered = manipulate(genuine, (adversary.now() - began) / MINUTE);
        if (altered === undefined) return genuine;
        const shown = plausible(altered);
        adversary.act(`reading of ${genuine} mg/dL shown to the controller as ${shown}`);
        return shown;
      });
      adversary.onStop(() => adversary.point.tamperReading(undefined));
    },
  };
}
