"""`environments/<name>/environment.yaml`, read as strictly as the contract: it decides where models run."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Any

from pydantic import Field, PlainValidator, ValidationError

from tidegate.adapters.contract import kinds, strict_yaml, values
from tidegate.adapters.contract.check import problems_of
from tidegate.adapters.contract.document import Document, Scalar
from tidegate.adapters.contract.model import Shape
from tidegate.core.contract.problem import Problem
from tidegate.core.deployment.environment import (
    STRATEGIES,
    TARGETS,
    Environment,
    Freeze,
    Limits,
    Step,
    Strategy,
    StrategyKind,
    Target,
)
from tidegate.errors import InputError, Problems, TidegateError

_LIMIT = 64 * 1024
_MOST_STEPS = 20
_ADDRESS = re.compile(r"(\[[0-9a-f:]+\]|[A-Za-z0-9.-]{1,253}):([1-9][0-9]{0,4})")


def _percent(value: object) -> int:
    written = value.text if isinstance(value, Scalar) else ""
    if not re.fullmatch(r"(?:0|[1-9][0-9]?|100) ?%", written):
        raise values.wrong("E-ENV-003", f"expected a whole percentage such as 5%, got {values.described(value)}.")
    return int(written.rstrip("% "))


def _rate(value: object) -> float:
    limit = values.margin(value)
    if not 0 < limit.value < 1:
        raise values.wrong("E-ENV-003", f"expected more than 0 and less than 100%, got {values.described(value)}.")
    return float(limit.value)


def _span(value: object) -> timedelta:
    found = re.fullmatch(r"(0|[1-9][0-9]{0,5})(ms|s|m|h)", value.text) if isinstance(value, Scalar) else None
    if found is None:
        expected = "a time such as 250ms, 30s, 5m or 1h"
        raise values.wrong("E-ENV-003", f"expected {expected}, got {values.described(value)}.")
    units = {"ms": "milliseconds", "s": "seconds", "m": "minutes", "h": "hours"}
    return timedelta(**{units[found.group(2)]: int(found.group(1))})


def _address(value: object) -> str:
    written = values.text(value)
    found = _ADDRESS.fullmatch(written)
    if found is None or int(found.group(2)) > 65_535:
        raise values.wrong("E-ENV-003", f"expected host:port with a port up to 65535, got {values.described(value)}.")
    return written


def _ratio(value: object) -> float:
    found = values.real(value)
    if found < 1:
        raise values.wrong("E-ENV-003", f"expected a quotient of 1 or more, got {values.described(value)}.")
    return found


_Percent = Annotated[int, PlainValidator(_percent)]
_Rate = Annotated[float, PlainValidator(_rate)]
_Span = Annotated[timedelta, PlainValidator(_span)]
_Address = Annotated[str, PlainValidator(_address)]
_Ratio = Annotated[float, PlainValidator(_ratio)]
_Target = Annotated[Target, PlainValidator(values.one_of(*TARGETS))]
_Kind = Annotated[StrategyKind, PlainValidator(values.one_of(*STRATEGIES))]


class StepShape(Shape):
    """One step of a canary."""

    weight: _Percent
    """The share of the requests that the new release gets."""
    hold: _Span = timedelta()
    """How long the step lasts at least."""
    requests: kinds.Count = 100
    """How many requests the new release must have had."""


_Steps = Annotated[list[StepShape], Field(max_length=_MOST_STEPS)]


class StrategyShape(Shape):
    """How a release takes over."""

    kind: _Kind
    """recreate, blue-green or canary."""
    steps: _Steps = Field(default_factory=list)
    """A canary's steps, in rising weights."""


class AnalysisShape(Shape):
    """What live traffic must show. A limit that is left out has its default; there is no way to ask nothing."""

    error_rate: _Rate = 0.01
    """Largest share of requests without an answer."""
    latency_ratio: _Ratio = 2.0
    """Largest quotient of the new release's answering times and the champion's."""
    quantile: kinds.Share = 0.95
    """Of the answering times."""
    latency_floor: _Span = timedelta(milliseconds=1)
    """Times below this count as this."""
    prediction_distance: kinds.Share | None = None
    """Largest Kolmogorov-Smirnov distance between the predictions of both versions."""
    alpha: kinds.ErrorRate = 0.05
    """Probability of stopping a release that is within all limits."""
    every: _Span = timedelta(seconds=10)
    """Time between two looks."""
    patience: _Span = timedelta(minutes=30)
    """How long a step may stay undecided."""


class FreezeShape(Shape):
    """A time without releases."""

    until: kinds.Day
    """The last day of it."""
    reason: kinds.Text
    """Shown to whoever is refused."""


class EnvironmentShape(Shape):
    """One environment."""

    target: _Target
    """Where releases run: process."""
    address: _Address
    """Where clients ask, host:port."""
    strategy: StrategyShape | None = None
    """How a release takes over; blue-green without it."""
    analysis: AnalysisShape | None = None
    """What live traffic must show on the way; left out, every limit has its default."""
    after: kinds.Name | None = None
    """The environment in which a release must have proven itself."""
    freeze: FreezeShape | None = None
    """No release takes over up to and including a day."""
    locked: kinds.Text | None = None
    """Why nothing may change here until this line is removed."""


def parse(data: bytes, where: str, name: str) -> Environment:
    """The environment `name` from its file. Raises InputError or Problems with everything that is wrong with it."""
    if len(data) > _LIMIT:
        raise InputError("E-ENV-001", f"is larger than {_LIMIT} bytes.", where=where)
    try:
        document = strict_yaml.read(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise InputError("E-ENV-001", f"is not UTF-8 (byte {error.start}).", where=where) from None
    found = list(document.problems)
    shape: EnvironmentShape | None = None
    try:
        shape = None if document.tree is None else EnvironmentShape.model_validate(document.tree)
    except ValidationError as error:
        found += problems_of(error, EnvironmentShape)
    if shape is not None and not found:
        found += _about_steps(shape.strategy) if shape.strategy else []
    if found or shape is None:
        raise _error(found, document, where)
    return _environment(shape, name)


def _error(found: list[Problem], document: Document, where: str) -> TidegateError:
    """All problems in the order of the file."""
    placed = [
        ((one.line, one.column) if one.line else document.place(one.path, at_key=one.at_key), one) for one in found
    ]
    errors = [
        InputError(one.code, one.text, where=f"{where}:{line}:{column}", fix=one.fix)
        for (line, column), one in sorted(placed, key=lambda pair: pair[0])
    ]
    return errors[0] if len(errors) == 1 else Problems(errors)


def _about_steps(strategy: StrategyShape) -> list[Problem]:
    """What no single step shows."""
    weights = [step.weight for step in strategy.steps]
    rising = bool(weights) and weights == sorted(set(weights)) and weights[0] > 0 and weights[-1] < 100
    expected = {
        "canary": (rising, "a canary needs steps of rising weights between 1% and 99%"),
        "blue-green": (weights in ([], [100]), "blue-green has at most one step, of weight 100%"),
        "recreate": (not weights, "recreate has no steps"),
    }
    right, message = expected[strategy.kind]
    shown = ", ".join(f"{weight}%" for weight in weights) or "none"
    return [] if right else [Problem(code="E-ENV-004", path=("strategy",), message=f"{message}; it has {shown}.")]


def _environment(shape: EnvironmentShape, name: str) -> Environment:
    return Environment(
        name=name,
        target=shape.target,
        address=shape.address,
        strategy=_strategy(shape.strategy),
        limits=Limits(**_members(shape.analysis)) if shape.analysis else Limits(),
        after=shape.after,
        freeze=Freeze(until=shape.freeze.until, reason=shape.freeze.reason) if shape.freeze else None,
        locked=shape.locked or "",
    )


def _strategy(shape: StrategyShape | None) -> Strategy:
    if shape is None:
        return Strategy(kind="blue-green")
    return Strategy(kind=shape.kind, steps=tuple(Step(**_members(step)) for step in shape.steps))


def _members(shape: Shape) -> dict[str, Any]:
    return {name: getattr(shape, name) for name in type(shape).model_fields}
