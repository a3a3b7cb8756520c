"""What live traffic says of a release: within its limits, beyond them, or not known yet. Nothing is never a success.

As in the comparison of models a decision is taken on a whole interval and not on a point. All intervals are exact or
hold for every distribution, so that a handful of requests cannot pass for evidence.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from tidegate.core.deployment.environment import Changed, Limits
from tidegate.core.deployment.latency import latency
from tidegate.core.deployment.measurement import Measurement, Outcome
from tidegate.core.deployment.pairs import changed_share, mean_change
from tidegate.core.deployment.prediction_distance import constant, predictions
from tidegate.core.deployment.shares import error_rate
from tidegate.core.deployment.traffic import Histogram, Pairs, Traffic

_GROWTH, _MOST_GROWTH = 1.25, 1_000.0


@dataclass(frozen=True, kw_only=True)
class Seen:
    """All that is known when traffic is judged. `profile`: what the model predicted when it was judged, in its bins."""

    release: Traffic
    champion: Traffic | None = None
    profile: Histogram | None = None


Question = Callable[[Seen, float], Measurement]


def analyse(
    release: Traffic, champion: Traffic | None, limits: Limits, looks: int, profile: Histogram | None = None
) -> tuple[Measurement, ...]:
    """Every question that the limits ask. `looks`: how often the traffic is looked at in all, this look included.

    The chance of a false failure over all questions and looks together is at most ``limits.alpha`` (Bonferroni).
    Without a champion nothing is asked that compares with it.
    """
    seen = Seen(release=release, champion=champion, profile=profile)
    questions = _questions(seen, limits)
    alpha = limits.alpha / max(1, len(questions) * looks)
    return tuple(_with_outlook(question, seen, alpha) for question in questions)


def conclude(measurements: Iterable[Measurement]) -> Outcome:
    """One failure is a failure, all successes are a success; nothing measured is inconclusive."""
    outcomes = [measurement.outcome for measurement in measurements]
    if Outcome.FAILURE in outcomes:
        return Outcome.FAILURE
    return Outcome.SUCCESS if outcomes and set(outcomes) == {Outcome.SUCCESS} else Outcome.INCONCLUSIVE


def failed(outcomes: Sequence[Outcome], limits: Limits) -> bool:
    """Whether so many of the latest looks failed that the release has to go.

    More than one failure can only be asked for on top of one, so the probability of stopping a good release stays
    below ``limits.alpha``.
    """
    return list(outcomes[-limits.failures.of :]).count(Outcome.FAILURE) >= limits.failures.least


def _questions(seen: Seen, limits: Limits) -> list[Question]:
    """In the order in which they are told."""
    compares, pairs = seen.champion is not None, seen.release.pairs is not None
    asked: list[tuple[bool, Question | None]] = [
        (True, _errors(limits.error_rate)),
        (compares, _latency(limits)),
        (compares, _of_champion(limits.prediction_distance)),
        (True, _of_profile(limits.profile_distance)),
        (seen.release.predictions is not None, _constant),
        (pairs, _changed(limits.changed)),
        (pairs, _mean_change(limits.mean_change)),
    ]
    return [question for possible, question in asked if possible and question is not None]


def _errors(limit: float | None) -> Question | None:
    return None if limit is None else lambda seen, alpha: error_rate(seen.release, limit, alpha)


def _latency(limits: Limits) -> Question | None:
    def question(seen: Seen, alpha: float) -> Measurement:
        theirs = seen.champion.latency if seen.champion else seen.release.latency
        return latency(seen.release.latency, theirs, limits, alpha)

    return None if limits.latency_ratio is None else question


def _of_champion(limit: float | None) -> Question | None:
    def question(seen: Seen, alpha: float) -> Measurement:
        return predictions(seen.release.predictions, _champions(seen), limit or 0.0, alpha)

    return None if limit is None else question


def _of_profile(limit: float | None) -> Question | None:
    def question(seen: Seen, alpha: float) -> Measurement:
        ours = seen.release.predictions
        return predictions(ours, seen.profile, limit or 0.0, alpha, name="profile", whose="the profile's")

    return None if limit is None else question


def _constant(seen: Seen, alpha: float) -> Measurement:
    theirs = _champions(seen)
    reference = theirs if theirs is not None and theirs.total else seen.profile
    return constant(seen.release.predictions, reference, alpha)


def _champions(seen: Seen) -> Histogram | None:
    return None if seen.champion is None else seen.champion.predictions


def _changed(limits: Changed | None) -> Question | None:
    return None if limits is None else lambda seen, alpha: changed_share(seen.release.pairs, limits, alpha)


def _mean_change(limit: float | None) -> Question | None:
    return None if limit is None else lambda seen, alpha: mean_change(seen.release.pairs, limit, alpha)


def _with_outlook(question: Question, seen: Seen, alpha: float) -> Measurement:
    """The answer; an open one with about how many more requests like those seen would decide it."""
    found = question(seen, alpha)
    if found.outcome is not Outcome.INCONCLUSIVE or found.more is not None or not seen.release.requests:
        return found
    growth = _GROWTH
    while growth <= _MOST_GROWTH:
        if question(_grown(seen, growth), alpha).outcome is not Outcome.INCONCLUSIVE:
            more = math.ceil(seen.release.requests * (growth - 1))
            return replace(found, more=more, sentence=f"{found.sentence}; about {more:,} more requests would decide")
        growth *= _GROWTH
    return replace(found, sentence=f"{found.sentence}; more requests like these would not decide")


def _grown(seen: Seen, growth: float) -> Seen:
    """The same traffic, only more of it; the profile stays as it is."""
    champion = None if seen.champion is None else _more_of(seen.champion, growth)
    return replace(seen, release=_more_of(seen.release, growth), champion=champion)


def _more_of(traffic: Traffic, growth: float) -> Traffic:
    return Traffic(
        requests=round(traffic.requests * growth),
        errors=round(traffic.errors * growth),
        latency=_scaled(traffic.latency, growth),
        predictions=None if traffic.predictions is None else _scaled(traffic.predictions, growth),
        pairs=None if traffic.pairs is None else _more_pairs(traffic.pairs, growth),
    )


def _more_pairs(pairs: Pairs, growth: float) -> Pairs:
    return Pairs(
        relative=_scaled(pairs.relative, growth),
        absolute=_scaled(pairs.absolute, growth),
        total=pairs.total * growth,
        squares=pairs.squares * growth,
    )


def _scaled(histogram: Histogram, growth: float) -> Histogram:
    return Histogram(edges=histogram.edges, counts=tuple(round(count * growth) for count in histogram.counts))
