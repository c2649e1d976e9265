"""How the pages look: light or dark as the reader's system is, and on paper."""

# Levels of error, in units of what is allowed, each to its bound; the last is beyond all measure.
LEVELS = (1.0, 100.0, 1e4, 1e6, float("inf"))

STYLE_SHEET = """
:root { color-scheme: light dark; --paper: #fff; --ink: #1d2126; --faint: #5d6670;
  --rule: #d9dde2; --link: #0b57d0; --same: #d5ecf7; --near: #eef6fa; --none: #fdf0c9;
  --wrong: #f7c9b8; --mark: #b3400e;
  --h0: #e9ecef; --h1: #fbd98b; --h2: #f39b4a; --h3: #cf4f4f; --h4: #7a2a72; --h5: #000; }
@media (prefers-color-scheme: dark) { :root { --paper: #15181c; --ink: #e8eaed; --faint: #a3abb4;
  --rule: #363c44; --link: #8ab4f8; --same: #123c50; --near: #1a2c36; --none: #4a3d0c;
  --wrong: #6b2c14; --mark: #ff9b6b;
  --h0: #2b3138; --h1: #6d5518; --h2: #b5661c; --h3: #e0575a; --h4: #f0a6e6; --h5: #fff; } }
body { font: 15px/1.45 system-ui, sans-serif; margin: 0 auto; padding: 1.5rem; max-width: 80rem;
  background: var(--paper); color: var(--ink); }
h1, p, li, summary { overflow-wrap: anywhere; }
h1 { font-size: 1.5rem; margin: 0 0 .3rem; } h2 { font-size: 1.15rem; margin: 2rem 0 .5rem; }
a { color: var(--link); } p { margin: .4rem 0; max-width: 60rem; }
.faint { color: var(--faint); } .said { font-weight: 600; } .fails { color: var(--mark); }
td.below { padding-left: 1rem; } .wide { overflow-x: auto; }
table { border-collapse: collapse; font-size: .9rem; }
th, td { padding: .22rem .7rem .22rem 0; text-align: left; vertical-align: top;
  border-bottom: 1px solid var(--rule); }
td.verdict, td.cell { padding-left: .5rem; } td.number { text-align: right; }
thead th { position: sticky; top: 0; background: var(--paper); font-weight: 600; }
tr.group th { padding-top: 1rem; }
.identical { background: var(--same); } .within { background: var(--near); }
.unsupported { background: var(--none); }
.differs, .error { background: var(--wrong); font-weight: 600; }
code, pre { font: .85rem/1.4 ui-monospace, "DejaVu Sans Mono", monospace; }
pre { overflow-x: auto; padding: .7rem; border: 1px solid var(--rule); border-radius: .4rem; }
details { margin: .3rem 0; } summary { cursor: pointer; }
form { display: flex; flex-wrap: wrap; gap: .4rem 1.2rem; margin: .6rem 0; }
select { font: inherit; max-width: 14rem; }
.spot { scroll-margin-top: 3rem; } main { counter-reset: shown; }
main .counted { counter-increment: shown; } .count::after { content: counter(shown); }
.maps { display: flex; flex-wrap: wrap; gap: .8rem 2rem; margin: .6rem 0; }
figure { margin: 0 1rem .4rem 0; } .layer { display: flex; flex-wrap: wrap; gap: 0 2rem; }
div.wide { margin: .8rem 0; } td small { color: inherit; display: inline-block; max-width: 20rem; }
figure .maps { margin: .2rem 0; gap: 0 1rem; } small { color: var(--faint); }
 figcaption, svg text { font-size: .8rem; fill: var(--ink); }
.l0 { fill: var(--h0); } .l1 { fill: var(--h1); } .l2 { fill: var(--h2); } .l3 { fill: var(--h3); }
.l4 { fill: var(--h4); } .l5 { fill: var(--h5); }
.key svg { vertical-align: middle; margin: 0 .25rem 0 .9rem; }
td.now-differs { box-shadow: inset 0 0 0 2px var(--mark); font-weight: 600; }
td.now-drift, td.now-changed { font-weight: 600; } li.now-differs { color: var(--mark); }
td.cell a { color: inherit; text-decoration-style: dotted; }
@media print { body { max-width: none; padding: 0; font-size: 11px; }
  form, .screen { display: none; }
  thead th { position: static; } details::details-content { content-visibility: visible;
  display: block; } tr, figure { break-inside: avoid; } a { color: inherit; text-decoration: none; }
  * { print-color-adjust: exact; } pre { white-space: pre-wrap; } .wide { overflow: visible; } }
"""
