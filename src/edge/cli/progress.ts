import type { Progress } from '#edge/exercise/run-exercise';

/** Where progress goes: one line that is written over on a terminal, a plain line now and then elsewhere. */
export interface ProgressWriter {
  update(progress: Progress): void;
  /** Leaves the terminal as it was found. */
  end(): void;
}

const LINE_PERIOD_MS = 200;
const PLAIN_PERIOD_MS = 10_000;
const BAR_WIDTH = 24;

export function createProgressWriter(stream: NodeJS.WriteStream): ProgressWriter {
  const startedAt = performance.now();
  let written = Number.NEGATIVE_INFINITY;
  let stage: Progress['stage'] | undefined;
  let open = false;

  return {
    update: (progress) => {
      const now = performance.now();
      const period = stream.isTTY ? LINE_PERIOD_MS : PLAIN_PERIOD_MS;
      // A new stage is told at once.
      if (progress.stage === stage && now - written < period) return;
      written = now;
      stage = progress.stage;
      const text = describe(progress, (now - startedAt) / 1_000);
      if (stream.isTTY) {
        stream.write(`\r\u001b[2K${bar(progress)} ${text}`);
        open = true;
      } else {
        stream.write(`${text}\n`);
      }
    },
    end: () => {
      if (open) stream.write('\r\u001b[2K');
      open = false;
    },
  };
}

function describe({ stage, done, total, patientDays }: Progress, seconds: number): string {
  if (stage === 'commissioning')
    return `${done}/${total} twins put into service, from 5 attack-free days of messages each`;
  const left = done === 0 ? '' : `, about ${Math.ceil((seconds * (total - done)) / done)} s left in this look`;
  return `${done}/${total} runs, ${(patientDays / seconds).toFixed(0)} patient-days/s${left}`;
}

function bar({ done, total }: Progress): string {
  const filled = total === 0 ? 0 : Math.round((BAR_WIDTH * done) / total);
  return `${'━'.repeat(filled)}${'─'.repeat(BAR_WIDTH - filled)}`;
}
