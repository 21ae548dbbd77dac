import type { PropertyAffordance, ThingModel } from '#model/thing/thing-model';
import { IEEE_11073, LOINC, PROPERTY_SYSTEM } from './fhir-base.ts';

export interface Coding {
  readonly system: string;
  readonly code: string;
  readonly display?: string;
}

/**
 * LOINC codes by the IEEE 11073 code of a property: only where a published guide has the same measurand. 99504-3 is the code of a
 * sensor's reading in the HL7 Continuous Glucose Monitoring guide, 1.0.0 STU 1.
 */
const LOINC_OF: Readonly<Record<number, Coding>> = {
  160212: { system: LOINC, code: '99504-3', display: 'Glucose [Mass/volume] in Interstitial fluid' },
};

/** What a property is called: by our own name, and by the codes of others where there are some. */
export function codingsOf({ id }: ThingModel, { name, ieee11073Code }: PropertyAffordance): readonly Coding[] {
  const own: Coding = { system: PROPERTY_SYSTEM, code: `${modelName(id)}.${name}` };
  if (ieee11073Code === undefined) return [own];
  const loinc = LOINC_OF[ieee11073Code];
  const ieee: Coding = { system: IEEE_11073, code: String(ieee11073Code) };
  return loinc === undefined ? [ieee, own] : [loinc, ieee, own];
}

/** `urn:wardtwin:thing-model:glucose-monitor` is `glucose-monitor`. */
const modelName = (id: string): string => id.slice(id.lastIndexOf(':') + 1);

/** Whether a token of a search (`code`, `system|code`, `|code`) names one of the codings. */
export function matchesToken(token: string, codings: readonly Coding[]): boolean {
  const bar = token.indexOf('|');
  if (bar < 0) return codings.some(({ code }) => code === token);
  const system = token.slice(0, bar);
  const wanted = token.slice(bar + 1);
  return codings.some((one) => one.system === system && (wanted === '' || one.code === wanted));
}
