"""What a release's pods answered, as counts that only grow although pods come and go.

A container that ended takes its counts with it: they are kept as they were last seen, and its successor counts anew.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tidegate.adapters.targets import metrics_text
from tidegate.adapters.targets.metrics_text import Sample
from tidegate.core.deployment.traffic import Histogram, Traffic

_ASKED = ("infer", "invocations")
_NOTHING = Histogram(edges=(1.0,), counts=(0, 0))


def of_server(text: str) -> Traffic:
    """One server's counts. An error is an answer of 500 or more. Raises ValueError for text that is not Prometheus'."""
    found = list(metrics_text.samples(text))
    answers = [row for row in found if row.name == "tidegate_requests_total" and row.labels.get("endpoint") in _ASKED]
    return Traffic(
        requests=int(sum(row.value for row in answers)),
        errors=int(sum(row.value for row in answers if _failed(row))),
        latency=metrics_text.histogram(found, "tidegate_request_seconds", "endpoint", _ASKED) or _NOTHING,
        predictions=metrics_text.histogram(found, "tidegate_prediction", "column"),
    )


def together(counted: Mapping[str, Traffic]) -> Traffic:
    """The sum over servers; one that counts in other bins than the first is of another make and left out."""
    rows = list(counted.values())
    return Traffic(
        requests=sum(row.requests for row in rows),
        errors=sum(row.errors for row in rows),
        latency=_sum([row.latency for row in rows]) or _NOTHING,
        predictions=_sum([row.predictions for row in rows if row.predictions is not None]),
    )


@dataclass
class Counts:
    """Per release, the counts of every container that was ever seen."""

    _seen: dict[str, dict[str, Traffic]] = field(default_factory=dict)

    def of(self, release: str, now: Mapping[str, Traffic]) -> Traffic:
        """The release's counts after another look; `now` by container."""
        seen = self._seen.setdefault(release, {})
        seen.update(now)
        return together(seen)


def container(pod: Mapping[str, Any]) -> str:
    """A name that no other container ever has: the pod's id, and how often its container was started."""
    statuses = (pod.get("status") or {}).get("containerStatuses") or [{}]
    return f"{pod['metadata'].get('uid', pod['metadata']['name'])}/{statuses[0].get('restartCount', 0)}"


def _failed(row: Sample) -> bool:
    return row.labels.get("code", "").startswith("5")


def _sum(histograms: list[Histogram]) -> Histogram | None:
    """Empty ones have no bins to speak of."""
    counted = [one for one in histograms if one.total]
    if not counted:
        return histograms[0] if histograms else None
    edges = counted[0].edges
    rows = [one.counts for one in counted if one.edges == edges]
    return Histogram(edges=edges, counts=tuple(map(sum, zip(*rows, strict=True))))
