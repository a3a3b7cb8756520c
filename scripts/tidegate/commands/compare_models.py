"""Is the candidate good enough? Both models' predictions and the base's contract in, one verdict out."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from tidegate.adapters import files
from tidegate.core.answer import Annotation, Answer, Verdict
from tidegate.errors import InputError
from tidegate.settings import Settings

if TYPE_CHECKING:
    from datetime import date

    from tidegate.core.comparison.beside.cost import Costs
    from tidegate.core.comparison.change.attribution import Attribution
    from tidegate.core.comparison.comparison import Comparison
    from tidegate.core.comparison.replay import Kept
    from tidegate.core.comparison.samples.sample import Predictions
    from tidegate.core.comparison.verdict import Side
    from tidegate.steps.comparison.champion import Judged
    from tidegate.steps.comparison.own_metrics import Own
    from tidegate.steps.comparison.reference import Champions

SUMMARY = "Judge the candidate against the champion by the contract's gates."
VERDICT, KEPT = "verdict.json", "kept.arrow"


class _InOrder(argparse.Action):
    """Keeps options in the order they are given, all under `gates`: a limit belongs to the metrics before it."""

    def __call__(self, _parser: Any, namespace: argparse.Namespace, values: Any, _option: Any = None) -> None:
        """Add one."""
        namespace.gates = (*namespace.gates, (self.dest, str(values)))


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of `tidegate compare-models`."""
    parser.add_argument("--base", default="", metavar="REF", help="the commit to compare with and to be judged by")
    back_test = "judge what past runs left (a folder of artifacts) by the contract at hand, or another --config"
    parser.add_argument("--replay", default="", metavar="FOLDER", help=back_test)
    split = "train what it takes to tell the data's part of the difference from the code's, when a change has both"
    parser.add_argument("--attribute", action="store_true", help=split)
    plain = parser.add_argument_group("two files, outside any repository")
    files_of = "predictions (.parquet .csv .tsv .arrow, MLflow's table) or metrics (JSON, YAML, DVC, scikit-learn)"
    plain.add_argument(
        "--candidate", default="", metavar="FILE", help=f"the candidate's {files_of}; - is standard input"
    )
    plain.add_argument("--champion", default="", metavar="FILE", help="the same of the champion")
    own = "judge this metric instead of the contract's gates; may be given again, each with the limits after it"
    plain.add_argument("--metric", action=_InOrder, metavar="NAME", help=own)
    for kind in ("no-worse-by", "better-by", "at-least", "at-most"):
        limit = "a limit: a number, or 1%% of the champion's"
        plain.add_argument(f"--{kind}", action=_InOrder, metavar="LIMIT", help=limit)
    way = "which way a number of your own is better"
    plain.add_argument("--direction", action=_InOrder, choices=("higher", "lower"), help=way)
    parser.set_defaults(gates=())
    for role, default in {"id": "id", "target": "target", "prediction": "", "score": "", "positive": ""}.items():
        plain.add_argument(f"--{role}", default=default, help=f"evaluation.{role} (default: {default or 'none'})")
    for role in ("cluster", "weight", "slices"):
        plain.add_argument(f"--{role}", default="", help=f"evaluation.{role}, as in the contract")


def run(
    settings: Settings,
    options: argparse.Namespace,
    champions: Champions | None = None,
    stdin: Callable[[], bytes] | None = None,
) -> Answer:
    """Compare two named files, or what this work tree holds with what Git says is the champion."""
    from tidegate.core.comparison.verdict import result
    from tidegate.steps.comparison import rescoring, two_files
    from tidegate.steps.comparison.reference import Champions
    from tidegate.steps.pipeline import past_output

    if options.replay:
        return _replay(settings, options)
    if not options.candidate and not options.champion:
        return _in_repository(settings, options, champions or Champions(output=past_output.at, rescore=rescoring.of))
    found = two_files.compared(settings, options, stdin or sys.stdin.buffer.read)
    document = result(found.comparison, found.candidate, found.champion, found.policy)
    return _answer(found.comparison, {**document, **found.own.block()}, {})


def _replay(settings: Settings, options: argparse.Namespace) -> Answer:
    """Lets nothing through: it says what would have been, so it is neither a pass nor a fail."""
    from tidegate.core.comparison import back_test
    from tidegate.steps.comparison import replay

    if options.candidate or options.champion:
        raise InputError("E-ARG-015", "--replay reads past runs; --candidate and --champion do not go with it.")
    runs = replay.replayed(settings, settings.workspace / options.replay, options.replay)
    refused = [run.refused for run in runs if run.refused is not None]
    return Answer(
        verdict=Verdict.ERROR if refused else Verdict.SKIPPED,
        sentence=back_test.told(runs),
        data={"runs": [run.document() for run in runs]},
        exit_code=max((error.exit_code for error in refused), default=0),
    )


def _in_repository(settings: Settings, options: argparse.Namespace, champions: Champions) -> Answer:
    from tidegate.core.comparison.change.change_blocks import attribution_block, proven
    from tidegate.core.comparison.change.confirmation import confirmation_block
    from tidegate.core.comparison.pictures.fit import fit_block
    from tidegate.core.comparison.provenance import artifacts
    from tidegate.core.comparison.verdict import Side, result
    from tidegate.steps.comparison import beside_quality, champion, confirmation, keeping, reference, waivers
    from tidegate.steps.pipeline import base, subject

    _forget(settings)
    since = base.resolve(settings, options.base)
    judged = champion.judged_by(settings, since)
    theirs = champion.champion_of(settings, judged.judge, since)
    written = artifacts(reference.pipeline_at(settings, judged.model, None).stages)
    candidate = reference.candidate_of(settings, judged.judge, written)
    with settings.console.group(f"comparing with {theirs}"):
        champions = _at_hand(settings, judged, theirs.commit, champions)
        day = waivers.day_of(settings, judged, since)
        beside = beside_quality.of(settings, judged, since, theirs.commit, written, champions.output)
        alone, theirs, own, split = _compared(
            settings, judged, since, theirs, candidate, champions, day, beside.costs, train=options.attribute
        )
        checked = confirmation.of(settings, judged, since, candidate, written, champions.output)
        alone = alone if checked is None else checked.hold(judged.judge, alone)
        comparison = beside.judge(alone)
    judged = own.judged(judged)
    about = replace(subject.of(settings, judged.model, written), policy=judged.policy.digest)
    ours = Side(kind="candidate", commit=about.commit, predictions=candidate.digest, artifacts=written)
    recorded = reference.artifacts_at(settings, judged.judge, theirs.commit)
    theirs = replace(theirs, artifacts=recorded)
    document = {**beside.document(result(comparison, ours, theirs, judged.policy)), **attribution_block(split)}
    document |= {**confirmation_block(checked), **own.block()}
    kept = keeping.kept(judged, about, (ours, theirs), alone, beside.behaviours, proven(beside.decided(document)))
    document = {**document, "kept": kept.digest}
    drawn = {**document, **fit_block(None if alone.grounds is None else alone.grounds.sample, judged.judge.alpha)}
    outputs = _leave(settings, kept, comparison, drawn, proven(beside.decided(document)))
    return _answer(comparison, drawn, outputs, beside.notes())


def _at_hand(settings: Settings, judged: Judged, commit: str | None, champions: Champions) -> Champions:
    """All that is read of the champion, brought with one start of DVC in the place of one for each file."""
    from tidegate.steps.comparison import champion, reference
    from tidegate.steps.pipeline import past_output

    if commit is None or champions.output is not past_output.at:
        return champions
    theirs = champion.model_at(settings, judged.judge.name, commit) or judged.judge
    wanted = reference.files_of_champion(settings, judged.judge, commit)
    return replace(champions, output=past_output.brought(settings, theirs, commit, wanted))


def _forget(settings: Settings) -> None:
    """What an earlier comparison left must not be taken for this one's, should this one fail or be killed."""
    if not settings.dry_run:
        for stale in (VERDICT, "compare-models.json", KEPT):
            (settings.evidence / stale).unlink(missing_ok=True)


def _compared(
    settings: Settings,
    judged: Judged,
    base: str | None,
    side: Side,
    candidate: Predictions,
    champions: Champions,
    day: date | None,
    costs: Costs | None,
    *,
    train: bool,
) -> tuple[Comparison, Side, Own, Attribution | None]:
    """The decision, the champion with the predictions of it that were read, what its own code measured, and the parts
    of the difference.
    """
    from tidegate.core.comparison.comparison import compare, stopped
    from tidegate.steps.comparison import attribution, own_metrics, reference, repeats, rescoring
    from tidegate.steps.comparison.own_metrics import Own

    judge, commit = judged.judge, side.commit
    measured = partial(own_metrics.of, settings, judge, base if judged.policy.source == "base" else None, candidate)
    totals = replace(reference.totals_of(settings, judge, commit, champions), costs=costs)
    if commit is None:
        own = measured(None)
        return compare(judge, candidate, None, replace(totals, measured=own.measured), day), side, own, None
    found = reference.predictions_of(settings, judge, commit, candidate, champions)
    if isinstance(found, str):
        return stopped(judge, Verdict.INCOMPARABLE, found), side, Own(), None
    theirs, side = found.predictions, replace(side, predictions=found.predictions.digest, rescored=found.rescored)
    if found.rescored is not None:
        settings.console.say(f"{found.rescored}")
        totals = replace(totals, champion={})  # its own are of other rows
    ask = partial(rescoring.in_tree, judge)
    seeds = repeats.of(settings, judge, commit, candidate, theirs, rescore=ask)
    if isinstance(seeds, str):
        return stopped(judge, Verdict.INCOMPARABLE, seeds), side, Own(), None
    own = measured(found)
    comparison = compare(judge, candidate, theirs, replace(totals, measured=own.measured), day, seeds)
    if comparison.grounds is None:
        return comparison, side, own, None
    both = (candidate, theirs)
    return comparison, side, own, attribution.of(settings, judge, commit, both, train=train, rescore=ask)


def _leave(
    settings: Settings,
    kept: Kept,
    comparison: Comparison,
    document: Mapping[str, Any],
    decided: Mapping[str, Any],
) -> dict[str, str]:
    """Write evidence, verdict and all that it follows from (unless dry) and return the outputs that name them.

    The verdict's bytes hold what was `decided`: all of the document but times that decide nothing.
    """
    from tidegate.adapters import evidence as store
    from tidegate.adapters import kept_rows
    from tidegate.core.comparison.verdict import verdict_bytes
    from tidegate.core.evidence import Evidence, digest

    model, subject = kept.context.model, kept.context.subject
    data = verdict_bytes(model, subject, comparison, decided)
    evidence = Evidence(
        command="compare-models", model=model, outcome=comparison.verdict, subject=subject, result=document
    )
    if not settings.dry_run:
        kept_rows.write(settings.evidence / KEPT, kept)
        files.write_atomically(settings.evidence / VERDICT, data)
        store.write(settings.evidence, evidence)
    return {"verdict-digest": digest(data)}


def _answer(
    comparison: Comparison,
    document: Mapping[str, Any],
    outputs: Mapping[str, str],
    notes: tuple[Annotation, ...] = (),
) -> Answer:
    annotations = [
        Annotation(level="error" if gate.blocks and gate.verdict is Verdict.FAIL else "warning", message=gate.sentence)
        for gate in comparison.gates
        if gate.verdict in (Verdict.FAIL, Verdict.UNDECIDED)
    ]
    return Answer(
        verdict=comparison.verdict,
        sentence=comparison.sentence,
        outputs=outputs,
        annotations=(*annotations, *notes),
        data=document,
    )
