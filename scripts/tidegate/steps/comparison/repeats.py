"""Both recipes trained again with other seeds, each in a tree of its own; DVC's run cache makes a second time free."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tidegate.adapters.dvc import parameters
from tidegate.adapters.tables import reading as tables
from tidegate.core.comparison.change.seed_noise import Repeats, Retrained, seeds_for
from tidegate.core.comparison.conclusion import repeats_decide
from tidegate.core.comparison.samples.pairing import Unlike, pair
from tidegate.core.comparison.samples.sample import Output, Predictions, Sample
from tidegate.core.comparison.samples.task import task_of
from tidegate.core.contract import Model, Repetition
from tidegate.core.training.pipeline import PARAMETERS, Record, Unsettled, lookup, normal
from tidegate.errors import InputError
from tidegate.settings import Settings
from tidegate.steps.comparison import champion
from tidegate.steps.pipeline import changed_parts, second_tree
from tidegate.steps.pipeline.changed_parts import Sides
from tidegate.steps.pipeline.second_tree import SecondTree

Rescore = Callable[[SecondTree, Predictions], Predictions | str]
"""What the model in a tree says about the candidate's rows, or why it cannot be asked."""


def of(
    settings: Settings,
    judge: Model,
    commit: str,
    candidate: Predictions,
    theirs: Predictions,
    rescore: Rescore | None = None,
) -> Repeats | str | None:
    """Repeats of the work tree's recipe and of the champion's at `commit`, as the judge's contract asks for them.

    None where it does not, or where nothing would be judged by them; a reason where the champion cannot be repeated.
    Raises InputError E-DVC-040 to -042 for a parameter that is none, E-MET-027 for repeats of other rows, and what
    training raises for the candidate's.
    """
    asked = judge.evaluation.repeats
    if asked is None or not _decides(judge, candidate, theirs):
        return None
    model = champion.model_at(settings, judge.name, commit) or judge
    with settings.console.group(f"training both models with {asked.times} other values of {asked.parameter}"):
        with second_tree.of(settings, judge, None) as tree:
            mine = _Recipe(judge=judge, tree=tree, candidate=candidate).again(asked)
        try:
            with second_tree.of(settings, model, commit) as tree:
                old = _Recipe(judge=judge, tree=tree, candidate=candidate, rescore=rescore).again(asked)
        except InputError as error:
            return f"the champion cannot be trained with another seed: {error}"
    sides = Sides(settings=settings, judge=judge, theirs=model, commit=commit)
    same = changed_parts.only(sides, asked.parameter)
    return Repeats(parameter=asked.parameter, candidate=mine, champion=old, same_recipe=same)


def _decides(judge: Model, candidate: Predictions, theirs: Predictions) -> bool:
    sample = pair(candidate, theirs, judge.evaluation.positive)
    return isinstance(sample, Sample) and repeats_decide(judge.gates, sample)


@dataclass(frozen=True, kw_only=True)
class _Recipe:
    """A recipe in a tree of its own, asked about the candidate's rows.

    `rescore` only for the champion, whose hold-out may be an older one: a candidate's repeat that was measured on other
    rows was trained on other rows, too.
    """

    judge: Model
    tree: SecondTree
    candidate: Predictions
    rescore: Rescore | None = None

    def again(self, asked: Repetition) -> Retrained:
        """Train it with other seeds, one after the other."""
        file = self.tree.root / self._shown
        written = file.read_bytes() if file.is_file() else b""
        own = parameters.whole_number(written, asked.parameter, self._shown)
        seeds = seeds_for(own, asked.times)
        found = []
        for seed in seeds:
            file.write_bytes(parameters.replaced(written, asked.parameter, seed))
            predictions = self._trained(asked.parameter, seed)
            found.append((self._aligned(predictions, f"{asked.parameter} {seed}"), predictions.digest))
        outputs, digests = zip(*found, strict=True)
        return Retrained(own=own, seeds=seeds, outputs=outputs, digests=digests)

    @property
    def _shown(self) -> str:
        return normal(self.tree.model.path, PARAMETERS)

    def _trained(self, parameter: str, seed: int) -> Predictions:
        columns, words = self.tree.model.evaluation, f"{parameter} {seed}"
        try:
            brought = self.tree.trained(columns.predictions)
        except InputError as error:
            again = InputError(error.code, f"with {words}: {error.message}", where=error.where, fix=error.fix)
            again.log = error.log
            raise again from error
        _require_read(brought.records, self._shown, parameter, seed)
        return tables.read(brought.path, columns, task_of(self.judge), shown=f"{columns.predictions} ({words})")

    def _aligned(self, found: Predictions, words: str) -> Output:
        """A repeat's output about the candidate's rows, in the order of their ids."""
        sample = pair(self.candidate, found, self.judge.evaluation.positive)
        if isinstance(sample, Unlike) and self.rescore is not None:
            again = self.rescore(self.tree, self.candidate)
            sample = sample if isinstance(again, str) else pair(self.candidate, again, self.judge.evaluation.positive)
        if isinstance(sample, Unlike) or sample.champion is None:
            reason = sample.reasons[0] if isinstance(sample, Unlike) else "no predictions"
            raise InputError(
                "E-MET-027",
                f"the model with {words} was measured on other rows: {reason}.",
                where=self.tree.model.evaluation.predictions,
                fix="Let a seed decide about training only, never about which rows are held out.",
            )
        return sample.champion


def _require_read(records: Mapping[str, Record], file: str, key: str, value: int) -> None:
    """Raise InputError E-DVC-042 when no stage depends on the parameter: all repeats would be the same model."""
    if not any(_reads(record, file, key, value) for record in records.values()):
        raise InputError(
            "E-DVC-042",
            f"no stage depends on {key[:80]}, so another value of it trains nothing.",
            where=file,
            fix="Name it under `params` of the stage that trains.",
        )


def _reads(record: Record, file: str, key: str, value: int) -> bool:
    if file in record.deps or str(value) in str(record.cmd):
        return True
    known: Mapping[str, Any] = record.params.get(file, {})
    for name, recorded in known.items():
        if name == key:
            return bool(recorded == value)
        try:
            if key.startswith(f"{name}.") and lookup(recorded, key.removeprefix(f"{name}.")) == value:
                return True
        except Unsettled:
            continue
    return False
