import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { catalogRoot } from '#edge/catalog/catalog-directory';
import { readHovorka2004Population, readUvaPadova2008Subjects } from '#edge/catalog/patients';
import { loadSeverityCriteria } from '#edge/catalog/severity-policy';

const folders: string[] = [];
after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** The delivered catalog with one file changed. */
function catalogWith(file: string, change: (text: string) => string): string {
  const folder = mkdtempSync(join(tmpdir(), 'wardtwin-catalog-'));
  folders.push(folder);
  for (const part of ['schemas', 'patients', 'policies'])
    cpSync(join(catalogRoot, part), join(folder, part), { recursive: true });
  const path = join(folder, file);
  writeFileSync(path, change(readFileSync(path, 'utf8')));
  return folder;
}

test('the delivered files are valid', () => {
  assert.equal(readUvaPadova2008Subjects().length, 30);
  assert.equal(readHovorka2004Population().fastingGlucose, 120);
  assert.ok(loadSeverityCriteria().length > 0);
});

test('every subject has its basal state as the resting state of its own equations', () => {
  for (const { id, parameters: p } of readUvaPadova2008Subjects()) {
    const production = p.kp1 - p.kp2 * p.Gpb - p.kp3 * p.Ib;
    const plasma = production - p.Fsnc - p.k1 * p.Gpb + p.k2 * p.Gtb;
    const tissue = p.k1 * p.Gpb - p.k2 * p.Gtb - (p.Vm0 * p.Gtb) / (p.Km0 + p.Gtb);
    const insulin = -(p.m2 + p.m4) * p.Ipb + p.m1 * p.Ilb + p.ka1 * p.isc1ss + p.ka2 * p.isc2ss;
    assert.ok(Math.abs(plasma) < 1e-3 && Math.abs(tissue) < 1e-3 && Math.abs(insulin) < 1e-3, id);
    assert.ok(Math.abs(p.Ipb / p.Vi - p.Ib) < 1e-2 && Math.abs(p.u2ss - (p.ka1 + p.kd) * p.isc1ss) < 1e-3, id);
  }
});

test('all faults of a file of subjects are told at once, with line, value and what would be right', () => {
  const folder = catalogWith('patients/uva-padova-2008.yaml', (text) =>
    text.replace('kabs: 0.091043', 'kabs: -1').replace('Vg: 1.8387', 'Vgg: 1.8387'),
  );
  assert.throws(() => readUvaPadova2008Subjects(folder), {
    message:
      /uva-padova-2008\.yaml:\d+:\d+: .*kabs: `-1`.*\n.*`Vg` is missing.*\n.*unknown key `Vgg`; did you mean `Vg`/,
  });
});

test('a distribution that does not exist is told with those that do', () => {
  const folder = catalogWith('patients/hovorka-2004.yaml', (text) =>
    text.replace('kind: log-normal', 'kind: lognormal'),
  );
  assert.throws(() => readHovorka2004Population(folder), { message: /tmaxG.*`lognormal`.*did you mean `log-normal`/ });
});

test('a severity outside ISO/TR 24971 is refused', () => {
  const folder = catalogWith('policies/severity-glycaemia.yaml', (text) =>
    text.replace('severity: minor', 'severity: mild'),
  );
  assert.throws(() => loadSeverityCriteria(folder), { message: /`mild`/ });
});
