"""A drift check as blocks of a report: the answer first, then windows, columns, performance, then all the rest."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tidegate.core.drift.telling import bars
from tidegate.core.report.blocks import (
    Block,
    Bullets,
    Code,
    Column,
    Details,
    Heading,
    Line,
    Paragraph,
    Strong,
    Table,
)
from tidegate.core.rounding import brief, counted, number, percent

Result = Mapping[str, Any]
WORDS = {
    "calm": "No drift",
    "watch": "Not drift yet",
    "drift": "Drift",
    "unknown": "Unknown, which is not the same as no drift",
}
_FOUND = {"calm": "calm", "drifted": "drifted", "unknown": "unknown"}
_SUBJECTS = {
    "distribution": "spread",
    "missing": "missing values",
    "new words": "new words",
    "infinite": "infinite values",
    "schema": "schema",
}
_SHOWN = 10
_SENTENCE = 400
_WINDOWS, _COLUMNS, _PERFORMANCE, _REST = 80, 60, 75, 20


def blocks(model: str, result: Result) -> list[Block]:
    """The whole report."""
    return [
        Heading(("Drift of ", Code(model))),
        Paragraph(headline(result)),
        *_unread(result),
        *_against(result),
        *_windows(result),
        *_performance(result),
        *_columns(result),
        *_notes(result),
    ]


def headline(result: Result) -> Line:
    """The answer, and how many windows it rests on."""
    rules, word = result["rules"], Strong(WORDS[result["state"]])
    if result["unread"] is not None:
        return word, ": live data could not be looked at."
    if not result["windows"]:
        return word, ": there was no window to look at."
    records = result["records"][-rules["of"] :]
    drifted = sum(record["found"] == "drifted" for record in records)
    needed = f"; {rules['windows']} of {rules['of']} and the latest make drift" if drifted else ""
    latest = result["windows"][-1]
    when = f"The latest is {span(latest)}, {counted(latest['rows'], 'row')}: {_FOUND[latest['found']]}."
    return word, f": {drifted} of the last {counted(len(records), 'window')} drifted{needed}. {when}"


def span(window: Mapping[str, Any]) -> str:
    """From when to when, without hours where there are none."""
    start, end = (moment.removesuffix("T00:00:00").replace("T", " ") for moment in (window["start"], window["end"]))
    return f"{start} to {end}"


def _unread(result: Result) -> Iterator[Block]:
    error = result["unread"]
    if error is not None:
        yield Paragraph((Code(f"{error['code']} {error['message']}", _SENTENCE),))


def _against(result: Result) -> Iterator[Block]:
    against = result["against"]
    if against is None:
        return
    rows = counted(result["reference_rows"], "row")
    if against["kind"] == "release":
        named = (
            Code(against["version"]),
            " in ",
            Code(against["environment"]),
            " (",
            Code(against["commit"][:12]),
            ")",
        )
        yield Paragraph(("Held against release ", *named, f", trained on {rows}."))
    else:
        yield Paragraph(("Held against ", Code(against["profile"]), f" of this commit ({rows}); nothing is released."))


def _windows(result: Result) -> Iterator[Block]:
    columns = (Column("window"), Column("rows", right=True), Column("answer"), Column("features", right=True))
    rows = tuple(
        (
            (span(window),),
            (f"{window['rows']:,}",),
            (_FOUND[window["found"]], ", worse than at release" if window["worse"] else ""),
            (percent(window["share"], 0),),
            _names(_drifted(window)),
        )
        for window in reversed(result["windows"])
    )
    if rows:
        yield Table((*columns, Column("what drifted")), rows[:_SHOWN], max(len(rows) - _SHOWN, 0), "windows")


def _drifted(window: Mapping[str, Any]) -> list[str]:
    return list(dict.fromkeys(item["column"] for item in window["findings"] if item["found"] == "drifted"))


def _names(names: Sequence[str]) -> Line:
    pieces: list[str | Code] = []
    for name in names[:5]:
        pieces += [", "] * bool(pieces) + [Code(name)]
    return (*pieces, f" and {len(names) - 5:,} more") if len(names) > 5 else tuple(pieces) or ("–",)


def _performance(result: Result) -> Iterator[Block]:
    rows = tuple(map(_performance_row, result["performance"]))
    if rows:
        columns = (Column("metric"), Column("at release", right=True), Column("live", right=True), Column("answer"))
        yield Table(columns, rows[:_SHOWN], max(len(rows) - _SHOWN, 0), "metrics")


def _performance_row(item: Mapping[str, Any]) -> tuple[Line, ...]:
    sides = [side for side in (item["released"], item["live"]) if side is not None]
    decimals = brief([value for side in sides for value in (side["value"], side["low"], side["high"])])
    name: Line = (Code(item["metric"]), *((" on ", Code(item["slice"])) if item["slice"] else ()))
    answer = {"drifted": "worse", "calm": "not proven worse", "unknown": "unknown"}[item["found"]]
    return name, (_measured(item["released"], decimals),), (_measured(item["live"], decimals),), (answer,)


def _measured(side: Mapping[str, Any] | None, decimals: int) -> str:
    if side is None:
        return "–"
    low, here, high = (number(side[key], decimals) for key in ("low", "value", "high"))
    return f"{here} ({low} to {high})"


def _columns(result: Result) -> Iterator[Block]:
    if not result["windows"]:
        return
    findings = result["windows"][-1]["findings"]
    drawn = {column["name"]: column for column in result["columns"]}
    ordered = sorted(findings, key=lambda item: (item["found"] != "drifted", item["subject"] != "schema"))
    first = [item for item in ordered if item["found"] == "drifted"][:_SHOWN]
    if first:
        yield _table(first, drawn, sum(item["found"] == "drifted" for item in ordered) - len(first))
    rest = [item for item in ordered if item not in first]
    if rest:
        yield Details("All columns", f"{len(findings):,} questions", (_table(rest, drawn, 0),), _COLUMNS)


def _table(findings: Sequence[Mapping[str, Any]], drawn: Mapping[str, Mapping[str, Any]], left_out: int) -> Table:
    titles = (Column("column"), Column("asked"), Column("answer"), Column("distance", right=True))
    more = (
        Column("counts from", right=True),
        Column("p, corrected", right=True),
        Column("reference"),
        Column("window"),
    )
    return Table((*titles, *more), tuple(_row(item, drawn) for item in findings), left_out, "findings")


def _row(item: Mapping[str, Any], drawn: Mapping[str, Mapping[str, Any]]) -> tuple[Line, ...]:
    column = drawn.get(item["column"]) if item["subject"] == "distribution" else None
    sides: tuple[Line, Line] = (("–",), ("–",))
    if column is not None:
        here = bars.pair(column)
        sides = ((Code(here[0]),), (Code(here[1]),))
    elif item["subject"] == "missing" and item["column"] in drawn:
        before, now = drawn[item["column"]]["missing"]
        sides = ((percent(before, 2),), (percent(now, 2),))
    return (
        (Code(item["column"]),),
        (_SUBJECTS[item["subject"]],),
        (_FOUND[item["found"]],),
        (number(item["effect"], 3),),
        (number(item["floor"], 3),),
        (_chance(item["q"]),),
        *sides,
    )


def _chance(q: float | None) -> str:
    return "–" if q is None else "below 0.0001" if q < 1e-4 else f"{q:.2g}"


def _notes(result: Result) -> Iterator[Block]:
    latest = result["windows"][-1] if result["windows"] else {"notes": [], "findings": []}
    told = [*result["notes"], *latest["notes"], *(item["sentence"] for item in latest["findings"])]
    if told:
        items = tuple((Code(sentence, _SENTENCE),) for sentence in told)
        yield Details("In words", f"{len(items):,} sentences", (Bullets(items, noun="sentences"),), _REST)
