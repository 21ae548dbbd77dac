import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { type HttpBench, openHttpBench } from '../http/http-bench.ts';

/** Half of a character beyond the basic plane: JSON can say it, and no encoding of texts can hold it. */
const HALF = '\ud83d';
const WHOLE = '\u{1f600}';

const benches: HttpBench[] = [];
const opened = async (): Promise<HttpBench> => {
  const bench = await openHttpBench();
  benches.push(bench);
  return bench;
};
after(async () => {
  for (const bench of benches) await bench.close();
});

test('no_text_stops_the_platform: half a character in a request is refused before anything rests on it', async () => {
  const bench = await opened();
  const id = { 'idempotency-key': 'a-new-one-1' };
  const command = { thing: 'pump', action: 'bolus', input: { units: HALF } };
  const asked = [
    ['security', 'PUT', '/api/v1/kill-switch', { thrown: true, reason: HALF }],
    ['clinician', 'POST', '/api/v1/twins/p1/commands', command],
    // the scope of this token refuses the command, which is then on record
    ['reader', 'POST', '/api/v1/twins/p1/commands', command],
    ['clinician', 'POST', '/wot/things/p1-pump/actions/bolus', { units: HALF }],
    ['clinician', 'POST', '/api/v1/twins/p1/forks', { attack: { technique: 'x', parameters: { a: HALF } } }],
    ['colleague', 'POST', '/api/v1/break-glass', { subject: 'p1', reason: HALF }],
    ['colleague', 'POST', '/api/v1/tokens', { label: `a${HALF}b`, scope: ['readTwin'] }],
    ['root', 'POST', '/api/v1/accounts', { name: 'somebody', displayName: HALF, roles: [] }],
    [undefined, 'POST', '/api/v1/sessions', { name: HALF, password: HALF, code: HALF }],
    [undefined, 'POST', '/api/v1/setup', { token: HALF, password: HALF, name: HALF }],
    ['root', 'POST', '/api/v1/accounts', { [HALF]: 1 }],
  ] as const;
  for (const [name, method, path, body] of asked) {
    const answer = await bench.ask(name, path, { method, body, headers: { ...id, 'wardtwin-request': '1' } });
    assert.equal(answer.status, 400, `${path} ${answer.text}`);
    assert.equal(bench.live.status, 'open', path);
  }
  assert.equal((await bench.ask('security', '/api/v1/kill-switch')).json()['thrown'], false);
});

test('no_text_stops_the_platform: what is cut short on record is cut between characters', async () => {
  const bench = await opened();
  for (let before = 0; before < 4; before += 1) {
    const state = 'x'.repeat(150 + before) + WHOLE.repeat(40);
    const { outcome } = await bench.ward.tell('pump', { deliveryState: state });
    assert.notEqual(outcome, 'accepted');
    assert.equal(bench.live.status, 'open');
  }
});
