"""What a verdict's document says about costs: one member, absent where nobody asked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tidegate.core.comparison.beside.cost import Costs
from tidegate.core.comparison.beside.cost_bill import bill
from tidegate.core.comparison.beside.cost_ratio import CostRatio, cost_ratios
from tidegate.core.comparison.metric_table import is_cost
from tidegate.core.contract import Model, Tariff


def cost_block(policy: Model, costs: Costs | None, tariff: Tariff | None) -> dict[str, Any]:
    """``{"cost": …}`` as JSON values, or nothing."""
    if costs is None:
        return {}
    return {
        "cost": {
            "evidence": costs.digest,
            "way": costs.way,
            "runtime": costs.runtime,
            "rows": costs.rows,
            "rounds": costs.rounds,
            "level": 1 - policy.alpha,
            "why_not": costs.why_not,
            "ratios": [_ratio(one) for one in cost_ratios(costs, policy.alpha)],
            "bill": _bill(costs, tariff),
        }
    }


def gated(policy: Model) -> bool:
    """Whether a gate of the policy is about a cost: only then do costs decide, and belong to the verdict's bytes."""
    return any(is_cost(gate.metric) for gate in policy.gates)


def decided_by(policy: Model, document: Mapping[str, Any]) -> dict[str, Any]:
    """`document` without costs that decide nothing: timed again, they would change the digest of an equal verdict."""
    return {name: value for name, value in document.items() if name != "cost" or gated(policy)}


def _ratio(one: CostRatio) -> dict[str, Any]:
    interval = one.interval
    return {
        "name": one.name,
        "direction": one.direction,
        "candidate": one.candidate,
        "champion": one.champion,
        "ratio": one.ratio,
        "interval": [interval.low, interval.high] if interval is not None and interval.bounded else None,
        "rounds": one.rounds,
        "spread": one.spread,
    }


def _bill(costs: Costs, tariff: Tariff | None) -> dict[str, Any] | None:
    trained = costs.pairs.get("train_seconds")
    if tariff is None or trained is None or trained.candidate is None:
        return None
    made = bill(tariff, trained.candidate)
    return {"price": made.price, "currency": tariff.currency, "watt_hours": made.energy, "lines": list(made.lines)}
