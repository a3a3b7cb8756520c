"""The check as one HTML file: the report, and each column's reference and window drawn over one another.

No script, nothing loaded from anywhere, and a policy that forbids both.
"""

from __future__ import annotations

import base64
import hashlib
import html
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tidegate.core.drift.telling.report import WORDS, Result, blocks
from tidegate.core.report import html_blocks
from tidegate.core.report.blocks import Code
from tidegate.core.report.stylesheet import STYLE
from tidegate.core.report.untrusted import brief
from tidegate.core.rounding import percent

_TONES = {"calm": "pass", "watch": "undecided", "drift": "fail", "unknown": "error"}
_GLYPHS = {"calm": "✓", "watch": "…", "drift": "≠", "unknown": "?"}
_WIDTH, _HEIGHT, _BOTTOM = 460, 170, 26
_MOST = 200
_STYLE = """
.overlay text { fill:var(--soft); font-size:11px }
.overlay .before { fill:var(--soft); opacity:.45 }
.overlay .now { fill:none; stroke:var(--sea); stroke-width:2.5 }
.overlay .base { stroke:var(--line) }
.overlays { display:grid; grid-template-columns:repeat(auto-fill,minmax(min(100%,24rem),1fr)); gap:1rem }
.overlays figure { margin:0; border:1px solid var(--line); border-radius:.5rem; padding:.75rem }
.overlays .drifted { border-color:var(--fail); border-width:2px }
.key.before { width:1.1em; background:var(--soft); opacity:.45 }
.key.now { width:1.1em; height:.8em; border:2.5px solid var(--sea) }
"""


def page(model: str, result: Result) -> str:
    """A complete document in UTF-8 that opens without a network."""
    state, style = result["state"], STYLE + _STYLE
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; base-uri 'none'; form-action 'none'"
    _, sentence, *rest = blocks(model, result)
    return "\n".join(
        [
            "<!doctype html>",
            '<html lang="en"><head><meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            '<meta name="referrer" content="no-referrer"><meta name="color-scheme" content="light dark">',
            f"<title>{WORDS[state]}: {html.escape(brief(model))} · Tidegate</title><style>{style}</style></head><body>",
            f'<header class="tone-{_TONES[state]}"><p class="brand">Tidegate drift report</p>',
            f'<h1><span class="glyph" aria-hidden="true">{_GLYPHS[state]}</span> <span>{WORDS[state]}</span>'
            f" {html_blocks.write_line((Code(model),))}</h1>",
            f'<div class="sentence">{html_blocks.write([sentence])}</div></header>',
            f"<main><section>{html_blocks.write(rest)}</section>{_overlays(result)}</main></body></html>\n",
        ]
    )


def _overlays(result: Result) -> str:
    if not result["windows"]:
        return ""
    findings = result["windows"][-1]["findings"]
    drifted = {item["column"] for item in findings if item["found"] == "drifted"}
    drawn = "".join(_overlay(column, column["name"] in drifted) for column in result["columns"][:_MOST])
    keys = (
        '<p class="keys"><span><i class="key before"></i>reference</span>'
        '<span><i class="key now"></i>latest window</span></p>'
    )
    left = len(result["columns"]) - _MOST
    more = f'<p class="small">…and {left:,} more columns</p>' if left > 0 else ""
    return f'<section><h2>Columns</h2>{keys}<div class="overlays">{drawn}</div>{more}</section>'


def _overlay(column: Mapping[str, Any], drifted: bool) -> str:
    """Shares by cell, one scale: filled is the reference, outlined the window."""
    name, kind = html.escape(brief(column["name"])), ' class="drifted"' if drifted else ""
    word = " (drifted)" if drifted else ""
    before, now = (percent(share, 1) for share in column["missing"])
    return (
        f"<figure{kind}><figcaption><bdi><code>{name}</code></bdi>{word}</figcaption>"
        f'<svg class="overlay" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{name}: {_words(column)}">'
        f"{''.join(_drawn(column))}</svg>"
        f'<p class="small">missing: {before} in the reference, {now} in the window</p></figure>'
    )


def _drawn(column: Mapping[str, Any]) -> Iterator[str]:
    reference, window = column["reference"], column["window"]
    top, step = max([*reference, *window, 1e-9]), _WIDTH / max(len(reference), 1)
    floor = _HEIGHT - _BOTTOM
    for kind, values, gap in (("before", reference, 1.0), ("now", window, 2.5)):
        for place, value in enumerate(values):
            high = value / top * (floor - 6)
            yield (
                f'<rect class="{kind}" x="{place * step + gap:.1f}" y="{floor - high:.1f}"'
                f' width="{max(step - 2 * gap, 1):.1f}" height="{high:.1f}"/>'
            )
    yield f'<line class="base" x1="0" x2="{_WIDTH}" y1="{floor}" y2="{floor}"/>'
    yield from _labels(column["cells"], step)


def _labels(cells: Sequence[str], step: float) -> Iterator[str]:
    """The first, middle and last cell by name; more would run into one another."""
    for place in sorted({0, len(cells) // 2, len(cells) - 1}):
        anchor = "start" if place == 0 else "end" if place == len(cells) - 1 else "middle"
        x = {"start": 0.0, "end": float(_WIDTH), "middle": (place + 0.5) * step}[anchor]
        text = html.escape(brief(cells[place], 18))
        yield f'<text x="{x:.1f}" y="{_HEIGHT - 8}" text-anchor="{anchor}">{text}</text>'


def _words(column: Mapping[str, Any]) -> str:
    """The largest changes of share, for who cannot see the drawing."""
    pairs = zip(column["cells"], column["reference"], column["window"], strict=True)
    most = sorted(pairs, key=lambda cell: -abs(cell[2] - cell[1]))[:3]
    told = (f"{brief(name, 18)} {percent(before, 0)} to {percent(now, 0)}" for name, before, now in most)
    return html.escape("; ".join(told))
