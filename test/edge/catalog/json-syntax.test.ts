import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { jsonSyntaxFault } from '../../../src/edge/catalog/json-syntax.ts';

test('a text has a syntax fault exactly where JSON.parse refuses it', () => {
  const noise = fc.array(
    fc.constantFrom('{', '}', '[', ']', ':', ',', '"a"', '1', '-0.5e+3', 'true', 'nul', ' ', '\\', '01'),
    {
      maxLength: 8,
    },
  );
  fc.assert(
    fc.property(
      fc.oneof(
        noise.map((parts) => parts.join('')),
        fc.json(),
      ),
      (text) => {
        assert.equal(jsonSyntaxFault(text) === undefined, parses(text), text);
      },
    ),
    { numRuns: 2_000 },
  );
});

function parses(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
