"""Whether the window still has the columns that the model was trained on, as the kinds that it was trained on."""

from __future__ import annotations

from tidegate.core.drift.finding import Finding, Found
from tidegate.core.drift.profile import Profile
from tidegate.core.drift.window import Sighting, Window
from tidegate.core.drift.wording import listed, shown, times


def changes(profile: Profile, window: Window) -> tuple[Finding, ...]:
    """A finding for each feature that is absent or of another kind in any of the window's rows."""
    found = []
    for name, column in profile.columns.items():
        problem = _problem(window.seen.get(name), window.part.rows, column.kind)
        if problem and (column.role == "feature" or "kind" in problem):
            sentence = f"{shown(name)} {problem}."
            found.append(
                Finding(column=name, role=column.role, subject="schema", found=Found.DRIFTED, sentence=sentence)
            )
    return tuple(found)


def notes(profile: Profile, window: Window) -> tuple[str, ...]:
    """What is told and does not count: columns that are new, and answers or labels that are not there."""
    told = []
    extra = sorted(window.seen.keys() - profile.columns.keys())
    if extra:
        told.append(f"{times(len(extra), 'column')} that the profile does not have: {listed(extra)}.")
    for name, column in profile.columns.items():
        sighting = window.seen.get(name)
        if column.role != "feature" and (sighting is None or not sighting.types):
            told.append(f"The window has no {column.role} {shown(name)}: its drift was not measured.")
    if window.answered is not None and (others := window.part.rows - window.answered.rows):
        told.append(f"{others:,} of {times(window.part.rows, 'row')} were answered by another version of the model.")
    if window.untimed:
        told.append(f"{times(window.untimed, 'row')} without a time belong to no window and were left out.")
    return tuple(told)


def usable(window: Window, name: str) -> bool:
    """Whether every row of the window has the column, of a kind that could be counted."""
    sighting = window.seen.get(name)
    return sighting is not None and bool(sighting.types) and not sighting.absent and not sighting.misfits


def _problem(sighting: Sighting | None, rows: int, kind: str) -> str:
    if sighting is None or (not sighting.types and not sighting.misfits):
        return "is missing"
    if sighting.misfits:
        kinds = listed(sorted(sighting.misfits))
        return f"was a {kind} and is of another kind now: {kinds} in {times(sum(sighting.misfits.values()), 'row')}"
    if sighting.absent:
        return f"is missing in files of {sighting.absent:,} of {rows:,} rows"
    return ""
