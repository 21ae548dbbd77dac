/** Colours of a terminal (ECMA-48, select graphic rendition), or none. */
export type Colour = 'red' | 'yellow' | 'green' | 'dim' | 'bold';
export type Paint = (colour: Colour, text: string) => string;

const CODES: Readonly<Record<Colour, number>> = { red: 31, yellow: 33, green: 32, dim: 2, bold: 1 };

export const inColour: Paint = (colour, text) => `\u001b[${CODES[colour]}m${text}\u001b[0m`;
export const plain: Paint = (_colour, text) => text;

/** By the levels of the consensus on time in range (Battelino 2019): below 54 and above 250 ask for action at once. */
export function colourOfGlucose(mgPerDl: number): Colour {
  if (mgPerDl < 54 || mgPerDl > 250) return 'red';
  return mgPerDl < 70 || mgPerDl > 180 ? 'yellow' : 'green';
}
