import pino from 'pino';

/** Structured log lines. INVARIANT: no personal data and no secret goes into one: ids of things, records and sessions only. */
export type Log = (
  level: 'debug' | 'info' | 'warn' | 'error',
  message: string,
  data?: Readonly<Record<string, unknown>>,
) => void;

/** One JSON object per line on standard error; standard output is for people. */
export function createLog(level: 'debug' | 'info' | 'warn' | 'error' = 'info'): Log {
  const logger = pino(
    {
      level,
      base: { name: 'wardtwin' },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    pino.destination({ dest: 2, sync: true }),
  );
  return (severity, message, data = {}) => logger[severity](data, message);
}
