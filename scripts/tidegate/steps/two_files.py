"""Two files compared outside any repository: what `tidegate compare-models` is to people without our pipeline."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

from tidegate.adapters import files, pipeline_files
from tidegate.adapters.tables import reading as tables
from tidegate.core.comparison.comparison import Comparison, compare, compare_totals
from tidegate.core.comparison.task import task_of
from tidegate.core.comparison.totals import Totals
from tidegate.core.comparison.verdict import Policy, Side
from tidegate.core.contract import RULES, Evaluation, Model
from tidegate.core.contract.plain import plain_model
from tidegate.core.contract.policy import policy_digest
from tidegate.errors import InputError
from tidegate.settings import Settings

_NUMBERS = (".json", ".yaml", ".yml", ".toml")


@dataclass(frozen=True, kw_only=True)
class Compared:
    """The decision about two files, and what they are."""

    comparison: Comparison
    candidate: Side
    champion: Side
    policy: Policy


def compared(settings: Settings, options: argparse.Namespace) -> Compared:
    """Two predictions files, or two metrics files, judged by the contract at hand or by `--metric` and its limits.

    Raises InputError E-ARG-013 for one file without the other, E-ARG-014 for one file given twice.
    """
    if not options.candidate or not options.champion:
        raise InputError("E-ARG-013", "--candidate and --champion are given together or not at all.")
    new, old = settings.workspace / options.candidate, settings.workspace / options.champion
    if new.exists() and old.exists() and new.samefile(old):
        raise InputError("E-ARG-014", "--candidate and --champion name the same file.", fix="Name two models' files.")
    model = _model(settings, options)
    if new.suffix in _NUMBERS:
        comparison, digests = _totals(model, new, old)
    else:
        comparison, digests = _tables(model, (new, options.candidate), (old, options.champion))
    return Compared(
        comparison=comparison,
        candidate=Side(kind="candidate", predictions=digests[0]),
        champion=Side(kind="file", predictions=digests[1]),
        policy=Policy(source="options" if options.metric else "workspace", digest=policy_digest(model), changed=False),
    )


def _tables(model: Model, new: tuple[Path, str], old: tuple[Path, str]) -> tuple[Comparison, tuple[str, str]]:
    """Rows of both models; each file comes with its name for messages."""
    task = task_of(model)
    candidate, champion = (tables.read(path, model.evaluation, task, shown=shown) for path, shown in (new, old))
    return compare(model, candidate, champion), (candidate.digest, champion.digest)


def _totals(model: Model, new: Path, old: Path) -> tuple[Comparison, tuple[str, str]]:
    """Numbers without rows: a pipeline's metrics files."""
    mine, theirs = (pipeline_files.claimed(path.parent, [path.name]) for path in (new, old))
    comparison = compare_totals(model, Totals(candidate=mine, champion=theirs, name=new.name))
    return comparison, (files.sha256(new), files.sha256(old))


def _model(settings: Settings, options: argparse.Namespace) -> Model:
    if options.metric:
        limits = {kind: text for kind in RULES if (text := getattr(options, kind))}
        return plain_model(options.metric, limits, _evaluation(options))
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
