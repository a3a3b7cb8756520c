"""Two files compared outside any repository: what `tidegate compare-models` is to people without our pipeline."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from tidegate.adapters import files
from tidegate.adapters.tables import reading as tables
from tidegate.core.comparison.comparison import Comparison, compare, compare_totals
from tidegate.core.comparison.metrics.totals import Totals
from tidegate.core.comparison.samples.sample import Predictions
from tidegate.core.comparison.samples.task import task_of
from tidegate.core.comparison.verdict import Policy, Side
from tidegate.core.contract import Evaluation, Model
from tidegate.core.contract.plain import groups, plain_model
from tidegate.core.contract.policy import policy_digest
from tidegate.errors import InputError
from tidegate.settings import Settings
from tidegate.steps.comparison import given_files, own_metrics
from tidegate.steps.comparison.given_files import STDIN, Numbers, Rows
from tidegate.steps.comparison.own_metrics import Own
from tidegate.steps.comparison.reference import Theirs


@dataclass(frozen=True, kw_only=True)
class Compared:
    """The decision about two files, and what they are."""

    comparison: Comparison
    own: Own
    candidate: Side
    champion: Side
    policy: Policy


def compared(settings: Settings, options: argparse.Namespace, stdin: Callable[[], bytes]) -> Compared:
    """Files of rows, or of numbers, judged by the contract at hand or by `--metric` and its limits.

    ``-`` is standard input. The difference that `dvc metrics diff --json` prints holds both sides in one file.
    Raises InputError E-ARG-013 for one file without the other, -014 for one given twice, -016 for rows against numbers.
    """
    _require_two(settings, options)
    model = _model(settings, options)
    with TemporaryDirectory(prefix="tidegate-files-") as folder:
        new = _given(settings, options.candidate, model, Path(folder), stdin)
        old = _given(settings, options.champion, model, Path(folder), stdin) if options.champion else _other_side(new)
        comparison, own, digests = _compared(settings, model, new, old)
    return Compared(
        comparison=comparison,
        own=own,
        candidate=Side(kind="candidate", predictions=digests[0]),
        champion=Side(kind="file", predictions=digests[1]),
        policy=Policy(source="options" if options.gates else "workspace", digest=policy_digest(model), changed=False),
    )


def _require_two(settings: Settings, options: argparse.Namespace) -> None:
    if not options.candidate:
        raise InputError("E-ARG-013", "--champion needs a --candidate to be compared with.")
    if not options.champion and options.candidate != STDIN and not options.candidate.endswith(".json"):
        raise _without_champion()
    if STDIN == options.candidate == options.champion:
        raise InputError("E-ARG-014", "standard input can be one of the two files only.", fix="Name the other one.")
    new, old = settings.workspace / options.candidate, settings.workspace / options.champion
    if options.champion and new.exists() and old.exists() and new.samefile(old):
        raise InputError("E-ARG-014", "--candidate and --champion name the same file.", fix="Name two models' files.")


def _given(settings: Settings, name: str, model: Model, folder: Path, stdin: Callable[[], bytes]) -> Rows | Numbers:
    positive = model.evaluation.positive
    if name == STDIN:
        return given_files.read(given_files.from_stdin(stdin, folder), "standard input", folder, positive)
    return given_files.read(settings.workspace / name, name, folder, positive)


def _other_side(new: Rows | Numbers) -> Numbers:
    if isinstance(new, Rows) or new.before is None:
        raise _without_champion()
    return Numbers(values=new.before, shown=new.shown, digest=new.digest)


def _without_champion() -> InputError:
    fix = "Name the other file; only what dvc metrics diff --json prints holds both sides."
    return InputError("E-ARG-013", "--candidate needs a --champion to be compared with.", fix=fix)


def _compared(
    settings: Settings, model: Model, new: Rows | Numbers, old: Rows | Numbers
) -> tuple[Comparison, Own, tuple[str, str]]:
    """The decision, what the model's own code measured for it, and the digests of the very bytes that it rests on."""
    if isinstance(new, Rows) and isinstance(old, Rows):
        (candidate, mine), (champion, theirs) = (_predictions(model, one) for one in (new, old))
        own = own_metrics.of(settings, model, None, candidate, Theirs(predictions=champion, path=old.path), new.path)
        return compare(model, candidate, champion, Totals(measured=own.measured)), own, (mine, theirs)
    if isinstance(new, Numbers) and isinstance(old, Numbers):
        totals = Totals(candidate=new.values, champion=old.values, name=new.shown)
        return compare_totals(model, totals), Own(), (new.digest, old.digest)
    with_rows, without = (new, old) if isinstance(new, Rows) else (old, new)
    message = f"{with_rows.shown[:80]} has rows and {without.shown[:80]} only numbers; rows are compared with rows."
    raise InputError("E-ARG-016", message, fix="Give the predictions of both models, or the metrics of both.")


def _predictions(model: Model, given: Rows) -> tuple[Predictions, str]:
    found = tables.read(given.path, model.evaluation, task_of(model), shown=given.shown)
    if given.digest and not given.converted:
        files.require_same(given.digest, found.digest, given.shown)
    return found, given.digest if given.converted else found.digest


def _model(settings: Settings, options: argparse.Namespace) -> Model:
    if options.gates:
        return plain_model(groups(options.gates), _evaluation(options))
    from tidegate.adapters.contract import file as contract_file

    return contract_file.load(settings.workspace / settings.config, settings.workspace).model(settings.model)


def _evaluation(options: argparse.Namespace) -> Evaluation:
    return Evaluation(
        predictions=options.candidate,
        id=options.id,
        target=options.target,
        prediction=options.prediction or None,
        score=options.score or None,
        positive=options.positive or None,
        cluster=options.cluster or None,
        weight=options.weight or None,
        slices=tuple(name.strip() for name in options.slices.split(",") if name.strip()),
    )
