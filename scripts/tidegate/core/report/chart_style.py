"""The style of the page's charts: one set of colours for light, dark and paper, and a shape beside every colour."""

CHART_STYLE = """
.intervals .row {
  display:grid; grid-template-columns:minmax(7rem,16rem) minmax(8rem,1fr) 10.5rem; gap:1rem; align-items:center;
  border-top:1px solid var(--line); break-inside:avoid;
}
.intervals .axis { border:0; color:var(--soft); font-size:.8rem }
.ends { display:flex; justify-content:space-between }
.intervals .name { overflow-wrap:anywhere; font-size:.9rem }
.intervals .words {
  white-space:nowrap; font-size:.85rem; font-weight:600; color:var(--tone,var(--soft));
  font-variant-numeric:tabular-nums;
}
.plot { display:block; overflow:hidden; width:100%; height:2rem }
.plot .beyond { fill:var(--fail-b); opacity:.75 }
.plot .limit { stroke:var(--ink); stroke-width:2 }
.plot .still { stroke:var(--soft); stroke-width:1.5; stroke-dasharray:3 3 }
.plot .grid { stroke:var(--line); stroke-width:1 }
.plot .track { stroke:var(--line); stroke-width:1 }
.plot .span { stroke:var(--tone,var(--sea)); stroke-width:2.5; stroke-linecap:round }
.plot .arrow { fill:none }
.plot .point>* { fill:var(--tone); stroke:var(--tone); stroke-width:2.5; stroke-linecap:round }
.plot .point>.square { fill:var(--sea); stroke:var(--paper); stroke-width:1 }
.plot .champion>* { fill:var(--paper); stroke:var(--soft); stroke-width:2.5 }
.plot .candidate>* { fill:var(--sea); stroke:var(--sea) }
.forest .row { grid-template-columns:minmax(8rem,18rem) minmax(8rem,1fr) 11.5rem; line-height:1.35 }
.forest .plot { height:2.9rem }
.forest small { color:var(--soft); font-weight:400; font-size:.8rem }
.forest .group {
  margin:.9rem 0 .25rem; color:var(--soft); font-size:.8rem; font-weight:600; break-after:avoid;
}
.ticks { display:block; width:100%; height:1.4em; overflow:visible }
.ticks text { fill:var(--soft); font-size:.8rem; font-variant-numeric:tabular-nums }
.keys { display:flex; flex-wrap:wrap; gap:.25rem 1.5rem; color:var(--soft); font-size:.8rem; margin:.5rem 0 0 }
.keys span { display:inline-flex; align-items:center; gap:.5em }
.key { display:inline-block; width:0; height:1.1em }
.key.limit { border-left:2px solid var(--ink) }
.key.still { border-left:2px dashed var(--soft) }
.key.beyond { width:1.1em; background:var(--fail-b); border:1px solid var(--line) }
.key.champion, .key.candidate { width:.85em; height:.85em; border-radius:50%; border:2.5px solid var(--soft) }
.key.candidate { background:var(--sea); border-color:var(--sea) }
.key.square { width:.8em; height:.8em; background:var(--sea) }
.key.dot { width:.7em; height:.7em; border-radius:50%; background:var(--sea) }
.key.diagonal { width:1.6em; height:0; border-top:2px dashed var(--soft) }
.key.median { width:1.6em; height:0; border-top:2.5px solid var(--sea) }
.key.inner, .key.outer { width:1.4em; height:.9em; background:var(--sea); opacity:.45 }
.key.outer { opacity:.18 }
.numbers { border:0; margin-top:.75rem; background:none }
.numbers summary { padding:.25rem 0; color:var(--soft); font-size:.85rem }
.panels { display:grid; grid-template-columns:repeat(auto-fit,minmax(min(100%,22rem),1fr)); gap:1rem }
.panel { display:block; width:100%; height:auto; --draw:var(--sea) }
.panel.champion { --draw:var(--soft) }
.panel text { fill:var(--soft); font-size:12px; font-variant-numeric:tabular-nums }
.panel .name { fill:var(--ink); font-size:14px; font-weight:600 }
.panel .grid { stroke:var(--line); stroke-width:1 }
.panel .zero { stroke:var(--ink); stroke-width:1.5 }
.panel .diagonal { stroke:var(--soft); stroke-width:1.5; stroke-dasharray:5 4 }
.panel .span { fill:none; stroke:var(--draw); stroke-width:2 }
.panel .dot { fill:var(--draw); stroke:var(--paper); stroke-width:1.5 }
.panel .curve { fill:none; stroke:var(--draw); stroke-width:1.5; stroke-dasharray:1 3; stroke-linecap:round }
.panel .median { fill:none; stroke:var(--draw); stroke-width:2.5; stroke-linejoin:round }
.panel .inner { fill:var(--draw); opacity:.45 }
.panel .outer { fill:var(--draw); opacity:.18 }
@media (max-width:40rem) {
  .intervals .row, .forest .row { grid-template-columns:1fr auto; gap:0 .75rem; padding:.4rem 0 }
  .intervals .plot, .intervals .ends, .intervals .ticks { grid-column:1/-1; grid-row:2 }
  .intervals .axis span:empty { display:none }
  .intervals .words { text-align:right }
}
@media print {
  .keys, .row { break-inside:avoid }
  .key, .badge { print-color-adjust:exact; -webkit-print-color-adjust:exact }
}
"""
