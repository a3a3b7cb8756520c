"""The one issue about a model's drift: what it says, and whether it is to be opened, left or closed.

Nothing that decides is kept in it: its hidden line holds past windows for the row of signs, and for nothing else.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Literal

from tidegate.core.drift.history import Record, merged, record
from tidegate.core.drift.telling import bars
from tidegate.core.drift.telling.report import Result, blocks, headline
from tidegate.core.report import markdown
from tidegate.core.report.blocks import Code, Paragraph
from tidegate.core.report.limits import fit
from tidegate.core.report.untrusted import brief
from tidegate.errors import InputError

LABEL = "drift"
Action = Literal["none", "write", "close"]
_PAST = re.compile(r"^<!-- tidegate:windows (?P<windows>\[.{0,40000}\]) -->$", re.MULTILINE)
_RETRAINING = re.compile(r"^Retraining is asked for in #[1-9][0-9]{0,8}\.$", re.MULTILINE)
_MOST_PAST = 60
_ROOM = 45_000
_PARAGRAPH = "\n\n"
_CLOSING = "Closed by itself when the latest window is calm again."


def key(model: str) -> str:
    """What the issue is found by; two hyphens in a row would end the comment that it stands in."""
    return f"drift/{re.sub('-(?=-)', '-~', model)}"


def action(state: str, *, exists: bool, is_open: bool, shown: int, mine: int) -> Action:
    """What to do about the issue. `shown`: number of the check that it shows, `mine`: of this one (see `number`).

    What a check of later data has said stays. An issue that somebody closed stays closed until later data drifts.
    """
    if exists and shown > mine:
        return "none"
    if state == "calm":
        return "close" if is_open else "none"
    if state == "watch":
        return "write" if is_open else "none"
    closed_by_somebody = state == "drift" and exists and not is_open and shown == mine
    return "none" if closed_by_somebody else "write"


def number(result: Result, shown: int) -> int:
    """The latest window's end in seconds: the same however often and however late the same data is checked.

    A check that saw no window is about what the issue shows (`shown`).
    """
    if not result["windows"]:
        return shown
    return int(datetime.fromisoformat(result["windows"][-1]["end"]).replace(tzinfo=UTC).timestamp())


def title(model: str, state: str) -> str:
    """Of the issue. Names of models are letters, digits and dots."""
    return f"{brief(model)}: {'drift' if state != 'unknown' else 'drift is unknown'}"


def body(model: str, result: Result, before: str, page: str) -> str:
    """Its text. `before`: what it says now; `page`: the address of the workflow's runs, empty where there is none."""
    records = _past(before, result)
    signs = bars.past([item.document() for item in records])
    rows = Paragraph(("Windows so far, oldest first: ", Code(signs, _MOST_PAST), " (█ drifted, · calm, ? unknown)"))
    text = fit([*blocks(model, result), *([rows] if signs else [])], markdown.write, _ROOM)
    runs = f" Each check's report is in [its run]({page})." if page else ""
    asked = _RETRAINING.search(before)
    return f"{text}\n\n{f'{asked[0]}{_PARAGRAPH}' if asked else ''}{_CLOSING}{runs}\n{_hidden(records)}\n"


def with_retraining(text: str, number: int) -> str:
    """An issue's text that names the pull request in which retraining is asked for, and no other one."""
    told = f"Retraining is asked for in #{number}."
    if _RETRAINING.search(text):
        return _RETRAINING.sub(told, text)
    before, closing, after = text.rpartition(f"{_PARAGRAPH}{_CLOSING}")
    return f"{before}{_PARAGRAPH}{told}{closing}{after}" if closing else f"{text.rstrip()}{_PARAGRAPH}{told}\n"


def of_before(text: str) -> str:
    """The text of an issue that was closed, for one that opens again: what was asked for then is done with."""
    return _RETRAINING.sub("", text)


def recovered(result: Result) -> str:
    """What is said when it closes."""
    return markdown.write([Paragraph(headline(result))])


def _past(before: str, result: Result) -> tuple[Record, ...]:
    """Windows that the issue remembers and those of this check, which know better."""
    now = [record(item, "evidence") for item in result["records"]]
    return merged(_remembered(before), now)[-_MOST_PAST:]


def _remembered(before: str) -> Sequence[Record]:
    found = _PAST.search(before)
    if found is None:
        return ()
    try:
        given: Any = json.loads(found["windows"])
        return [record(item, "issue") for item in given if isinstance(item, Mapping)]
    except (ValueError, RecursionError, InputError):
        return ()


def _hidden(records: Sequence[Record]) -> str:
    """Names from the data are left out: nothing in the line can end the comment."""
    kept = [{**item.document(), "columns": []} for item in records]
    return f"<!-- tidegate:windows {json.dumps(kept, separators=(',', ':'))} -->"
