"""A step judged by its traffic: flapping health, unreadable counts, constants, restarts, and what would decide."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest

from tidegate.core.deployment.environment import Failures, Limits, Step, Strategy
from tidegate.core.deployment.fleet import Fleet, Instance
from tidegate.core.deployment.traffic import Histogram, Traffic
from tidegate.errors import InfrastructureError
from tidegate.steps.deployment.judging import Judged, Judging, Undecided

NEW, OLD = "sha256:new", "sha256:old"
TIMES = (0.001, 0.002, 0.004, 0.008)
VALUES = (10.0, 20.0, 30.0)
CANARY = Strategy(kind="canary", steps=(Step(weight=20, requests=200),))
LIMITS = Limits(
    error_rate=0.05, latency_ratio=4.0, quantile=0.5, every=timedelta(seconds=1), patience=timedelta(minutes=1)
)


def traffic(requests: int, *, errors: int = 0, values: tuple[int, ...] | None = None, place: int = 1) -> Traffic:
    counts = [0] * (len(TIMES) + 1)
    counts[place] = requests
    predictions = None if values is None else Histogram(edges=VALUES, counts=values)
    return Traffic(
        requests=requests,
        errors=errors,
        latency=Histogram(edges=TIMES, counts=tuple(counts)),
        predictions=predictions,
    )


@dataclass
class Watched:
    """A target of which only what is seen matters; `look` says what there is to see at the n-th look, from 0."""

    look: Callable[[int], dict[str, Traffic | Exception]]
    ready: Callable[[int], bool] = lambda _look: True
    alive: Callable[[int], bool] = lambda _look: True
    weights: tuple[int, int] = (20, 80)
    number: int = 0

    def fleet(self) -> Fleet:
        new = Instance(release=NEW, version="2", commit="c", weight=self.weights[0], ready=self.ready(self.number))
        old = Instance(release=OLD, version="1", commit="c", weight=self.weights[1], ready=True)
        both = (old, new) if self.alive(self.number) else (old,)
        return Fleet(instances=both if self.weights[1] or self.weights == (100, 0) else (new,))

    def traffic(self, release: str) -> Traffic:
        found = self.look(self.number).get(release, traffic(0))
        if isinstance(found, Exception):
            raise found
        return found


def judged(watched: Watched, limits: Limits = LIMITS, profile: Histogram | None = None, index: int = 0) -> Judged:
    now = [0.0]

    def sleep(seconds: float) -> None:
        now[0] += seconds
        watched.number += 1

    found: Any = watched
    return Judging(
        release=NEW,
        target=found,
        limits=limits,
        strategy=CANARY,
        profile=profile,
        clock=lambda: now[0],
        sleep=sleep,
    ).step(index, CANARY.steps[0])


def growing(**values: Any) -> Callable[[int], dict[str, Traffic | Exception]]:
    """A hundred requests more of both at every look."""

    def look(number: int) -> dict[str, Traffic | Exception]:
        given = {name: value(number) for name, value in values.items()}
        return {NEW: traffic(100 * number, **given), OLD: traffic(400 * number)}

    return look


def test_a_good_step_ends_when_it_had_its_requests() -> None:
    watched = Watched(growing())
    assert judged(watched).failed == ""
    assert 2 <= watched.number <= 10


def test_errors_end_it_at_once() -> None:
    watched = Watched(growing(errors=lambda number: 60 * number))
    assert "requests failed" in judged(watched).failed
    assert watched.number == 1


def test_flapping_health_ends_it_by_the_rule_and_not_by_one_flap() -> None:
    rule = replace(LIMITS, failures=Failures(least=2, of=3))
    once = Watched(growing(), ready=lambda look: look != 2)
    assert judged(once, rule).failed == ""
    flapping = Watched(growing(errors=lambda number: number), ready=lambda look: look % 2 == 0)
    assert judged(flapping, replace(rule, error_rate=0.0101)).failed == "it does not say that it is ready"


def test_counts_that_cannot_be_read_are_a_failure_of_the_release() -> None:
    def look(number: int) -> dict[str, Traffic | Exception]:
        trouble = InfrastructureError("E-DEP-013", "the metrics of 2 cannot be read.")
        return {NEW: trouble if number else traffic(0), OLD: traffic(400 * number)}

    assert "cannot be read" in judged(Watched(look)).failed


def test_a_champion_that_cannot_be_read_is_no_failure_of_the_release() -> None:
    def look(number: int) -> dict[str, Traffic | Exception]:
        trouble = InfrastructureError("E-DEP-013", "the metrics of 1 cannot be read.")
        return {NEW: traffic(100 * number), OLD: trouble if number in (1, 2) else traffic(400 * number)}

    assert judged(Watched(look)).failed == ""


def test_a_release_that_was_started_anew_while_it_was_judged_failed() -> None:
    def look(number: int) -> dict[str, Traffic | Exception]:
        return {NEW: traffic(100 * number if number < 2 else 5), OLD: traffic(400 * number)}

    limits = replace(LIMITS, error_rate=0.001)
    assert "started anew" in judged(Watched(look), limits).failed


def test_a_release_that_ends_is_said_to_have_ended() -> None:
    watched = Watched(growing(), alive=lambda look: look < 1)
    assert judged(watched).failed == "it ended while it was being judged"


SPREAD = Histogram(edges=VALUES, counts=(100, 100, 100, 100))


@pytest.mark.parametrize(
    "values", [lambda look: (0, 0, 100 * look, 0), lambda _look: (0, 0, 0, 0)], ids=["constant", "empty"]
)
def test_predictions_that_are_constant_or_missing_never_succeed(values: Callable[[int], tuple[int, ...]]) -> None:
    limits = replace(LIMITS, patience=timedelta(seconds=20))
    try:
        found = judged(Watched(growing(values=values)), limits, SPREAD)
    except Undecided as undecided:
        assert "constant" in str(undecided)  # noqa: PT017 - both ends are right, a success is not
    else:
        assert "constant: all" in found.failed


def test_after_a_switch_the_champions_past_is_what_is_compared_with() -> None:
    def look(number: int) -> dict[str, Traffic | Exception]:
        return {NEW: traffic(300 * number, place=3), OLD: traffic(5_000)}

    found = judged(Watched(look, weights=(100, 0)), replace(LIMITS, latency_ratio=1.5))
    assert "times as long as the champion's" in found.failed


def test_a_champion_that_was_never_asked_is_not_compared_with() -> None:
    def look(number: int) -> dict[str, Traffic | Exception]:
        return {NEW: traffic(300 * number), OLD: traffic(0)}

    found = judged(Watched(look, weights=(100, 0)))
    assert found.failed == ""
    assert [measurement.name for measurement in found.measurements] == ["error rate"]


def outlooks() -> Iterator[tuple[Callable[[int], dict[str, Traffic | Exception]], str]]:
    yield (lambda _number: {NEW: traffic(0), OLD: traffic(0)}), "only requests decide"
    yield (lambda number: {NEW: traffic(2 * number), OLD: traffic(8 * number)}), "at the present rate that takes"
    yield (
        (lambda number: {NEW: traffic(100 * number, errors=5 * number), OLD: traffic(400 * number)}),
        "a person has to decide",
    )


@pytest.mark.parametrize(("look", "words"), list(outlooks()), ids=["nothing", "few", "on the limit"])
def test_what_stays_open_says_what_would_decide(
    look: Callable[[int], dict[str, Traffic | Exception]], words: str
) -> None:
    with pytest.raises(Undecided, match="step 1 is not decided") as caught:
        judged(Watched(look), replace(LIMITS, patience=timedelta(seconds=10)))
    assert words in str(caught.value)
