"""Which release an environment goes back to, from what came to run there and what was taken back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tidegate.core.release.history import CameToRun, TakenBack, line, standing
from tidegate.errors import InputError


@dataclass(frozen=True, kw_only=True)
class Known:
    """An environment as Git and the target tell it; releases are named by their digests.

    `wanted`: what release.yaml names, empty for nothing. `asked_by`: the commit that last changed the environment's
    files. `history` and `failures` are oldest first. `running`: release → percent of the requests that it answers.
    """

    environment: str
    wanted: str
    asked_by: str
    history: tuple[CameToRun, ...]
    failures: tuple[TakenBack, ...]
    running: Mapping[str, int]


@dataclass(frozen=True, kw_only=True)
class WayBack:
    """`leaving` is the release that goes, `to` the one that comes back."""

    leaving: str
    to: CameToRun


def way_back(known: Known, version: str = "") -> WayBack:
    """Where to go back to: to `version`, or to the newest good release before the one that is left.

    A rollback that was killed after its release came to run is the same rollback once more, until Git says otherwise.
    Raises InputError E-RBK-001 where nothing is left to go back to, E-RBK-002 for a version that never ran there,
    E-RBK-003 for one that was taken back there, E-RBK-004 for the one that is being left.
    """
    begun = _begun(known)
    if begun is not None and version in ("", begun.to.version):
        return begun
    leaving = begun.leaving if begun is not None else _leaving(known)
    return WayBack(leaving=leaving, to=_named(known, leaving, version) if version else _newest_good(known, leaving))


def left(known: Known, leaving: str) -> tuple[CameToRun, ...]:
    """Every release that can be gone back to, newest first, each once."""
    bad = {leaving, *_bad(known)}
    newest = {entry.release: entry for entry in known.history if entry.release not in bad}
    return tuple(sorted(newest.values(), key=lambda entry: -entry.number))


def _begun(known: Known) -> WayBack | None:
    """The rollback that Git has not answered yet."""
    last = known.history[-1] if known.history else None
    if last is None or not last.instead_of or last.asked_by != known.asked_by or last.release in _bad(known):
        return None
    return WayBack(leaving=last.instead_of, to=last)


def _leaving(known: Known) -> str:
    """What is wanted, unless it has not come to run yet and something else has to go.

    Where the newest that came to run is wanted and does not run, a rollback was killed before it was recorded.
    """
    came_last = bool(known.history) and known.history[-1].release == known.wanted
    if not known.running or came_last or known.wanted in known.running or known.wanted in _bad(known):
        return known.wanted
    return max(known.running, key=lambda release: known.running[release])


def _newest_good(known: Known, leaving: str) -> CameToRun:
    bad = {leaving, *_bad(known)}
    found = next((entry for entry in reversed(line(known.history)) if entry.release not in bad), None)
    if found is None:
        fix = "Name one of them with --to." if left(known, leaving) else "Promote a release that is better."
        message = f"no release came to run in {known.environment} before the one that is left; {_told(known, leaving)}."
        raise InputError("E-RBK-001", message, fix=fix)
    return found


def _named(known: Known, leaving: str, version: str) -> CameToRun:
    entries = [entry for entry in known.history if entry.version == version]
    if not entries:
        message = f"version {version[:80]!r} never came to run in {known.environment}; {_told(known, leaving)}."
        raise InputError("E-RBK-002", message, fix="Name one of these, or promote it.")
    found = entries[-1]
    for failure in standing(known.history, known.failures):
        if failure.release == found.release:
            message = f"version {version} was taken back in {known.environment}: {failure.reason}"
            fix = "Forward is a promotion: commit that it is wanted, and deploy that."
            raise InputError("E-RBK-003", message, fix=fix)
    if found.release == leaving:
        message = f"version {version} is the one that {known.environment} is to leave; {_told(known, leaving)}."
        raise InputError("E-RBK-004", message, fix="Name another one with --to.")
    return found


def _told(known: Known, leaving: str) -> str:
    """What can be gone back to, in words."""
    names = ", ".join(f"version {entry.version} ({entry.tag})" for entry in left(known, leaving))
    return f"left are {names}" if names else "nothing is left to go back to"


def _bad(known: Known) -> set[str]:
    return {failure.release for failure in standing(known.history, known.failures)}
