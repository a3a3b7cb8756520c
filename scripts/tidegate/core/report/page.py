"""The whole report as one HTML file: no script, nothing loaded from anywhere, and a policy that forbids both."""

from __future__ import annotations

import base64
import hashlib
import html
from collections.abc import Iterator

from tidegate.core.report import html_blocks
from tidegate.core.report.blocks import Code, Line
from tidegate.core.report.bounds import PAGE
from tidegate.core.report.compose import closing_blocks, detail_blocks, foreign_blocks, verdict_blocks
from tidegate.core.report.figures import duration
from tidegate.core.report.html_charts import GLYPH
from tidegate.core.report.model import View
from tidegate.core.report.record_part import champion_line
from tidegate.core.report.sentence import HEADLINE
from tidegate.core.report.stylesheet import STYLE
from tidegate.core.report.untrusted import brief

_WAVE = (
    '<svg class="wave" viewBox="0 0 64 24" width="40" height="15" aria-hidden="true">'
    '<path d="M2 8q7.5-8 15 0t15 0 15 0 15 0M2 18q7.5-8 15 0t15 0 15 0 15 0"/></svg>'
)


def page(view: View) -> str:
    """A complete document in UTF-8 that opens without a network."""
    headline = HEADLINE[view.verdict]
    sentence, *rest = verdict_blocks(view, PAGE)
    return "\n".join(
        [
            "<!doctype html>",
            '<html lang="en"><head><meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{policy()}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            '<meta name="referrer" content="no-referrer">',
            '<meta name="color-scheme" content="light dark">',
            f"<title>{headline}: {html.escape(brief(view.context.model))} · Tidegate</title>",
            f"<style>{STYLE}</style></head><body>",
            f'<header class="tone-{view.verdict.value}"><p class="brand">{_WAVE} Tidegate model report</p>',
            f'<h1><span class="glyph" aria-hidden="true">{GLYPH[view.verdict]}</span> <span>{headline}</span>'
            f" {html_blocks.write_line((Code(view.context.model),))}</h1>",
            f'<div class="sentence">{html_blocks.write([sentence])}</div>{_facts(view)}</header>',
            f"<main><section>{html_blocks.write(rest)}</section>",
            html_blocks.write(detail_blocks(view, PAGE)),
            f'<section class="next">{html_blocks.write(closing_blocks(view, on_page=True))}</section>',
            html_blocks.write(foreign_blocks(view)),
            "</main></body></html>\n",
        ]
    )


def policy() -> str:
    """The content security policy: this page's own style and pictures inside it, nothing else."""
    digest = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; base-uri 'none'; form-action 'none'"


def _facts(view: View) -> str:
    facts = "".join(
        f"<div><dt>{html.escape(name)}</dt><dd>{html_blocks.write_line(line)}</dd></div>" for name, line in _known(view)
    )
    return f"<dl>{facts}</dl>" if facts else ""


def _known(view: View) -> Iterator[tuple[str, Line]]:
    comparison = view.comparison
    if comparison is not None and comparison.rows:
        yield "Champion", champion_line(comparison, view.context) or ("none yet",)
        yield "Hold-out", (f"{comparison.rows:,} rows",)
        if comparison.clusters is not None:
            yield "Independent groups", (f"{comparison.clusters:,}",)
    if view.data is not None:
        yield "Data checks", (f"{view.data.checks:,}",)
    if view.training is not None:
        yield "Training step", (duration(view.training.seconds),)
    if view.context.pull_request is not None:
        yield "Pull request", (f"#{view.context.pull_request}",)
