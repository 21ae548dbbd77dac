import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { markup } from '../../../src/edge/report/markup.ts';
import { assertWellFormed } from './well-formed.ts';

test('no text can leave the place it was put into', () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('</p>', '" onload="x', "'", '&amp;', '<!--', ']]>')),
      (text) => {
        assertWellFormed(markup`<p title="${text}">${text}</p>`.text);
      },
    ),
  );
});

test('markup within markup stays markup, and lists are joined', () => {
  assert.equal(markup`<p>${[markup`<b>${'a&b'}</b>`, 'c', undefined, 1]}</p>`.text, '<p><b>a&amp;b</b>c1</p>');
});

test('what XML cannot hold is replaced', () => {
  assert.equal(markup`${'a\u0000b\ud800c\u0008'}`.text, 'a\ufffdb\ufffdc\ufffd');
});
