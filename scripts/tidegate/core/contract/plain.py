"""A contract from a few options, for comparing two files outside any repository."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation

from tidegate.core.comparison.gates.gate_case import AGAINST_CHAMPION
from tidegate.core.comparison.metric_table import KNOWN, Direction, is_cost
from tidegate.core.contract import RULES, CustomMetric, DataSource, Evaluation, Gate, Model, RuleKind, is_name
from tidegate.core.near_miss import did_you_mean
from tidegate.errors import InputError


@dataclass(frozen=True, kw_only=True)
class Asked:
    """Metrics as they were named together, the limits given for them, and which way is better where that is said."""

    metrics: tuple[str, ...]
    limits: Mapping[RuleKind, str] = field(default_factory=dict)
    direction: Direction | None = None


def groups(words: Sequence[tuple[str, str]]) -> list[Asked]:
    """Options in the order they were given, as pairs of name and value, in groups: a metric after a limit begins one.

    Limits before any metric belong to the only group. Raises InputError E-ARG-011 where they could belong to several.
    """
    found: list[tuple[list[str], dict[str, str]]] = []
    early = dict(words[: _first_metric(words)])
    for name, value in words[_first_metric(words) :]:
        if name == "metric" and (not found or found[-1][1]):
            found.append(([], {}))
        if name == "metric":
            found[-1][0].append(value)
        else:
            found[-1][1][name] = value
    if early and len(found) != 1:
        raise InputError(
            "E-ARG-011", "limits before the first --metric belong to none.", fix="Give each after its own."
        )
    return [_asked(metrics, {**early, **limits}) for metrics, limits in found]


def _first_metric(words: Sequence[tuple[str, str]]) -> int:
    return next((place for place, (name, _) in enumerate(words) if name == "metric"), len(words))


def _asked(metrics: Sequence[str], given: Mapping[str, str]) -> Asked:
    limits: dict[RuleKind, str] = {kind: given[kind] for kind in RULES if kind in given}
    direction: Direction | None = "higher" if given.get("direction") == "higher" else None
    return Asked(
        metrics=tuple(metrics), limits=limits, direction="lower" if given.get("direction") == "lower" else direction
    )


def plain_model(asked: Sequence[Asked], evaluation: Evaluation) -> Model:
    """A model with a gate for each metric and limit. Raises InputError E-ARG-01x for what no contract would accept."""
    own = {name: CustomMetric(direction=one.direction) for one in asked for name in one.metrics if one.direction}
    for one in asked:
        for metric in one.metrics:
            _require(metric, one)
    gates = [_gate(metric, kind, text) for one in asked for metric in one.metrics for kind, text in one.limits.items()]
    twice = next((gate for place, gate in enumerate(gates) if _same(gate, gates[:place])), None)
    if twice is not None:
        raise InputError("E-ARG-011", f"--metric {twice.metric} has two limits of one kind.", fix="Keep one.")
    return Model(
        name="files",
        path=".",
        data=DataSource(tracked="", expectations=""),
        evaluation=evaluation,
        gates=tuple(gates),
        metrics=own,
    )


def _same(gate: Gate, others: Sequence[Gate]) -> bool:
    return any((gate.metric, gate.kind) == (other.metric, other.kind) for other in others)


def _require(metric: str, asked: Asked) -> None:
    known = metric in KNOWN and not is_cost(metric)
    if known and asked.direction:
        message = f"--direction is for metrics of your own; {metric} is {KNOWN[metric].direction}-is-better."
        raise InputError("E-ARG-010", message, fix="Leave it out.")
    if not known and (asked.direction is None or not is_name(metric)):
        listing = tuple(name for name in KNOWN if not is_cost(name))
        message = f"--metric {metric[:80]!r} is unknown; predictions allow: {', '.join(listing)}."
        own = "For a number of your own say --direction higher or lower."
        raise InputError("E-ARG-010", f"{message}{did_you_mean(metric, listing)}", fix=own)
    if not asked.limits:
        options = ", ".join(f"--{kind.replace('_', '-')}" for kind in RULES)
        raise InputError("E-ARG-011", f"--metric {metric} needs a limit: one of {options}.")


def _gate(metric: str, kind: RuleKind, text: str) -> Gate:
    relative = text.endswith("%")
    try:
        limit = Decimal(text.removesuffix("%").strip())
    except InvalidOperation:
        limit = Decimal("NaN")
    if (
        not limit.is_finite()
        or (relative and kind in ("at_least", "at_most"))
        or (limit < 0 and kind in AGAINST_CHAMPION)
    ):
        raise InputError("E-ARG-012", f"--{kind.replace('_', '-')} {text[:80]!r}: expected a number such as 0.5 or 1%.")
    return Gate(
        metric=metric,
        kind=kind,
        limit=limit / 100 if relative else limit,
        relative=relative,
        text=text,
    )
