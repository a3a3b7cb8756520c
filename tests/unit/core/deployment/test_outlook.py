"""What is open says what would decide it, and more failing looks can only be asked for, never fewer."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tidegate.core.deployment.analysis import analyse, failed
from tidegate.core.deployment.environment import Failures, Limits
from tidegate.core.deployment.measurement import Outcome
from tidegate.core.deployment.traffic import Histogram, Traffic

EDGES = tuple(0.001 * 1.3**power for power in range(30))
GOOD, BAD, OPEN = Outcome.SUCCESS, Outcome.FAILURE, Outcome.INCONCLUSIVE


def traffic(requests: int, errors: int, place: int = 5) -> Traffic:
    counts = [0] * (len(EDGES) + 1)
    counts[place] = requests
    return Traffic(requests=requests, errors=errors, latency=Histogram(edges=EDGES, counts=tuple(counts)))


@pytest.mark.parametrize(("requests", "errors"), [(300, 2), (40, 0), (500, 14)], ids=["fewer", "clean", "more"])
def test_so_many_more_requests_of_the_kind_do_decide(requests: int, errors: int) -> None:
    limits = Limits(error_rate=0.02, latency_ratio=None)
    found = analyse(traffic(requests, errors), None, limits, looks=3)[0]
    assert found.outcome is OPEN
    assert found.more is not None
    assert "would decide" in found.sentence
    grown = (requests + found.more) / requests
    again = analyse(traffic(requests + found.more, round(errors * grown)), None, limits, looks=3)[0]
    assert again.outcome is not OPEN


def test_what_sits_on_its_limit_is_never_decided_by_more_of_the_same() -> None:
    found = analyse(traffic(1_000, 20), None, Limits(error_rate=0.02, latency_ratio=None), looks=1)[0]
    assert (found.outcome, found.more) == (OPEN, None)
    assert "more requests like these would not decide" in found.sentence


def test_a_quantile_of_too_few_says_how_many_it_needs() -> None:
    limits = Limits(error_rate=None, latency_ratio=2.0, quantile=0.95, latency_floor=timedelta())
    found = analyse(traffic(20, 0), traffic(20, 0), limits, looks=1)[0]
    assert found.outcome is OPEN
    assert found.more is not None
    assert found.more > 20


def test_a_decided_question_asks_for_nothing() -> None:
    found = analyse(traffic(5_000, 0), None, Limits(error_rate=0.02, latency_ratio=None), looks=1)[0]
    assert (found.outcome, found.more) == (GOOD, None)


@pytest.mark.parametrize(
    ("rule", "outcomes", "expected"),
    [
        ((1, 1), [BAD], True),
        ((1, 1), [BAD, GOOD], False),
        ((2, 3), [BAD], False),
        ((2, 3), [BAD, BAD], True),
        ((2, 3), [BAD, GOOD, BAD], True),
        ((2, 3), [BAD, GOOD, OPEN, BAD], False),
        ((3, 3), [BAD, BAD, OPEN, BAD, BAD], False),
        ((3, 3), [GOOD, BAD, BAD, BAD], True),
        ((1, 5), [BAD, GOOD, GOOD, GOOD, GOOD], True),
        ((1, 1), [OPEN] * 9, False),
    ],
)
def test_so_many_of_the_latest_looks_must_fail(rule: tuple[int, int], outcomes: list[Outcome], expected: bool) -> None:
    limits = Limits(failures=Failures(least=rule[0], of=rule[1]))
    assert failed(outcomes, limits) is expected
