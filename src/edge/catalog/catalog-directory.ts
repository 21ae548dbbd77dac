import { existsSync, readdirSync } from 'node:fs';
import { basename, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A file of the catalog; `id` is its name without the extension. */
export interface CatalogEntry {
  readonly id: string;
  readonly path: string;
}

/** The catalog that is delivered with the program. */
export const catalogRoot: string = fileURLToPath(new URL('../../../catalog', import.meta.url));

const CATALOG_EXTENSIONS: readonly string[] = ['.yaml', '.yml', '.json'];

/** The files of one kind (a folder of the catalog: `scenarios`, `patients` ...), in the order of their ids. */
export function listCatalogFiles(kind: string, root: string = catalogRoot): readonly CatalogEntry[] {
  const folder = join(root, kind);
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => CATALOG_EXTENSIONS.includes(extname(name)))
    .map((name) => ({ id: basename(name, extname(name)), path: join(folder, name) }))
    .sort((left, right) => (left.id < right.id ? -1 : 1));
}
