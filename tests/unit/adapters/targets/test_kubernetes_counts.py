"""Counts over pods that come and go: they never fall, and nobody's are counted twice."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.adapters.targets.kubernetes.counts import (
    Comparisons,
    Counts,
    container,
    of_comparison,
    of_server,
    together,
)
from tidegate.core.deployment.traffic import Histogram, Traffic
from tidegate.server.mirroring.answers import Change
from tidegate.server.mirroring.counts import Counts as Compared
from tidegate.server.observation.metrics import RequestMetrics

Looks = st.lists(st.dictionaries(st.sampled_from("abcd"), st.integers(0, 50), max_size=4), min_size=1, max_size=8)


def server(*codes: int, endpoint: str = "infer") -> str:
    metrics = RequestMetrics()
    for code in codes:
        metrics.answered(endpoint, code, 0.002)
    return "\n".join(metrics.lines()) + "\n"


def traffic(requests: int, edges: tuple[float, ...] = (0.1,)) -> Traffic:
    return Traffic(requests=requests, errors=0, latency=Histogram(edges=edges, counts=(requests, 0)))


def test_errors_are_answers_of_500_and_more_and_probes_are_no_requests() -> None:
    found = of_server(server(200, 200, 422, 500, 504))
    assert (found.requests, found.errors, found.latency.total) == (5, 2, 5)
    assert of_server(server(200, endpoint="health")).requests == 0


def test_text_that_is_no_metrics_is_an_error() -> None:
    with pytest.raises(ValueError, match="no Prometheus sample"):
        of_server("<html>")


def test_a_container_that_begins_anew_is_another() -> None:
    pod = {"metadata": {"name": "a", "uid": "1"}, "status": {"containerStatuses": [{"restartCount": 0}]}}
    again = {**pod, "status": {"containerStatuses": [{"restartCount": 1}]}}
    assert container(pod) != container(again)
    assert container({"metadata": {"name": "a"}}) == "a/0"


@given(Looks)
def test_counts_never_fall_while_pods_come_and_go(looks: list[dict[str, int]]) -> None:
    """Each look adds to what the pods that are there have counted; those that went keep their last."""
    counts, totals = Counts(), dict.fromkeys("abcd", 0)
    before = counts.of("r", {})
    for look in looks:
        for name, more in look.items():
            totals[name] += more
        now = counts.of("r", {name: traffic(totals[name]) for name in look})
        assert now.since(before).requests == sum(look.values())
        before = now


def test_releases_are_counted_apart() -> None:
    counts = Counts()
    counts.of("one", {"a": traffic(5)})
    assert counts.of("other", {"b": traffic(7)}).requests == 7
    assert counts.of("one", {}).requests == 5


def test_a_server_with_other_bins_is_left_out_of_the_times() -> None:
    found = together({"a": traffic(3), "b": traffic(4, edges=(0.2,)), "c": traffic(0, edges=(9.0,))})
    assert found.requests == 7
    assert found.latency == Histogram(edges=(0.1,), counts=(3, 0))


def compared(copies: int, failed: int = 0) -> Compared:
    counts = Compared()
    for _ in range(copies):
        counts.answered(Change(relative=0.1, absolute=2.0, mean=-0.1))
    for _ in range(failed):
        counts.failed("500")
    return counts


def test_what_a_comparison_says_is_read_as_it_counted() -> None:
    found = of_comparison(compared(3, failed=2).document())
    assert (found.requests, found.errors, found.pairs.relative.total, found.pairs.absolute.total) == (5, 2, 3, 3)
    assert (found.pairs.total, found.pairs.squares) == pytest.approx((-0.3, 0.03))


@pytest.mark.parametrize("document", [{}, {"relative": 3}, [], {"relative": {"edges": [1], "counts": [1]}}])
def test_what_no_comparison_says_is_an_error(document: object) -> None:
    with pytest.raises((KeyError, TypeError, ValueError)):
        of_comparison(document)  # type: ignore[arg-type]


def test_a_comparison_that_began_anew_is_added_to_what_it_counted_before() -> None:
    counts = Comparisons()
    counts.of("r", {"pod/0": of_comparison(compared(3).document())})
    counts.of("r", {"pod/0": of_comparison(compared(5).document())})
    found = counts.of("r", {"pod/1": of_comparison(compared(2, failed=1).document())})
    assert (found.requests, found.errors, found.pairs.relative.total) == (8, 1, 7)
    assert counts.of("r", {}) == found


def test_before_anything_was_compared_there_is_nothing() -> None:
    found = Comparisons().of("r", {})
    assert (found.requests, found.errors, found.pairs.relative.total, found.pairs.total) == (0, 0, 0, 0)
