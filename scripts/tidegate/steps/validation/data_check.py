"""The data of a change against its expectations, and against the data of the base."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from tidegate.adapters import files, git, past_validations
from tidegate.adapters.dvc import data as dvc_data
from tidegate.adapters.dvc import pointer as dvc_pointer
from tidegate.adapters.dvc.data import Content, Store
from tidegate.adapters.dvc.pointer import Pointer
from tidegate.adapters.great_expectations import validation as great_expectations
from tidegate.core.contract import Model
from tidegate.core.data import structure as data_structure
from tidegate.core.data import suite_fit, suites
from tidegate.core.data.findings import Finding, Sample
from tidegate.core.data.periods import frames
from tidegate.core.data.structure import Shape
from tidegate.core.data.suites import Suite
from tidegate.core.data.validation import Checked, Misfits, Validation, judge
from tidegate.core.evidence import digest
from tidegate.errors import InputError, Problems, TidegateError
from tidegate.settings import Settings
from tidegate.steps.comparison import champion
from tidegate.steps.validation import clock_check

if TYPE_CHECKING:
    from tidegate.core.data.diff import Difference, Side

_SUITE_LIMIT = 4 * 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class Question:
    """What is asked: the data of `pointer` against `suites`, and against the base's data where that is another.

    `before` is the base's pointer, None where there is none or it names the same data.
    """

    model: Model
    pointer: Pointer
    base: str | None
    before: Pointer | None
    suites: tuple[Suite, ...]

    @property
    def policy(self) -> str:
        """Digest of everything that the data is held to."""
        return digest("\n".join(f"{suite.title} {suite.path} {suite.document!r}" for suite in self.suites).encode())

    @property
    def facts(self) -> dict[str, Any]:
        """All that the answer follows from."""
        evaluation = self.model.evaluation
        return {
            **past_validations.toolkit(),
            "model": self.model.name,
            "data": [self.pointer.path, self.pointer.target, self.pointer.digest],
            "before": None if self.before is None else self.before.digest,
            "suites": self.policy,
            "columns": [evaluation.id, evaluation.target],
        }


@dataclass(frozen=True, kw_only=True)
class Found:
    """The answer. `undiffed` is why there is no difference although the data changed; `dropped` are expectations of
    the base that could never be applied.
    """

    validation: Validation
    difference: Difference | None
    docs: bool
    undiffed: str | None = None
    dropped: tuple[str, ...] = ()


def question(settings: Settings, model: Model, base: str | None) -> Question:
    """What is to be asked of this work tree. Raises InputError for pointers and suites that are none."""
    then = champion.model_at(settings, model.name, base)
    tracked = model.data.tracked
    pointer = dvc_pointer.read(_bytes(settings, None, tracked), tracked)
    before = None
    old = then.data.tracked if then else tracked
    if base is not None and (data := _bytes(settings, base, old)) is not None:
        before = dvc_pointer.read(data, old)
    return Question(
        model=model,
        pointer=pointer,
        base=base,
        before=None if before is None or before.digest == pointer.digest else before,
        suites=_suites(settings, model, base, then.data.expectations if then else model.data.expectations),
    )


def store(settings: Settings) -> Store:
    """Where the data comes from."""
    return Store(root=settings.workspace, environment=settings.environ, console=settings.console)


def answer(
    settings: Settings, asked: Question, here: Content | None, docs: Path, ask: great_expectations.Ask | None = None
) -> Found:
    """Look at the data, which lies in the work tree as `here` or is fetched; data docs go into the folder `docs`."""
    source = store(settings)
    now = here or dvc_data.content(source, asked.pointer, {})
    with settings.console.group("looking at the data files"):
        shapes = _shapes(asked.pointer, now)
    difference, undiffed = _difference(settings, asked, now, shapes)
    structure, unfit = data_structure.check(shapes, _misfits(asked, now, shapes))
    rows = sum(shape.rows for shape in shapes)
    if unfit:
        unchecked = tuple(suite.title for suite in asked.suites)
        validation = Validation(rows=rows, files=len(shapes), suites=(structure,), findings=unfit, unchecked=unchecked)
        return Found(validation=validation, difference=difference, docs=False, undiffed=undiffed)
    checked, findings, reply = _expectations(settings, asked, now, shapes, docs, ask)
    return Found(
        validation=Validation(rows=rows, files=len(shapes), suites=(structure, *checked), findings=findings),
        difference=difference,
        docs=reply.docs,
        undiffed=undiffed,
        dropped=tuple(str(problem) for problem in reply.dropped),
    )


def _bytes(settings: Settings, commit: str | None, path: str) -> bytes | None:
    if commit is not None:
        return git.show(settings.workspace, commit, path)
    place = files.inside(settings.workspace, path)
    return place.read_bytes() if place.is_file() else None


def _suites(settings: Settings, model: Model, base: str | None, folder_then: str) -> tuple[Suite, ...]:
    """The work tree's suites, and the base's where the change edits or removes one: the data is held to both, so that
    no change weakens its own judge. A base whose suites cannot be read has judged nothing by them.
    """
    folder = model.data.expectations
    place = files.inside(settings.workspace, folder)
    texts = {
        f"{folder}/{path.name}": files.read_text(path, limit=_SUITE_LIMIT, shown=f"{folder}/{path.name}")
        for path in sorted(place.glob("*.json"))
    }
    here = suites.read(texts, folder)
    try:
        there = suites.read(dict(_texts_at(settings, base, folder_then)), folder_then)
    except TidegateError:
        there = ()
    return (*here, *suite_fit.only_changed(there, here))


def _texts_at(settings: Settings, commit: str | None, folder: str) -> Iterator[tuple[str, str]]:
    if commit is None:
        return
    for path in git.blobs_at(settings.workspace, commit, folder):
        direct = path.rpartition("/")[0] == folder.rstrip("/")
        if direct and path.endswith(".json") and (data := git.show(settings.workspace, commit, path)) is not None:
            yield path, data.decode("utf-8-sig", "replace")


def _shapes(pointer: Pointer, content: Content) -> list[Shape]:
    """The shape of every file. Raises Problems with what is wrong with any of them."""
    from tidegate.adapters.data import files as data_files

    if not content.paths:
        raise InputError("E-DAT-001", "stands for no files: no rows.", where=pointer.path, fix="Track the data.")
    shapes: list[Shape] = []
    problems: list[TidegateError] = []
    for name, path in content.paths.items():
        try:
            shapes.append(data_files.shape(path, name))
        except TidegateError as error:
            place = f"{pointer.target}/{error.where}" if pointer.is_folder else error.where
            problems.append(type(error)(error.code, error.message, where=place, fix=error.fix))
    if problems:
        raise Problems(problems)
    return shapes


def _misfits(asked: Question, now: Content, shapes: Sequence[Shape]) -> Misfits:
    from tidegate.adapters.data import columns as data_columns

    def misfits(column: str, kind: str) -> tuple[int, list[Sample]]:
        there = [shape for shape in shapes if column in shape.columns]
        found = list(data_columns.misfits(there, now.paths, column, kind, asked.model.evaluation.id))
        return len(found), [Sample(row=row[:80], value=value[:80]) for row, value in found[:5]]

    return misfits


def _expectations(
    settings: Settings,
    asked: Question,
    now: Content,
    shapes: Sequence[Shape],
    docs: Path,
    ask: great_expectations.Ask | None,
) -> tuple[tuple[Checked, ...], tuple[Finding, ...], great_expectations.Reply]:
    from tidegate.adapters.data import files as data_files

    types = data_structure.column_types(shapes)
    own = [suite for suite in asked.suites if not suite.at_base]
    if unknown := suite_fit.unknown_columns(own, list(types)):
        raise Problems(unknown)
    clock_check.require_known(own, list(types))
    names = [shape.name for shape in shapes]
    runs = [great_expectations.Run(suite=suite, frames=frames(suite.rows, names)) for suite in asked.suites]
    for run in runs:
        suite_fit.require_parameters(run.suite, run.frames)
    id_column = asked.model.evaluation.id
    docs.mkdir(parents=True, exist_ok=True)
    with (
        TemporaryDirectory(prefix="tidegate-frames-") as folder,
        settings.console.group(f"running {len(runs)} suites in Great Expectations"),
    ):
        arrow = {name: Path(folder) / f"{number}.arrow" for number, name in enumerate(names)}
        for name, place in arrow.items():
            data_files.write_frame(now.paths[name], name, types, place)
        reply = great_expectations.validate(
            runs,
            arrow,
            id_column=id_column,
            environment=settings.environ,
            docs=docs,
            title=f"{asked.model.name}: {asked.pointer.target}",
            ask=ask,
        )
    misfits = _misfits(asked, now, shapes)
    counts, findings = judge(asked.suites, reply.outcomes, id_column=id_column, present=types, misfits=misfits)
    counts, odd = clock_check.checked(asked.suites, counts, now.paths, names, types)
    return counts, (*findings, *odd), reply


def _difference(
    settings: Settings, asked: Question, now: Content, shapes: Sequence[Shape]
) -> tuple[Difference | None, str | None]:
    """What changed against the base, or why that cannot be said: the base's data may be gone, and must not keep a
    change back that is good by itself.
    """
    if asked.before is None:
        return None, None
    from tidegate.core.data import diff as data_diff

    known = {now.digests[name]: path for name, path in now.paths.items()}
    try:
        then = dvc_data.content(store(settings), asked.before, known)
        old_shapes = _shapes(asked.before, then)
    except TidegateError as error:
        return None, f"the base's data cannot be compared: {error}"
    with settings.console.group(f"comparing with the data of {(asked.base or '')[:12]}"):
        evaluation = asked.model.evaluation
        changes = data_diff.files(then.digests, now.digests)
        before, after = _side(then, old_shapes), _side(now, shapes)
        return data_diff.compare(changes, before, after, label=evaluation.target, leave_out=(evaluation.id,)), None


def _side(content: Content, shapes: Sequence[Shape]) -> Side:
    from tidegate.adapters.data import columns as data_columns
    from tidegate.core.data.diff import Side

    types: Mapping[str, str] = data_structure.column_types(shapes)
    return Side(
        rows=sum(shape.rows for shape in shapes),
        types=types,
        column=lambda name: data_columns.column(shapes, content.paths, name, types[name]),
    )
