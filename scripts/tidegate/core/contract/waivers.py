"""Which gates a contract excuses for a while, and what is wrong with an excuse that nobody could hold to account."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from tidegate.core.contract import Gate, Waiver
from tidegate.core.contract.problem import Path, Problem, shown
from tidegate.core.near_miss import did_you_mean


def about_waivers(waivers: Mapping[int, Waiver], gates: Sequence[Gate]) -> Iterator[Problem]:
    """Waivers by their place in the list: each has to name one gate that blocks, as reports print it, and once."""
    earlier: dict[str, int] = {}
    for place, waiver in waivers.items():
        path: Path = ("waivers", place, "gate")
        yield from _about_gate(waiver.gate, gates, path)
        if waiver.gate in earlier:
            message = f"waivers[{earlier[waiver.gate]}] is about the same gate."
            yield Problem(code="E-CFG-029", path=path, message=message, fix="Keep one.")
        earlier.setdefault(waiver.gate, place)


def _about_gate(label: str, gates: Sequence[Gate], path: Path) -> Iterator[Problem]:
    meant = [gate for gate in gates if may_be(gate, label)]
    if any(gate.severity == "block" for gate in meant):
        return
    if meant:
        message = f"{shown(label)} only warns: there is nothing to waive."
        yield Problem(code="E-CFG-031", path=path, message=message, fix="Drop the waiver.")
        return
    labels = [name for gate in gates if gate.severity == "block" for name in printed(gate)]
    message = f"no gate is called {shown(label)}.{did_you_mean(label, labels)}"
    fix = f"Write it as the report does: {', '.join(labels)}." if labels else "No gate blocks: drop the waiver."
    yield Problem(code="E-CFG-031", path=path, message=message, fix=fix)


def may_be(gate: Gate, label: str) -> bool:
    """Whether `label` is the gate's own, or that of one value of one of its slice columns, or of one of its gaps.

    A gate on slices is never waived as a whole: nobody can say beforehand which corners of the data that excuses.
    """
    return any(_fits(label, *name.split(_VALUE)) for name in printed(gate))


_VALUE = "…"


def printed(gate: Gate) -> list[str]:
    """The gate as reports print it, once for each column; ``…`` where the value of a slice goes."""
    if gate.gap:
        starts = [gate.across(column) for column in gate.gap]
    else:
        starts = [f"{gate.metric}[{column}={_VALUE}]" for column in gate.slices] or [gate.metric]
    return [f"{start} {gate.kind} {gate.text}" for start in starts]


def _fits(label: str, start: str, end: str | None = None) -> bool:
    """Whether `label` is `start`, or has something between `start` and `end`."""
    if end is None:
        return label == start
    return label.startswith(start) and label.endswith(end) and len(label) > len(start + end)
