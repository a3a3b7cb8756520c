"""The change's predictions held against what it could not write: the base's hold-out and its predict command."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Collection
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

from tidegate.adapters import files, git, model_program
from tidegate.adapters.tables import reading as tables
from tidegate.adapters.tables import rejoining
from tidegate.core.comparison.change import confirmation
from tidegate.core.comparison.change.confirmation import Answers, Confirmation, HoldOut, Standing
from tidegate.core.comparison.samples.rescored import rescored
from tidegate.core.comparison.samples.sample import Predictions
from tidegate.core.comparison.samples.task import task_of
from tidegate.core.contract import Model
from tidegate.core.training.pipeline import PARAMETERS, RECORD
from tidegate.errors import InputError
from tidegate.settings import Settings
from tidegate.steps.comparison.champion import Judged
from tidegate.steps.comparison.rescoring import SECONDS
from tidegate.steps.pipeline import model_at, subject

Output = Callable[[Settings, Model, str, str], Path]
_MOST_EDITED = 20


def of(
    settings: Settings,
    judged: Judged,
    base: str | None,
    candidate: Predictions,
    written: Collection[str],
    output: Output,
) -> Confirmation | None:
    """Both checks; None where no contract at the base judges, so that nothing is the base's.

    `written` are the paths that the pipeline writes. Raises InfrastructureError where trying again may help,
    SecurityRefusal for bytes of the base's that are not those recorded.
    """
    if base is None or judged.policy.source != "base":
        return None
    judge = judged.judge
    edited = _edited(settings, judged, base, written)
    rows, hold_out = _hold_out(settings, judge, base, candidate, output)
    untouched = not edited and not hold_out.altered and _is_bases(settings, judge, base, candidate, output)
    answers = (
        confirmation.unchanged(candidate) if untouched else _answers(settings, judge, base, candidate, rows, edited)
    )
    return Confirmation(hold_out=hold_out, answers=answers, edited=edited[:_MOST_EDITED])


def _edited(settings: Settings, judged: Judged, base: str, written: Collection[str]) -> tuple[str, ...]:
    """Files that could make the model answer otherwise: all of its folder but data, parameters, rules and outputs."""
    model = judged.judge
    apart = {model.data.tracked, f"{model.path}/{RECORD}", f"{model.path}/{PARAMETERS}", *written}
    folders = [model.data.expectations, *filter(None, [model.evaluation.tests])]
    found = subject.touched_since(settings, judged.model, base)
    return tuple(path for path in found if not _under(path, apart) and not _under(path, folders))


def _under(path: str, places: Collection[str]) -> bool:
    return any(PurePosixPath(path).is_relative_to(place) for place in places)


def _hold_out(
    settings: Settings, judge: Model, base: str, candidate: Predictions, output: Output
) -> tuple[Path | None, HoldOut]:
    """The rows to ask about, and how the hold-out differs from the base's."""
    mine = _rows_here(settings, judge)
    if git.show(settings.workspace, base, f"{judge.path}/{RECORD}") is None:
        return mine, HoldOut(why_not="the base has no model yet")
    try:
        path = output(settings, judge, base, judge.evaluation.predictions)
        before = tables.read(path, judge.evaluation, task_of(judge), shown=f"the base's {judge.evaluation.predictions}")
        theirs = None if judge.evaluation.rows is None else output(settings, judge, base, judge.evaluation.rows)
    except InputError as error:
        return mine, HoldOut(why_not=str(error))
    differs = confirmation.altered(candidate, before, rescored(candidate, before))
    other = theirs is not None and (mine is None or files.sha256(mine) != files.sha256(theirs))
    return (mine if differs is not None else theirs), HoldOut(differs=differs, file=other)


def _is_bases(settings: Settings, judge: Model, base: str, candidate: Predictions, output: Output) -> bool:
    """Whether model, parameters and predictions are the bytes that the base recorded, which need not be asked again."""
    named, parameters = judge.evaluation, f"{judge.path}/{PARAMETERS}"
    model, here = files.inside(settings.workspace, named.model or ""), files.inside(settings.workspace, parameters)
    if named.predict is None or not model.is_file():
        return False
    if (here.read_bytes() if here.is_file() else None) != git.show(settings.workspace, base, parameters):
        return False
    try:
        recorded = [output(settings, judge, base, path) for path in (named.predictions, named.model or "")]
    except InputError:
        return False
    return [files.sha256(path) for path in recorded] == [candidate.digest, files.sha256(model)]


def _rows_here(settings: Settings, judge: Model) -> Path | None:
    name = judge.evaluation.rows
    place = None if name is None else files.inside(settings.workspace, name)
    return place if place is not None and place.is_file() else None


def _answers(
    settings: Settings, judge: Model, base: str, candidate: Predictions, rows: Path | None, edited: tuple[str, ...]
) -> Answers:
    named = judge.evaluation
    if named.predict is None or named.rows is None or named.model is None:
        why = "the base's contract names no predict command with model and rows"
        return Answers(standing=Standing.UNASKED, why=why)
    model = files.inside(settings.workspace, named.model)
    if rows is None or not model.is_file():
        return confirmation.unanswered(f"{named.rows if rows is None else named.model} is not there", edited)
    try:
        with settings.console.group(f"asking the candidate's model by the code of {base[:12]}"):
            answered = _asked(settings, judge, base, model, rows)
    except InputError as error:
        return confirmation.unanswered(
            f"the packaged model does not answer the base's predict command: {error}", edited
        )
    return confirmation.compared(candidate, answered, edited)


def _asked(settings: Settings, judge: Model, base: str, model: Path, rows: Path) -> Predictions:
    """Answers of the candidate's model to the base's code, under the change's own parameters."""
    named = judge.evaluation
    with model_at.checkout(settings, judge, base, []) as tree, TemporaryDirectory(prefix="tidegate-answers-") as folder:
        _take_parameters(settings, judge, tree)
        answers = Path(folder) / f"answers{Path(named.predictions).suffix}"
        command = model_program.filled(named.predict or (), {"model": model, "rows": rows, "predictions": answers})
        environ = model_at.environment(settings, judge, tree)
        model_program.run(tree, command, environ, seconds=SECONDS)
        joined = Path(folder) / "joined.parquet"
        mine = files.inside(settings.workspace, named.predictions)
        joined.write_bytes(rejoining.rejoined(mine, named, answers, named, shown="the predict command's output"))
        return tables.read(joined, named, task_of(judge), shown="what the packaged model answers")


def _take_parameters(settings: Settings, judge: Model, tree: Path) -> None:
    """Parameters are the change's to choose, and decide what its model reads."""
    name = f"{judge.path}/{PARAMETERS}"
    mine = files.inside(settings.workspace, name)
    if mine.is_file():
        shutil.copyfile(mine, tree / name)
