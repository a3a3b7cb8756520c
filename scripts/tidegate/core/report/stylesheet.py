"""The page's style: light and dark, narrow and wide, on screen and on paper. Every verdict has a shape too."""

from tidegate.core.report.chart_style import CHART_STYLE

_PAGE = """
:root {
  --ink:#1b2430; --soft:#57636f; --line:#d5dce2; --paper:#fff; --ground:#f3f6f8; --code:#eaeff3; --sea:#0b6e8a;
  --pass:#12703a; --fail:#b3261e; --undecided:#7a5200; --incomparable:#6a3fb5; --error:#a33c00;
  --skipped:#57636f; --warns:#7a5200; --pass-b:#e3f5ea; --fail-b:#fdeae8; --undecided-b:#fdf3d8;
  --incomparable-b:#f1eafc; --error-b:#fdeee3; --skipped-b:#edf0f3; --warns-b:#fdf3d8;
}
@media screen and (prefers-color-scheme:dark) {
  :root {
    --ink:#e4eaf0; --soft:#9fadba; --line:#33404c; --paper:#161d24; --ground:#0f151b; --code:#232d37;
    --sea:#5cc0dc; --pass:#6fd695; --fail:#ff9d94; --undecided:#e8c15c; --incomparable:#c4a7f7;
    --error:#ffb184; --skipped:#9fadba; --warns:#e8c15c; --pass-b:#12301f; --fail-b:#3b1917;
    --undecided-b:#332a10; --incomparable-b:#2a2140; --error-b:#3a2315; --skipped-b:#232d37; --warns-b:#332a10;
  }
}
* { box-sizing:border-box }
html { -webkit-text-size-adjust:100% }
body {
  margin:0; background:var(--ground); color:var(--ink);
  font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",Helvetica,Arial,sans-serif;
}
header, main { max-width:66rem; margin:0 auto; padding:0 1.25rem }
header {
  margin-top:1.5rem; padding:1.25rem 1.75rem 1.5rem; background:var(--paper); border:1px solid var(--line);
  border-left:.5rem solid var(--tone); border-radius:.75rem;
}
@media (min-width:68.5rem) {
  main { padding:0 }
}
@media (max-width:68.5rem) {
  header { margin:1rem 1.25rem 0 }
}
.tone-pass { --tone:var(--pass); --tone-b:var(--pass-b) }
.tone-fail { --tone:var(--fail); --tone-b:var(--fail-b) }
.tone-undecided { --tone:var(--undecided); --tone-b:var(--undecided-b) }
.tone-incomparable { --tone:var(--incomparable); --tone-b:var(--incomparable-b) }
.tone-error { --tone:var(--error); --tone-b:var(--error-b) }
.tone-skipped { --tone:var(--skipped); --tone-b:var(--skipped-b) }
.tone-warns { --tone:var(--warns); --tone-b:var(--warns-b) }
.brand { margin:0 0 .5rem; color:var(--soft); font-size:.85rem; display:flex; align-items:center; gap:.5rem }
.wave path { fill:none; stroke:var(--sea); stroke-width:3.5; stroke-linecap:round }
h1 {
  margin:0; font-size:clamp(1.5rem,4vw,2.1rem); line-height:1.2; letter-spacing:-.01em; display:flex;
  flex-wrap:wrap; gap:.35em; align-items:center;
}
h1 .glyph {
  flex:none; width:1.5em; height:1.5em; border-radius:50%; background:var(--tone); color:var(--paper);
  display:grid; place-items:center; font-size:.8em; font-weight:700;
}
h1 code { font-size:.75em; font-weight:600 }
.sentence { font-size:1.15rem }
.sentence p { margin:.75rem 0 0 }
dl {
  display:flex; flex-wrap:wrap; gap:.5rem 2.25rem; margin:1.25rem 0 0; padding-top:1rem;
  border-top:1px solid var(--line);
}
dt { color:var(--soft); font-size:.8rem }
dd { margin:0; font-weight:600; font-variant-numeric:tabular-nums }
main { padding-bottom:3rem }
section, details {
  background:var(--paper); border:1px solid var(--line); border-radius:.75rem; margin-top:1rem;
  padding:1rem 1.75rem;
}
section:empty { display:none }
h2 { font-size:1.05rem; margin:0 }
h3 { font-size:.95rem; margin:1.25rem 0 .5rem }
section>h2 { margin-bottom:.5rem }
details { padding:0 }
summary { padding:.85rem 1.75rem; cursor:pointer; list-style-position:inside; border-radius:.75rem }
summary h2 { display:inline }
summary:hover { background:var(--code) }
.gist { color:var(--soft); margin-left:.5rem }
.inside { padding:0 1.75rem 1.25rem }
p { margin:.75rem 0 }
.small { color:var(--soft); font-size:.85rem }
a { color:var(--sea) }
a code { color:inherit }
:focus-visible { outline:3px solid var(--sea); outline-offset:2px }
code, pre {

  font-family:ui-monospace,SFMono-Regular,"Cascadia Mono",Menlo,Consolas,"Noto Sans Mono","DejaVu Sans Mono",monospace;
  font-size:.88em;
}
code { background:var(--code); border-radius:.3em; padding:.12em .35em; overflow-wrap:anywhere }
pre { background:var(--code); border-radius:.5rem; padding:.85rem 1rem; overflow:auto; line-height:1.45 }
pre code { background:none; padding:0 }
.scroll { overflow-x:auto; margin:.75rem 0 }
table { border-collapse:collapse; width:100%; font-variant-numeric:tabular-nums; font-size:.93rem }
.inside table { width:auto; min-width:min(100%,36rem) }
th, td { padding:.55rem .75rem; text-align:left; vertical-align:top; border-bottom:1px solid var(--line) }
thead th { color:var(--soft); font-weight:600; font-size:.8rem; white-space:nowrap }
tbody th { font-weight:400; min-width:9rem }
td:not(.right) { min-width:6.5rem }
tbody tr:last-child>* { border-bottom:0 }
tr>:first-child { padding-left:0 }
.right { text-align:right; white-space:nowrap }
.gauge { width:6rem; height:.5rem; border-radius:.25rem }
.gauge rect { fill:var(--sea) }
.badge {
  display:inline-block; white-space:nowrap; padding:.1em .65em; border-radius:1em; background:var(--tone-b);
  color:var(--tone); font-weight:600; font-size:.9em;
}
.callout { border-left:.3rem solid var(--sea); background:var(--code); border-radius:.4rem; padding:.6rem 1rem }
.callout.warning { border-color:var(--warns); background:var(--warns-b) }
.callout .kind { margin-right:.35em }
figure { margin:1.25rem 0 0 }
figcaption { font-weight:600; font-size:.95rem; margin-bottom:.35rem }
.plots { display:grid; grid-template-columns:repeat(auto-fit,minmax(min(100%,24rem),1fr)); gap:1rem }
.plots img {
  display:block; width:100%; height:auto; background:#fff; border:1px solid var(--line); border-radius:.5rem;
}
.plots figcaption { font-weight:400; margin:.35rem 0 0 }
.next { border-left:.5rem solid var(--sea) }
.next p:first-child { font-size:1.05rem }
@media (max-width:40rem) {
  header, section, summary, .inside { padding-left:1rem; padding-right:1rem }
  .gist { display:block; margin-left:1.1rem }
}
@media print {
  body { background:#fff }
  section, details, header { break-inside:avoid }
  details::details-content { content-visibility:visible }
}
"""
STYLE = _PAGE + CHART_STYLE
