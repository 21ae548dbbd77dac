import type { ErrorObject } from 'ajv/dist/2020.js';

/**
 * The errors that a writer can act on. Of a failed `anyOf` or `oneOf` the validator lists the errors of all forms: kept are
 * those of the one form whose types and constants fit, which is the one that was meant, or else only that no form fits. The
 * error of an `if` only repeats those of its `then`, that of `propertyNames` those of the name.
 */
export function meantErrors(errors: readonly ErrorObject[]): readonly ErrorObject[] {
  const dropped = new Set<ErrorObject>();
  for (const choice of errors) {
    if (choice.keyword === 'if' || choice.keyword === 'propertyNames') dropped.add(choice);
    if (choice.keyword !== 'anyOf' && choice.keyword !== 'oneOf') continue;
    const forms = formsOf(choice.parentSchema).map((form, index) =>
      errors.filter((error) => belongsTo(error, choice, form, index)),
    );
    const fitting = forms.filter((form) => form.length > 0 && !form.some((error) => excludes(error, choice)));
    const meant = fitting.length === 1 ? fitting[0]! : [];
    if (meant.length > 0) dropped.add(choice);
    for (const error of forms.flat()) if (!meant.includes(error)) dropped.add(error);
  }
  const kept = errors.filter((error) => !dropped.has(error));
  // Whatever a schema may combine, an invalid file never comes out without a fault.
  return kept.length > 0 ? kept : errors;
}

/** The alternatives of a schema. */
export function formsOf(schema: unknown): readonly unknown[] {
  if (!isRecord(schema)) return [];
  const forms = schema['oneOf'] ?? schema['anyOf'];
  return Array.isArray(forms) ? forms : [];
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Whether an error comes from the given form of a choice, written in place or referred to. */
function belongsTo(error: ErrorObject, choice: ErrorObject, form: unknown, index: number): boolean {
  const { instancePath } = error;
  const inside = instancePath === choice.instancePath || instancePath.startsWith(`${choice.instancePath}/`);
  if (error === choice || !inside) return false;
  const reference = isRecord(form) && typeof form['$ref'] === 'string' ? form['$ref'] : undefined;
  if (reference !== undefined && error.schemaPath.startsWith(`${reference}/`)) return true;
  return error.schemaPath.startsWith(`${choice.schemaPath}/${index}/`);
}

/** Whether an error shows that a form was not the one meant: another type, or another constant one step inside. */
function excludes(error: ErrorObject, choice: ErrorObject): boolean {
  const depth = error.instancePath.slice(choice.instancePath.length).split('/').length - 1;
  return (error.keyword === 'type' && depth === 0) || (error.keyword === 'const' && depth <= 1);
}
