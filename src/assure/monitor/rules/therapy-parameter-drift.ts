import { cleared, type Episodes, isDue, NO_EPISODES, raisedAt } from '#assure/monitor/episodes';
import type { Finding } from '#assure/monitor/finding';
import type { Rule } from '#assure/monitor/rule';
import { seenNow } from '#assure/monitor/seen';
import { explanation } from '#base/explanation';
import { DAY, type Millis } from '#base/time';
import type { ThingValue } from '#model/thing/message';

const REPEAT_AFTER: Millis = DAY;
const FAR = 1.4;
const SETTINGS: Readonly<Record<string, readonly Setting[]>> = {
  pump: settingsOf('pump', ['basalProfile', 'maxBolus', 'maxBasal', 'remoteEnabled', 'firmwareVersion']),
  handset: settingsOf('handset', ['carbRatio', 'correctionFactor', 'targetGlucose', 'maxInsulinOnBoard', 'mode']),
};
/** Actions of the platform that change a setting, and the field that holds its new value. */
const CHANGED_BY: Readonly<Record<string, { readonly setting: string; readonly field: string }>> = {
  setBasalProfile: { setting: 'basalProfile', field: 'rates' },
};

/** A setting, and the names of its episodes: changed, and changed by far. */
interface Setting {
  readonly setting: string;
  readonly key: string;
  readonly farKey: string;
}

function settingsOf(thing: string, settings: readonly string[]): readonly Setting[] {
  return settings.map((setting) => ({ setting, key: `${thing}/${setting}`, farKey: `${thing}/${setting}/far` }));
}

interface State {
  readonly episodes: Episodes;
  /** What holds, by `thing/setting`: as commissioned or first reported, and as the platform changed it since. */
  readonly accepted: Readonly<Record<string, ThingValue>>;
}

export const therapyParameterDrift: Rule<State> = {
  id: 'therapy-parameter-drift',
  statement: 'a setting that decides about doses is not what was commissioned, and the platform did not change it',
  answers: [
    'basal-profile-tampered',
    'carb-ratio-tampered',
    'controller-limits-tampered',
    'limits-tampered',
    'slow-basal-creep',
    'firmware-delivery-factor',
  ],
  cost: 'one finding a day until staff registers a change that was made at the device',
  knownFalsePositives: ['a setting changed by its user or by a clinician at the device'],
  looksAt: { kinds: ['message', 'dispatched'], things: ['pump', 'handset'] },
  initial: () => ({ episodes: NO_EPISODES, accepted: {} }),
  check(state, observation) {
    if (observation.kind === 'dispatched') {
      const change = CHANGED_BY[observation.action];
      const value = change === undefined ? undefined : observation.input[change.field];
      if (change === undefined || !isThingValue(value)) return { state, findings: [] };
      const accepted = { ...state.accepted, [`${observation.thing}/${change.setting}`]: value };
      return { state: { ...state, accepted }, findings: [] };
    }
    if (observation.kind !== 'message') return { state, findings: [] };
    const { thing } = observation.message;
    const settings = Object.hasOwn(SETTINGS, thing) ? SETTINGS[thing]! : [];
    let next = state;
    const findings: Finding[] = [];
    for (const { setting, key, farKey } of settings) {
      const value = seenNow(observation, thing, setting);
      if (value === undefined) continue;
      const accepted = next.accepted[key] ?? commissioned(observation.twin, setting);
      if (accepted === undefined || next.accepted[key] === undefined)
        next = { ...next, accepted: { ...next.accepted, [key]: accepted ?? value } };
      if (accepted === undefined || sameValue(accepted, value)) {
        const episodes = cleared(cleared(next.episodes, key), farKey);
        if (episodes !== next.episodes) next = { ...next, episodes };
        continue;
      }
      // A setting that creeps is told again once it is far off.
      const isFarOff = isFar(accepted, value);
      const what = isFarOff ? `${setting}/far` : setting;
      const episode = isFarOff ? farKey : key;
      if (!isDue(next.episodes, episode, observation.now, REPEAT_AFTER)) continue;
      next = { ...next, episodes: raisedAt(next.episodes, episode, observation.now) };
      findings.push({
        kind: 'Finding',
        rule: 'therapy-parameter-drift',
        thing,
        at: observation.now,
        confidence: 'probable',
        what,
        ...explanation('{thing}: {setting} is {value}, not {accepted} as it was commissioned', {
          values: { thing, setting },
          reported: { value: String(value), accepted: String(accepted) },
        }),
      });
    }
    return { state: next, findings };
  },
};

function commissioned(
  twin: { readonly commissioned?: { readonly basalProfile: readonly number[]; readonly carbRatio: number } },
  setting: string,
): ThingValue | undefined {
  const model = twin.commissioned;
  if (setting === 'basalProfile' && model !== undefined && model.basalProfile.length > 0) return model.basalProfile;
  return setting === 'carbRatio' && model !== undefined && model.carbRatio > 0 ? model.carbRatio : undefined;
}

/** Whether a number, or the sum of a list, changed by more than users change it at a time. */
function isFar(accepted: ThingValue, value: ThingValue): boolean {
  const before = sizeOf(accepted);
  const after = sizeOf(value);
  if (before === undefined || after === undefined) return false;
  return !(after <= FAR * before && before <= FAR * after);
}

function sizeOf(value: ThingValue): number | undefined {
  if (typeof value === 'number') return value;
  return typeof value === 'object' ? value.reduce((sum, item) => sum + item, 0) : undefined;
}

/** Numbers within a thousandth: devices round their settings. */
function sameValue(left: ThingValue, right: ThingValue): boolean {
  if (typeof left === 'number' && typeof right === 'number')
    return Math.abs(left - right) <= 1e-3 * Math.max(1, Math.abs(left));
  if (typeof left === 'object' && typeof right === 'object')
    return left.length === right.length && left.every((value, index) => sameValue(value, right[index]!));
  return left === right;
}

function isThingValue(value: unknown): value is ThingValue {
  if (Array.isArray(value)) return value.every((item) => typeof item === 'number');
  return typeof value === 'number' || typeof value === 'string' || typeof value === 'boolean';
}
