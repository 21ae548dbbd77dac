import { createMonitor } from '#assure/monitor/monitor';
import type { Rule } from '#assure/monitor/rule';
import { RULES } from '#assure/monitor/rule-table';
import { utf8 } from '#base/bytes';
import { createRandom } from '#base/random';
import { MINUTE, type Millis } from '#base/time';
import { sha256 } from '#crypto/digest';
import { signingKeyFromSeed } from '#crypto/sign';
import { createNoteSigner } from '#crypto/signed-note';
import { loadGuardPolicy, loadIncidentPolicy, loadPlaybooks, loadThingModels } from '#edge/catalog/laboratory';
import { createCommandSealer } from '#mirror/channel/command-sealer';
import { createChannel } from '#mirror/channel/receive';
import { createHistory } from '#mirror/history/history';
import { createMemoryRecordStore } from '#mirror/history/memory-record-store';
import type { HistoryRecord, RecordKind } from '#mirror/history/record';
import type { RecordStore } from '#mirror/history/record-store';
import { createSubjectKeys } from '#mirror/history/subject-keys';
import { commandIdOf } from '#model/thing/command-id';
import { createEndpoint } from '#model/thing/endpoint';
import { deriveEnrolmentKey } from '#model/thing/enrolment-key';
import type { Command, Report, ThingValue } from '#model/thing/message';
import type { Account } from '#platform/account';
import type { Effect } from '#platform/effect';
import { createPlatform } from '#platform/platform';
import { QUIET } from '../assure/monitor/observations.ts';

export const TOKEN = 'correct horse battery staple';
/** Monday 5 January 2026. */
export const START: Millis = Date.UTC(2026, 0, 5);

export interface BenchOptions {
  readonly guard?: 'standard' | 'open';
  readonly containment?: boolean;
  readonly monitor?: readonly Rule[];
  readonly may?: Account['may'];
  /** Wraps the store, for example in one that fails. */
  readonly store?: (inner: RecordStore) => RecordStore;
}

const MODELS: Readonly<Record<string, string>> = {
  gateway: 'gateway',
  pump: 'insulin-pump',
  cgm: 'glucose-monitor',
  handset: 'handset',
};
const RIGHTS = ['bolus', 'suspend', 'resume', 'setTemporaryBasal'].map((action) => ({ thing: 'pump', action }));

/** The platform of one patient with the delivered policies, and devices that seal for real. Its clock is moved by hand. */
export function createPlatformBench(options: BenchOptions = {}) {
  const { guard = 'standard', containment = true, monitor = [...RULES.values()], may = RIGHTS } = options;
  const random = createRandom('platform');
  const gatewayKey = deriveEnrolmentKey('gateway', random.fork('gateway').bytes(32));
  const pumpKey = deriveEnrolmentKey('pump', random.fork('pump').bytes(32));
  const commandKey = signingKeyFromSeed('Ed25519', random.fork('command').bytes(32));
  const gateway = createEndpoint(gatewayKey);
  const pump = createEndpoint(pumpKey, { commandKeys: [commandKey.publicKey] });
  const memory = createMemoryRecordStore();
  const history = createHistory({
    origin: 'test/history',
    store: options.store?.(memory) ?? memory,
    keys: createSubjectKeys((subject) => random.fork(subject).bytes(32)),
    signers: [createNoteSigner('test/history', signingKeyFromSeed('Ed25519', random.fork('signer').bytes(32)))],
  });
  let now = START;
  const thingModels = loadThingModels();
  const platform = createPlatform({
    subject: 'patient',
    clock: { now: () => now },
    channel: createChannel({
      enrolments: [
        { thing: 'gateway', key: gatewayKey, speaksFor: ['cgm', 'handset'], model: 'gateway' },
        { thing: 'pump', key: pumpKey, speaksFor: [], model: 'insulin-pump' },
        { thing: 'cgm', speaksFor: [], model: 'glucose-monitor' },
        { thing: 'handset', speaksFor: [], model: 'handset' },
      ],
      thingModels,
    }),
    modelOf: (role) => thingModels.get(MODELS[role] ?? ''),
    commandIdOf: (ordinal, at) => commandIdOf(random.fork('command ids').bytes(32), ordinal, at),
    history,
    monitor: createMonitor(monitor),
    guardPolicy: loadGuardPolicy(guard),
    incidentPolicy: loadIncidentPolicy(),
    playbooks: loadPlaybooks(),
    containment,
    accounts: [{ id: 'caregiver', role: 'caregiver', tokenDigest: sha256(utf8(TOKEN)), may }],
    sealers: new Map([['pump', createCommandSealer(pumpKey, { signers: [commandKey] })]]),
  });

  const sealReport = (thing: string, values: Readonly<Record<string, ThingValue>>): Uint8Array => {
    const measurements = Object.entries(values).map(([name, value]) => ({ name, value, at: now }));
    const report: Report = { kind: 'Report', thing, sentAt: now, measurements };
    return (thing === 'pump' ? pump : gateway).seal(report);
  };
  const tell = (thing: string, values: Readonly<Record<string, ThingValue>>): readonly Effect[] =>
    platform.ingest(sealReport(thing, values));

  return {
    platform,
    history,
    memory,
    pump,
    sealReport,
    tell,
    now: () => now,
    pass: (time: Millis): void => {
      now += time;
    },
    /** All devices report that nothing is the matter, at this glucose. */
    quiet(glucose: number, change: { readonly pump?: Readonly<Record<string, ThingValue>> } = {}): readonly Effect[] {
      return [
        ...tell('cgm', { glucose }),
        ...tell('pump', { ...QUIET.pump, ...change.pump }),
        ...tell('handset', { ...QUIET.handset, glucoseUsed: glucose }),
      ];
    },
    /** A quarter of an hour of quiet. */
    settle(glucose: number): void {
      for (let turn = 0; turn < 3; turn += 1) {
        now += 5 * MINUTE;
        this.quiet(glucose + turn);
        platform.tick();
      }
    },
    request: (action: string, input: Readonly<Record<string, ThingValue>> = {}, token = TOKEN) =>
      platform.request(token, { thing: 'pump', action, input }),
    records: (kind?: RecordKind): readonly HistoryRecord[] => recordsOf(history, kind),
    /** The commands among effects, as the pump opens them. */
    opened: (effects: readonly Effect[]): readonly Command[] =>
      effects.flatMap((effect) => {
        if (effect.kind !== 'dispatch') return [];
        const opened = pump.openCommand(effect.bytes);
        return opened.kind === 'OpenedCommand' ? [opened.command] : [];
      }),
    acknowledge: (commandId: string, outcome: 'done' | 'refused' | 'expired'): readonly Effect[] =>
      platform.ingest(pump.seal({ kind: 'Acknowledgement', thing: 'pump', commandId, outcome, at: now })),
  };
}

export function recordsOf(history: ReturnType<typeof createHistory>, kind?: RecordKind): readonly HistoryRecord[] {
  const records: HistoryRecord[] = [];
  history.replay((record) => {
    if (kind === undefined || record.kind === kind) records.push(record);
  });
  return records;
}
