"""`analysis:` of environment.yaml: what live traffic must show before a release may go on."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated

from pydantic import PlainValidator

from tidegate.adapters.contract import kinds, values
from tidegate.adapters.contract.document import Scalar
from tidegate.adapters.contract.shape import Shape
from tidegate.core.deployment.environment import Changed, Failures, Limits

_MOST_LOOKS = 100


def rate(value: object) -> float:
    """A share of more than nothing and less than everything. Raises E-ENV-003."""
    limit = values.margin(value)
    if not 0 < limit.value < 1:
        raise values.wrong("E-ENV-003", f"expected more than 0 and less than 100%, got {values.described(value)}.")
    return float(limit.value)


def span(value: object) -> timedelta:
    """A time with its unit. Raises E-ENV-003."""
    found = re.fullmatch(r"(0|[1-9][0-9]{0,5})(ms|s|m|h)", value.text) if isinstance(value, Scalar) else None
    if found is None:
        expected = "a time such as 250ms, 30s, 5m or 1h"
        raise values.wrong("E-ENV-003", f"expected {expected}, got {values.described(value)}.")
    units = {"ms": "milliseconds", "s": "seconds", "m": "minutes", "h": "hours"}
    return timedelta(**{units[found.group(2)]: int(found.group(1))})


def _some_time(value: object) -> timedelta:
    found = span(value)
    if not found:
        raise values.wrong("E-ENV-003", f"expected more than no time, got {values.described(value)}.")
    return found


def _ratio(value: object) -> float:
    found = values.real(value)
    if found < 1:
        raise values.wrong("E-ENV-003", f"expected a quotient of 1 or more, got {values.described(value)}.")
    return found


def _failures(value: object) -> Failures:
    found = re.fullmatch(r"([1-9][0-9]?) of ([1-9][0-9]{0,2})", value.text) if isinstance(value, Scalar) else None
    least, of = (int(found.group(1)), int(found.group(2))) if found else (1, 0)
    if not least <= of <= _MOST_LOOKS:
        expected = f'a count of looks such as "2 of 3", up to {_MOST_LOOKS}'
        raise values.wrong("E-ENV-003", f"expected {expected}, got {values.described(value)}.")
    return Failures(least=least, of=of)


def _beyond(value: object) -> values.Limit:
    limit = values.margin(value)
    if not limit.value > 0 or (limit.relative and limit.value >= 1):
        expected = "a percentage between 0 and 100%, or a number above 0"
        raise values.wrong("E-ENV-003", f"expected {expected}, got {values.described(value)}.")
    return limit


Rate = Annotated[float, PlainValidator(rate)]
Span = Annotated[timedelta, PlainValidator(span)]
SomeTime = Annotated[timedelta, PlainValidator(_some_time)]
_Ratio = Annotated[float, PlainValidator(_ratio)]
_Failures = Annotated[Failures, PlainValidator(_failures)]
_Beyond = Annotated[values.Limit, PlainValidator(_beyond)]


class ChangedShape(Shape):
    """How many of a shadow's answers may differ from the champion's answers to the same requests."""

    beyond: _Beyond
    """What counts as another answer: a share of the larger one (10%), or a number in the prediction's unit."""
    at_most: Rate
    """The largest share of requests with another answer."""


class AnalysisShape(Shape):
    """What live traffic must show. A limit that is left out has its default; there is no way to ask nothing."""

    error_rate: Rate = 0.01
    """Largest share of requests without an answer."""
    latency_ratio: _Ratio = 2.0
    """Largest quotient of the new release's answering times and the champion's."""
    quantile: kinds.Share = 0.95
    """Of the answering times."""
    latency_floor: Span = timedelta(milliseconds=1)
    """Times below this count as this."""
    prediction_distance: kinds.Share | None = None
    """Largest Kolmogorov-Smirnov distance between the predictions of both versions."""
    profile_distance: kinds.Share | None = None
    """Largest such distance between the release's predictions and those that it was judged by, in its profile."""
    changed: ChangedShape | None = None
    """Only with shadow: how many answers may differ from the champion's."""
    mean_change: Rate | None = None
    """Only with shadow: largest mean relative change of an answer, up or down."""
    failures: _Failures = Failures()
    """How many of the latest looks must fail: 2 of 3. One is enough unless this says otherwise."""
    alpha: kinds.ErrorRate = 0.05
    """Probability of stopping a release that is within all limits."""
    every: SomeTime = timedelta(seconds=10)
    """Time between two looks."""
    patience: Span = timedelta(minutes=30)
    """How long a step may stay undecided."""


def limits(shape: AnalysisShape) -> Limits:
    """The shape as values."""
    changed = shape.changed
    return Limits(
        error_rate=shape.error_rate,
        latency_ratio=shape.latency_ratio,
        quantile=shape.quantile,
        latency_floor=shape.latency_floor,
        prediction_distance=shape.prediction_distance,
        profile_distance=shape.profile_distance,
        changed=None if changed is None else _changed(changed),
        mean_change=shape.mean_change,
        failures=shape.failures,
        alpha=shape.alpha,
        every=shape.every,
        patience=shape.patience,
    )


def _changed(shape: ChangedShape) -> Changed:
    return Changed(beyond=float(shape.beyond.value), at_most=shape.at_most, relative=shape.beyond.relative)
