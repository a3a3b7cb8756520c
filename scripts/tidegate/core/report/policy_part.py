"""What a reader has to know about the rules before the numbers: edited by this change, or excused for a while."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tidegate.core.report.blocks import Block, Callout, Code, Line, Strong
from tidegate.core.report.comparison import Comparison, Gate
from tidegate.core.report.data import Data
from tidegate.core.report.figures import rule, subject
from tidegate.core.report.model import View
from tidegate.core.rounding import counted

_TOLD = 3


def policy_callouts(view: View) -> Iterator[Block]:
    """One callout for each of: edited gates, edited expectations, no gates at the base, waivers that count or ended."""
    if view.comparison is not None:
        yield from _edited(view.comparison)
    if view.data is not None and view.data.edited:
        yield from _expectations(view.data)
    if view.comparison is not None:
        yield from _waivers(view.comparison)
        yield from _confirmation(view.comparison)


def _confirmation(comparison: Comparison) -> Iterator[Block]:
    found = comparison.confirmation
    if found is not None and found.altered:
        kinds = {"new": found.new, "gone": found.gone, "with another truth": found.changed}
        told = ", ".join(f"{count:,} {words}" for words, count in kinds.items() if count)
        rows = f": of its rows {told}" if told else ": the same rows and truth, in a file of other bytes"
        words = ". It was judged by what it brings itself, so look at the data first."
        yield Callout("WARNING", (Strong("This change alters the hold-out"), rows, words))
    if found is not None and found.standing == "claimed":
        start = Strong("These numbers are this change's own claim")
        why: Line = (": it edits code (", *_names(found.edited)[1:], ", and by the base's code ", Code(found.why, 200))
        yield Callout("WARNING", (start, *why, ". Review that code before you believe them."))


def _edited(comparison: Comparison) -> Iterator[Block]:
    by_base = comparison.policy_from == "base"
    if comparison.policy_changed:
        judged = "It was judged by the base's." if by_base else "It was judged by its own, which proves little."
        what: Line = (Strong("This change edits the policy"), f" (gates or expectations). {judged}")
        yield Callout("WARNING", (*what, " An owner has to approve the edit.", *_listed(comparison.policy_edits)))
    elif comparison.policy_from == "workspace":
        words = "The base has no gates yet: this change was judged by the gates that it brings itself."
        yield Callout("NOTE", (words,))


def _expectations(data: Data) -> Iterator[Block]:
    words = ". The data was held to the base's as well. An owner has to approve the edit."
    yield Callout("WARNING", (Strong("This change edits the expectations"), *_names(data.edited), words))


def _names(names: Sequence[str]) -> Line:
    shown = [piece for number, name in enumerate(names[:_TOLD]) for piece in (", " if number else " (", Code(name))]
    return *shown, f" and {len(names) - _TOLD} more)" if len(names) > _TOLD else ")"


def _listed(edits: Sequence[str]) -> Line:
    shown = [piece for number, edit in enumerate(edits[:_TOLD]) for piece in ("; " if number else " ", Code(edit, 200))]
    more = f"; and {counted(len(edits) - _TOLD, 'more edit')}" if len(edits) > _TOLD else ""
    return *shown, more if edits else ""


def _waivers(comparison: Comparison) -> Iterator[Block]:
    excused = [gate for gate in comparison.gates if gate.excused]
    if excused:
        those = "does not hold and is" if len(excused) == 1 else "do not hold and are"
        start = f"{counted(len(excused), 'gate')} {those} waived"
        yield Callout("WARNING", (Strong(start), *_told(excused)))
    void = [gate for gate in comparison.gates if gate.blocks and gate.waiver is not None]
    if void:
        yield Callout("WARNING", (Strong("A waiver that does not count"), *_void(void)))


def _told(gates: Sequence[Gate]) -> Line:
    pieces: list[Line] = [_waiver(gate) for gate in gates[:_TOLD]]
    more = f"; and {counted(len(gates) - _TOLD, 'more gate')}." if len(gates) > _TOLD else "."
    joined = [piece for number, line in enumerate(pieces) for piece in ("; " if number else ": ", *line)]
    return *joined, more


def _waiver(gate: Gate) -> Line:
    waiver = gate.waiver
    if waiver is None:
        return ()
    by: Line = (" until ", Code(waiver.until), " by ", Code(waiver.owner), ", because ", Code(waiver.reason, 200))
    return *subject(gate.change), " ", *rule(gate), *by


_WHY = {
    "expired": "it has expired",
    "too_long": "it reaches too far ahead",
    "undated": "nothing says which day this is",
}


def _void(gates: Sequence[Gate]) -> Line:
    waiver = gates[0].waiver
    if waiver is None:
        return ()
    rest = len(gates) - 1
    more = f"; and {counted(rest, 'more waiver')}" if rest else ""
    until: Line = (" (until ", Code(waiver.until), ", owner ", Code(waiver.owner), ")")
    return ": ", *subject(gates[0].change), " ", *rule(gates[0]), *until, f": {_WHY[waiver.standing]}{more}."
