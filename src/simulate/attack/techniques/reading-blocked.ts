import type { Operation } from '#model/device/link/operation';
import { readHeader } from '../overheard-frame.ts';
import type { Technique } from '../technique.ts';

type Parameters = { readonly withReports: boolean };

const REPORTS: ReadonlySet<Operation> = new Set<Operation>(['report', 'sealed-report']);

export const readingBlocked: Technique<'radio-range', Parameters> = {
  id: 'reading-blocked',
  title: 'glucose readings destroyed in the air',
  attackIcs: ['T0804', 'T0815', 'T0860'],
  emb3d: [],
  standsFor: [
    'CVE-2019-10964 (ICSMA-19-178-01): sensor data to MiniMed 508 and Paradigm intercepted',
    'Li, Raghunathan and Jha 2011, doi 10.1109/HEALTH.2011.6026732',
  ],
  position: 'radio-range',
  preconditions: ['the kind of a frame can be told before its end'],
  parameters: {
    withReports: { description: "also destroys the monitor's reports to the platform", default: true },
  },
  launch(adversary, { withReports }) {
    adversary.point.jam((bytes) => {
      const header = readHeader(bytes);
      if (header?.from !== 'cgm') return false;
      const destroyed = header.operation === 'glucose-reading' || (withReports && REPORTS.has(header.operation));
      if (destroyed) adversary.act(`${header.operation} of the monitor destroyed`);
      return destroyed;
    });
    adversary.onStop(() => adversary.point.jam(undefined));
  },
};
