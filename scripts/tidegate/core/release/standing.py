"""Whether Git, the records and what runs say the same of an environment, and what exactly does not.

What could not be seen is never taken for agreement.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from tidegate.core.deployment.fleet import Instance
from tidegate.core.release.history import CameToRun, TakenBack
from tidegate.core.release.release import Release

_COLUMNS = ("environment", "wanted", "registered", "running", "says")


class Standing(StrEnum):
    """How an environment stands; of several the last in this order counts."""

    AGREES = "agrees"
    DIVERGED = "diverged"
    UNKNOWN = "unknown"

    @property
    def exit_code(self) -> int:
        """0 where all agree, 1 where they do not, 3 where that could not be found out."""
        return {Standing.AGREES: 0, Standing.DIVERGED: 1, Standing.UNKNOWN: 3}[self]


@dataclass(frozen=True, kw_only=True)
class Seen:
    """One environment. None: nothing there, or for `running` that it could not be seen, which `blind` says.

    `wanted`: what release.yaml names. `registered`: the newest tag's entry. `alias`: the version that the model
    registry's alias names, empty where it has none; None where no registry was asked. `failure`: why what is wanted was
    taken back. `answering`: digest of the release that answers at its address, empty where nobody does; None where
    nobody was asked.
    """

    environment: str
    wanted: Release | None = None
    registered: CameToRun | None = None
    alias: str | None = None
    running: tuple[Instance, ...] | None = ()
    failure: TakenBack | None = None
    answering: str | None = None
    blind: tuple[str, ...] = field(default_factory=tuple)


def standing_of(seen: Seen) -> Standing:
    """Unknown as soon as anything could not be seen: it might be what differs."""
    if seen.blind or seen.running is None:
        return Standing.UNKNOWN
    return Standing.DIVERGED if differences(seen) else Standing.AGREES


def worst(every: Iterable[Seen]) -> Standing:
    """Of all environments together."""
    order = list(Standing)
    return max(map(standing_of, every), key=order.index, default=Standing.AGREES)


def differences(seen: Seen) -> tuple[str, ...]:
    """What differs, a sentence each; of what could not be seen nothing is said."""
    return (*_of_running(seen), *_of_records(seen))


def _of_running(seen: Seen) -> Iterator[str]:
    running, wanted = seen.running, seen.wanted
    if running is None:
        return
    mine = _digest(wanted)
    if wanted is not None and all(instance.release != mine for instance in running):
        instead = " and ".join(f"version {_share(instance)} runs" for instance in running) or "nothing runs"
        why = f": it was taken back ({seen.failure.reason})" if seen.failure else ""
        yield f"version {wanted.version} is wanted and {instead}{why}"
    else:
        yield from (told for instance in running if (told := _of_instance(instance, mine)))
    if running and seen.answering == "":
        yield "nobody answers at its address"
    elif seen.answering and all(instance.release != seen.answering for instance in running):
        yield f"another release answers at its address: {seen.answering[:19]}"


def _of_instance(instance: Instance, wanted: str) -> str:
    """What is wrong with one that runs; empty for one that is as it should be."""
    share = f"{instance.weight} % of the requests"
    if instance.release != wanted:
        return f"version {instance.version} runs, answers {share}, and is not wanted"
    if not instance.ready:
        return f"version {instance.version} is not ready"
    return f"version {instance.version} answers {share}" if instance.weight < 100 else ""


def _of_records(seen: Seen) -> Iterator[str]:
    """The newest tag must say what runs; where that is not known, or nothing does, what is wanted."""
    wanted, running, registered = seen.wanted, seen.running or (), seen.registered
    mine = _digest(wanted)
    most = max(running, key=lambda instance: (instance.release == mine, instance.weight), default=None)
    runs = mine if most is None else most.release
    if runs and (registered is None or registered.release != runs):
        newest = "no tag" if registered is None else f"{registered.tag} (version {registered.version}) and no newer tag"
        version = most.version if most else wanted.version if wanted else ""
        yield f"version {version} is not recorded: there is {newest}"
    if seen.alias is not None and seen.alias != ("" if wanted is None else wanted.version):
        named = f"names version {seen.alias}" if seen.alias else "is missing"
        yield f"the registry's alias {named}"


def _digest(release: Release | None) -> str:
    return "" if release is None else release.digests.get("release", "")


def document(seen: Seen) -> dict[str, Any]:
    """One environment, as JSON values."""
    wanted, registered, running = seen.wanted, seen.registered, seen.running
    return {
        "environment": seen.environment,
        "standing": standing_of(seen).value,
        "wanted": None if wanted is None else {"version": wanted.version, "release": wanted.digests.get("release")},
        "registered": None
        if registered is None
        else {"version": registered.version, "release": registered.release, "tag": registered.tag},
        "alias": seen.alias,
        "running": None
        if running is None
        else [
            {"version": one.version, "release": one.release, "weight": one.weight, "ready": one.ready}
            for one in running
        ],
        "differences": list(differences(seen)),
        "unknown": list(seen.blind),
    }


def table(every: Sequence[Seen]) -> str:
    """All environments in columns, and below what differs or could not be seen."""
    rows = [_COLUMNS, *map(_row, every)]
    widths = [max(len(row[place]) for row in rows) for place in range(len(_COLUMNS))]
    lines = ["  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    notes = [f"{one.environment}: {note}" for one in every for note in differences(one)]
    notes += [f"{one.environment}: UNKNOWN: {reason}" for one in every for reason in one.blind]
    return "\n".join([*lines, *(["", *notes] if notes else [])])


def _row(seen: Seen) -> tuple[str, ...]:
    running = seen.running
    runs = "UNKNOWN" if running is None else ", ".join(map(_share, running)) or "-"
    registered = "-" if seen.registered is None else seen.registered.version
    if seen.alias is not None:
        registered = f"{registered} (alias {seen.alias or '-'})"
    says = standing_of(seen).value
    wanted = "-" if seen.wanted is None else seen.wanted.version
    return (seen.environment, wanted, registered, runs, says if says == Standing.AGREES else says.upper())


def _share(instance: Instance) -> str:
    return instance.version if instance.weight == 100 else f"{instance.version} ({instance.weight} %)"
