"""What a verdict follows from, kept so that it can be reached again: by the same policy, or by another one.

`Kept` is everything that was judged and nothing else: the paired rows, the numbers that came without rows, the contract
that judged, the day, and what was judged. Reading it again needs no repository, no data and no model.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import date
from typing import Any

from tidegate import __version__
from tidegate.core.answer import Verdict
from tidegate.core.comparison.beside.behaviour import Behaviours
from tidegate.core.comparison.beside.behaviour_verdict import with_behaviours
from tidegate.core.comparison.change.seed_noise import Repeats, Retrained
from tidegate.core.comparison.comparison import Comparison, judged, stopped
from tidegate.core.comparison.conclusion import repeats_decide
from tidegate.core.comparison.metrics.totals import Totals
from tidegate.core.comparison.samples.paired_rows import Column, outputs_of, rows_digest
from tidegate.core.comparison.samples.sample import Output, Sample
from tidegate.core.comparison.verdict import Policy, Side, result, verdict_bytes
from tidegate.core.contract import Evaluation, Model
from tidegate.core.evidence import Subject, canonical_bytes, digest
from tidegate.errors import InputError

SCHEMA = 1
_FREE = (
    "predictions",
    "slices",
    "bins",
    "pairs",
    "minimum_rows",
    "rows",
    "predict",
    "model",
    "tests",
    "interval",
    "attribution",
    "repeats",
)
"""What an evaluation may say otherwise without needing other rows than those that were kept."""
_DROPPED = ("cluster", "weight")
"""Columns that another policy may do without."""


@dataclass(frozen=True, kw_only=True)
class Stop:
    """Why no gate was asked, and what that means."""

    verdict: Verdict
    why: str


@dataclass(frozen=True, kw_only=True)
class Seeds:
    """One recipe's trainings with other seeds: `own` is the compared model's; the rows have what they said."""

    own: int
    seeds: tuple[int, ...]
    digests: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Trained:
    """Both recipes' trainings with other values of `parameter`."""

    parameter: str
    candidate: Seeds
    champion: Seeds
    same_recipe: bool = False


@dataclass(frozen=True, kw_only=True)
class Context:
    """Everything but the rows. `contract`: the text of the one that judged; `beside`: digest of further blocks.

    `positive` and `labels` belong to the rows; `stop` is None where gates were asked.
    """

    model: str
    contract: str
    subject: Subject
    candidate: Side
    champion: Side
    policy: Policy
    day: date | None
    totals: Totals = field(default_factory=Totals)
    behaviours: Behaviours | None = None
    trained: Trained | None = None
    stop: Stop | None = None
    positive: str | None = None
    labels: tuple[str, ...] = ()
    beside: str | None = None
    tool: str = f"tidegate {__version__}"
    schema: int = SCHEMA


@dataclass(frozen=True, kw_only=True)
class Kept:
    """One run's evidence. `document` is the context as JSON values, `sample` None where no gate was asked of rows."""

    context: Context
    document: Mapping[str, Any]
    sample: Sample | None
    repeats: Repeats | None = None

    @property
    def digest(self) -> str:
        """``sha256:…`` of all of it: the same for the same content, however a file of it is written."""
        rows = None if self.sample is None else rows_digest(self.sample, self.repeats)
        return digest(canonical_bytes({"context": self.document, "rows": rows}))


def trained(repeats: Repeats | None) -> Trained | None:
    """What is kept of trainings with other seeds beside their rows."""
    if repeats is None:
        return None
    candidate, champion = (
        Seeds(own=side.own, seeds=side.seeds, digests=side.digests) for side in (repeats.candidate, repeats.champion)
    )
    return Trained(parameter=repeats.parameter, candidate=candidate, champion=champion, same_recipe=repeats.same_recipe)


def repeats_of(context: Context, columns: Mapping[str, Column]) -> Repeats | None:
    """The inverse: trainings with other seeds, from the columns of the rows. Raises ValueError where one is missing."""
    known = context.trained
    if known is None:
        return None
    return Repeats(
        parameter=known.parameter,
        candidate=_retrained(known.candidate, outputs_of(columns, "candidate", len(known.candidate.seeds))),
        champion=_retrained(known.champion, outputs_of(columns, "champion", len(known.champion.seeds))),
        same_recipe=known.same_recipe,
    )


def _retrained(seeds: Seeds, outputs: tuple[Output, ...]) -> Retrained:
    return Retrained(own=seeds.own, seeds=seeds.seeds, outputs=outputs, digests=seeds.digests)


def beside(document: Mapping[str, Any], comparison: Comparison, context: Context) -> dict[str, Any]:
    """The blocks of a verdict's result that do not follow from the comparison, such as measurements for people."""
    own = result(comparison, context.candidate, context.champion, context.policy)
    return {name: value for name, value in document.items() if name not in (*own, "kept", "seed_noise")}


def beside_digest(blocks: Mapping[str, Any]) -> str | None:
    """Digest of such blocks, None where there are none."""
    return digest(canonical_bytes(blocks)) if blocks else None


def again(kept: Kept, judge: Model) -> Comparison:
    """The same evidence judged by `judge`. Raises InputError where that policy needs what was not kept."""
    return with_behaviours(_alone(kept, judge), kept.context.behaviours)


def _alone(kept: Kept, judge: Model) -> Comparison:
    stop, sample = kept.context.stop, kept.sample
    if stop is not None or sample is None:
        return stopped(judge, stop.verdict, stop.why) if stop else stopped(judge, Verdict.ERROR, "no rows were kept")
    _require_repeats(kept.repeats, judge, sample)
    repeats = kept.repeats if judge.evaluation.repeats else None
    return judged(judge, _fitted(sample, judge.evaluation), kept.context.totals, kept.context.day, repeats)


def _require_repeats(kept: Repeats | None, judge: Model, sample: Sample) -> None:
    """Raise InputError E-RPL-006 where the policy wants trainings with other seeds that nobody made."""
    asked = judge.evaluation.repeats
    if asked is None or not repeats_decide(judge.gates, sample):
        return
    made = 0 if kept is None or kept.parameter != asked.parameter else len(kept.champion.seeds)
    if made < asked.times:
        message = f"evaluation.repeats asks for {asked.times} of {asked.parameter[:80]!r}; {made} were kept."
        raise InputError("E-RPL-006", message, fix="Compare again in the repository, or leave repeats out.")


def verdict_again(kept: Kept, judge: Model, blocks: Mapping[str, Any]) -> bytes:
    """The bytes of the verdict, reached again by the policy that judged first; `blocks` are those beside it."""
    context, comparison = kept.context, again(kept, judge)
    own = result(comparison, context.candidate, context.champion, context.policy)
    return verdict_bytes(context.model, context.subject, comparison, {**own, **blocks, "kept": kept.digest})


def _fitted(sample: Sample, evaluation: Evaluation) -> Sample:
    missing = [name for name in evaluation.value_columns if name not in sample.slices]
    missing += [name for name in evaluation.bins if name not in sample.numbers]
    if missing:
        kept = ", ".join([*sample.slices, *sample.numbers]) or "none"
        message = f"the rows were kept without the column {missing[0][:80]!r}; slices that were kept: {kept[:300]}."
        raise InputError("E-RPL-006", message, fix="Compare again in the repository, or leave the slice out.")
    dropped = {name: None for name in _DROPPED if getattr(evaluation, name) is None}
    return replace(sample, **dropped)  # type: ignore[arg-type]


def require_same_rows(before: Evaluation, after: Evaluation) -> None:
    """Raise InputError E-RPL-006 where `after` reads columns otherwise than `before`, by which the rows were kept."""
    for one in fields(Evaluation):
        old, new = getattr(before, one.name), getattr(after, one.name)
        if old == new or one.name in _FREE or (one.name in _DROPPED and new is None):
            continue
        message = f"evaluation.{one.name} was {old!s:.80} when the rows were kept, and is {new!s:.80}."
        raise InputError("E-RPL-006", message, fix="Compare again in the repository.")


def standing_of(gate: Mapping[str, Any]) -> str:
    """How a gate of a verdict's result ended, in a word or two."""
    word = "not asked" if gate["verdict"] == Verdict.SKIPPED else str(gate["verdict"])
    if gate.get("waiver", {}).get("standing") == "active":
        return f"{word}, waived"
    return f"{word}, warns" if gate["severity"] == "warn" and word not in (Verdict.PASS, "not asked") else word


def changes(then: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """What became of each gate that ended otherwise, or is there on one side only: ``rmse: 1% fail → 5% pass``."""
    old, new = _by_gate(then), _by_gate(now)
    told = []
    for key in dict.fromkeys([*old, *new]):
        before, after = old.get(key), new.get(key)
        if before is None or after is None or standing_of(before) != standing_of(after):
            told.append(f"{_named(key)} {_end(before)} → {_end(after)}")
    return told


def _by_gate(result: Mapping[str, Any]) -> dict[tuple[str, ...], Mapping[str, Any]]:
    return {_key(gate): gate for gate in result["gates"]}


def _key(gate: Mapping[str, Any]) -> tuple[str, ...]:
    part, gap = gate["slice"], gate.get("gap")
    where = (f"[{part['column']}={part['value']}]",) if part else ()
    across = (f" {gap['measure']} across {gap['column']}",) if gap else ()
    return str(gate["metric"]), str(gate["kind"]), *where, *across


def _named(key: tuple[str, ...]) -> str:
    metric, kind, *part = key
    return f"{metric}{''.join(part)} {kind}"


def _end(gate: Mapping[str, Any] | None) -> str:
    return "no gate" if gate is None else f"{gate['limit']} {standing_of(gate)}"
