import { createHash } from 'node:crypto'

/**
 * The pages' one style sheet: system fonts, colours as variables (light, dark, print), no script. Series colours are
 * those of Okabe and Ito, which people with any common colour blindness tell apart; marks and dashes differ too.
 */
export const styleSheet = `
:root {
  color-scheme: light dark;
  --paper: #fbfbfa; --card: #ffffff; --sunk: #f2f3f1; --line: #dfe2de; --line-strong: #b9beb8;
  --ink: #1b2321; --soft: #515c58; --faint: #66716d;
  --accent: #0d5c66; --accent-ink: #ffffff; --accent-soft: #e2f0f0;
  --good: #1a6b3c; --good-soft: #e3f2e8; --warn: #8a5200; --warn-soft: #fbf0dc; --bad: #a42a1f; --bad-soft: #fbe7e4;
  --uncertainty: #0072b2; --hallucination: #d55e00; --refusal: #b0538c; --robustness: #00805d; --retrieval: #2a8fc4; --likelihood: #a87400;
  --s0: #0072b2; --s1: #d55e00; --s2: #00805d; --s3: #b0538c; --s4: #a87400; --s5: #4a5552;
  --mono: ui-monospace, "SF Mono", "Cascadia Mono", "Segoe UI Mono", Menlo, Consolas, "Liberation Mono", monospace;
  --radius: 8px;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #121615; --card: #191f1d; --sunk: #202725; --line: #2e3734; --line-strong: #4b5753;
    --ink: #e7ece9; --soft: #aeb9b5; --faint: #94a09b;
    --accent: #6cc5cc; --accent-ink: #08292d; --accent-soft: #16363a;
    --good: #79d19b; --good-soft: #15301f; --warn: #efb85c; --warn-soft: #35270d; --bad: #ff9d90; --bad-soft: #3d1a16;
    --uncertainty: #4ea7e0; --hallucination: #f08a3c; --refusal: #dc8fbf; --robustness: #35c198; --retrieval: #7cc7f0; --likelihood: #e0ad3d;
    --s0: #4ea7e0; --s1: #f08a3c; --s2: #35c198; --s3: #dc8fbf; --s4: #e0ad3d; --s5: #b4c0bb;
  }
}
*, *::before, *::after { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; scroll-padding-top: 4rem; }
body {
  margin: 0; min-height: 100vh; display: grid; grid-template: auto 1fr auto / minmax(0, 1fr); background: var(--paper); color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Helvetica Neue", Arial, sans-serif;
  font-variant-numeric: tabular-nums;
}
a { color: var(--accent); text-underline-offset: 0.18em; text-decoration-thickness: 1px; text-decoration-color: color-mix(in srgb, currentColor 45%, transparent); }
a:hover { text-decoration-color: currentColor; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; border-radius: 3px; }
main:focus { outline: none; }
h1, h2, h3, h4 { line-height: 1.2; margin: 0; text-wrap: balance; letter-spacing: -0.012em; }
h1 { font-size: clamp(1.55rem, 1.2rem + 1.5vw, 2.05rem); font-weight: 680; }
h2 { font-size: 1.25rem; font-weight: 660; }
h3 { font-size: 1rem; font-weight: 650; }
p { margin: 0; max-width: 72ch; }
h1, h2, h3, h4, p, li, dd, summary, figcaption { overflow-wrap: anywhere; }
:is(td, th) :is(p, li, summary), td, th { overflow-wrap: break-word; }
h1.mono { font-size: 1.35rem; letter-spacing: 0; overflow-wrap: anywhere; }
code, pre, .mono { font-family: var(--mono); }
code, pre, :is(p, span, dd, h4).mono { font-size: 0.88em; }
pre { margin: 0; padding: 0.8rem 1rem; background: var(--sunk); border: 1px solid var(--line); border-radius: var(--radius); overflow-x: auto; line-height: 1.55; }
pre.wrap { white-space: pre-wrap; overflow-wrap: anywhere; }
.skip { position: absolute; left: -999px; top: 0; background: var(--accent); color: var(--accent-ink); padding: 0.6rem 1rem; z-index: 10; }
.skip:focus { left: 0; }
.visually-hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }

header.site { background: var(--card); border-bottom: 1px solid var(--line); }
.site-inner { max-width: 1320px; margin: 0 auto; padding: 0 1.25rem; min-height: 3.4rem; display: flex; flex-wrap: wrap; align-items: center; gap: 0 1.5rem; }
.wordmark { display: inline-flex; align-items: center; gap: 0.5rem; font-weight: 700; font-size: 1.08rem; letter-spacing: -0.015em; color: var(--ink); text-decoration: none; }
.wordmark .mark { color: var(--accent); }
header.site nav { display: flex; gap: 0.15rem; align-self: stretch; flex: 1; overflow-x: auto; }
header.site nav a { display: inline-flex; align-items: center; padding: 0.8rem 0.65rem; color: var(--soft); text-decoration: none; border-bottom: 2px solid transparent; white-space: nowrap; }
header.site nav a:hover { color: var(--ink); }
header.site nav a[aria-current] { color: var(--ink); font-weight: 600; border-bottom-color: var(--accent); }
:is(header.site nav, .anchors) a:focus-visible { outline-offset: -3px; }
.session { margin: 0; color: var(--soft); font-size: 0.93rem; }
form.session button { font: inherit; color: var(--soft); background: none; border: 0; padding: 0.35rem 0; cursor: pointer; text-decoration: underline; text-underline-offset: 0.18em; }
main { width: 100%; max-width: 1320px; align-content: start; margin: 0 auto; padding: 1.75rem 1.25rem 3rem; display: grid; gap: 1.5rem; grid-template-columns: minmax(0, 1fr); }
footer.site { border-top: 1px solid var(--line); color: var(--faint); font-size: 0.86rem; }
footer.site p { max-width: 1320px; margin: 0 auto; padding: 1.1rem 1.25rem 2rem; }

.title { display: grid; gap: 0.45rem; }
.lead { color: var(--soft); font-size: 1.04rem; }
.meta { display: flex; flex-wrap: wrap; gap: 0.25rem 1.1rem; color: var(--soft); font-size: 0.9rem; padding: 0; margin: 0; list-style: none; }
.crumb { font-size: 0.88rem; color: var(--faint); }
.note, .null { color: var(--faint); }
.note { font-size: 0.88rem; }
.null { font-style: italic; font-size: 0.86rem; font-weight: 400; }
.unit { color: var(--faint); font-size: 0.78em; font-weight: 400; }
.direction { color: var(--faint); font-weight: 400; }
.interval { color: var(--soft); font-size: 0.84em; white-space: nowrap; }
.section-title { display: flex; flex-wrap: wrap; align-items: baseline; justify-content: space-between; gap: 0.3rem 1rem; }
.section-title.near { justify-content: start; }

.family { display: inline-flex; align-items: center; gap: 0.4em; white-space: nowrap; }
.family::before { content: ""; width: 0.62em; height: 0.62em; border-radius: 2px; background: var(--family-colour); flex: none; }
.family-uncertainty { --family-colour: var(--uncertainty); } .family-hallucination { --family-colour: var(--hallucination); }
.family-refusal { --family-colour: var(--refusal); } .family-robustness { --family-colour: var(--robustness); }
.family-retrieval { --family-colour: var(--retrieval); } .family-likelihood { --family-colour: var(--likelihood); }
.badge { display: inline-flex; align-items: center; gap: 0.4em; padding: 0.1em 0.6em; border-radius: 99px; font-size: 0.82rem; font-weight: 600; white-space: nowrap; background: var(--sunk); color: var(--soft); border: 1px solid var(--line); }
.badge-done, .badge-scored { background: var(--good-soft); color: var(--good); border-color: transparent; }
.badge-running, .badge-queued { background: var(--accent-soft); color: var(--accent); border-color: transparent; }
.badge-degraded, .badge-skipped, .badge-refused { background: var(--warn-soft); color: var(--warn); border-color: transparent; }
.badge-failed, .badge-error, .badge-cancelled { background: var(--bad-soft); color: var(--bad); border-color: transparent; }

.filters { display: flex; flex-wrap: wrap; gap: 0.6rem 1.75rem; align-items: center; }
.filter { display: flex; flex-wrap: wrap; gap: 0.3rem; align-items: center; font-size: 0.9rem; }
.filter > span { color: var(--faint); margin-right: 0.25rem; }
.chip { padding: 0.22rem 0.7rem; border: 1px solid var(--line); border-radius: 99px; text-decoration: none; color: var(--soft); background: var(--card); }
.chip:hover { border-color: var(--line-strong); color: var(--ink); }
.chip[aria-current] { background: var(--accent); border-color: var(--accent); color: var(--accent-ink); font-weight: 600; }
.chip[aria-current].family::before { background: currentColor; }

.scroll { position: relative; overflow-x: auto; border: 1px solid var(--line); border-radius: var(--radius); background: var(--card); }
.scroll.fitted { width: fit-content; max-width: 100%; }
.report-table { min-width: min(32rem, 100%); }
.report-table .number { min-width: 5.5rem; white-space: normal; }
.report-table td.number { white-space: nowrap; }
table { border-collapse: separate; border-spacing: 0; width: 100%; font-size: 0.92rem; }
th, td { padding: 0.5rem 0.75rem; text-align: left; vertical-align: top; border-bottom: 1px solid var(--line); }
tbody tr:last-child > * { border-bottom: 0; }
th { font-weight: 600; }
thead th { color: var(--soft); font-size: 0.84rem; vertical-align: bottom; background: var(--sunk); border-bottom-color: var(--line-strong); }
tbody th { font-weight: 600; }
.number { text-align: right; white-space: nowrap; }
tbody th small { display: block; font-weight: 400; color: var(--faint); font-size: 0.85em; }
tbody tr:hover > * { background: color-mix(in srgb, var(--sunk) 55%, var(--card)); }

.board th, .board td { padding: 0.6rem 0.7rem; }
.board thead th { min-width: 8.6rem; }
.board thead th.narrow { min-width: 5rem; }
.board thead th .family { display: flex; font-weight: 400; font-size: 0.78rem; color: var(--faint); margin-bottom: 0.2rem; }
.board thead th a.about { color: var(--ink); text-decoration: none; display: block; text-wrap: pretty; line-height: 1.3; }
.board thead th a.about:hover { text-decoration: underline; }
.sorter { display: inline-flex; gap: 0.3em; align-items: center; margin-top: 0.25rem; font-weight: 400; color: var(--faint); text-decoration: none; font-size: 0.8rem; white-space: nowrap; }
.sorter:hover { color: var(--accent); text-decoration: underline; }
.trust-link { display: block; margin-top: 0.15rem; font-weight: 400; color: var(--faint); font-size: 0.8rem; white-space: nowrap; }
.trust-link:hover { color: var(--accent); }
th[aria-sort] .sorter { color: var(--accent); font-weight: 600; }
th[aria-sort] { box-shadow: inset 0 -2px 0 var(--accent); }
.board .model { position: sticky; left: 0; z-index: 1; background: var(--card); min-width: 11.5rem; max-width: 17rem; border-right: 1px solid var(--line); font-weight: 400; overflow-wrap: anywhere; }
.board thead .model { background: var(--sunk); font-weight: 600; }
.board .place { white-space: normal; min-width: 5rem; }
.board .place small { white-space: normal; }
.board .model strong { display: block; font-weight: 650; font-size: 0.98rem; line-height: 1.3; }
.board .model small { display: block; color: var(--faint); font-size: 0.8rem; line-height: 1.4; }
.cell { display: grid; gap: 0.1rem; color: inherit; text-decoration: none; }
.cell .value { font-size: 1.14rem; font-weight: 620; letter-spacing: -0.01em; white-space: nowrap; }
.cell:hover .value { color: var(--accent); }
.cell .whisker { margin: 0.05rem 0 0.1rem -4px; }
ul.texts { margin: 0; padding: 0; list-style: none; display: grid; gap: 0.25rem; }
.cell .interval { font-size: 1em; }
.cell small { color: var(--faint); font-size: 0.79rem; line-height: 1.35; white-space: nowrap; }
.cell small.warn { color: var(--warn); white-space: normal; }
.cell .null { display: block; max-width: 8.5rem; line-height: 1.35; }
.rank { font-size: 1.14rem; font-weight: 620; }

.whisker { display: block; overflow: visible; height: auto; color: var(--family-colour, var(--accent)); max-width: 100%; }
.whisker .track { stroke: var(--line); stroke-width: 2; stroke-linecap: round; }
.whisker .zero { stroke: var(--line-strong); stroke-width: 1; }
.whisker .span { stroke: currentColor; stroke-width: 4; stroke-linecap: round; opacity: 0.42; }
.whisker .dot { fill: currentColor; stroke: var(--card); stroke-width: 1.2; }

.cards { margin: 0; padding: 0; list-style: none; display: grid; gap: 0.85rem; grid-template-columns: repeat(auto-fill, minmax(min(100%, 17.5rem), 1fr)); }
.card { background: var(--card); border: 1px solid var(--line); border-radius: var(--radius); padding: 0.9rem 1rem 1rem; display: grid; gap: 0.4rem; align-content: start; position: relative; }
.card > .family { font-size: 0.8rem; color: var(--faint); }
.card h3 a { color: inherit; text-decoration: none; }
.card h3 a::after { content: ""; position: absolute; inset: 0; border-radius: var(--radius); }
.card:hover { border-color: var(--line-strong); }
.card .figure { display: flex; flex-wrap: wrap; align-items: baseline; gap: 0.1rem 0.55rem; }
.card .figure .value { font-size: 1.9rem; font-weight: 640; letter-spacing: -0.025em; line-height: 1.15; }
.card .reading { color: var(--soft); font-size: 0.88rem; }
.card .meta { display: grid; gap: 0.15rem; font-size: 0.85rem; }
.card .meta .value { font-weight: 640; color: var(--ink); }
.card .basis { color: var(--faint); font-size: 0.82rem; }

.anchors { position: sticky; top: 0; z-index: 3; display: flex; gap: 0.1rem; overflow-x: auto; background: var(--paper); border-bottom: 1px solid var(--line); margin: 0 -1.25rem; padding: 0 1.25rem; font-size: 0.9rem; }
.anchors a { padding: 0.6rem 0.7rem; white-space: nowrap; color: var(--soft); text-decoration: none; }
.anchors a:hover { color: var(--ink); box-shadow: inset 0 -2px 0 var(--line-strong); }

.benchmark { display: grid; gap: 1.1rem; grid-template-columns: minmax(0, 1fr); border-top: 1px solid var(--line); padding-top: 1.6rem; }
.anchors + .benchmark { border-top: 0; padding-top: 0.4rem; }
.figure .unit { font-size: 0.5em; letter-spacing: 0; }
.benchmark > .family { color: var(--soft); font-size: 0.86rem; }
.headline { display: grid; gap: 0.3rem; border-left: 4px solid var(--family-colour); padding: 0.1rem 0 0.1rem 1rem; }
.headline .figure { display: flex; flex-wrap: wrap; align-items: baseline; gap: 0.15rem 0.8rem; }
.headline .figure .value { font-size: 2.5rem; font-weight: 660; letter-spacing: -0.03em; line-height: 1.1; }
.headline .figure > .null { font-size: 1.35rem; }
.headline .interval { font-size: 1.02rem; }
.notices { display: grid; gap: 0.4rem; list-style: none; margin: 0; padding: 0; }
.notice { background: var(--warn-soft); color: var(--warn); border-radius: var(--radius); padding: 0.5rem 0.8rem; font-size: 0.9rem; max-width: none; overflow-wrap: anywhere; }
.notice.bad { background: var(--bad-soft); color: var(--bad); }
.notice.plain { background: var(--accent-soft); color: var(--ink); }
.notice code { font-size: 0.86em; opacity: 0.85; }
.counts { display: grid; gap: 0.35rem; }
.counts svg { display: block; width: 100%; height: 6px; border-radius: 3px; background: var(--sunk); }
.counts ul { display: flex; flex-wrap: wrap; gap: 0.15rem 1.1rem; list-style: none; margin: 0; padding: 0; font-size: 0.87rem; color: var(--soft); }
.counts li::before { content: ""; display: inline-block; width: 0.65em; height: 0.65em; border-radius: 2px; margin-right: 0.4em; background: var(--status); }
.status-scored { --status: var(--s2); fill: var(--s2); } .status-refused { --status: var(--s4); fill: var(--s4); }
.status-error { --status: var(--bad); fill: var(--bad); } .status-skipped { --status: var(--faint); fill: var(--faint); } .status-open { --status: var(--line-strong); fill: var(--line-strong); }

.params { min-width: 40rem; }
.metrics tbody th { min-width: 13rem; font-weight: 500; }
.metrics td.whisker-cell { width: 9rem; padding-top: 0.7rem; }
.metrics th small { display: block; font-weight: 400; color: var(--faint); max-width: 46ch; }
.metrics .value { font-weight: 640; }
.curves { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fill, minmax(min(100%, 23rem), 1fr)); align-items: start; }
figure.curve { margin: 0; background: var(--card); border: 1px solid var(--line); border-radius: var(--radius); padding: 0.8rem 0.9rem 0.7rem; display: grid; gap: 0.4rem; grid-template-columns: minmax(0, 1fr); }
figure.curve figcaption { font-weight: 620; font-size: 0.95rem; }
.plot { display: block; width: 100%; height: auto; max-width: 34rem; }
.curves figure.wide { grid-column: 1 / -1; }
.plot.forest { max-width: 52rem; }
.plot text { font-size: 11.5px; fill: var(--soft); font-family: inherit; }
.plot .axis-title { fill: var(--ink); font-size: 12px; }
.plot .grid { stroke: var(--line); stroke-width: 1; }
.plot .axis, .plot .tick { stroke: var(--line-strong); stroke-width: 1; }
.plot .reference { stroke: var(--faint); stroke-width: 1.3; stroke-dasharray: 4 4; }
.stroke { fill: none; stroke: var(--series); stroke-width: 2; stroke-linejoin: round; stroke-dasharray: var(--dash, none); }
.band { fill: var(--series); opacity: 0.16; }
.mark-fill { fill: var(--series); stroke: var(--card); stroke-width: 0.7; }
.bar { fill: var(--series); }
.error-bar { fill: none; stroke: var(--ink); stroke-width: 1.1; opacity: 0.75; }
.series-0 { --series: var(--s0); } .series-1 { --series: var(--s1); --dash: 7 3; } .series-2 { --series: var(--s2); --dash: 2 3; }
.series-3 { --series: var(--s3); --dash: 9 3 2 3; } .series-4 { --series: var(--s4); --dash: 4 2; } .series-5 { --series: var(--s5); --dash: 12 4; }
.legend { display: flex; flex-wrap: wrap; gap: 0.15rem 1rem; list-style: none; margin: 0; padding: 0; font-size: 0.86rem; color: var(--soft); }
.legend li { display: inline-flex; align-items: center; gap: 0.4rem; }
details > summary { cursor: pointer; color: var(--soft); font-size: 0.86rem; width: fit-content; }
details > summary:hover { color: var(--ink); }
details[open] > summary { margin-bottom: 0.5rem; }
.numbers .scroll { max-height: 18rem; overflow-y: auto; }
.numbers table { font-size: 0.84rem; }
.numbers th, .numbers td { padding: 0.25rem 0.6rem; }

.facts { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 8.5rem), 1fr)); gap: 0.9rem 1.25rem; margin: 0; background: var(--card); border: 1px solid var(--line); border-radius: var(--radius); padding: 0.95rem 1.1rem; }
.facts dt { color: var(--faint); font-size: 0.8rem; }
.facts dd { margin: 0; font-size: 1.12rem; font-weight: 600; overflow-wrap: anywhere; }
.facts dd small { display: block; font-size: 0.82rem; font-weight: 400; color: var(--soft); }
.facts .wide { grid-column: 1 / -1; }
.items { margin: 0; padding: 0; list-style: none; display: grid; gap: 0.7rem; grid-template-columns: minmax(0, 1fr); }
.item { background: var(--card); border: 1px solid var(--line); border-radius: var(--radius); padding: 0.8rem 1rem; display: grid; gap: 0.5rem; grid-template-columns: minmax(0, 1fr); }
.item header { display: flex; flex-wrap: wrap; gap: 0.3rem 0.8rem; align-items: baseline; }
.item h4 { font-size: 0.95rem; font-weight: 600; }
.item .why { color: var(--soft); font-size: 0.9rem; }
.fields { display: grid; grid-template-columns: minmax(7rem, max-content) minmax(0, 1fr); gap: 0.3rem 1rem; margin: 0; font-size: 0.92rem; }
.fields dt { color: var(--faint); font-size: 0.86rem; padding-top: 0.1rem; }
.fields dd { margin: 0; overflow-wrap: anywhere; min-width: 0; }
.words { white-space: pre-wrap; margin: 0; max-width: 90ch; }
.entries th, .entries td { padding: 0.3rem 0.6rem; font-size: 0.86rem; }
.entries .words { min-width: 9rem; }
.fields .meta { font-size: 1em; color: inherit; }
.words.said { border-left: 3px solid var(--accent); padding-left: 0.6rem; }
.fields dd > details > .words { margin-top: 0.4rem; }
@media (max-width: 560px) { .fields { grid-template-columns: minmax(0, 1fr); gap: 0.1rem; } .fields dd { margin-bottom: 0.4rem; } }

progress { appearance: none; width: 100%; height: 8px; border: 0; border-radius: 4px; background: var(--sunk); overflow: hidden; display: block; }
progress::-webkit-progress-bar { background: var(--sunk); border-radius: 4px; }
progress::-webkit-progress-value { background: var(--accent); border-radius: 4px; }
progress::-moz-progress-bar { background: var(--accent); }
.progress { margin: 0; padding: 0; list-style: none; display: grid; gap: 0.8rem 2rem; grid-template-columns: repeat(auto-fill, minmax(min(100%, 20rem), 1fr)); }
.progress li { display: grid; gap: 0.3rem; align-content: end; }
.progress .section-title { flex-wrap: nowrap; font-size: 0.93rem; }
.progress .family { white-space: normal; }
.progress .note { white-space: nowrap; }
.bar-large { height: 12px; border-radius: 6px; }
.panel { background: var(--card); border: 1px solid var(--line); border-radius: var(--radius); padding: 1.1rem 1.2rem; display: grid; gap: 0.7rem; grid-template-columns: minmax(0, 1fr); }
.panel.narrow { max-width: 30rem; }
.empty { padding: 2.2rem 1.4rem; }
.steps { margin: 0; padding-left: 1.3rem; display: grid; gap: 0.8rem; grid-template-columns: minmax(0, 1fr); }
.steps li { padding-left: 0.2rem; }
.steps pre { margin-top: 0.35rem; }
.two { display: grid; gap: 1.25rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 24rem), 1fr)); align-items: start; }
.two > *, .stack { min-width: 0; }
.stack { display: grid; gap: 0.7rem; grid-template-columns: minmax(0, 1fr); align-content: start; }
.row { display: flex; flex-wrap: wrap; gap: 0.5rem 1rem; align-items: center; }
form.login { display: grid; gap: 0.9rem; }
label { font-weight: 600; font-size: 0.93rem; }
input[type="password"] { font: inherit; font-family: var(--mono); width: 100%; padding: 0.6rem 0.75rem; color: var(--ink); background: var(--paper); border: 1px solid var(--line-strong); border-radius: 6px; }
.button, button.button { font: inherit; font-weight: 600; display: inline-block; padding: 0.5rem 1.1rem; border: 1px solid var(--accent); border-radius: 6px; background: var(--accent); color: var(--accent-ink); cursor: pointer; text-decoration: none; width: fit-content; }
.button.quiet { background: transparent; color: var(--accent); }
@media (max-width: 560px) {
  main { padding: 1.25rem 1rem 2.5rem; }
  .site-inner { padding: 0 1rem; }
  header.site nav { order: 3; flex: 1 0 100%; margin: 0 -0.65rem; }
  .site-inner .wordmark { flex: 1; padding: 0.7rem 0 0; }
  .site-inner .session { padding-top: 0.7rem; }
  header.site nav a { padding-top: 0.55rem; padding-bottom: 0.55rem; }
  .anchors { margin: 0 -1rem; padding: 0 1rem; }
  .board th, .board td, .metrics th, .metrics td { padding: 0.55rem 0.6rem; }
  .metrics tbody th { min-width: 9rem; }
  .metrics .number .null { white-space: normal; }
  .board .model { min-width: 8.4rem; max-width: 8.4rem; }
  .board .model strong { font-size: 0.9rem; }
  .board .model small { font-size: 0.73rem; }
}
@media print {
  :root { --paper: #fff; --card: #fff; --sunk: #f4f4f4; --ink: #000; --soft: #333; --faint: #555; --line: #ccc; --line-strong: #999; color-scheme: light; }
  body { font-size: 10.5pt; }
  header.site nav, .session, .skip, .filters, .anchors, .sorter, .trust-link, details.numbers, footer.site { display: none; }
  main { padding: 0; max-width: none; }
  .scroll { overflow: visible; border: 0; }
  .card, figure.curve, .item, tr { break-inside: avoid; }
  h2, h3 { break-after: avoid; }
  .board thead th { min-width: 0; }
  .board .model { position: static; }
}
@media (prefers-reduced-motion: no-preference) { html { scroll-behavior: smooth; } }
`

/** Where the style sheet lies: its hash in the name, so that browsers keep it for ever. */
export const stylePath = `/style.${createHash('sha256').update(styleSheet).digest('hex').slice(0, 12)}.css`
