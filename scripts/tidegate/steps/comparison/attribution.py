"""Which part of a change made the difference: code or data, told by the two models between champion and candidate."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial

from tidegate.adapters.tables import reading as tables
from tidegate.core.comparison.change.attribution import BOTH, NEW_CODE, NEW_DATA, Attribution, Between, attribute
from tidegate.core.comparison.samples.pairing import Unlike, pair
from tidegate.core.comparison.samples.sample import Predictions
from tidegate.core.comparison.samples.task import task_of
from tidegate.core.contract import Model
from tidegate.errors import InfrastructureError, InputError
from tidegate.settings import Settings
from tidegate.steps.comparison import champion
from tidegate.steps.comparison.repeats import Rescore
from tidegate.steps.pipeline import changed_parts, second_tree
from tidegate.steps.pipeline.changed_parts import Sides
from tidegate.steps.pipeline.second_tree import SecondTree

_HINT = "`tidegate compare-models --attribute` trains it"


@dataclass(frozen=True, kw_only=True)
class _Asked:
    """A comparison whose difference is to be split; `train`: what DVC's cache lacks may be trained."""

    settings: Settings
    judge: Model
    theirs: Model
    commit: str
    candidate: Predictions
    train: bool
    rescore: Rescore | None


def of(
    settings: Settings,
    judge: Model,
    commit: str,
    both: tuple[Predictions, Predictions],
    *,
    train: bool = False,
    rescore: Rescore | None = None,
) -> Attribution | None:
    """The split of the difference between candidate and champion (`both`), or why there is none.

    None where the contract asks for none, and where it was not asked for by name and code and data did not both change.
    Nothing is trained unless `train` or the contract says so. What cannot be had is a reason, never an error.
    """
    wanted = judge.evaluation.attribution
    train = train or wanted == "trained"
    if wanted == "never" and not train:
        return None
    theirs = champion.model_at(settings, judge.name, commit) or judge
    sides = Sides(settings=settings, judge=judge, theirs=theirs, commit=commit)
    changed = changed_parts.code_and_data(sides)
    if changed != BOTH:
        return Attribution(changed=changed, why_not=_only(changed)) if train else None
    asked = _Asked(
        settings=settings,
        judge=judge,
        theirs=theirs,
        commit=commit,
        candidate=both[0],
        train=train,
        rescore=rescore,
    )
    with settings.console.group("telling the data's part of the difference from the code's"):
        found = _between(asked)
    if isinstance(found, str):
        return Attribution(changed=changed, why_not=found)
    return attribute(judge, *both, found)


def _only(changed: tuple[str, ...]) -> str:
    if not changed:
        return "neither code nor data differs from the champion's"
    return f"only the {changed[0]} changed, so all of the difference comes from it"


def _between(asked: _Asked) -> Between | str:
    """Predictions of both models in between, or why they cannot be had."""
    new_code = _measured(asked, NEW_CODE, partial(second_tree.of, asked.settings, asked.judge, None), asked.commit)
    if isinstance(new_code, str):
        return new_code
    new_data = _measured(asked, NEW_DATA, partial(second_tree.of, asked.settings, asked.theirs, asked.commit), None)
    return new_data if isinstance(new_data, str) else Between(new_code=new_code, new_data=new_data)


def _measured(
    asked: _Asked, words: str, tree_of: Callable[[], AbstractContextManager[SecondTree]], data_of: str | None
) -> Predictions | str:
    """What the model of a tree says when it was trained on another commit's data (None: the work tree's)."""
    try:
        with tree_of() as tree:
            pointer = _pointer(asked.settings, tree.model, data_of)
            (tree.root / tree.model.data.tracked).write_bytes(pointer)
            return _answers(asked, tree, words)
    except (InputError, InfrastructureError) as error:
        return f"{words} cannot be had: {error}"


def _answers(asked: _Asked, tree: SecondTree, words: str) -> Predictions | str:
    output = tree.model.evaluation.predictions
    brought = tree.trained(output) if asked.train else tree.cached(output)
    if isinstance(brought, str):
        return f"{words} is not in DVC's cache ({brought}); {_HINT}"
    found = tables.read(brought.path, tree.model.evaluation, task_of(asked.judge), shown=f"{output} ({words})")
    if asked.rescore is not None and isinstance(pair(asked.candidate, found), Unlike):
        again = asked.rescore(tree, asked.candidate)
        return f"{words} cannot be asked about the candidate's rows: {again}" if isinstance(again, str) else again
    return found


def _pointer(settings: Settings, model: Model, commit: str | None) -> bytes:
    path = model.data.tracked
    content = changed_parts.content(settings, commit, path)
    if content is None:
        raise InputError("E-DVC-013", "is not there, so its data cannot be put under other code.", where=path)
    return content
