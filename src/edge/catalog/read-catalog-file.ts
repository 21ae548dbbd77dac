import { readFileSync, statSync } from 'node:fs';
import { extname } from 'node:path';
import { catalogRoot } from './catalog-directory.ts';
import { CatalogFault, type FileFault } from './catalog-fault.ts';
import { catalogSchema } from './catalog-schema.ts';
import {
  type ParsedDocument,
  type ParseResult,
  type Place,
  parseJsonDocument,
  parseYamlDocument,
} from './parse-document.ts';
import { schemaFaults } from './schema-fault.ts';

/** Far above any file of the catalog; a bound on what one is willing to parse. */
const MAX_FILE_BYTES = 4 * 1024 * 1024;

/** A finding of a check that a schema cannot express, such as a reference to a technique that does not exist. */
export interface ReferenceFault {
  readonly pointer: string;
  readonly message: string;
}

/** A valid file, with what is needed to check it against other files and tell faults by line. */
export interface CatalogFile<T> {
  readonly path: string;
  readonly data: T;
  /** Where the value at `pointer` (RFC 6901) stands. */
  locate(pointer: string): Place;
  /** @throws CatalogFault with all the faults, unless there are none */
  fail(faults: readonly ReferenceFault[]): void;
}

/**
 * Reads a YAML (`.yaml`, `.yml`) or JSON (`.json`) file and validates it against `schemas/<schemaName>.schema.json` of the
 * catalog. `T` has to be the type that this schema describes.
 *
 * @throws CatalogFault with all the faults of the file
 */
export function readCatalogFile<T>(path: string, schemaName: string, root: string = catalogRoot): T {
  return openCatalogFile<T>(path, schemaName, root).data;
}

/** As `readCatalogFile`, with the places of the parts. @throws CatalogFault with all the faults of the file */
export function openCatalogFile<T>(path: string, schemaName: string, root: string = catalogRoot): CatalogFile<T> {
  const document = parseFile(path);
  const validate = catalogSchema(schemaName, root);
  if (!validate(document.data)) {
    const faults = schemaFaults(validate.errors ?? []).map(({ pointer, at, message }) => ({
      file: path,
      ...(at === 'key' ? document.locateKey(pointer) : document.locate(pointer)),
      pointer,
      message,
    }));
    throw new CatalogFault(faults);
  }
  return {
    path,
    data: document.data as T,
    locate: document.locate,
    fail: (faults) => {
      if (faults.length === 0) return;
      throw new CatalogFault(faults.map((fault) => ({ file: path, ...document.locate(fault.pointer), ...fault })));
    },
  };
}

function parseFile(path: string): ParsedDocument {
  const parse = parserOf(path);
  const result = parse(readBounded(path));
  if (result.kind === 'parsed') return result.document;
  throw new CatalogFault(result.faults.map((fault) => ({ file: path, pointer: '', ...fault })));
}

function parserOf(path: string): (text: string) => ParseResult {
  const extension = extname(path);
  if (extension === '.yaml' || extension === '.yml') return parseYamlDocument;
  if (extension === '.json') return parseJsonDocument;
  throw wholeFile(path, `extension \`${extension}\` is unknown; name the file .yaml, .yml or .json`);
}

function readBounded(path: string): string {
  const status = statSync(path, { throwIfNoEntry: false });
  if (status === undefined) throw wholeFile(path, 'no such file');
  if (!status.isFile()) throw wholeFile(path, 'not a file');
  if (status.size > MAX_FILE_BYTES) {
    throw wholeFile(path, `\`${status.size}\` bytes are too many; at most ${MAX_FILE_BYTES} are read`);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(path));
  } catch (error) {
    if (error instanceof TypeError) throw wholeFile(path, 'not UTF-8; save the file in that encoding');
    throw error;
  }
}

function wholeFile(file: string, message: string): CatalogFault {
  const fault: FileFault = { file, line: 1, column: 1, pointer: '', message };
  return new CatalogFault([fault]);
}
