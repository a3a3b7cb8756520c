"""Live data and late labels by the contract: which files, which windows of them, and what is counted in each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import Any

from tidegate.adapters import files
from tidegate.adapters.dvc import data as dvc_data
from tidegate.adapters.dvc import pointer as dvc_pointer
from tidegate.adapters.dvc.data import Store
from tidegate.adapters.scan import engine, labelled
from tidegate.adapters.scan.database import place as database
from tidegate.adapters.scan.database.place import Place
from tidegate.adapters.scan.extent import Extent
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
from tidegate.steps.drift.readers import Counting, Database, Files, Reader
from tidegate.steps.drift.scoring import Scorer

_WILD = frozenset("*?[")


@dataclass(frozen=True, kw_only=True)
class Labelled:
    """A window with its labels counted, and its labelled rows as predictions; else why they cannot be judged."""

    window: Window
    predictions: Predictions | str


@dataclass(frozen=True, kw_only=True)
class Asking:
    """Whose answers are judged: those of the release's `version`, where live data tells; the `scorer`'s, where it holds
    none.
    """

    version: str | None = None
    scorer: Scorer | None = None

    def own(self, live: Live, table: Any) -> Any:
        """The rows that the release answered."""
        import pyarrow as pa
        import pyarrow.compute as pc

        if self.version is None or self.scorer is not None or live.version not in table.column_names:
            return table
        return table.filter(pc.equal(table[live.version].cast(pa.string()), self.version))


@dataclass(frozen=True, kw_only=True)
class Sources:
    """The files of live data and of labels; `place`: where a database holds them, or is to count them."""

    live: tuple[Path, ...]
    labels: tuple[Path, ...] = ()
    place: Place | None = None


def sources(settings: Settings, drift: Drift, live: str = "", labels: str = "") -> Sources:
    """The contract's files, pulled where DVC tracks them; `live` and `labels` say where they are on this machine."""
    given, here = drift.live.labels, drift.live
    rows = _paths(settings, here.path, live) if live or here.path else ()
    truth = () if given is None or not (labels or given.path) else _paths(settings, given.path, labels)
    if not here.source:
        return Sources(live=rows, labels=truth)
    table = "" if live else here.table
    place = Place(url=here.source, password_from=here.password_from, folder=settings.workspace, table=table, files=rows)
    return Sources(live=rows, labels=truth, place=place)


def reader(settings: Settings, drift: Drift, found: Sources) -> Reader:
    """Who reads them. Raises what `database.opened` raises."""
    if found.place is None:
        return Files(live=found.live, truth=found.labels)
    given = drift.live.labels
    table = "" if given is None or found.labels else given.table
    return Database(source=database.opened(found.place, settings.environ), table=table, truth=found.labels)


def windows(profile: Profile, drift: Drift, found: Reader, reached: Extent, version: str | None = None) -> list[Window]:
    """The latest windows that are over, as many as decide, read in one pass.

    `version`: the release's. Where live data says which version answered, its answers are counted by themselves.
    """
    spans = stretches(reached.first, reached.last, drift.live.window, drift.fire_when.of)
    seen = found.windows(drift.live, profile.columns, spans, Counting(cluster=profile.cluster))
    if version is not None and any(drift.live.version in window.seen for window in seen):
        seen = _with_answers(profile, drift.live, found, seen, version)
    ours = {_id(drift.live), drift.live.version, *RESERVED} - profile.columns.keys()
    return [
        replace(window, seen={name: window.seen[name] for name in window.seen if name not in ours}) for window in seen
    ]


def _with_answers(profile: Profile, live: Live, found: Reader, seen: Sequence[Window], version: str) -> list[Window]:
    """A canary's answers, or those of the model before, are nothing that the release could be blamed for."""
    answers = {name: column for name, column in profile.columns.items() if column.role == "prediction"}
    counting = Counting(cluster=profile.cluster, only=(live.version, version))
    spans = [(window.start, window.end) for window in seen]
    theirs = found.windows(live, answers, spans, counting)
    return [replace(window, answered=own.part) for window, own in zip(seen, theirs, strict=True)]


def labelled_windows(
    model: Model,
    drift: Drift,
    profile: Profile,
    found: Reader,
    seen: Sequence[Window],
    asking: Asking,
) -> list[Labelled]:
    """The windows with what became known of their rows later."""
    spans: list[Span] = [(window.start, window.end) for window in seen]
    scorer = asking.scorer
    columns = (*_columns(model, profile), *(scorer.inputs if scorer else ()), drift.live.version)
    asked = Wanted(live=drift.live, columns=columns, id=_id(drift.live))
    tables_of = labelled.joined(found.rows(spans, asked), found.labels(spans, asked), spans, asked)
    with_labels = partial(_with_labels, model, drift, profile, asking)
    return [with_labels(window, table) for window, table in zip(seen, tables_of, strict=True)]


def _id(live: Live) -> str:
    return live.id or (live.labels.id if live.labels else "")


def _columns(model: Model, profile: Profile) -> tuple[str, ...]:
    """Of live rows; ids and truth are those of the labels."""
    evaluation = needed(model)
    names = dict.fromkeys(filter(None, [*tables.named(evaluation), profile.cluster]))
    return tuple(name for name in names if name not in (evaluation.id, evaluation.target))


def _with_labels(model: Model, drift: Drift, profile: Profile, asking: Asking, window: Window, table: Any) -> Labelled:
    if table is None:
        return Labelled(window=window, predictions="no labels have come yet.")
    labels, evaluation = drift.live.labels, needed(model)
    names = {} if labels is None else {labels.id: evaluation.id, labels.target: evaluation.target}
    table = table.rename_columns([names.get(name, name) for name in table.column_names])
    counted = _counted(evaluation.target, drift, profile, window, table)
    if not len(table := asking.own(drift.live, table)):
        told = f"no labels of rows that version {asking.version} answered have come yet."
        return Labelled(window=counted, predictions=told)
    try:
        table = asking.scorer.with_answers(table) if asking.scorer else table
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
