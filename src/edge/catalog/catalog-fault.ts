import { Fault } from '#base/fault';

/** One thing that is wrong in a file. `line` and `column` count from 1; `pointer` is a JSON Pointer (RFC 6901). */
export interface FileFault {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly pointer: string;
  readonly message: string;
}

/** All that is wrong in one file, in the order of its lines. Code `catalog.invalid`. */
export class CatalogFault extends Fault {
  readonly faults: readonly FileFault[];

  constructor(faults: readonly FileFault[]) {
    const ordered = faults.toSorted((left, right) => left.line - right.line || left.column - right.column);
    super('catalog.invalid', ordered.map(formatFault).join('\n'), { faults: ordered });
    this.faults = ordered;
  }
}

/** `file:line:column: path inside: message`, the form that editors and terminals turn into a link. */
function formatFault(fault: FileFault): string {
  const place = `${fault.file}:${fault.line}:${fault.column}`;
  return fault.pointer === '' ? `${place}: ${fault.message}` : `${place}: ${fault.pointer}: ${fault.message}`;
}
