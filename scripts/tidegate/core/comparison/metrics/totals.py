"""Metrics that come as one number for the whole hold-out: exact, but without rows and so without an interval."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from tidegate.core.comparison.beside.cost import Costs
from tidegate.core.comparison.inference.estimation import Estimate
from tidegate.core.comparison.metric_table import KNOWN
from tidegate.core.comparison.metrics.measured import Measured
from tidegate.core.contract import Model
from tidegate.core.near_miss import did_you_mean
from tidegate.errors import InputError

_SHOWN = 12


@dataclass(frozen=True, kw_only=True)
class Totals:
    """Name → number, as the pipelines of both models claim them; `name` is the file's, for messages.

    `costs`: what was timed and counted by us, which counts for more than what anybody claims; `measured`: what the
    model's own code said of the very rows.
    """

    candidate: Mapping[str, float] = field(default_factory=dict)
    champion: Mapping[str, float] | None = None
    name: str = "metrics.json"
    costs: Costs | None = None
    measured: tuple[Measured, ...] = ()


def total_estimates(policy: Model, metrics: Iterable[str], totals: Totals) -> dict[str, Estimate]:
    """Estimates of the metrics that have a total; costs that were not measured have none.

    Raises InputError E-MET-006 for a metric that the candidate's file lacks, E-MET-009 for an impossible value.
    """
    found = {}
    for metric in metrics:
        if metric in totals.candidate:
            found[metric] = _estimate(policy, metric, totals)
        elif metric not in KNOWN or KNOWN[metric].needs != "cost":
            raise _absent(metric, totals)
    return found


def _estimate(policy: Model, metric: str, totals: Totals) -> Estimate:
    candidate = _possible(policy, metric, totals.candidate[metric], totals.name)
    champion = (totals.champion or {}).get(metric)
    if champion is not None:
        _possible(policy, metric, champion, f"the champion's {totals.name}")
    return Estimate.of_one_number(metric, candidate, champion)


def _possible(policy: Model, metric: str, value: float, where: str) -> float:
    declared = policy.metrics.get(metric) or KNOWN[metric]
    low, high = declared.minimum, declared.maximum
    if (low is not None and value < low) or (high is not None and value > high):
        ends = f"[{'-∞' if low is None else f'{low:g}'}, {'∞' if high is None else f'{high:g}'}]"
        raise InputError("E-MET-009", f"is {value!r}, outside the declared range {ends}.", where=f"{where} /{metric}")
    return value


def _absent(metric: str, totals: Totals) -> InputError:
    names = list(totals.candidate)
    present = ", ".join(name[:80] for name in names[:_SHOWN]) + (", …" if len(names) > _SHOWN else "")
    message = f"gate needs {metric!r}; present: {present or 'nothing'}.{did_you_mean(metric, names)}"
    return InputError("E-MET-006", message, where=totals.name, fix="Let the pipeline write it, or drop the gate.")
