import type { ParameterSpec, ParameterValues, Technique } from './technique.ts';

/** What is wrong with one parameter. */
export interface ParameterFault {
  readonly name: string;
  readonly message: string;
}

type Value = ParameterValues[string];

/** The technique's defaults with `given` over them. INVARIANT: `given` has no faults. */
export function completeParameters(technique: Technique, given: ParameterValues = {}): ParameterValues {
  const defaults = Object.entries(technique.parameters).map(([name, spec]) => [name, spec.default] as const);
  return { ...Object.fromEntries(defaults), ...given };
}

/** Unknown names, values of another type, out of bounds or not among the choices. */
export function parameterFaults(technique: Technique, given: ParameterValues): readonly ParameterFault[] {
  return Object.entries(given).flatMap(([name, value]) => {
    const spec = Object.hasOwn(technique.parameters, name) ? technique.parameters[name] : undefined;
    const message = spec === undefined ? unknownName(technique, name) : valueFault(spec, value);
    return message === undefined ? [] : [{ name, message }];
  });
}

function unknownName(technique: Technique, name: string): string {
  const names = Object.keys(technique.parameters);
  const allowed = names.length === 0 ? 'it has none' : `it has ${names.map((known) => `\`${known}\``).join(', ')}`;
  return `technique \`${technique.id}\` has no parameter \`${name}\`; ${allowed}`;
}

function valueFault(spec: ParameterSpec<Value>, value: Value): string | undefined {
  const { default: example, minimum, maximum, oneOf, unit } = spec;
  const shown = `\`${String(value)}\``;
  if (typeof value !== typeof example) return `${shown} has to be a ${typeof example}: ${spec.description}`;
  if (oneOf !== undefined && !oneOf.includes(value)) {
    return `${shown} is not allowed; allowed are ${oneOf.map((choice) => `\`${String(choice)}\``).join(', ')}`;
  }
  if (typeof value !== 'number') return undefined;
  const suffix = unit === undefined ? '' : ` ${unit}`;
  if (!Number.isFinite(value)) return `${shown} has to be a finite number: ${spec.description}`;
  if (minimum !== undefined && value < minimum) return `${shown} has to be at least ${minimum}${suffix}`;
  if (maximum !== undefined && value > maximum) return `${shown} has to be at most ${maximum}${suffix}`;
  return undefined;
}
