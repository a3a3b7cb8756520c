"""What a version answered in a span of time, as counts: all that an analysis needs, and small enough to keep."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate


@dataclass(frozen=True, kw_only=True)
class Histogram:
    """Counts of values between rising `edges`: ``counts[0]`` up to and with ``edges[0]``, the last above all edges.

    There is one count more than there are edges.
    """

    edges: tuple[float, ...]
    counts: tuple[int, ...]

    def __post_init__(self) -> None:
        if len(self.counts) != len(self.edges) + 1:
            raise ValueError(f"{len(self.edges)} edges need {len(self.edges) + 1} counts, not {len(self.counts)}")

    @property
    def total(self) -> int:
        """How many values were counted."""
        return sum(self.counts)

    def cumulative(self) -> tuple[int, ...]:
        """How many values lie at or below each edge; the last number is the total."""
        return tuple(accumulate(self.counts))

    def bounds_of_rank(self, rank: int) -> tuple[float, float]:
        """Between which edges the value of this rank lies, ranks counted from 1; infinite beyond the outer edges.

        Raises ValueError for a rank that no value has.
        """
        if not 1 <= rank <= self.total:
            raise ValueError(f"there is no value of rank {rank} among {self.total}")
        place = next(index for index, count in enumerate(self.cumulative()) if count >= rank)
        below = self.edges[place - 1] if place > 0 else float("-inf")
        above = self.edges[place] if place < len(self.edges) else float("inf")
        return below, above

    def since(self, earlier: Histogram) -> Histogram:
        """What was counted after `earlier`. Raises ValueError for counts that fell or other edges: another process."""
        if not earlier.total:  # whoever has counted nothing may not know its bins yet
            return self
        return Histogram(edges=_same(self.edges, earlier.edges), counts=_grown(self.counts, earlier.counts))


@dataclass(frozen=True, kw_only=True)
class Pairs:
    """How a release's answers differ from the champion's to the same requests, one value a request.

    `relative` counts the largest change of a request over the larger of both answers (0 to 1), `absolute` the largest
    change itself. `total` and `squares` are sums over the requests' mean relative changes (-1 to 1, up is positive).
    """

    relative: Histogram
    absolute: Histogram
    total: float
    squares: float

    def since(self, earlier: Pairs) -> Pairs:
        """What came after `earlier`. Raises ValueError where counts fell."""
        return Pairs(
            relative=self.relative.since(earlier.relative),
            absolute=self.absolute.since(earlier.absolute),
            total=self.total - earlier.total,
            squares=self.squares - earlier.squares,
        )


@dataclass(frozen=True, kw_only=True)
class Traffic:
    """One version's answers: `errors` of `requests` had none that counts. `latency` is in seconds.

    `pairs` is None for a version that is asked by clients and not by copies of their requests.
    """

    requests: int
    errors: int
    latency: Histogram
    predictions: Histogram | None = None
    pairs: Pairs | None = None

    def since(self, earlier: Traffic) -> Traffic:
        """What came after `earlier`. Raises ValueError where counts fell: the process that counted began anew."""
        requests, errors = _grown((self.requests, self.errors), (earlier.requests, earlier.errors))
        predictions = self.predictions
        if predictions is not None and earlier.predictions is not None:
            predictions = predictions.since(earlier.predictions)
        pairs = self.pairs
        if pairs is not None and earlier.pairs is not None:
            pairs = pairs.since(earlier.pairs)
        latency = self.latency.since(earlier.latency)
        return Traffic(requests=requests, errors=errors, latency=latency, predictions=predictions, pairs=pairs)


def _grown(now: Sequence[int], before: Sequence[int]) -> tuple[int, ...]:
    if len(now) != len(before) or any(late < early for late, early in zip(now, before, strict=True)):
        raise ValueError("counts fell between two looks; the server was started anew")
    return tuple(late - early for late, early in zip(now, before, strict=True))


def _same(edges: tuple[float, ...], others: tuple[float, ...]) -> tuple[float, ...]:
    if edges != others:
        raise ValueError("the two were counted in different bins")
    return edges
