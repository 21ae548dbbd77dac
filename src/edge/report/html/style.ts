/**
 * The style sheet of the report. Colours are variables, so that light, dark and print differ in one place each; every pair of
 * text and background has a contrast of at least 4.5 (WCAG 2.2, 1.4.3), and nothing is told by colour alone.
 */
export const STYLE = `
:root {
  color-scheme: light dark;
  --paper: #fdfcf9; --panel: #f5f3ed; --ink: #1d1f21; --soft: #595c5e; --rule: #d8d4c9; --hair: #e7e4da;
  --attack: #b23a22; --baseline: #35688f; --commanded: #6b5b00; --target: #e9efe4; --beyond: #d9d5cb;
  --accepted: #1f6b47; --violated: #a62b1f; --undecided: #765500; --link: #1c5a8a;
  --style-0: #35688f; --style-1: #8a5a00; --style-2: #256d5b; --style-3: #84407a;
  --serif: "Iowan Old Style", Charter, "Palatino Linotype", Palatino, "Source Serif Pro", Georgia, "DejaVu Serif", serif;
  --sans: system-ui, -apple-system, "Segoe UI", "Helvetica Neue", Arial, "Liberation Sans", sans-serif;
  --mono: ui-monospace, "SF Mono", "Cascadia Mono", Consolas, "Liberation Mono", monospace;
}
@media screen and (prefers-color-scheme: dark) {
  :root {
    --paper: #15171a; --panel: #1d2024; --ink: #e8e5dd; --soft: #a9a69e; --rule: #3a3e43; --hair: #2a2d31;
    --attack: #f08a70; --baseline: #86b5dc; --commanded: #d3bd56; --target: #1f2a22; --beyond: #33363b;
    --accepted: #7cc9a0; --violated: #f29183; --undecided: #dcb656; --link: #8fc1ee;
    --style-0: #86b5dc; --style-1: #dfae5c; --style-2: #79c7b1; --style-3: #d49bca;
  }
}
* { box-sizing: border-box; }
html { font-size: 100%; -webkit-text-size-adjust: 100%; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 1.0625rem/1.55 var(--serif); }
main, header.title, footer { max-width: 64rem; margin: 0 auto; padding: 0 1.5rem; }
header.title { padding-top: 4rem; }
footer { padding-bottom: 4rem; color: var(--soft); font-size: .9375rem; }
h1, h2, h3, h4 { font-weight: 600; line-height: 1.2; text-wrap: balance; margin: 0; }
h1 { font-size: 2.375rem; letter-spacing: -.01em; }
h2 { font-size: 1.625rem; margin-top: 4.5rem; padding-top: 1.25rem; border-top: 2px solid var(--ink); }
h3 { font-size: 1.1875rem; margin-top: 2.5rem; }
h4 { font: 600 .9375rem/1.35 var(--sans); margin: 0; }
p, ul, dl { margin: .75rem 0 0; }
p, li { max-width: 44rem; }
a { color: var(--link); text-decoration-thickness: 1px; text-underline-offset: .15em; }
:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; border-radius: 2px; }
.skip { position: absolute; left: 1rem; top: -4rem; padding: .5rem 1rem; background: var(--ink); color: var(--paper); font: 1rem var(--sans); }
.skip:focus { top: 1rem; }
.kicker { font: 600 .8125rem/1.4 var(--sans); letter-spacing: .08em; text-transform: uppercase; color: var(--soft); margin: 0 0 .75rem; }
.lede { font-size: 1.25rem; line-height: 1.5; margin-top: 1rem; }
.soft { color: var(--soft); }
.verdict { font-family: var(--sans); font-weight: 600; white-space: nowrap; }
.verdict .mark { display: inline-block; min-width: .95em; margin-right: .2em; font-weight: 700; }
.accepted { color: var(--accepted); } .violated { color: var(--violated); } .undecided { color: var(--undecided); }
.statement { display: grid; grid-template-columns: 1fr 1fr; gap: 0 3rem; margin-top: 2rem; padding: 1.25rem 0 1.5rem; border-top: 1px solid var(--rule); border-bottom: 1px solid var(--rule); }
.statement h2 { font-size: 1.1875rem; margin: 0; padding: 0; border: 0; }
.statement ul { padding: 0; list-style: none; font-size: 1rem; line-height: 1.45; }
.statement li + li { margin-top: .5rem; }
dl.facts { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1.5rem; font: .9375rem/1.5 var(--sans); }
dl.facts dt { color: var(--soft); } dl.facts dd { margin: 0; overflow-wrap: anywhere; }
code { font: .875em/1.4 var(--mono); overflow-wrap: anywhere; }
.table { overflow-x: auto; margin-top: 1rem; }
table { border-collapse: collapse; width: 100%; font: .875rem/1.4 var(--sans); font-variant-numeric: tabular-nums lining-nums; }
caption { text-align: left; font: 1rem/1.45 var(--serif); color: var(--soft); padding-bottom: .5rem; caption-side: top; }
th, td { text-align: left; vertical-align: top; padding: .4375rem 1rem .4375rem 0; }
th:last-child, td:last-child { padding-right: 0; }
thead th { font-weight: 600; color: var(--soft); border-bottom: 1px solid var(--ink); vertical-align: bottom; }
tbody th { font-weight: 600; }
tbody tr { border-bottom: 1px solid var(--hair); }
tbody tr:has(+ tr.command) { border-bottom: 0; }
tr.command td { padding-top: 0; color: var(--soft); font-size: .8125rem; }
td.number, th.number { text-align: right; } td.number { white-space: nowrap; }
tbody th { min-width: 8.5rem; }
td .minor, th .minor { display: block; color: var(--soft); font-weight: 400; white-space: nowrap; }
.matrix th a { color: inherit; text-decoration-color: var(--rule); }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 27rem), 1fr)); gap: 2rem 2.5rem; margin-top: 1.25rem; }
figure { margin: 0; min-width: 0; break-inside: avoid; }
figure.single { max-width: 34rem; margin-top: 1.25rem; }
figcaption { font: .875rem/1.45 var(--sans); color: var(--soft); }
figure > .head { display: flex; justify-content: space-between; gap: 1rem; font: .9375rem/1.35 var(--sans); margin-bottom: .375rem; }
.chart { display: block; width: 100%; height: auto; overflow: visible; }
.chart + .chart { margin-top: .25rem; }
.chart text { font: 11px var(--sans); fill: var(--ink); font-variant-numeric: tabular-nums; }
.chart .tick-label { fill: var(--soft); font-size: 10.5px; } .chart .mid { text-anchor: middle; } .chart .end { text-anchor: end; }
.chart path { fill: none; }
.axis, .tick { stroke: var(--soft); stroke-width: 1; }
.grid, .lane { stroke: var(--hair); stroke-width: 1; }
.target { fill: var(--target); } .beyond-model { fill: var(--beyond); }
.threshold { stroke: var(--rule); stroke-width: .75; } .threshold.grave { stroke: var(--soft); stroke-dasharray: 1.5 2.5; }
.chart .attacked-band { fill: var(--attack); fill-opacity: .13; } .chart .attacked-band.inner { fill-opacity: .2; }
.chart .baseline-band { fill: var(--baseline); fill-opacity: .2; }
.attacked-line, .delivered-line { stroke: var(--attack); stroke-width: 1.75; stroke-linejoin: round; }
.baseline-line { stroke: var(--baseline); stroke-width: 1.5; stroke-dasharray: 5 3; stroke-linejoin: round; }
.commanded-line { stroke: var(--commanded); stroke-width: 1.25; stroke-linejoin: round; }
.chart .insulin-gap { fill: var(--attack); fill-opacity: .16; }
.chart .label { font-weight: 600; }
.chart .label.attacked, .chart .label.delivered, .chart .label.attack, .chart .label.harm { fill: var(--attack); }
.chart .label.baseline { fill: var(--baseline); } .chart .label.commanded { fill: var(--commanded); }
.chart .label.detection { fill: var(--style-0); } .chart .label.containment { fill: var(--style-2); }
.attack-begin { stroke: var(--attack); stroke-width: 1; stroke-dasharray: 2 2; }
.lane-attack path, .lane-harm path { fill: var(--attack); } .lane-attack rect { fill: var(--attack); fill-opacity: .45; } .lane-harm rect { fill: var(--attack); }
.lane-detection path, .lane-detection rect { fill: var(--style-0); } .lane-containment path, .lane-containment rect { fill: var(--style-2); }
.delay-line { stroke-width: 1.75; stroke-linejoin: round; }
.delay-line.style-0 { stroke: var(--style-0); } .delay-line.style-1 { stroke: var(--style-1); stroke-dasharray: 6 2.5; }
.delay-line.style-2 { stroke: var(--style-2); stroke-dasharray: 2 2; } .delay-line.style-3 { stroke: var(--style-3); stroke-dasharray: 8 2 2 2; }
.chart .label.style-0 { fill: var(--style-0); } .chart .label.style-1 { fill: var(--style-1); }
.chart .label.style-2 { fill: var(--style-2); } .chart .label.style-3 { fill: var(--style-3); }
details { margin-top: .5rem; font: .875rem/1.45 var(--sans); }
summary { cursor: pointer; color: var(--link); }
details ol { margin: .5rem 0 0; padding: 0; list-style: none; font-variant-numeric: tabular-nums; }
details li { display: grid; grid-template-columns: 7.5rem 6rem 1fr; gap: .75rem; padding: .1875rem 0; border-bottom: 1px solid var(--hair); }
@media (max-width: 46rem) {
  .statement { grid-template-columns: 1fr; gap: 1.5rem; }
  h1 { font-size: 1.875rem; }
  header.title { padding-top: 2.5rem; }
}
@media print {
  @page { size: A4; margin: 17mm 16mm 18mm; @bottom-right { content: counter(page) " / " counter(pages); font: 8pt sans-serif; } }
  body { font-size: 9.5pt; background: none; }
  main, header.title, footer { max-width: none; padding: 0; }
  h1 { font-size: 21pt; } h2 { font-size: 14.5pt; margin-top: 2rem; } h3 { font-size: 11.5pt; margin-top: 1.25rem; }
  h2, h3, h4, caption, .lead-in { break-after: avoid; }
  caption, .lead-in, figcaption { font-size: 8.5pt; }
  table, dl.facts { font-size: 8pt; } thead { display: table-header-group; } tr { break-inside: avoid; }
  .statement ul { font-size: 9pt; } .lede { font-size: 12pt; }
  section.scenario { break-before: page; } section.scenario > h2 { margin-top: 0; }
  .figures { grid-template-columns: 1fr 1fr; gap: .625rem 1.5rem; margin-top: .625rem; } figure.single { max-width: 22rem; margin-top: .625rem; }
  figure > .head, h4 { font-size: 8.5pt; } th, td { padding-top: .25rem; padding-bottom: .25rem; } .table { margin-top: .625rem; }
  p, ul, dl { margin-top: .5rem; } dl.facts { row-gap: .0625rem; }
  .skip { display: none; } details { display: none; }
  a { color: inherit; text-decoration: none; }
  .table { overflow: visible; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
`;
