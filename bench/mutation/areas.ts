/** A part of the safety core: what is changed, and the tests that have to notice. */
export interface Area {
  readonly sources: readonly string[];
  readonly without?: readonly string[];
  /** In stages, each in one process: the quick ones that are most likely to notice come first. */
  readonly tests: readonly (readonly string[])[];
}

const COMMANDS = ['test/platform/command.test.ts', 'test/platform/records.test.ts'];

export const AREAS: Readonly<Record<string, Area>> = {
  guard: {
    sources: ['src/assure/guard/**/*.ts'],
    tests: [['test/assure/guard/*.test.ts'], COMMANDS],
  },
  access: {
    sources: ['src/assure/access/**/*.ts', 'src/edge/access/**/*.ts'],
    tests: [
      ['test/assure/access/*.test.ts', 'test/edge/access/policies.test.ts'],
      ['test/edge/access/*.test.ts', 'test/edge/security/*.test.ts'],
    ],
  },
  command: {
    sources: [
      'src/platform/command*.ts',
      'src/platform/{acknowledge,respond,ingest,records,core}.ts',
      'src/platform/fleet/*.ts',
    ],
    tests: [
      COMMANDS,
      ['test/platform/fleet/*.test.ts', 'test/platform/history.test.ts'],
      ['test/edge/live/live.test.ts'],
    ],
  },
  monitor: {
    sources: ['src/assure/monitor/**/*.ts'],
    tests: [['test/assure/monitor/**/*.test.ts'], ['test/simulate/exercise/techniques.test.ts']],
  },
  incident: {
    sources: ['src/assure/incident/**/*.ts'],
    tests: [['test/assure/incident/*.test.ts'], ['test/platform/{command,records}.test.ts']],
  },
  channel: {
    sources: ['src/mirror/channel/**/*.ts', 'src/model/thing/**/*.ts'],
    tests: [['test/mirror/channel/*.test.ts', 'test/model/thing/*.test.ts'], ['test/catalog/things.test.ts']],
  },
  history: {
    sources: ['src/mirror/history/**/*.ts', 'src/edge/store/**/*.ts'],
    tests: [
      [
        'test/mirror/history/*.test.ts',
        'test/edge/store/{bounded-lines,bundle-verdicts,check-note,faults-of-engines,folded-tree}.test.ts',
        'test/edge/store/{malformed-texts,verify-walk,witness-memory}.test.ts',
      ],
      ['test/edge/store/{history-bundle,tlog-proof,witness,sqlite-faults,sqlite-conformance}.test.ts'],
      ['test/edge/store/{verify-history,flipped-file}.test.ts', 'test/edge/store/postgres-*.test.ts'],
    ],
  },
  live: {
    sources: ['src/edge/live/**/*.ts'],
    tests: [['test/edge/live/*.test.ts'], ['test/edge/faults/{member-order,disk-full}.test.ts']],
  },
  judge: {
    sources: ['src/simulate/exercise/**/*.ts'],
    tests: [
      [
        'test/simulate/exercise/{judge,made-up-report,representative-run,scenario-faults}.test.ts',
        'test/simulate/exercise/statistics/{clopper-pearson,streams}.test.ts',
      ],
      ['test/simulate/exercise/run-as-reviewed.test.ts', 'test/simulate/exercise/statistics/sequential-plan.test.ts'],
      ['test/simulate/exercise/{baseline,exercise}.test.ts'],
    ],
  },
  policies: {
    sources: ['catalog/policies/**/*.{yaml,cedar}', 'catalog/playbooks/*.yaml'],
    tests: [
      ['test/assure/{guard,incident}/*.test.ts', 'test/model/hazard/*severity.test.ts'],
      ['test/edge/access/policies.test.ts'],
      ['test/catalog/laboratory.test.ts'],
    ],
  },
  catalog: {
    sources: ['catalog/{things,wards,defences,patients,suites,scenarios}/*.yaml'],
    tests: [['test/catalog/{as-reviewed,thing-bounds,published-subjects}.test.ts'], ['test/catalog/*.test.ts']],
  },
};
