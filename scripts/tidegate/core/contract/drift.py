"""What a drift section says that can only be wrong in company: with the evaluation, or with its own other keys."""

from __future__ import annotations

from collections.abc import Iterator

from tidegate.core.contract import Drift, Evaluation, Live
from tidegate.core.contract.problem import Path, Problem, shown
from tidegate.core.near_miss import did_you_mean


def about_drift(drift: Drift, evaluation: Evaluation | None) -> Iterator[Problem]:
    """The whole section; `evaluation` None when it cannot be read."""
    yield from _about_age(drift)
    yield from _about_places(drift)
    yield from _about_password(drift.live)
    if evaluation is not None:
        yield from _about_labels(drift, evaluation)
        yield from _about_slices(drift, evaluation)


def _about_age(drift: Drift) -> Iterator[Problem]:
    live, path = drift.live, ("drift", "live", "max_age")
    if live.max_age is not None and live.max_age < live.window:
        message = "max_age is shorter than a window: nothing could ever be known."
        yield Problem(code="E-CFG-013", path=path, message=message, fix="Make it at least one window.")


def _about_places(drift: Drift) -> Iterator[Problem]:
    """Files or a table, and a table in a database that is named."""
    live, base = drift.live, ("drift", "live")
    places: list[tuple[Path, str, str]] = [(base, live.path, live.table)]
    if live.labels is not None:
        places.append(((*base, "labels"), live.labels.path, live.labels.table))
    for path, files, table in places:
        if not files and not table:
            message = 'key "path" is missing.'
            yield Problem(code="E-CFG-023", path=path, message=message, fix="Say where the files are.", at_key=True)
        if files and table:
            yield Problem(code="E-CFG-024", path=(*path, "table"), message="path is given, too.", fix="Keep one.")
        if table and not live.source:
            message = "a table is in a database, and none is named."
            yield Problem(code="E-CFG-027", path=(*path, "table"), message=message, fix="Add live.source.")


def _about_password(live: Live) -> Iterator[Problem]:
    if live.password_from and "@" not in live.source:
        message = "a password belongs to a user, and live.source names none."
        fix = "Write it as postgres://me@host/db."
        yield Problem(code="E-CFG-027", path=("drift", "live", "password_from"), message=message, fix=fix)


def _about_labels(drift: Drift, evaluation: Evaluation) -> Iterator[Problem]:
    labels, path = drift.live.labels, ("drift", "live", "labels")
    if labels is not None and evaluation.labels:
        message = "evaluation.labels gives each row several truths; labels of live data are one column."
        yield Problem(code="E-CFG-027", path=path, message=message, fix="Leave it out.", at_key=True)
    if labels is None and drift.live.id is not None:
        message = "an id joins rows with labels, and there are none."
        yield Problem(code="E-CFG-027", path=("drift", "live", "id"), message=message, fix="Name them as labels.")


def _about_slices(drift: Drift, evaluation: Evaluation) -> Iterator[Problem]:
    known = evaluation.value_columns
    for place, name in enumerate(drift.slices):
        path: Path = ("drift", "slices", place)
        if name not in known:
            message = f"{shown(name)} is no column of evaluation.slices.{did_you_mean(name, known)}"
            yield Problem(code="E-CFG-028", path=path, message=message, fix="Add it there.")
        elif name in drift.slices[:place]:
            yield Problem(code="E-CFG-029", path=path, message=f"{shown(name)} is listed twice.")
    if drift.slices and drift.live.labels is None:
        message = "slices are of performance, which needs labels."
        yield Problem(code="E-CFG-027", path=("drift", "slices"), message=message, fix="Name them as live.labels.")
