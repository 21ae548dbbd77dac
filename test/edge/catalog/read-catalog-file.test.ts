import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { CatalogFault } from '../../../src/edge/catalog/catalog-fault.ts';
import { openCatalogFile, readCatalogFile } from '../../../src/edge/catalog/read-catalog-file.ts';

const VALID = `id: pump-1
mode: basal
basalUnitsPerHour: 0.8
link: { kind: legacy, serial: "123456" }
`;

const AMOUNTS_SCHEMA = {
  $defs: {
    rate: { description: 'programmed basal rate, U/h', type: 'number', minimum: 0 },
  },
};

const PUMP_SCHEMA = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  type: 'object',
  additionalProperties: false,
  required: ['id', 'mode', 'basalUnitsPerHour', 'link'],
  properties: {
    id: { type: 'string', pattern: '^[a-z0-9-]+$', description: 'lower-case words joined by hyphens' },
    mode: { enum: ['basal', 'bolus', 'suspended'] },
    basalUnitsPerHour: { description: 'programmed basal rate, U/h', $ref: 'amounts.schema.json#/$defs/rate' },
    bolusUnits: { type: 'number' },
    link: {
      type: 'object',
      discriminator: { propertyName: 'kind' },
      required: ['kind'],
      oneOf: [
        {
          additionalProperties: false,
          required: ['kind', 'serial'],
          properties: { kind: { const: 'legacy' }, serial: { type: 'string' } },
        },
        {
          additionalProperties: false,
          required: ['kind', 'keyId'],
          properties: { kind: { const: 'secured' }, keyId: { type: 'string' } },
        },
      ],
    },
    notes: { type: 'array', items: { type: 'string' } },
  },
};

let root = '';
before(() => {
  root = mkdtempSync(join(tmpdir(), 'wardtwin-catalog-'));
  mkdirSync(join(root, 'schemas'));
  writeFileSync(join(root, 'schemas', 'pump.schema.json'), JSON.stringify(PUMP_SCHEMA));
  writeFileSync(join(root, 'schemas', 'amounts.schema.json'), JSON.stringify(AMOUNTS_SCHEMA));
});
after(() => rmSync(root, { recursive: true, force: true }));

test('a valid YAML file is read as data', () => {
  assert.deepEqual(read('pump.yaml', VALID), {
    id: 'pump-1',
    mode: 'basal',
    basalUnitsPerHour: 0.8,
    link: { kind: 'legacy', serial: '123456' },
  });
});

test('a valid JSON file is read as data', () => {
  const pump = { id: 'pump-1', mode: 'basal', basalUnitsPerHour: 0.8, link: { kind: 'legacy', serial: '123456' } };
  assert.deepEqual(read('pump.json', JSON.stringify(pump, undefined, '\t')), pump);
});

test('all faults of a file are told at once, each with its line, column, path, value and remedy', () => {
  const text = [
    'id: Pump 1',
    'mode: bsal',
    'basalUnitsPerHour: -2',
    'bolusUnit: 3',
    'link:',
    '  kind: legacy',
    '  serial: 12',
    'notes:',
    '  - ok',
    '  - 7',
    '',
  ].join('\n');
  assert.deepEqual(faultLines('pump.yaml', text), [
    '1:5 /id `Pump 1` is malformed; it has to be lower-case words joined by hyphens',
    '2:7 /mode `bsal` is not allowed; did you mean `basal`? allowed are `basal`, `bolus`, `suspended`',
    '3:20 /basalUnitsPerHour `-2` is out of range; it has to be >= 0: programmed basal rate, U/h',
    '4:1 /bolusUnit unknown key `bolusUnit`; did you mean `bolusUnits`? allowed are `id`, `mode`, `basalUnitsPerHour`, `bolusUnits`, `link`, `notes`',
    '7:11 /link/serial `12` is a number; it has to be text',
    '10:5 /notes/1 `7` is a number; it has to be text',
  ]);
});

test('a missing key is told at the mapping that lacks it, with what the key is for', () => {
  assert.deepEqual(faultLines('pump.yaml', 'id: pump-1\nmode: basal\nlink: { kind: secured, keyId: k1 }\n'), [
    '1:1  key `basalUnitsPerHour` is missing: programmed basal rate, U/h',
  ]);
});

test('a tagged choice is judged by the form its tag names', () => {
  assert.deepEqual(faultLines('pump.yaml', VALID.replace('kind: legacy', 'kind: legcy')), [
    '4:7 /link `kind` `legcy` is not allowed; did you mean `legacy`? allowed are `legacy`, `secured`',
  ]);
  assert.deepEqual(faultLines('pump.yaml', VALID.replace('kind: legacy', 'kind: secured')), [
    '4:7 /link key `keyId` is missing',
    '4:24 /link/serial unknown key `serial`; allowed are `kind`, `keyId`',
  ]);
});

test('syntax faults of YAML are told with their places', () => {
  const [fault] = faultLines('pump.yaml', 'id: "pump\nmode: basal\n');
  assert.match(fault ?? '', /^\d+:\d+ {2}missing closing "quote/);
});

test('duplicate keys are refused in YAML and in JSON', () => {
  assert.deepEqual(faultLines('pump.yaml', `${VALID}mode: bolus\n`), ['5:1  map keys must be unique']);
  assert.deepEqual(faultLines('pump.json', '{"id": "a",\n "id": "b"}'), ['2:2  map keys must be unique']);
});

test('a JSON file is JSON, not YAML', () => {
  assert.deepEqual(
    ['{\n  "id": pump-1\n}', '{"id": "a"', '', '{"id": "a",}', '[1 2]', '"a\tb"', '{"a": 01}', '{} {}'].map(
      (text) => faultLines('pump.json', text)[0],
    ),
    [
      '2:9  not JSON: `pump-1` stands where a value has to be',
      '1:11  not JSON: the file ends where `,` or `}` has to be',
      '1:1  not JSON: the file ends where a value has to be',
      '1:12  not JSON: `}` stands where a key has to be',
      '1:4  not JSON: `2` stands where `,` or `]` has to be',
      '1:1  not JSON: `"a` stands where a value has to be',
      '1:8  not JSON: `1` stands where `,` or `}` has to be',
      '1:4  not JSON: `{` stands where the end has to be',
    ],
  );
});

test('aliases that expand without end are refused', () => {
  const levels = Array.from({ length: 20 }, (_, level) =>
    level === 0 ? 'a0: &a0 [x, x]' : `a${level}: &a${level} [*a${level - 1}, *a${level - 1}]`,
  );
  assert.match(faultLines('pump.yaml', levels.join('\n'))[0] ?? '', /aliases expand to more than/);
});

test('nesting without end is refused', () => {
  assert.throws(() => read('pump.yaml', '['.repeat(200_000)), isCatalogFault);
  assert.throws(() => read('pump.json', `${'['.repeat(200_000)}${']'.repeat(200_000)}`), isCatalogFault);
});

test('unknown tags, further documents and unknown extensions are refused', () => {
  assert.match(faultLines('pump.yaml', 'id: !pump x\n')[0] ?? '', /^1:5 {2}unresolved tag: !pump/);
  assert.throws(() => read('pump.yaml', `${VALID}---\n${VALID}`), isCatalogFault);
  assert.deepEqual(faultLines('pump.toml', 'id = 1'), [
    '1:1  extension `.toml` is unknown; name the file .yaml, .yml or .json',
  ]);
});

test('a missing, an overlong and a non-UTF-8 file are told as such', () => {
  assert.throws(() => readCatalogFile(join(root, 'absent.yaml'), 'pump', root), /absent\.yaml:1:1: no such file/);
  assert.match(faultLines('pump.yaml', '#'.repeat(4 * 1024 * 1024 + 1))[0] ?? '', /`4194305` bytes are too many/);
  const path = join(root, 'latin.yaml');
  writeFileSync(path, Buffer.from([0x69, 0x64, 0x3a, 0xe9]));
  assert.throws(() => readCatalogFile(path, 'pump', root), /not UTF-8/);
});

test('a check against other files tells its faults by line, through aliases and escaped keys', () => {
  const path = join(root, 'reference.yaml');
  writeFileSync(path, VALID);
  const file = openCatalogFile(path, 'pump', root);
  assert.deepEqual(file.locate('/link/serial'), { line: 4, column: 31 });
  file.fail([]);
  assert.throws(
    () => file.fail([{ pointer: '/link/serial', message: 'no pump has serial `123456`' }]),
    (error) =>
      error instanceof CatalogFault && error.message === `${path}:4:31: /link/serial: no pump has serial \`123456\``,
  );
});

test('the fault carries a stable code', () => {
  assert.throws(
    () => read('pump.yaml', '[]'),
    (error) => error instanceof CatalogFault && error.code === 'catalog.invalid' && error.faults.length === 1,
  );
});

function read(name: string, text: string): unknown {
  const path = join(root, name);
  writeFileSync(path, text);
  return readCatalogFile(path, 'pump', root);
}

function faultLines(name: string, text: string): readonly string[] {
  try {
    read(name, text);
  } catch (error) {
    if (!(error instanceof CatalogFault)) throw error;
    return error.faults.map((fault) => `${fault.line}:${fault.column} ${fault.pointer} ${fault.message}`);
  }
  throw new Error('no fault was told');
}

const isCatalogFault = (error: unknown): boolean => error instanceof CatalogFault;
