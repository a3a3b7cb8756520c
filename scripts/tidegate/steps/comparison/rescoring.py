"""A champion asked about rows that it never saw: by its own command, at its own commit, in its own environment.

Its command comes from the contract of its own commit, which the base names: a change has no say in how the model that
it wants to replace is asked. What it is asked is the change's hold-out, and what is true of that is the candidate's
file to say.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from tidegate.adapters import files, git, model_program
from tidegate.adapters.contract import file as contract_file
from tidegate.adapters.dvc import trees as dvc_trees
from tidegate.adapters.tables import reading as tables
from tidegate.adapters.tables import rejoining
from tidegate.core.comparison.samples.rescored import asked_of
from tidegate.core.comparison.samples.sample import Predictions
from tidegate.core.comparison.samples.task import task_of
from tidegate.core.contract import Evaluation, Model
from tidegate.core.evidence import canonical_bytes, digest
from tidegate.core.training.pipeline import UNKNOWN
from tidegate.errors import InfrastructureError, InputError
from tidegate.settings import Settings
from tidegate.steps.comparison import reference
from tidegate.steps.comparison.reference import Theirs
from tidegate.steps.pipeline import model_at, past_output
from tidegate.steps.pipeline.second_tree import SecondTree

SECONDS = 3600.0
"""How long a model may take to answer the whole hold-out."""
_SHOWN = 6


def of(settings: Settings, judge: Model, theirs: Model, commit: str, candidate: Predictions) -> Theirs | str:
    """What the model of `commit` says about the candidate's rows, or why it cannot be asked.

    `theirs` is the model as that commit's contract has it. What was asked before of the same files is told again.
    Raises InfrastructureError where trying again may help, SecurityRefusal for bytes that are not those recorded.
    """
    if theirs.evaluation.predict is None:
        fix = "Merge rows, model and predict first, in a change that leaves the hold-out as it is."
        return f"its contract at {commit[:12]} has no evaluation.predict. {fix}"
    try:
        rows = _rows(settings, judge)
        place = _place(settings, judge, theirs, commit, candidate, rows)
        if not place.is_file():
            tree = model_at.checkout(settings, theirs, commit, _needed(theirs.evaluation))
            asking = f"asking the champion at {commit[:12]} about {len(candidate.ids):,} rows of the new hold-out"
            with settings.console.group(asking):
                data = _asked(settings, judge, theirs, tree, rows, candidate)
            files.write_atomically(place, data)
        said = _read(judge, theirs, place, f"what the champion at {commit[:12]} says")
        return Theirs(predictions=said, path=place)
    except InputError as error:
        return f"{error}{_lacking(settings, judge, theirs, commit) if error.code == 'E-PRG-002' else ''}"


def in_tree(judge: Model, tree: SecondTree, candidate: Predictions) -> Predictions | str:
    """What the model in a tree says about the candidate's rows, or why it cannot be asked. Raises as `of` does."""
    settings, theirs = tree.settings, tree.model
    if theirs.evaluation.predict is None:
        return "its contract has no evaluation.predict"
    try:
        rows = _rows(settings, judge)
        for path in _needed(theirs.evaluation) or ():
            if not (tree.root / path).exists():
                tree.trained(path)
        data = _asked(settings, judge, theirs, nullcontext(tree.root), rows, candidate)
        with TemporaryDirectory(prefix="tidegate-answers-") as folder:
            place = Path(folder) / "answers.parquet"
            place.write_bytes(data)
            return _read(judge, theirs, place, "what it says")
    except InputError as error:
        return str(error)


def _needed(evaluation: Evaluation) -> list[str] | None:
    """The packaged model; all that the pipeline wrote where nobody says which file that is."""
    return None if evaluation.model is None else [evaluation.model]


def _rows(settings: Settings, judge: Model) -> Path:
    """The candidate's hold-out: where the contract that judges says, or where the change has moved it to.

    Raises InputError E-MET-025 where there is none, or one that the candidate's pipeline did not write.
    """
    here = contract_file.load(settings.workspace / settings.config, settings.workspace).model(judge.name)
    named = [path for model in (judge, here) if (path := model.evaluation.rows) is not None]
    found = next((path for path in named if files.inside(settings.workspace, path).is_file()), None)
    if found is None:
        what = f"{named[0]} is not there" if named else "evaluation.rows names no file"
        fix = "Run tidegate train-model." if named else "Name the hold-out that the pipeline writes."
        raise InputError("E-MET-025", f"the new rows cannot be had: {what}.", fix=fix)
    rows = files.inside(settings.workspace, found)
    wanted = reference.artifacts_at_hand(settings, here).get(found, UNKNOWN)
    if not wanted.endswith(UNKNOWN) and wanted != f"md5:{dvc_trees.digest_of(rows)}":
        fix = "Run tidegate train-model, which makes it again and records it."
        raise InputError("E-MET-025", "is not the file that dvc.lock records.", where=found, fix=fix)
    return rows


def _place(settings: Settings, judge: Model, theirs: Model, commit: str, candidate: Predictions, rows: Path) -> Path:
    """Where the answers are kept: by everything that they follow from."""
    document = {
        "model": reference.artifacts_at(settings, theirs, commit),
        "commit": commit,
        "environment": _lock(settings, theirs, commit),
        "rows": files.sha256(rows),
        "command": list(theirs.evaluation.predict or ()),
        "candidate": candidate.digest,
        "columns": [str(judge.evaluation), str(theirs.evaluation)],
    }
    key = digest(canonical_bytes(document)).removeprefix("sha256:")[:32]
    return settings.evidence / "champion" / commit / "answers" / f"{key}.parquet"


def _lock(settings: Settings, model: Model, commit: str) -> str | None:
    data = None if model.environment.lock is None else git.show(settings.workspace, commit, model.environment.lock)
    return None if data is None else digest(data)


def _asked(
    settings: Settings,
    judge: Model,
    theirs: Model,
    tree_of: AbstractContextManager[Path],
    rows: Path,
    candidate: Predictions,
) -> bytes:
    """Run the model's command in its tree, and put what it says beside the candidate's truth."""
    mine, named = files.inside(settings.workspace, judge.evaluation.predictions), judge.evaluation.predictions
    files.require_same(candidate.digest, files.sha256(mine), named)
    with tree_of as tree, TemporaryDirectory(prefix="tidegate-answers-") as folder:
        answers = Path(folder) / f"predictions{Path(theirs.evaluation.predictions).suffix}"
        command = _command(theirs.evaluation, tree, rows, answers)
        environ = model_at.environment(settings, theirs, tree)
        model_program.run(tree, command, environ, seconds=SECONDS)
        shown = "the predict command's output"
        return rejoining.rejoined(mine, judge.evaluation, answers, theirs.evaluation, shown=shown)


def _command(evaluation: Evaluation, tree: Path, rows: Path, answers: Path) -> tuple[str, ...]:
    stands_for = {"rows": rows, "predictions": answers, "model": tree / (evaluation.model or "")}
    return model_program.filled(evaluation.predict or (), stands_for)


def _read(judge: Model, theirs: Model, place: Path, shown: str) -> Predictions:
    return tables.read(place, asked_of(judge.evaluation, theirs.evaluation), task_of(judge), shown=shown)


def _lacking(settings: Settings, judge: Model, theirs: Model, commit: str) -> str:
    """Columns of its own rows that the new ones do not have: the usual reason why a model cannot answer them."""
    output = theirs.evaluation.rows
    if output is None:
        return ""
    names = partial(rejoining.column_names, shown=output)
    try:
        before, now = names(past_output.at(settings, theirs, commit, output)), names(_rows(settings, judge))
    except (InputError, InfrastructureError):
        return ""
    lost = [name for name in before if name not in now]
    told = ", ".join(repr(name[:40]) for name in lost[:_SHOWN]) + (", …" if len(lost) > _SHOWN else "")
    return f" The new rows lack {told}, which its own have." if lost else ""
