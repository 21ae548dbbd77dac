/**
 * Bad input or an outage at an edge. `code` is stable and documented; `data` holds the values a program needs.
 * The message is lower case, context first, with the offending value in back-ticks and what to do next.
 */
export class Fault extends Error {
  override readonly name = 'Fault';
  readonly code: string;
  readonly data: Readonly<Record<string, unknown>>;

  constructor(code: string, message: string, data: Readonly<Record<string, unknown>> = {}) {
    super(message);
    this.code = code;
    this.data = data;
  }
}
