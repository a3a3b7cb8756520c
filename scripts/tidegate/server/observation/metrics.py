"""Counts of requests by what they asked and what they got; every label comes from a fixed list."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Mapping

from tidegate.server.refusal import Reason

BOUNDS = tuple(float(f"{10 ** (power / 10):.3g}") for power in range(-40, 11))
"""Seconds, from 0.1 ms to 10 s in steps of a quarter: a canary is compared with its champion by these."""
ENDPOINTS = ("infer", "invocations", "health", "metadata", "version", "metrics", "other")
GONE = 499
"""The code for a client that did not wait for its answer, as nginx counts it."""


class RequestMetrics:
    """Written by the event loop only, so plain numbers are enough."""

    def __init__(self) -> None:
        self.in_flight = 0
        self.rows = 0
        self.runs = 0
        self._codes: Counter[tuple[str, int]] = Counter()
        self._reasons: Counter[Reason] = Counter()
        self._buckets = {endpoint: [0] * (len(BOUNDS) + 1) for endpoint in ENDPOINTS}
        self._seconds = dict.fromkeys(ENDPOINTS, 0.0)

    def answered(self, endpoint: str, code: int, seconds: float) -> None:
        """Count one response."""
        self._codes[endpoint, code] += 1
        self._buckets[endpoint][bisect_left(BOUNDS, seconds)] += 1
        self._seconds[endpoint] += seconds

    def refused(self, reason: Reason) -> None:
        """Count why there was no prediction."""
        self._reasons[reason] += 1

    def lines(self) -> Iterator[str]:
        """Prometheus text."""
        yield from head("tidegate_requests_total", "counter", "Responses by endpoint and status code.")
        for (endpoint, code), count in sorted(self._codes.items()):
            yield sample("tidegate_requests_total", {"endpoint": endpoint, "code": str(code)}, count)
        yield from head("tidegate_errors_total", "counter", "Requests without a prediction by reason.")
        for reason in Reason:
            yield sample("tidegate_errors_total", {"reason": reason.value}, self._reasons[reason])
        name = "tidegate_request_seconds"
        yield from head(name, "histogram", "From the request's last byte to its answer.")
        for endpoint, counts in self._buckets.items():
            if any(counts):
                yield from histogram(name, {"endpoint": endpoint}, BOUNDS, counts, self._seconds[endpoint])
        yield from head("tidegate_requests_in_flight", "gauge", "Requests read and not yet answered.")
        yield sample("tidegate_requests_in_flight", {}, self.in_flight)
        yield from head("tidegate_predicted_rows_total", "counter", "Rows that the model answered.")
        yield sample("tidegate_predicted_rows_total", {}, self.rows)
        yield from head("tidegate_model_runs_total", "counter", "Runs of the model; one serves several requests.")
        yield sample("tidegate_model_runs_total", {}, self.runs)


def head(name: str, kind: str, text: str) -> Iterator[str]:
    """The two lines before a metric's samples."""
    yield f"# HELP {name} {text}"
    yield f"# TYPE {name} {kind}"


def sample(name: str, labels: Mapping[str, str], value: float) -> str:
    """One line."""
    if not labels:
        return f"{name} {value}"
    inside = ",".join(f'{key}="{escaped(text)}"' for key, text in labels.items())
    return f"{name}{{{inside}}} {value}"


def histogram(
    name: str, labels: Mapping[str, str], bounds: tuple[float, ...], counts: list[int], total: float
) -> Iterator[str]:
    """Cumulative buckets, sum and count. `counts` has one entry more than `bounds`."""
    seen = 0
    for bound, count in zip((*bounds, float("inf")), counts, strict=True):
        seen += count
        yield sample(f"{name}_bucket", {**labels, "le": "+Inf" if bound == float("inf") else repr(bound)}, seen)
    yield sample(f"{name}_sum", labels, total)
    yield sample(f"{name}_count", labels, seen)


def escaped(text: str) -> str:
    """A label's value, as the exposition format wants it."""
    return text.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')
