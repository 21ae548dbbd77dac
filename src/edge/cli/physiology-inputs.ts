import { readFileSync, statSync } from 'node:fs';
import { Fault } from '#base/fault';
import type { GramsPerMinute, Minutes, UnitsPerMinute } from '#base/units';
import { MAX_PLANT_INPUTS } from '#model/physiology/patient-model';

/** What a body receives from `tMin` on, until the next row. */
export interface InputRow {
  readonly tMin: Minutes;
  readonly carbohydrates: GramsPerMinute;
  readonly insulin: UnitsPerMinute;
}

export const INPUT_HEADER = 't_min,carbs_g_per_min,insulin_u_per_min';

const MAX_ROWS = 1_000_000;
const MAX_BYTES = 128 * 1024 * 1024;
export const MAX_DURATION: Minutes = 366 * 1440;

const COLUMNS = [
  { name: 't_min', unit: 'min', high: MAX_DURATION },
  { name: 'carbs_g_per_min', unit: 'g/min', high: MAX_PLANT_INPUTS.carbohydrates },
  { name: 'insulin_u_per_min', unit: 'U/min', high: MAX_PLANT_INPUTS.insulin },
] as const;

/**
 * Reads a person's inputs, piecewise constant from each row on. The first row is at minute 0, times increase.
 * @throws Fault `physiology.inputs-invalid` naming the file and the line of the first fault
 */
export function readPhysiologyInputs(path: string): readonly InputRow[] {
  const lines = readText(path)
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/);
  while (lines.at(-1)?.trim() === '') lines.pop();
  const fault = (index: number, message: string): Fault =>
    new Fault('physiology.inputs-invalid', `${path}:${index + 1}: ${message}`, { file: path, line: index + 1 });

  const header = (lines[0] ?? '')
    .split(',')
    .map((name) => name.trim())
    .join(',');
  if (header !== INPUT_HEADER) throw fault(0, `the header is \`${header}\`; it has to be \`${INPUT_HEADER}\``);
  if (lines.length < 2) throw fault(0, 'no row follows the header; the first is at minute 0');
  if (lines.length - 1 > MAX_ROWS) throw fault(MAX_ROWS + 1, `more than \`${MAX_ROWS}\` rows; split the file`);

  const rows: InputRow[] = [];
  for (let index = 1; index < lines.length; index += 1) {
    const fields = lines[index]!.split(',');
    if (fields.length !== COLUMNS.length) {
      throw fault(index, `\`${fields.length}\` values; a row has \`${COLUMNS.length}\`: \`${INPUT_HEADER}\``);
    }
    const [tMin, carbohydrates, insulin] = COLUMNS.map(({ name, unit, high }, column) => {
      const text = fields[column]!.trim();
      const value = Number(text);
      if (text === '' || !Number.isFinite(value) || value < 0 || value > high) {
        throw fault(index, `${name} is \`${text}\`; it has to be a number from 0 to ${high} ${unit}`);
      }
      return value;
    }) as [number, number, number];
    const last = rows.at(-1);
    if (last === undefined && tMin !== 0) throw fault(index, `t_min of the first row is \`${tMin}\`; it has to be 0`);
    if (last !== undefined && tMin <= last.tMin) {
      throw fault(index, `t_min is \`${tMin}\`; it has to be after \`${last.tMin}\`, the row before`);
    }
    rows.push({ tMin, carbohydrates, insulin });
  }
  return rows;
}

function readText(path: string): string {
  try {
    const { size } = statSync(path);
    if (size <= MAX_BYTES) return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new Fault('physiology.inputs-invalid', `${path}: cannot be read; ${(cause as Error).message}`, {
      file: path,
    });
  }
  throw new Fault('physiology.inputs-invalid', `${path}: larger than \`${MAX_BYTES}\` bytes; split the file`, {
    file: path,
  });
}

/**
 * Inputs of one minute after the other: the average over the minute, so that a row that begins within one counts for its
 * share and no gram or unit is lost.
 */
export function createMinuteInputs(rows: readonly InputRow[]) {
  let current = 0;
  let carbohydrates = 0;
  let insulin = 0;
  return {
    /** Moves to the minute from `minute` to `minute + 1`; minutes come in order. */
    moveTo: (minute: Minutes): void => {
      carbohydrates = 0;
      insulin = 0;
      let from = minute;
      while (from < minute + 1) {
        const next = rows[current + 1];
        const until = Math.min(minute + 1, next?.tMin ?? Number.POSITIVE_INFINITY);
        carbohydrates += rows[current]!.carbohydrates * (until - from);
        insulin += rows[current]!.insulin * (until - from);
        from = until;
        if (next !== undefined && next.tMin <= from) current += 1;
      }
    },
    get carbohydrates(): GramsPerMinute {
      return carbohydrates;
    },
    get insulin(): UnitsPerMinute {
      return insulin;
    },
  };
}
