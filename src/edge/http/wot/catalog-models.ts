import { catalogRoot, listCatalogFiles } from '#edge/catalog/catalog-directory';
import { readCatalogFile } from '#edge/catalog/read-catalog-file';
import { decodeThingModel } from '#model/thing/decode-thing-model';
import type { ThingModel } from '#model/thing/thing-model';

export type JsonObject = Readonly<Record<string, unknown>>;

/** A Thing Model of the catalog: as the platform judges by it, and as it was written. */
export interface CatalogModel {
  readonly model: ThingModel;
  readonly document: JsonObject;
}

/** By the name of the file, which is what an enrolment names. */
export type CatalogModels = ReadonlyMap<string, CatalogModel>;

/** @throws CatalogFault */
export function loadCatalogModels(root: string = catalogRoot): CatalogModels {
  return new Map(
    listCatalogFiles('things', root).map(({ id, path }) => {
      const document = readCatalogFile<JsonObject>(path, 'thing-model', root);
      return [id, { model: decodeThingModel(document), document }];
    }),
  );
}
