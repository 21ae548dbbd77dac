import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { test } from 'node:test';
import { causeOf, framesOf } from '#base/cause-of';
import { Fault } from '#base/fault';

test('a fault and a failed call of the system are told in their own words', async () => {
  assert.equal(causeOf(new Fault('store.unavailable', 'store: disk full')), 'store: disk full');
  const failed = await new Promise<unknown>((resolve) => connect(1, '127.0.0.1').once('error', resolve));
  assert.match(causeOf(failed), /^connect ECONNREFUSED 127\.0\.0\.1:1$/);
});

test('no_defect_quotes_its_data: any other error is told by its kind and place', () => {
  const messages = ['glucose is `137`', 'glucose\n    at 137 mg/dL\n    at 137', '$& 137', ''];
  for (const message of messages) {
    for (const error of [new TypeError(message), new RangeError(message, { cause: 137 })]) {
      const told = causeOf(error);
      assert.match(told, new RegExp(`^${error.name} at .*cause-of\\.test\\.ts:\\d+:\\d+`), told);
      assert.doesNotMatch([told, ...framesOf(error)].join('\n'), /137/);
    }
  }
  for (const thrown of ['137', 137, { glucose: 137 }, null]) assert.equal(causeOf(thrown), 'unknown');
});
