"""The verdict as a document: what the report, the promotion and the deployment read, in bytes that never vary.

The same document is the result of `compare-models` and, with subject and decision, `verdict.json`, whose digest travels
with the model from here on.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from tidegate.core.comparison.change.change_blocks import seed_block
from tidegate.core.comparison.comparison import Comparison
from tidegate.core.comparison.gates.findings import Finding
from tidegate.core.comparison.gates.gaps import Gap
from tidegate.core.comparison.gates.waivers import Waived, Waivers
from tidegate.core.comparison.inference.intervals import Interval
from tidegate.core.comparison.metrics.metric_results import MetricResult
from tidegate.core.comparison.pictures.flips import Flips
from tidegate.core.comparison.samples.rescored import Rescored
from tidegate.core.comparison.samples.slices import Slice
from tidegate.core.evidence import SCHEMA, Subject, canonical_bytes


@dataclass(frozen=True, kw_only=True)
class Side:
    """One of the two models: where it comes from, and digests of what was read (`artifacts`: path → digest).

    `rescored`: how the rows changed, where its predictions are not its own pipeline's but those of its command.
    """

    kind: Literal["candidate", "release", "base", "file", "none"]
    commit: str | None = None
    version: str | None = None
    predictions: str | None = None
    artifacts: Mapping[str, str] = field(default_factory=dict)
    rescored: Rescored | None = None

    def __str__(self) -> str:
        if self.kind == "none":
            return "no champion"
        return f"release {self.version}" if self.kind == "release" else f"the model at {(self.commit or '')[:12]}"


@dataclass(frozen=True, kw_only=True)
class Policy:
    """Which contract judged, whether the change edits it, and how (`edits`: one sentence each)."""

    source: Literal["base", "workspace", "options"]
    digest: str
    changed: bool
    edits: tuple[str, ...] = ()


def result(comparison: Comparison, candidate: Side, champion: Side, policy: Policy) -> dict[str, Any]:
    """The comparison as JSON values; what is no finite number is null, never a number."""
    return {
        "sentence": comparison.sentence,
        "candidate": _without(asdict(candidate), "kind", "version", "rescored"),
        "champion": _without(asdict(champion), *(("rescored",) if champion.rescored is None else ())),
        "rows": comparison.rows,
        "clusters": comparison.clusters,
        "cluster": comparison.cluster,
        "alpha": comparison.alpha,
        "draws": comparison.draws,
        "family": list(comparison.family),
        "metrics": [_metric(metric) for metric in comparison.metrics],
        "gates": [_gate(gate) for gate in comparison.gates],
        "slices": [_slice(part) for part in comparison.slices],
        **({"slice_notes": list(comparison.slice_notes)} if comparison.slice_notes else {}),
        "flips": _flips(comparison),
        "regressions": [asdict(row) for row in comparison.regressions],
        "policy": _policy(policy),
        **seed_block(None if comparison.grounds is None else comparison.grounds.repeats, comparison.seed_noise),
        **({} if comparison.waivers is None else {"waivers": _waivers(comparison.waivers)}),
    }


def verdict_bytes(model: str, subject: Subject, comparison: Comparison, result: Mapping[str, Any]) -> bytes:
    """Canonical bytes of the verdict; nothing in them depends on when or where it was reached."""
    return canonical_bytes(
        {
            "schema": SCHEMA,
            "kind": "verdict",
            "model": model,
            "subject": asdict(subject),
            "verdict": comparison.verdict.value,
            "result": result,
        }
    )


def _metric(metric: MetricResult) -> dict[str, Any]:
    return {
        "name": metric.name,
        "direction": metric.direction,
        "candidate": _number(metric.candidate),
        "champion": _number(metric.champion),
        "difference": _number(metric.difference),
        "interval": _interval(metric.interval),
        "level": metric.level,
        "better": metric.better,
    }


def _slice(metric: MetricResult) -> dict[str, Any]:
    part = {} if metric.part is None else asdict(metric.part)
    shown = _without(_metric(metric), "name", "direction", "level", "better")
    return {**part, "rows": metric.rows, "metric": metric.name, **shown, "judged": metric.judged}


def _gate(gate: Finding) -> dict[str, Any]:
    return {
        "metric": gate.metric,
        "slice": _part(gate.part),
        "kind": gate.kind,
        "limit": gate.limit,
        "severity": gate.severity,
        "rows": gate.rows,
        "candidate": _number(gate.candidate),
        "champion": _number(gate.champion),
        "difference": _number(gate.difference),
        "interval": _interval(gate.interval),
        "interval_of": gate.interval_of,
        "level": gate.level,
        "verdict": gate.verdict.value,
        "sentence": gate.sentence,
        "detectable": _number(gate.detectable),
        "rows_needed": gate.rows_needed,
        **({} if gate.seeds is None else {"seeds": _number(gate.seeds)}),
        **({} if gate.gap is None else {"gap": _gap(gate.gap)}),
        **({} if gate.waived is None else {"waiver": _waiver(gate.waived)}),
    }


def _gap(gap: Gap) -> dict[str, Any]:
    groups = [
        {
            "value": group.part.value,
            "rows": group.rows,
            "candidate": _number(group.candidate),
            "champion": _number(group.champion),
            "compared": group.estimate is not None,
        }
        for group in gap.groups
    ]
    return {"column": gap.column, "measure": gap.measure, "groups": groups}


def _waiver(waived: Waived) -> dict[str, str]:
    waiver = waived.waiver
    until = waiver.until.isoformat()
    return {"standing": waived.standing.value, "reason": waiver.reason, "owner": waiver.owner, "until": until}


def _waivers(waivers: Waivers) -> dict[str, Any]:
    return {"day": None if waivers.day is None else waivers.day.isoformat(), "unused": list(waivers.unused)}


def _policy(policy: Policy) -> dict[str, Any]:
    edits = {"edits": list(policy.edits)} if policy.edits else {}
    return {"from": policy.source, "digest": policy.digest, "changed": policy.changed, **edits}


def _flips(comparison: Comparison) -> dict[str, Any] | None:
    if comparison.flips is None:
        return None
    by_slice = [{**asdict(part), **_changed(flips)} for part, flips in comparison.slice_flips.items()]
    return {**asdict(comparison.flips), "slices": by_slice}


def _changed(flips: Flips) -> dict[str, float | None]:
    return {"became_right": flips.became_right, "became_wrong": flips.became_wrong, "p": flips.p}


def _part(part: Slice | None) -> dict[str, str] | None:
    return None if part is None else asdict(part)


def _interval(interval: Interval | None) -> list[float] | None:
    return [interval.low, interval.high] if interval is not None and interval.bounded else None


def _number(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def _without(document: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in document.items() if name not in names}
