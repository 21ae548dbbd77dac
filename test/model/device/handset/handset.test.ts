import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HOUR } from '#base/time';
import { parseLegacyFrame } from '#model/device/link/legacy-frame';
import { signCommand } from '#model/thing/command-signature';
import { sealMessage } from '#model/thing/envelope';
import type { ThingValue } from '#model/thing/message';
import { type ClosedLoop, createClosedLoop, ENROLMENTS } from '../closed-loop.ts';
import { COMMAND_KEY } from '../command-key.ts';
import { SECURED } from '../fake-ward.ts';

const handsetValue = (loop: ClosedLoop, name: string): ThingValue | undefined =>
  loop.handset.report().find((measurement) => measurement.name === name)?.value;
const pumpValue = (loop: ClosedLoop, name: string): ThingValue | undefined =>
  loop.pump.report().find((measurement) => measurement.name === name)?.value;

test('each reading leads to a decision, a command and an acknowledgement', () => {
  const loop = createClosedLoop({ security: SECURED, sense: () => 200 });
  loop.ward.runFor(30);
  assert.equal(handsetValue(loop, 'glucoseUsed'), 200);
  assert.equal(handsetValue(loop, 'pumpContactAge'), 2);
  assert.equal(Number(pumpValue(loop, 'basalRate')) > 1, true);
  assert.equal(pumpValue(loop, 'basalRate'), handsetValue(loop, 'commandedBasalRate'));
  assert.equal(pumpValue(loop, 'controlMode'), 'closed-loop');
});

test('the controller stops basal before a predicted low, and its temporary basal never exceeds four times the profile', () => {
  let glucose = 160;
  const loop = createClosedLoop({ sense: () => (glucose -= 12) });
  loop.ward.runFor(20);
  assert.equal(handsetValue(loop, 'commandedBasalRate'), 0);
  const high = createClosedLoop({ sense: () => 390 });
  high.ward.runFor(600);
  assert.equal(handsetValue(high, 'commandedBasalRate'), 4);
});

test('insulin on board follows what the pump acknowledged', () => {
  const loop = createClosedLoop();
  loop.ward.runFor(10);
  loop.handset.announceMeal(60);
  loop.ward.runFor(5);
  assert.equal(pumpValue(loop, 'bolusDelivered'), 6);
  assert.equal(handsetValue(loop, 'commandedBolus'), 6);
  assert.equal(Number(handsetValue(loop, 'insulinOnBoard')) > 5, true);
});

test('a lost command is sent again, twice, and delivered once', () => {
  const loop = createClosedLoop();
  loop.ward.runFor(10);
  let losses = 0;
  loop.ward.lose((bytes, from) => {
    const parsed = parseLegacyFrame(bytes);
    const isCommand = from === 'handset' && parsed.kind === 'frame' && parsed.frame.operation === 'bolus';
    return isCommand && losses++ < 2;
  });
  loop.handset.requestBolus(2);
  loop.ward.runFor(3);
  assert.equal(losses, 3);
  assert.equal(pumpValue(loop, 'bolusDelivered'), 2);
});

test('a lost acknowledgement leads to a retransmission and not to a second bolus', () => {
  const loop = createClosedLoop();
  loop.ward.runFor(10);
  loop.ward.lose((bytes, from) => {
    const parsed = parseLegacyFrame(bytes);
    return from === 'pump' && parsed.kind === 'frame' && parsed.frame.operation === 'acknowledge';
  });
  loop.handset.requestBolus(2);
  loop.ward.runFor(3);
  assert.equal(pumpValue(loop, 'bolusDelivered'), 2);
  assert.equal(handsetValue(loop, 'commandedBolus'), 2);
});

test('alarms: low, urgent low and high glucose, once per condition until repeated', () => {
  let glucose = 100;
  const loop = createClosedLoop({ mode: 'open-loop', sense: () => glucose });
  const conditions = (): readonly string[] => loop.notified.map(({ condition }) => condition);
  loop.ward.runFor(10);
  for (const next of [65, 50, 100, 320]) {
    glucose = next;
    loop.ward.runFor(10);
  }
  assert.deepEqual(conditions(), ['low-glucose', 'urgent-low-glucose', 'high-glucose']);
});

test('alarms: signal loss and pump lost after 20 minutes of silence', () => {
  const loop = createClosedLoop();
  loop.ward.runFor(10);
  loop.ward.lose((_, from) => from === 'cgm');
  loop.ward.runFor(25);
  assert.equal(handsetValue(loop, 'alarmCondition'), 'signal-loss');
  const deaf = createClosedLoop();
  deaf.ward.runFor(10);
  deaf.ward.lose((_, from) => from === 'pump');
  deaf.ward.runFor(25);
  assert.equal(handsetValue(deaf, 'alarmCondition'), 'pump-lost');
});

test('a reading held back for more than 15 minutes is refused, and so is one of another day', () => {
  const loop = createClosedLoop();
  const held: Uint8Array[] = [];
  loop.ward.runFor(10);
  loop.ward.lose((bytes, from) => {
    if (from === 'cgm') held.push(bytes);
    return from === 'cgm';
  });
  loop.ward.runFor(30);
  const used = loop.traces.handset.filter((trace) => trace.kind === 'reading-used').length;
  const oldest = held.find((bytes) => {
    const parsed = parseLegacyFrame(bytes);
    return parsed.kind === 'frame' && parsed.frame.operation === 'glucose-reading';
  });
  assert.notEqual(oldest, undefined);
  loop.handset.receive('radio', oldest!);
  assert.equal(loop.traces.handset.filter((trace) => trace.kind === 'reading-used').length, used);
  assert.equal(
    loop.traces.handset.some((trace) => trace.kind === 'frame-refused' && trace.reason === 'too-old'),
    true,
  );
});

test('malware: tampered readings drive the controller, silenced alarms stay silent, settings reach the pump', () => {
  const loop = createClosedLoop({ sense: () => 60 });
  loop.handset.silenceAlarms(true);
  loop.handset.tamperReading((glucose) => glucose + 200);
  loop.ward.runFor(15);
  assert.equal(handsetValue(loop, 'glucoseUsed'), 260);
  assert.equal(Number(pumpValue(loop, 'basalRate')) > 1, true);
  assert.equal(loop.notified.length, 0);
  loop.handset.changeSettings({ basalProfile: Array.from({ length: 24 }, () => 3), carbRatio: 2, maxBolus: 20 });
  loop.ward.runFor(1);
  assert.deepEqual(
    pumpValue(loop, 'basalProfile'),
    Array.from({ length: 24 }, () => 3),
  );
  assert.equal(pumpValue(loop, 'maxBolus'), 20);
  assert.equal(handsetValue(loop, 'carbRatio'), 2);
});

test('a clock set forward makes the controller forget insulin that still acts', () => {
  const loop = createClosedLoop();
  loop.ward.runFor(10);
  loop.handset.requestBolus(5);
  loop.ward.runFor(5);
  assert.equal(Number(handsetValue(loop, 'insulinOnBoard')) > 4, true);
  loop.handset.shiftClock(7 * HOUR);
  assert.equal(Number(handsetValue(loop, 'insulinOnBoard')) < 0.5, true);
});

test('an alert of the platform reaches the person', () => {
  const loop = createClosedLoop();
  const command = {
    kind: 'Command',
    id: 'alert-1',
    thing: 'handset',
    action: 'alert',
    input: { text: 'check your pump' },
    issuedAt: loop.ward.now(),
    expiresAt: loop.ward.now() + HOUR,
  } as const;
  loop.gateway.receive('uplink', sealMessage(signCommand(command, [COMMAND_KEY], 1), ENROLMENTS.handset.downlink, 1));
  assert.deepEqual(loop.notified, [{ condition: 'alert', priority: 'high', text: 'check your pump' }]);
  const answer = loop.uplink().find(({ content }) => content.kind === 'Acknowledgement');
  assert.equal(answer?.sender, 'handset');
  assert.equal(handsetValue(loop, 'refusedFrames'), 0);
  assert.equal(pumpValue(loop, 'refusedFrames'), 0);
});
