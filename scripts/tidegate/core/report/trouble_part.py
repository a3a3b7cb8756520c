"""When it could not be found out: which step, its own words, its last lines, and what to do."""

from __future__ import annotations

from collections.abc import Iterator

from tidegate.core.report.blocks import Block, Code, Listing, Paragraph, Strong
from tidegate.core.report.model import Failure, Step, View
from tidegate.core.report.sentence import REASON
from tidegate.core.report.untrusted import clipped

_LONG = 600


def trouble_blocks(view: View) -> Iterator[Block]:
    """What the sentence at the top does not say about a step that failed, and steps that failed besides."""
    for step in view.steps:
        if step.failure is not None and (step is view.decisive or step.outcome is not None):
            yield from _failure(step, step.failure, named=step is view.decisive)


def _failure(step: Step, failure: Failure, *, named: bool) -> Iterator[Block]:
    if step.outcome is None:
        yield Paragraph(("Its job was cancelled, ran out of time, or died before it could write any.",))
    if not named:
        yield Paragraph((Strong(step.name), f" {failure.said}", ":" if failure.message else "."))
    words = [failure.where, failure.message] if not named or len(failure.message) > REASON else [failure.where]
    yield from (Paragraph((Code(text, _LONG),)) for text in words if text)
    if failure.log:
        yield Paragraph((f"The last {len(failure.log)} lines of its log:",))
        yield Listing(clipped(failure.log))
