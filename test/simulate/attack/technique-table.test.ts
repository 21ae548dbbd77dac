import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { completeParameters, parameterFaults } from '#simulate/attack/technique-parameters';
import { describeTechniques, TECHNIQUES } from '#simulate/attack/technique-table';

/** Names of the techniques in use: MITRE ATT&CK for ICS, version 18.1. */
const ATTACK_ICS: Readonly<Record<string, string>> = {
  T0803: 'Block Command Message',
  T0804: 'Block Reporting Message',
  T0809: 'Data Destruction',
  T0813: 'Denial of Control',
  T0814: 'Denial of Service',
  T0815: 'Denial of View',
  T0823: 'Graphical User Interface',
  T0826: 'Loss of Availability',
  T0830: 'Adversary-in-the-Middle',
  T0831: 'Manipulation of Control',
  T0832: 'Manipulation of View',
  T0836: 'Modify Parameter',
  T0837: 'Loss of Protection',
  T0838: 'Modify Alarm Settings',
  T0848: 'Rogue Master',
  T0855: 'Unauthorized Command Message',
  T0856: 'Spoof Reporting Message',
  T0857: 'System Firmware',
  T0859: 'Valid Accounts',
  T0860: 'Wireless Compromise',
  T0862: 'Supply Chain Compromise',
  T0872: 'Indicator Removal on Host',
  T0874: 'Hooking',
  T0878: 'Alarm Suppression',
  T0880: 'Loss of Safety',
  T0887: 'Wireless Sniffing',
};

/** Names of the threats in use: MITRE EMB3D 2.0.1. */
const EMB3D: Readonly<Record<string, string>> = {
  'TID-211': 'Device Allows Unauthenticated Firmware Installation',
  'TID-213': 'Faulty FW/SW Update Integrity Verification',
  'TID-221': 'Authentication Bypass By Message Replay',
  'TID-222': 'Critical System Service May Be Disabled',
  'TID-301': 'Applications Binaries Modified',
  'TID-302': 'Install Untrusted Application',
  'TID-304': 'Manipulate Runtime Environment',
  'TID-310': 'Remotely Accessible Unauthenticated Services',
  'TID-406': 'Unauthorized Messages or Connections',
  'TID-407': 'Missing Message Replay Protection',
  'TID-408': 'Unencrypted Sensitive Data Communication',
  'TID-411': 'Weak/Insecure Cryptographic Protocol',
};

const used = (of: (technique: ReturnType<typeof describeTechniques>[number]) => readonly string[]): readonly string[] =>
  [...new Set(describeTechniques().flatMap(of))].sort();

test('every technique has a name of its own, a source and known identifiers', () => {
  const described = describeTechniques();
  assert.equal(TECHNIQUES.size, described.length);
  for (const technique of described) {
    assert.match(technique.id, /^[a-z]+(-[a-z]+)*$/);
    assert.ok(technique.standsFor.length > 0, technique.id);
    assert.ok(technique.attackIcs.length > 0, technique.id);
  }
  assert.deepEqual(
    used(({ attackIcs }) => attackIcs),
    Object.keys(ATTACK_ICS).sort(),
  );
  assert.deepEqual(
    used(({ emb3d }) => emb3d),
    Object.keys(EMB3D).sort(),
  );
});

interface StixObject {
  readonly type: string;
  readonly name?: string;
  readonly revoked?: boolean;
  readonly x_mitre_deprecated?: boolean;
  readonly external_references?: readonly { readonly source_name: string; readonly external_id?: string }[];
}

const stixPath = fileURLToPath(new URL('../../../../shared/data/security/ics-attack-18.1.json', import.meta.url));

test('the names of ATT&CK for ICS are those of its own release', {
  skip: existsSync(stixPath) ? false : 'reference data of ATT&CK for ICS 18.1 is not here',
}, () => {
  const { objects } = JSON.parse(readFileSync(stixPath, 'utf8')) as { readonly objects: readonly StixObject[] };
  const names = new Map(
    objects
      .filter((object) => object.type === 'attack-pattern' && !object.revoked && !object.x_mitre_deprecated)
      .map((object) => [
        object.external_references?.find(({ source_name: source }) => source === 'mitre-attack')?.external_id,
        object.name,
      ]),
  );
  for (const [id, name] of Object.entries(ATTACK_ICS)) assert.equal(names.get(id), name, id);
});

test('the defaults of every technique are within its own bounds', () => {
  for (const technique of TECHNIQUES.values()) {
    assert.deepEqual(parameterFaults(technique, completeParameters(technique)), [], technique.id);
  }
});

test('a parameter that is unknown, of another type or out of bounds is told with what would be right', () => {
  const technique = TECHNIQUES.get('injected-bolus')!;
  const faults = parameterFaults(technique, { unit: 1, units: 26, sender: 'cgm', repeats: 'two' });
  assert.deepEqual(
    faults.map(({ name }) => name),
    ['unit', 'units', 'sender', 'repeats'],
  );
  assert.match(faults[0]!.message, /has no parameter `unit`; it has `units`/);
  assert.match(faults[1]!.message, /`26` has to be at most 25 \[iU\]/);
  assert.match(faults[2]!.message, /allowed are `handset`, `remote`/);
  assert.match(faults[3]!.message, /has to be a number/);
});
