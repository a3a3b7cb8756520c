"""Is the candidate good enough? Both models' predictions and the base's contract in, one verdict out."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from tidegate.adapters import files
from tidegate.core.answer import Annotation, Answer, Verdict
from tidegate.settings import Settings

if TYPE_CHECKING:
    from tidegate.core.comparison.comparison import Comparison
    from tidegate.core.comparison.sample import Predictions
    from tidegate.core.comparison.verdict import Side
    from tidegate.core.contract import Model
    from tidegate.core.evidence import Subject
    from tidegate.steps.reference import Champions

SUMMARY = "Judge the candidate against the champion by the contract's gates."
VERDICT = "verdict.json"


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of `tidegate compare-models`."""
    parser.add_argument("--base", default="", metavar="REF", help="the commit to compare with and to be judged by")
    plain = parser.add_argument_group("two files, outside any repository")
    plain.add_argument("--candidate", default="", metavar="FILE", help="the candidate's predictions")
    plain.add_argument("--champion", default="", metavar="FILE", help="the champion's predictions")
    plain.add_argument("--metric", default="", help="judge this metric instead of the contract's gates")
    for kind in ("no-worse-by", "better-by", "at-least", "at-most"):
        plain.add_argument(f"--{kind}", default="", metavar="LIMIT", help="a limit: a number, or 1%% of the champion's")
    for role, default in {"id": "id", "target": "target", "prediction": "", "score": "", "positive": ""}.items():
        plain.add_argument(f"--{role}", default=default, help=f"evaluation.{role} (default: {default or 'none'})")
    for role in ("cluster", "weight", "slices"):
        plain.add_argument(f"--{role}", default="", help=f"evaluation.{role}, as in the contract")


def run(settings: Settings, options: argparse.Namespace, champions: Champions | None = None) -> Answer:
    """Compare two named files, or what this work tree holds with what Git says is the champion."""
    from tidegate.core.comparison.verdict import result
    from tidegate.steps import past_output, two_files
    from tidegate.steps.reference import Champions

    if not options.candidate and not options.champion:
        return _in_repository(settings, options, champions or Champions(output=past_output.at))
    found = two_files.compared(settings, options)
    return _answer(found.comparison, result(found.comparison, found.candidate, found.champion, found.policy), {})


def _in_repository(settings: Settings, options: argparse.Namespace, champions: Champions) -> Answer:
    from tidegate.core.comparison.provenance import artifacts
    from tidegate.core.comparison.verdict import Side, result
    from tidegate.steps import base, champion, reference, subject

    _forget(settings)
    since = base.resolve(settings, options.base)
    judged = champion.judged_by(settings, since)
    theirs = champion.champion_of(settings, judged.judge, since)
    written = artifacts(reference.pipeline_at(settings, judged.model, None).stages)
    candidate = reference.candidate_of(settings, judged.judge, written)
    with settings.console.group(f"comparing with {theirs}"):
        comparison, digest = _compared(settings, judged.judge, theirs, candidate, champions)
    about = replace(subject.of(settings, judged.model, written), policy=judged.policy.digest)
    ours = Side(kind="candidate", commit=about.commit, predictions=candidate.digest, artifacts=written)
    recorded = reference.artifacts_at(settings, judged.judge, theirs.commit)
    document = result(comparison, ours, replace(theirs, predictions=digest, artifacts=recorded), judged.policy)
    return _answer(comparison, document, _leave(settings, judged.model, about, comparison, document))


def _forget(settings: Settings) -> None:
    """What an earlier comparison left must not be taken for this one's, should this one fail or be killed."""
    if not settings.dry_run:
        for stale in (VERDICT, "compare-models.json"):
            (settings.evidence / stale).unlink(missing_ok=True)


def _compared(
    settings: Settings, judge: Model, side: Side, candidate: Predictions, champions: Champions
) -> tuple[Comparison, str | None]:
    """The decision, and the digest of the champion's predictions that were read."""
    from tidegate.core.comparison.comparison import compare, stopped
    from tidegate.steps import reference

    totals = reference.totals_of(settings, judge, side.commit, champions)
    if side.commit is None:
        return compare(judge, candidate, None, totals), None
    theirs = reference.predictions_of(settings, judge, side.commit, candidate, champions)
    if isinstance(theirs, str):
        return stopped(judge, Verdict.INCOMPARABLE, theirs), None
    return compare(judge, candidate, theirs, totals), theirs.digest


def _leave(
    settings: Settings, model: Model, subject: Subject, comparison: Comparison, document: Mapping[str, Any]
) -> dict[str, str]:
    """Write evidence and verdict (unless this is a dry run) and return the outputs that name them."""
    from tidegate.adapters import evidence as store
    from tidegate.core.comparison.verdict import verdict_bytes
    from tidegate.core.evidence import Evidence, digest

    data = verdict_bytes(model.name, subject, comparison, document)
    evidence = Evidence(
        command="compare-models", model=model.name, outcome=comparison.verdict, subject=subject, result=document
    )
    if not settings.dry_run:
        files.write_atomically(settings.evidence / VERDICT, data)
        store.write(settings.evidence, evidence)
    return {"verdict-digest": digest(data)}


def _answer(comparison: Comparison, document: Mapping[str, Any], outputs: Mapping[str, str]) -> Answer:
    annotations = [
        Annotation(level="error" if gate.blocks and gate.verdict is Verdict.FAIL else "warning", message=gate.sentence)
        for gate in comparison.gates
        if gate.verdict in (Verdict.FAIL, Verdict.UNDECIDED)
    ]
    return Answer(
        verdict=comparison.verdict,
        sentence=comparison.sentence,
        outputs=outputs,
        annotations=tuple(annotations),
        data=document,
    )
