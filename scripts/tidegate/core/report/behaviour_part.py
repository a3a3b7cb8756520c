"""The behavioural tests: those that fail with what was seen, then how many hold."""

from __future__ import annotations

from collections.abc import Iterator

from tidegate.core.answer import Verdict
from tidegate.core.report.beside import Behaviour, Kind, Test
from tidegate.core.report.blocks import Block, Break, Bullets, Code, Column, Details, Line, Mark, Paragraph, Table
from tidegate.core.report.bounds import Bounds, first
from tidegate.core.rounding import counted

_KINDS = {
    Kind.INVARIANCE: "invariance",
    Kind.DIRECTIONAL: "directional",
    Kind.MINIMUM_FUNCTIONALITY: "minimum functionality",
    Kind.OTHER: "unmarked",
}
_TROUBLE = 200


def behaviour_part(behaviour: Behaviour | None, bounds: Bounds) -> Iterator[Details]:
    """One folded part; nothing where the contract names no tests."""
    if behaviour is None:
        return
    blocks: list[Block] = [Paragraph((f"{words} ", Code(why, _TROUBLE), ".")) for words, why in _troubles(behaviour)]
    if behaviour.tests:
        shown, left_out = first(sorted(behaviour.tests, key=_rank), bounds.rows)
        columns = (
            Column("Test"),
            Column("Kind"),
            Column("Cases", right=True),
            Column("Failed", right=True),
            Column(""),
        )
        blocks.append(Table(columns, tuple(map(_row, shown)), left_out, "tests"))
    if examples := tuple(_examples(behaviour)):
        shown_examples, more = first(examples, bounds.rows)
        blocks.append(Paragraph(("What was seen:",)))
        blocks.append(Bullets(tuple(shown_examples), more, "examples"))
    yield Details("Behavioural tests", _gist(behaviour), tuple(blocks), weight=75)


def behaviour_phrase(behaviour: Behaviour | None, verdict: Verdict) -> Line:
    """Why the tests make the verdict what it is, without a full stop; empty where they do not."""
    if behaviour is None or behaviour.allows_a_pass:
        return ()
    decisive = [test for test in behaviour.blocking if test.verdict is verdict]
    if decisive:
        rest = len(decisive) - 1
        more = f"; and {counted(rest, 'more behavioural test')}" if rest else ""
        return (*_phrase(decisive[0]), more)
    if verdict is not Verdict.UNDECIDED:
        return ()
    if behaviour.troubles:
        return "the behavioural tests could not all be asked: ", Code(behaviour.troubles[0], _TROUBLE)
    return ("no behavioural test was asked",)


def _phrase(test: Test) -> Line:
    name: Line = ("the behavioural test ", Code(test.name))
    if test.verdict is Verdict.UNDECIDED:
        return *name, " was skipped"
    share = f" in {test.failed:,} of {counted(test.cases, 'case')}" if test.cases > 1 else ""
    return *name, f" fails{share}", f" ({test.standing})" if test.standing else ""


def _troubles(behaviour: Behaviour) -> Iterator[tuple[str, str]]:
    yield from (("Not all tests could be asked:", trouble) for trouble in behaviour.troubles)
    if behaviour.champion_trouble:
        yield "The champion could not be asked, so nothing is said of before:", behaviour.champion_trouble
    if behaviour.edited:
        more = f" and {len(behaviour.edited) - 3} more" if len(behaviour.edited) > 3 else ""
        words = "This change edits the tests; the base's were asked, and this change's as well:"
        yield words, ", ".join(behaviour.edited[:3]) + more


def _rank(test: Test) -> tuple[bool, bool, bool]:
    return test.verdict is Verdict.PASS, test.warns, test.verdict is not Verdict.FAIL


def _row(test: Test) -> tuple[Line, ...]:
    source: Line = (Break(), "this change's version") if test.by_change else ()
    standing: Line = (Break(), test.standing) if test.standing else ()
    return (
        (Code(test.name), *source),
        (_KINDS[test.kind],),
        (f"{test.cases:,}",),
        (f"{test.failed:,}",),
        (Mark(test.verdict, warns=test.warns), *standing),
    )


def _examples(behaviour: Behaviour) -> Iterator[Line]:
    for test in behaviour.tests:
        for one in test.examples:
            case: Line = (" at ", Code(one.case)) if one.case else ()
            expected: Line = (", expected ", Code(one.expected)) if one.expected else ()
            yield Code(test.name), *case, ": ", Code(one.observed, 120), *expected


def _gist(behaviour: Behaviour) -> str:
    failed = sum(test.verdict is Verdict.FAIL for test in behaviour.tests)
    new = sum(test.standing == "newly failing" for test in behaviour.tests)
    asked = counted(len(behaviour.tests), "test")
    if behaviour.troubles:
        return f"{asked}, not all could be asked"
    held = f"{asked}: {len(behaviour.tests) - failed} hold, {failed} fail" if failed else f"{asked}, all hold"
    return f"{held} ({new} of them newly)" if new else held
