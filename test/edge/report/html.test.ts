import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { renderHtml } from '../../../src/edge/report/html/document.ts';
import { STYLE } from '../../../src/edge/report/html/style.ts';
import { EVIDENCE_IS, EVIDENCE_IS_NOT } from '../../../src/edge/report/wording.ts';
import { emptyReport, hostileReport, madeUpReport } from './made-up-report.ts';
import { assertWellFormed } from './well-formed.ts';

const html = renderHtml(madeUpReport());
const body = (document: string): string =>
  document.replace('<!doctype html>\n', '').replace(/<style>[\s\S]*?<\/style>/, '');

test('the document is well-formed, also with hostile names and without any run', () => {
  for (const report of [madeUpReport(), hostileReport(), emptyReport()]) assertWellFormed(body(renderHtml(report)));
});

test('the document holds no script, no event handler and no inline style', () => {
  for (const document of [html, renderHtml(hostileReport())]) {
    assert.doesNotMatch(body(document), /<(?:script|iframe|object|embed|link|img|base|form)\b/i);
    assert.doesNotMatch(body(document), /<[^>]*\s(?:on\w+|style)=/i);
  }
});

test('the document refers to nothing outside itself', () => {
  assert.doesNotMatch(html, /(?:src|href|action|xlink:href)="(?!#)/);
  assert.doesNotMatch(STYLE, /url\(|@import|@font-face/);
});

test('the policy permits the style sheet that stands in the document, and nothing else', () => {
  const style = /<style>([\s\S]*?)<\/style>/.exec(html)![1]!;
  const policy = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(html)![1]!.replaceAll('&#39;', "'");
  const hash = createHash('sha256').update(style).digest('base64');
  assert.equal(policy, `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'`);
});

test('what the evidence is and is not stands before the results', () => {
  const results = html.indexOf('id="results"');
  for (const sentence of [...EVIDENCE_IS, ...EVIDENCE_IS_NOT]) {
    const at = html.indexOf(sentence);
    assert.ok(at > 0 && at < results, sentence);
  }
});

test('every id is unique and every reference has its target', () => {
  const ids = [...html.matchAll(/\sid="([^"]*)"/g)].map((match) => match[1]!);
  assert.equal(new Set(ids).size, ids.length);
  const references = [...html.matchAll(/\saria-labelledby="([^"]*)"|href="#([^"]*)"/g)].flatMap((match) =>
    (match[1] ?? match[2]!).split(' '),
  );
  for (const reference of references) assert.ok(ids.includes(reference), reference);
});

test('every drawing is named and described, and every table has a caption and scoped headers', () => {
  const drawings = html.match(/<svg [^>]*>/g) ?? [];
  assert.ok(drawings.length > 0);
  for (const drawing of drawings) assert.match(drawing, /role="img" aria-labelledby="/);
  assert.equal(
    html.match(/<svg [^>]*><title id="[^"]+">[^<]+<\/title><desc id="[^"]+">[^<]+<\/desc>/g)?.length,
    drawings.length,
  );
  assert.equal(html.match(/<table><caption>/g)?.length, html.match(/<table/g)?.length);
  assert.doesNotMatch(html, /<th(?! scope=)[ >]/);
});

test('no level of heading is skipped', () => {
  let last = 0;
  for (const [, digit] of html.matchAll(/<h([1-6])[ >]/g)) {
    assert.ok(Number(digit) <= last + 1, `h${digit} after h${last}`);
    last = Number(digit);
  }
});

test('every result carries the command that repeats it', () => {
  for (const { replayCommand } of madeUpReport().scenarios)
    assert.ok(html.includes(replayCommand.replaceAll("'", '&#39;')));
});

test('25 scenarios with four defence sets stay below 2 MB', () => {
  assert.ok(Buffer.byteLength(renderHtml(madeUpReport(25))) < 2_000_000);
});

test('text has a contrast of at least 4.5 on its background, in light and in dark', () => {
  const [light, dark] = [...STYLE.matchAll(/:root \{([\s\S]*?)\n\s*\}/g)].map((match) => variables(match[1]!));
  for (const theme of [light!, { ...light!, ...dark! }]) {
    for (const name of TEXT_COLOURS) {
      const contrast = contrastOf(theme[name]!, theme['paper']!);
      assert.ok(contrast >= 4.5, `${name} ${theme[name]} on ${theme['paper']}: ${contrast.toFixed(2)}`);
    }
  }
});

const TEXT_COLOURS = [
  'ink',
  'soft',
  'attack',
  'baseline',
  'commanded',
  'accepted',
  'violated',
  'undecided',
  'link',
  'style-0',
  'style-1',
  'style-2',
  'style-3',
];

function variables(block: string): Readonly<Record<string, string>> {
  return Object.fromEntries([...block.matchAll(/--([\w-]+): (#[\da-f]{6})/g)].map((match) => [match[1]!, match[2]!]));
}

/** WCAG 2.2, contrast ratio of two sRGB colours. */
function contrastOf(left: string, right: string): number {
  const [high, low] = [luminance(left), luminance(right)].sort((a, b) => b - a);
  return (high! + 0.05) / (low! + 0.05);
}

function luminance(colour: string): number {
  const [red, green, blue] = [1, 3, 5].map((at) => {
    const channel = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!;
}
