import type { GuardPolicy } from '#assure/guard/policy';
import type { Playbook } from '#assure/incident/playbook';
import type { IncidentPolicy } from '#assure/incident/policy';
import { createMonitor } from '#assure/monitor/monitor';
import type { Rule } from '#assure/monitor/rule';
import { toHex, utf8 } from '#base/bytes';
import type { Random } from '#base/random';
import { MINUTE, type Millis } from '#base/time';
import type { Fraction, Grams, MgPerDl, Minutes, Percent, Units } from '#base/units';
import { sha256 } from '#crypto/digest';
import { type SigningKey, sign, signingKeyFromSeed, verify } from '#crypto/sign';
import { createNoteSigner } from '#crypto/signed-note';
import { createCommandSealer } from '#mirror/channel/command-sealer';
import { createChannel } from '#mirror/channel/receive';
import { createHistory, type History } from '#mirror/history/history';
import { createMemoryRecordStore } from '#mirror/history/memory-record-store';
import { createSubjectKeys } from '#mirror/history/subject-keys';
import type { CommissionedModel } from '#mirror/twin/commissioned-model';
import type { Twin } from '#mirror/twin/twin';
import type { Trace } from '#model/device/device';
import { buildFirmware } from '#model/device/firmware';
import { createGateway } from '#model/device/gateway';
import { createGlucoseMonitor } from '#model/device/glucose-monitor';
import { createHandset } from '#model/device/handset/handset';
import { type HandsetSettings, settingsFor } from '#model/device/handset/settings';
import { DEFAULT_FIRMWARE } from '#model/device/insulin-pump/configuration';
import { createInsulinPump } from '#model/device/insulin-pump/insulin-pump';
import type { LinkConfiguration } from '#model/device/link/link';
import type { Peer } from '#model/device/link/peer';
import { createRemote } from '#model/device/remote';
import type { VirtualPatient } from '#model/physiology/patient-model';
import { commandIdOf } from '#model/thing/command-id';
import type { ThingId } from '#model/thing/thing-id';
import type { ThingModel } from '#model/thing/thing-model';
import { type Body, createBody } from './body.ts';
import { createInfluences, createOriginStack, createTaint, type Influences } from './cause.ts';
import { createCommandedInsulin } from './commanded-insulin.ts';
import { hostDevice } from './device-host.ts';
import { createEventQueue, type EventQueue } from './event-queue.ts';
import type { FaultPoints } from './fault-points.ts';
import { createInhabitant, type PlannedMeal, type Reactions } from './inhabitant.ts';
import { createNetwork } from './network.ts';
import { hostPlatform, type PlatformHost } from './platform-host.ts';
import { createFaultPoints } from './points.ts';
import { createRadio } from './radio.ts';
import { createWardKeys, enrolmentsOf } from './ward-keys.ts';

/** What a ward needs to know of the person in it. */
export type WardPatient = Pick<
  VirtualPatient,
  'basalRate' | 'carbRatio' | 'correctionFactor' | 'totalDailyInsulin' | 'createPlant'
>;

/** One person with devices around them, and the platform that mirrors them: all that a run is made of. */
export interface WardSpecification {
  readonly startsAt: Millis;
  readonly patient: WardPatient;
  readonly plantStepMin: Minutes;
  /** Relative insulin sensitivity at a minute of the run. */
  readonly sensitivityAt: (minute: Minutes) => number;
  readonly meals: readonly PlannedMeal[];
  readonly reactions: Reactions;
  readonly fobShare: Fraction;
  readonly caregiverShare: Fraction;
  readonly remoteEnabled: boolean;
  readonly pump: { readonly batteryPercent: Percent; readonly reservoirUnits: Units };
  readonly controller: 'pid' | 'basal-bolus';
  /** As the handset and with it the pump are set; as a clinic would choose for the person, if not stated. */
  readonly settings?: HandsetSettings;
  /** What still acts of doses given before the run, as the handset counts them. */
  readonly insulinOnBoard?: Units;
  /** What the sensor reads when the interstitium holds `glucose`. */
  readonly sensor: (glucose: MgPerDl, minute: Minutes) => MgPerDl;
  readonly radio: { readonly loss: Fraction; readonly latency: Millis; readonly jitter: Millis };
  readonly uplink: { readonly latency: Millis; readonly jitter: Millis };
  readonly defences: WardDefences;
  readonly thingModels: ReadonlyMap<string, ThingModel>;
  readonly guardPolicy: GuardPolicy;
  readonly incidentPolicy: IncidentPolicy;
  readonly playbooks: readonly Playbook[];
  readonly rules: readonly Rule[];
  readonly commissioned: CommissionedModel | undefined;
  /** What the platform knows before the run begins; nothing, if not stated. */
  readonly twin?: Twin;
  readonly random: Random;
}

export interface WardDefences {
  readonly linkAuthentication: boolean;
  readonly antiReplay: boolean;
  readonly hourlyInsulinLimit: boolean;
  readonly confirmRemoteBolus: boolean;
  readonly firmwareSignature: boolean;
  readonly lowGlucoseSuspend: boolean;
  readonly deviceSignedTelemetry: boolean;
  readonly containment: boolean;
}

/** A ward that is wired up and can be run. */
export interface SimulatedWard {
  readonly queue: EventQueue;
  readonly body: Body;
  readonly influences: Influences;
  readonly platform: PlatformHost;
  readonly history: History;
  readonly points: FaultPoints;
  /** Insulin that was asked for so far, by controller, person and caregiver. */
  readonly commanded: () => Units;
  start(): void;
}

/** The hourly limit leaves room for the bolus of a very large meal. */
export const HOURLY_LIMIT_MEAL: Grams = 140;
/** A bolus that came from afar and is above this share of the daily dose waits for the person. */
export const CONFIRM_SHARE = 0.08;
const SUBJECT = 'patient';

export function createWard(specification: WardSpecification): SimulatedWard {
  const { patient, defences, random, startsAt } = specification;
  const queue = createEventQueue(startsAt);
  const origins = createOriginStack();
  const influences = createInfluences();
  const taint = createTaint();
  const radio = createRadio(specification.radio, queue, random.fork('radio'), origins, influences);
  const network = createNetwork(specification.uplink, queue, random.fork('network'), influences);
  const body = createBody(patient.createPlant({ stepMin: specification.plantStepMin }), specification.sensitivityAt);
  const commanded = createCommandedInsulin(queue, patient.basalRate);

  const keys = createWardKeys(random.fork('keys'));
  const linkOf = (self: Peer): LinkConfiguration => ({
    self,
    security: { authenticated: defences.linkAuthentication, antiReplay: defences.antiReplay },
    serials: keys.serials,
    keys: defences.linkAuthentication ? keys.link : {},
  });
  const commandKeys = [keys.command.publicKey];
  const reportingOf = (thing: ThingId) => ({ thing, sealed: defences.deviceSignedTelemetry });
  /** An adversary's image runs in the pump: whatever it delivers, or does not, from then on is the adversary's doing. */
  let pumpIsAltered = false;
  const onTrace = (device: string, trace: Trace): void => {
    commanded.onTrace(device, trace);
    if (trace.kind === 'firmware' && trace.outcome === 'installed') pumpIsAltered = origins.current === 'adversary';
  };
  const host = { queue, radio, origins, influences, taint, onTrace };

  const token = toHex(random.fork('caregiver').bytes(16));
  const store = createMemoryRecordStore();
  const subjectKeys = createSubjectKeys((subject) => random.fork(`data key/${subject}`).bytes(32));
  const historySigner = createNoteSigner('ward/history', signingKeyFromSeed('Ed25519', keys.historySeed));
  const history = createHistory({ origin: 'ward/history', store, keys: subjectKeys, signers: [historySigner] });

  const inhabitant = createInhabitant({
    queue,
    random: random.fork('inhabitant'),
    body,
    reactions: specification.reactions,
    meals: specification.meals,
    carbRatio: patient.carbRatio,
    correctionFactor: patient.correctionFactor,
    fobShare: specification.fobShare,
    caregiverShare: specification.caregiverShare,
    onAsked: commanded.add,
    askCaregiver: (units) => {
      const answer = platform.platform.request(token, { thing: 'pump', action: 'bolus', input: { units } });
      platform.release(answer.effects);
    },
  });

  let makerKey: SigningKey | undefined;
  /** Made when it is first needed: in most runs nobody offers the pump an image. */
  const maker = (): SigningKey => {
    makerKey ??= signingKeyFromSeed('Ed25519', keys.makerSeed);
    return makerKey;
  };
  const mode = specification.controller === 'pid' ? 'closed-loop' : 'open-loop';
  const settings = specification.settings ?? settingsFor(patient, mode);

  const monitorDevice = hostDevice('cgm', host, (ports) =>
    createGlucoseMonitor(
      { link: linkOf('cgm'), reporting: reportingOf('cgm'), enrolment: keys.enrolment.cgm },
      { ...ports, sense: () => specification.sensor(body.interstitialGlucose, body.minute) },
    ),
  );
  const pump = hostDevice('pump', host, (ports) =>
    createInsulinPump(
      {
        link: linkOf('pump'),
        reporting: reportingOf('pump'),
        enrolment: keys.enrolment.pump,
        commandKeys,
        basalProfile: settings.basalProfile,
        maxBolus: settings.maxBolus,
        maxBasal: settings.maxBasal,
        remoteEnabled: specification.remoteEnabled,
        battery: specification.pump.batteryPercent,
        reservoir: specification.pump.reservoirUnits,
        firmware: DEFAULT_FIRMWARE,
        defences: {
          ...(defences.hourlyInsulinLimit ? { hourlyLimit: HOURLY_LIMIT_MEAL / patient.carbRatio } : {}),
          ...(defences.confirmRemoteBolus
            ? { confirmRemoteBolusAbove: Math.max(1, CONFIRM_SHARE * patient.totalDailyInsulin) }
            : {}),
          ...(defences.firmwareSignature
            ? { verifyFirmware: (message, signature) => verify(maker().publicKey, message, signature) }
            : {}),
          lowGlucoseSuspend: defences.lowGlucoseSuspend,
        },
      },
      {
        ...ports,
        deliver: (units) => body.infuse(units),
        askPerson: (request) => inhabitant.answer(request),
        notifyPerson: (alarm) => inhabitant.hearAlarm(alarm),
      },
    ),
  );
  const handset = hostDevice('handset', host, (ports) =>
    createHandset(
      {
        link: linkOf('handset'),
        reporting: reportingOf('handset'),
        enrolment: keys.enrolment.handset,
        commandKeys,
        settings,
        totalDailyInsulin: patient.totalDailyInsulin,
        ...(specification.insulinOnBoard === undefined ? {} : { insulinOnBoard: specification.insulinOnBoard }),
      },
      { ...ports, notifyPerson: (alarm) => inhabitant.hearAlarm(alarm) },
    ),
  );
  const remote = hostDevice('remote', host, (ports) => createRemote({ link: linkOf('remote') }, ports));
  const gateway = hostDevice('gateway', { ...host, uplink: (bytes) => network.toPlatform(bytes) }, (ports) =>
    createGateway(
      {
        link: linkOf('gateway'),
        thing: 'gateway',
        enrolment: keys.enrolment.gateway,
        things: { cgm: 'cgm', pump: 'pump', handset: 'handset' },
      },
      ports,
    ),
  );
  network.onGateway((bytes) => gateway.receive('uplink', bytes));

  const enrolments = enrolmentsOf(keys, defences.deviceSignedTelemetry);
  const platform = hostPlatform({
    queue,
    network,
    trueGlucose: () => body.interstitialGlucose,
    notifyPatient: () => inhabitant.readAlert(),
    platform: {
      subject: SUBJECT,
      clock: queue,
      channel: createChannel({ enrolments, thingModels: specification.thingModels }),
      modelOf: (role) => specification.thingModels.get(enrolments.find(({ thing }) => thing === role)?.model ?? ''),
      commandIdOf: (ordinal, at) => commandIdOf(keys.commandIdSeed, ordinal, at),
      history,
      monitor: createMonitor(specification.rules),
      guardPolicy: specification.guardPolicy,
      incidentPolicy: specification.incidentPolicy,
      playbooks: specification.playbooks,
      containment: defences.containment,
      accounts: [
        {
          id: 'caregiver',
          role: 'caregiver',
          tokenDigest: sha256(utf8(token)),
          may: ['bolus', 'suspend', 'resume', 'setTemporaryBasal'].map((action) => ({ thing: 'pump', action })),
        },
      ],
      sealers: new Map([
        ['pump', createCommandSealer(keys.enrolment.pump, { signers: [keys.command] })],
        ['handset', createCommandSealer(keys.enrolment.handset, { signers: [keys.command] })],
      ]),
      ...(specification.commissioned === undefined ? {} : { commissioned: specification.commissioned }),
      ...(specification.twin === undefined ? {} : { twin: specification.twin }),
    },
  });

  const points = createFaultPoints({
    clock: queue,
    origins,
    influences,
    taint,
    radio,
    network,
    handset,
    gateway,
    pump,
    currentFirmware: () => buildFirmware(DEFAULT_FIRMWARE, (message) => sign(maker(), message)),
    platform,
    stolenToken: token,
    store,
    keys: subjectKeys,
  });

  const passMinute = (): void => {
    if (pumpIsAltered) influences.note('therapy', queue.now(), 'pump: altered firmware');
    body.passMinute();
    queue.after(MINUTE, passMinute);
  };

  return {
    queue,
    body,
    influences,
    platform,
    history,
    points,
    commanded: commanded.total,
    start: () => {
      for (const device of [pump, monitorDevice, handset, remote, gateway]) device.start();
      platform.start();
      inhabitant.start({ handset, pump, remote });
      queue.after(MINUTE, passMinute);
    },
  };
}
