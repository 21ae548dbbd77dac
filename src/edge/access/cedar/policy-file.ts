import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Fault } from '#base/fault';

/** A folder of policies: one schema, and policies in as many files as their author likes. */
export interface PolicySources {
  readonly directory: string;
  readonly schema: { readonly file: string; readonly text: string };
  readonly policies: readonly { readonly file: string; readonly text: string }[];
}

const FILES_LIMIT = 64;
const FILE_BYTES_LIMIT = 256 * 1_024;

/** @throws Fault `policy.unreadable` */
export function readPolicySources(directory: string): PolicySources {
  const names = listed(directory).sort();
  const schemas = names.filter((name) => name.endsWith('.cedarschema'));
  const policies = names.filter((name) => name.endsWith('.cedar'));
  if (schemas.length !== 1)
    throw unreadable(directory, `holds \`${schemas.length}\` files *.cedarschema; there has to be one`);
  if (policies.length === 0 || policies.length > FILES_LIMIT)
    throw unreadable(directory, `holds \`${policies.length}\` files *.cedar; there have to be 1 to ${FILES_LIMIT}`);
  return { directory, schema: read(directory, schemas[0]!), policies: policies.map((name) => read(directory, name)) };
}

function listed(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch (cause) {
    throw unreadable(directory, `cannot be read; ${(cause as Error).message}`);
  }
}

function read(directory: string, file: string): { file: string; text: string } {
  const path = join(directory, file);
  try {
    const { size } = statSync(path);
    if (size > FILE_BYTES_LIMIT) throw unreadable(path, `has \`${size}\` bytes; split it below ${FILE_BYTES_LIMIT}`);
    return { file, text: new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(path)) };
  } catch (cause) {
    if (cause instanceof Fault) throw cause;
    throw unreadable(path, `cannot be read; ${(cause as Error).message}`);
  }
}

const unreadable = (path: string, what: string): Fault =>
  new Fault('policy.unreadable', `policies \`${path}\`: ${what}`, { path });
