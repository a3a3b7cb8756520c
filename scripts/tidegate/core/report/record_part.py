"""What stays for the record: cost and time, all metrics, a short model card, lineage, how to do it again."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from tidegate.core.comparison.metric_table import KNOWN
from tidegate.core.report.blocks import Block, Code, Column, Details, Line, Link, Listing, Paragraph, Piece, Table
from tidegate.core.report.bounds import Bounds, first
from tidegate.core.report.comparison import ChampionKind, Change, Comparison
from tidegate.core.report.context import Context, is_commit
from tidegate.core.report.cost_part import cost_blocks, cost_gist
from tidegate.core.report.figures import (
    byte_size,
    change_cell,
    decimals_of,
    duration,
    metric_cell,
    slice_name,
    value_cell,
)
from tidegate.core.report.model import View
from tidegate.core.report.training import Training
from tidegate.core.rounding import counted, decimals_for, number


def metrics_part(comparison: Comparison, bounds: Bounds) -> Iterator[Details]:
    """Every metric over all rows, with or without a gate; those of cost stand under cost and time."""
    metrics = [metric for metric in comparison.metrics if not _is_cost(metric)]
    if metrics:
        yield Details(
            "All metrics", counted(len(metrics), "metric"), (_metrics_table(comparison, metrics, bounds),), weight=65
        )


def cost_part(comparison: Comparison | None, training: Training | None, bounds: Bounds) -> Iterator[Details]:
    """Latency and size beside quality, seconds per stage, bytes per artifact."""
    blocks: list[Block] = []
    costs = [metric for metric in comparison.metrics if _is_cost(metric)] if comparison else []
    gist: list[str] = []
    if comparison is not None and comparison.cost is not None:
        blocks += cost_blocks(comparison.cost, bounds)
        gist += filter(None, [cost_gist(comparison.cost)])
    elif comparison is not None and costs:
        blocks.append(_metrics_table(comparison, costs, bounds))
    if training is not None:
        gist.append(f"trained in {duration(training.seconds)}")
        if training.artifacts:
            shown, left_out = first(training.artifacts, bounds.rows)
            rows = tuple(((Code(one.path),), (byte_size(one.size),)) for one in shown)
            blocks.append(Table((Column("Artifact"), Column("Size", right=True)), rows, left_out, "artifacts"))
            gist.append(f"{byte_size(sum(one.size for one in training.artifacts))} of artifacts")
        blocks.append(Paragraph((f"The whole step took {duration(training.seconds)}.",)))
    if blocks:
        yield Details("Cost and time", ", ".join(gist), tuple(blocks), weight=40)


def card_part(view: View, bounds: Bounds) -> Iterator[Details]:
    """What somebody who meets the model later wants to know first."""
    rows = [(words, line) for words, line in _card(view, bounds) if line]
    table = Table((Column("About this model"), Column("")), tuple(((words,), line) for words, line in rows))
    yield Details("Model card", "what it is and how well it does", (table,), weight=30)


def lineage_part(view: View, bounds: Bounds) -> Iterator[Details]:
    """The digests that this verdict is about."""
    rows: list[tuple[Line, ...]] = [((words,), line) for words, line in _lineage(view) if line]
    if view.training is not None:
        shown, _ = first(view.training.artifacts, bounds.rows)
        rows += [((Code(one.path),), digest(one.sha256)) for one in shown]
    if rows:
        table = Table((Column("What"), Column("Commit or digest")), tuple(rows))
        yield Details("Lineage", "commits and digests", (table,), weight=20)


def reproduce_part(context: Context) -> Details:
    """The exact commands that repeat this run on a laptop."""
    lines: list[str] = []
    if context.head and context.pull_request is not None:
        lines.append(f"git fetch origin pull/{context.pull_request}/head")
    if context.head:
        lines.append(f"git switch --detach {context.head}")
    lines.append(f"tidegate run --model {shlex.quote(context.model)}")
    return Details("How to reproduce", "on your own machine", (Listing(tuple(lines), "sh"),), weight=35)


def champion_line(comparison: Comparison, context: Context) -> Line:
    """Which model the champion is; empty where there is none."""
    champion = comparison.champion
    if champion.kind is ChampionKind.NONE:
        return ()
    words: dict[ChampionKind, Line] = {
        ChampionKind.RELEASE: ("release ", Code(champion.version or "?")),
        ChampionKind.BASE: ("the model at the base",),
        ChampionKind.FILE: ("the model of the given file",),
    }
    return *words[champion.kind], *((" (", *commit(champion.commit, context), ")") if champion.commit else ())


def rescored_line(comparison: Comparison) -> Line:
    """That the champion was asked anew, and why; empty where its own predictions were read."""
    if comparison.champion.rescored is None:
        return ()
    named = zip(comparison.champion.rescored, ("new", "gone", "with another truth"), strict=True)
    changed = ", ".join(f"{counted(count, 'row')} {words}" for count, words in named if count)
    return (f" The hold-out changed ({changed or 'clusters or weights'}): champion re-scored on the new rows.",)


def commit(full: str | None, context: Context) -> Line:
    """Seven digits of a commit, linked where its page is known; what is no commit is shown as it is."""
    if not full:
        return ()
    address = context.commit_url(full)
    short = Code(full[:7] if is_commit(full) else full)
    return (Link(short, address),) if address else (short,)


def digest(text: str | None) -> Line:
    """A digest in code, whole: it is there to be searched for."""
    return (Code(text, 80),) if text else ()


def _is_cost(change: Change) -> bool:
    known = KNOWN.get(change.metric)
    return known is not None and known.needs == "cost"


def _metrics_table(comparison: Comparison, metrics: list[Change], bounds: Bounds) -> Table:
    shown, left_out = first(metrics, bounds.listed)
    champion = not comparison.first_model
    names = ("Champion", "This change", "Difference") if champion else ("This change",)
    columns = (Column("Metric"), *(Column(name, right=True) for name in names))
    return Table(columns, tuple(_metric(metric, champion) for metric in shown), left_out, "metrics")


def _metric(change: Change, champion: bool) -> tuple[Line, ...]:
    decimals = decimals_of(change)
    now = value_cell(change.candidate, decimals)
    both = (value_cell(change.champion, decimals), now, change_cell(change, decimals)) if champion else (now,)
    return metric_cell(change), *both


def _card(view: View, bounds: Bounds) -> Iterator[tuple[str, Line]]:
    comparison, training = view.comparison, view.training
    yield "Model", (Code(view.context.model),)
    yield "Verdict", (view.verdict.value,)
    if view.data is not None:
        yield "Data", (f"{counted(view.data.rows, 'row')} in {counted(view.data.files, 'file')}",)
    if comparison is not None and comparison.rows:
        groups: Line = ()
        if comparison.clusters is not None:
            groups = (f", {comparison.clusters:,} groups of one ", Code(comparison.cluster or ""))
        yield "Judged on", (f"{counted(comparison.rows, 'row')} that training did not see", *groups)
        yield "Quality", _quality(comparison, bounds)
        yield "Weakest where", _weakest(comparison)
    if training is not None:
        yield "Claimed by the pipeline", _claims(training, bounds)
        yield "MLflow run", (Code(training.mlflow_run),) if training.mlflow_run else ()


def _quality(comparison: Comparison, bounds: Bounds) -> Line:
    shown, _ = first([change for change in comparison.metrics if not _is_cost(change)], bounds.examples)
    pieces: list[Piece] = []
    for change in shown:
        pieces += [", "] * bool(pieces) + [Code(change.metric), f" {number(change.candidate, decimals_of(change))}"]
    return tuple(pieces)


def _weakest(comparison: Comparison) -> Line:
    """The slice with the worst value of the main metric."""
    main = next((gate.change.metric for gate in comparison.gates), "")
    known = [
        (one.change.worse(one.change.candidate), one.change)
        for one in comparison.slices
        if one.change.metric == main and one.judged and one.change.candidate is not None
    ]
    if not known or known[0][1].direction is None:
        return ()
    change = max(known, key=lambda pair: pair[0])[1]
    value = number(change.candidate, decimals_of(change))
    return *slice_name(change.slice or ("", "")), ": ", Code(change.metric), f" {value}"


def _claims(training: Training, bounds: Bounds) -> Line:
    shown, left_out = first(list(training.claimed.items()), bounds.examples)
    pieces: list[Piece] = []
    for name, value in shown:
        pieces += [", "] * bool(pieces) + [Code(name), f" {number(value, decimals_for([value]))}"]
    more = (f" and {left_out:,} more",) if left_out else ()
    return (*pieces, *more, " (shown, never judged)") if pieces else ()


def _lineage(view: View) -> Iterator[tuple[str, Line]]:
    context, comparison = view.context, view.comparison
    yield "Head commit", commit(context.head, context)
    measured = view.subject("commit")
    yield "Measured at commit", commit(measured, context) if measured != context.head else ()
    yield "Base commit", commit(context.base, context)
    if comparison is not None:
        yield "Champion", champion_line(comparison, context)
        yield "Champion's predictions", digest(comparison.champion.predictions)
        yield "This change's predictions", digest(comparison.candidate_predictions)
    for member, words in (("tree", "Inputs of the model (Git tree)"), ("data", "Data"), ("params", "Parameters")):
        yield words, digest(view.subject(member))
    yield "Environment lock", digest(view.subject("environment"))
    yield "Policy", digest(view.subject("policy"))
    yield "Verdict", digest(context.verdict_digest)
    if view.training is not None:
        yield "MLflow model", digest(view.training.mlflow_model)
