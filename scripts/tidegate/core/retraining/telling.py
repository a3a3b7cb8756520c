"""The words of a retraining's pull request: why now, what the data gains, what the drift check saw, what comes next.

Everything that live data, files or people have a say in stands in code spans. There is no clock in it: the same
evidence and data give the same text, so that it is written once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from tidegate.core.drift.telling.report import Result
from tidegate.core.drift.telling.report import blocks as drift_blocks
from tidegate.core.report import markdown
from tidegate.core.report.blocks import Block, Bullets, Code, Heading, Line, Paragraph, Strong
from tidegate.core.report.limits import fit
from tidegate.core.report.untrusted import brief
from tidegate.core.retraining import marker
from tidegate.core.retraining.data import Extension
from tidegate.core.retraining.decision import Reason

_ROOM = 50_000
_SHOWN = 12
_WORDS = 300
_WHY = {
    "asked": "somebody asked for it",
    "drift": "live data has drifted",
    "age": "the release is old",
    "rows": "there are new labelled rows",
}


@dataclass(frozen=True, kw_only=True)
class Wish:
    """All that is known for the text.

    `result`: the drift check's. `issue`: number of the model's drift issue, None without one. `evaluated_by`: the
    workflow that judges the branch where GitHub holds the usual one back; empty where it does not.
    """

    model: str
    until: datetime
    reasons: Sequence[Reason]
    data: Extension
    result: Result
    issue: int | None = None
    evaluated_by: str = ""


def title(wish: Wish) -> str:
    """The pull request's."""
    return f"Retrain {brief(wish.model)} on data until {wish.until:%Y-%m-%d}"


def body(wish: Wish) -> str:
    """The pull request's text, with the hidden line that tells what it is about."""
    text = fit([*_blocks(wish), *drift_blocks(wish.model, wish.result)], markdown.write, _ROOM)
    return f"{text}\n\n{marker.line(wish.until)}\n"


def message(wish: Wish) -> str:
    """The commit's, with the same in a trailer."""
    why = ", ".join(_WHY[reason.kind] for reason in wish.reasons)
    return f"{title(wish)}\n\nBecause {why}.\n\n{marker.trailer(wish.model, wish.until)}"


def _blocks(wish: Wish) -> Iterator[Block]:
    why = "; ".join(_WHY[reason.kind] for reason in wish.reasons)
    yield Paragraph((Strong("It is time to train "), Code(wish.model), Strong(" again"), f": {why}."))
    yield Bullets(tuple((Code(reason.sentence, _WORDS),) for reason in wish.reasons))
    yield Heading(("What the data gains",))
    yield Paragraph(_digests(wish.data))
    if lines := tuple(_files(wish.data)):
        yield Bullets(lines[:_SHOWN], max(len(lines) - _SHOWN, 0), "files")
    yield Heading(("What happens next",))
    yield Bullets(tuple(_next(wish)))


def _digests(data: Extension) -> Line:
    rows = "" if data.rows is None else f", {data.rows[0]:,} rows to {data.rows[1]:,}"
    return Code(data.pointer), " goes from ", Code(data.before), " to ", Code(data.after), f"{rows}."


def _files(data: Extension) -> Iterator[Line]:
    for word, names in (("new", data.added), ("changed", data.changed), ("gone", data.removed)):
        yield from ((f"{word}: ", Code(name)) for name in names)


def _next(wish: Wish) -> Iterator[Line]:
    yield ("It is judged like any other change: trained, and compared with the release on the newest hold-out.",)
    yield ("Nothing is deployed by itself: a merge promotes it, and only a passed verdict can be promoted.",)
    yield ("Later data updates this branch. Commits of people on it are kept; closed, it stays closed until later data"
           " asks for it again.",)  # fmt: skip
    if wish.evaluated_by:
        yield (
            "Its usual runs wait for an approval; ",
            Code(wish.evaluated_by),
            " judges it meanwhile and reports here.",
        )
    if wish.issue is not None:
        yield (f"The drift is told in #{wish.issue}.",)
