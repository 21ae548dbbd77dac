import type { FhirResource } from './fhir-base.ts';

/** What a search found, with links to this page and the next. `total` only where it is known. */
export function searchset(
  base: string,
  resources: readonly FhirResource[],
  links: { readonly self: string; readonly next?: string },
  total?: number,
): FhirResource {
  const { self, next } = links;
  return {
    resourceType: 'Bundle',
    type: 'searchset',
    ...(total === undefined ? {} : { total }),
    link: [{ relation: 'self', url: self }, ...(next === undefined ? [] : [{ relation: 'next', url: next }])],
    // R4 has no empty arrays
    ...(resources.length === 0
      ? {}
      : {
          entry: resources.map((resource) => ({
            fullUrl: `${base}/${resource.resourceType}/${String(resource['id'])}`,
            resource,
            search: { mode: 'match' },
          })),
        }),
  };
}
