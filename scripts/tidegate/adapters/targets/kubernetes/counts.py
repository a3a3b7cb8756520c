"""What a release's pods answered, as counts that only grow although pods come and go.

A container that ended takes its counts with it: they are kept as they were last seen, and its successor counts anew.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tidegate.adapters.targets import metrics_text
from tidegate.adapters.targets.metrics_text import Sample
from tidegate.core.deployment.traffic import Histogram, Pairs, Traffic

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


@dataclass(frozen=True, kw_only=True)
class Compared:
    """What a comparison has asked a shadow: `errors` of `requests` copies had no answer that counts."""

    requests: int
    errors: int
    pairs: Pairs


@dataclass
class Comparisons:
    """Per release, what every container that compares it was ever seen to have counted."""

    _seen: dict[str, dict[str, Compared]] = field(default_factory=dict)

    def of(self, release: str, now: Mapping[str, Compared]) -> Compared:
        """The release's counts after another look; `now` by container."""
        seen = self._seen.setdefault(release, {})
        seen.update(now)
        rows = list(seen.values())
        return Compared(
            requests=sum(row.requests for row in rows),
            errors=sum(row.errors for row in rows),
            pairs=_paired([row.pairs for row in rows]),
        )


def of_comparison(document: Mapping[str, Any]) -> Compared:
    """What a comparison says of itself. Raises ValueError, KeyError or TypeError for what it never says."""
    pairs = Pairs(
        relative=_of_document(document["relative"]),
        absolute=_of_document(document["absolute"]),
        total=float(document["total"]),
        squares=float(document["squares"]),
    )
    return Compared(requests=int(document["requests"]), errors=sum(document["failed"].values()), pairs=pairs)


def _of_document(document: Mapping[str, Any]) -> Histogram:
    return Histogram(edges=tuple(document["edges"]), counts=tuple(document["counts"]))


def _paired(rows: Sequence[Pairs]) -> Pairs:
    return Pairs(
        relative=_sum([row.relative for row in rows]) or _NOTHING,
        absolute=_sum([row.absolute for row in rows]) or _NOTHING,
        total=sum(row.total for row in rows),
        squares=sum(row.squares for row in rows),
    )


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
