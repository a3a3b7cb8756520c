"""A contract from a few options, for comparing two files outside any repository."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation

from tidegate.core.comparison.gate_case import AGAINST_CHAMPION
from tidegate.core.comparison.metric_table import KNOWN
from tidegate.core.contract import RULES, DataSource, Evaluation, Gate, Model, RuleKind
from tidegate.core.near_miss import did_you_mean
from tidegate.errors import InputError


def plain_model(metric: str, limits: Mapping[RuleKind, str], evaluation: Evaluation) -> Model:
    """A model with one gate per limit. Raises InputError E-ARG-01x for what no contract would accept either."""
    if metric not in KNOWN or KNOWN[metric].needs == "cost":
        known = tuple(name for name, kind in KNOWN.items() if kind.needs != "cost")
        message = f"--metric {metric[:80]!r} is unknown; predictions allow: {', '.join(known)}."
        raise InputError("E-ARG-010", f"{message}{did_you_mean(metric, known)}")
    if not limits:
        options = ", ".join(f"--{kind.replace('_', '-')}" for kind in RULES)
        raise InputError("E-ARG-011", f"a gate needs a limit: one of {options}.")
    return Model(
        name="files",
        path=".",
        data=DataSource(tracked="", expectations=""),
        evaluation=evaluation,
        gates=tuple(_gate(metric, kind, text) for kind, text in limits.items()),
    )


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
