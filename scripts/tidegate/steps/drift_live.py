"""Live data and late labels by the contract: which files, which windows of them, and what is counted in each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import Any

from tidegate.adapters import files
from tidegate.adapters.dvc import data as dvc_data
from tidegate.adapters.dvc import pointer as dvc_pointer
from tidegate.adapters.dvc.data import Store
from tidegate.adapters.scan import engine, labelled
from tidegate.adapters.scan.extent import Extent, extent
from tidegate.adapters.scan.labelled import Wanted
from tidegate.adapters.scan.selection import DAYS, Span
from tidegate.adapters.tables import reading as tables
from tidegate.core.comparison.samples.sample import Predictions
from tidegate.core.comparison.samples.task import task_of
from tidegate.core.contract import Drift, Evaluation, Live, Model
from tidegate.core.drift.measuring import needed
from tidegate.core.drift.profile import Profile
from tidegate.core.drift.window import Window, stretches
from tidegate.errors import InputError
from tidegate.server.release.signature import RESERVED
from tidegate.settings import Settings
from tidegate.steps.drift_scoring import Scorer

_WILD = frozenset("*?[")


@dataclass(frozen=True, kw_only=True)
class Labelled:
    """A window with its labels counted, and its labelled rows as predictions; else why they cannot be judged."""

    window: Window
    predictions: Predictions | str


@dataclass(frozen=True, kw_only=True)
class Sources:
    """The files of live data and of labels."""

    live: tuple[Path, ...]
    labels: tuple[Path, ...] = ()


def sources(settings: Settings, drift: Drift, live: str = "", labels: str = "") -> Sources:
    """The contract's files, pulled where DVC tracks them; `live` and `labels` say where they are on this machine."""
    given = drift.live.labels
    return Sources(
        live=_paths(settings, drift.live.path, live),
        labels=() if given is None else _paths(settings, given.path, labels),
    )


def reach(drift: Drift, found: Sources, until: datetime) -> Extent | None:
    """From when to when live data reaches; what is later than `until` does not count."""
    return extent(found.live, drift.live.time, drift.live.unit, until=until)


def windows(profile: Profile, drift: Drift, found: Sources, reached: Extent) -> list[Window]:
    """The latest windows that are over, as many as decide, read in one pass."""
    spans = stretches(reached.first, reached.last, drift.live.window, drift.fire_when.of)
    seen = engine.windows(
        found.live,
        profile.columns,
        spans,
        time=drift.live.time,
        cluster=profile.cluster,
        unit=drift.live.unit,
    )
    ours = {_id(drift.live), *RESERVED} - profile.columns.keys()
    return [
        replace(window, seen={name: window.seen[name] for name in window.seen if name not in ours}) for window in seen
    ]


def labelled_windows(
    model: Model,
    drift: Drift,
    profile: Profile,
    found: Sources,
    seen: Sequence[Window],
    scorer: Scorer | None = None,
) -> list[Labelled]:
    """The windows with what became known of their rows later; `scorer` answers rows that hold no prediction."""
    spans: list[Span] = [(window.start, window.end) for window in seen]
    columns = (*_columns(model, profile), *(scorer.inputs if scorer else ()))
    asked = Wanted(live=drift.live, columns=columns, id=_id(drift.live))
    tables_of = labelled.joined(found.live, found.labels, spans, asked)
    with_labels = partial(_with_labels, model, drift, profile, scorer)
    return [with_labels(window, table) for window, table in zip(seen, tables_of, strict=True)]


def _id(live: Live) -> str:
    return live.id or (live.labels.id if live.labels else "")


def _columns(model: Model, profile: Profile) -> tuple[str, ...]:
    """Of live rows; ids and truth are those of the labels."""
    evaluation = needed(model)
    names = dict.fromkeys(filter(None, [*tables.named(evaluation), profile.cluster]))
    return tuple(name for name in names if name not in (evaluation.id, evaluation.target))


def _with_labels(
    model: Model, drift: Drift, profile: Profile, scorer: Scorer | None, window: Window, table: Any
) -> Labelled:
    if table is None:
        return Labelled(window=window, predictions="no labels have come yet.")
    labels, evaluation = drift.live.labels, needed(model)
    names = {} if labels is None else {labels.id: evaluation.id, labels.target: evaluation.target}
    table = table.rename_columns([names.get(name, name) for name in table.column_names])
    counted = _counted(evaluation.target, drift, profile, window, table)
    try:
        table = scorer.with_answers(table) if scorer else table
        return Labelled(window=counted, predictions=_predictions(model, evaluation, drift.live.time, table))
    except InputError as error:
        return Labelled(window=counted, predictions=str(error))


def _counted(target: str, drift: Drift, profile: Profile, window: Window, table: Any) -> Window:
    """The labels' own counts, over the rows that have one."""
    if target not in profile.columns:
        return window
    columns = {target: profile.columns[target]}
    labels = engine.counted(table, columns, time=drift.live.time, cluster=profile.cluster)
    return replace(window, labelled=labels.part, seen={**window.seen, target: labels.seen[target]})


def _predictions(model: Model, evaluation: Evaluation, time: str, table: Any) -> Predictions:
    """The labelled rows as the comparison reads predictions. Raises InputError for columns that are not there."""
    import pyarrow.parquet as pq

    if evaluation.cluster in DAYS and evaluation.cluster not in table.column_names:
        table = table.append_column(evaluation.cluster, _days(table[time]))
    with TemporaryDirectory(prefix="tidegate-labelled-") as folder:
        path = Path(folder) / "rows.parquet"
        pq.write_table(table, path)
        return tables.read(path, evaluation, task_of(model), shown="labelled live data")


def _days(times: Any) -> Any:
    import pyarrow as pa

    return times.cast(pa.timestamp("us")).cast(pa.date32(), safe=False).cast(pa.string())


def _paths(settings: Settings, path: str, elsewhere: str) -> tuple[Path, ...]:
    if elsewhere:
        return (settings.workspace / elsewhere,)
    if _WILD & set(path):
        return tuple(files.inside(settings.workspace, name) for name in _matching(settings.workspace, path))
    place = files.inside(settings.workspace, path)
    if not place.exists() and (tracked := _tracked(settings, path)) is not None:
        return tracked
    return (place,)


def _matching(root: Path, pattern: str) -> Iterator[str]:
    yield from sorted(found.relative_to(root).as_posix() for found in root.glob(pattern))


def _tracked(settings: Settings, path: str) -> tuple[Path, ...] | None:
    """The files that DVC's pointer beside one of the path's folders stands for, each proven by its hash."""
    for folder in (PurePosixPath(path), *PurePosixPath(path).parents[:-1]):
        place = settings.workspace / f"{folder}.dvc"
        if place.is_file():
            pointer = dvc_pointer.read(place.read_bytes(), f"{folder}.dvc")
            return tuple(_linked(settings, pointer, path))
    return None


def _linked(settings: Settings, pointer: dvc_pointer.Pointer, path: str) -> Iterator[Path]:
    """Under their own names: what a file holds is told by its suffix."""
    store = Store(root=settings.workspace, environment=settings.environ, console=settings.console)
    folder = settings.evidence / "live" / pointer.digest.removesuffix(".dir")
    for name, place in dvc_data.content(store, pointer, {}).paths.items():
        inside = PurePosixPath(pointer.target, name) if pointer.is_folder else PurePosixPath(pointer.target)
        if inside.is_relative_to(path):
            link = folder / name
            link.parent.mkdir(parents=True, exist_ok=True)
            link.unlink(missing_ok=True)
            link.symlink_to(place)
            yield link
