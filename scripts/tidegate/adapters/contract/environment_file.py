"""`environments/<name>/environment.yaml`, read as strictly as the contract: it decides where models run."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Any

from pydantic import Field, PlainValidator, ValidationError

from tidegate.adapters.contract import kinds, live_limits, strict_yaml, values
from tidegate.adapters.contract.check import problems_of
from tidegate.adapters.contract.docker import DockerShape
from tidegate.adapters.contract.document import Document, Scalar
from tidegate.adapters.contract.kubernetes import KubernetesShape, cluster
from tidegate.adapters.contract.shape import Shape
from tidegate.core.contract.problem import Problem
from tidegate.core.deployment.environment import (
    PROMOTIONS,
    STRATEGIES,
    TARGETS,
    Docker,
    Environment,
    Freeze,
    Limits,
    Log,
    Promotion,
    Step,
    Strategy,
    StrategyKind,
    Target,
)
from tidegate.errors import InputError, Problems, TidegateError

_LIMIT = 64 * 1024
_MOST_STEPS = 20
_URL = re.compile(r"https?://[A-Za-z0-9][A-Za-z0-9.-]{0,252}(:[1-9][0-9]{0,4})?(/[A-Za-z0-9._~/?#&=%+-]{0,1000})?")
_ADDRESS = re.compile(r"(\[[0-9a-f:]+\]|[A-Za-z0-9.-]{1,253}):([1-9][0-9]{0,4})")


def _percent(value: object) -> int:
    written = value.text if isinstance(value, Scalar) else ""
    if not re.fullmatch(r"(?:0|[1-9][0-9]?|100) ?%", written):
        raise values.wrong("E-ENV-003", f"expected a whole percentage such as 5%, got {values.described(value)}.")
    return int(written.rstrip("% "))


def _address(value: object) -> str:
    written = values.text(value)
    found = _ADDRESS.fullmatch(written)
    if found is None or int(found.group(2)) > 65_535:
        raise values.wrong("E-ENV-003", f"expected host:port with a port up to 65535, got {values.described(value)}.")
    return written


def _url(value: object) -> str:
    written = values.text(value)
    if not _URL.fullmatch(written):
        raise values.wrong("E-ENV-003", f"expected https://host or http://host, got {values.described(value)}.")
    return written


_Percent = Annotated[int, PlainValidator(_percent)]
_Address = Annotated[str, PlainValidator(_address)]
_Target = Annotated[Target, PlainValidator(values.one_of(*TARGETS))]
_Url = Annotated[str, PlainValidator(_url)]
_Promotion = Annotated[Promotion, PlainValidator(values.one_of(*PROMOTIONS))]
_Kind = Annotated[StrategyKind, PlainValidator(values.one_of(*STRATEGIES))]


class StepShape(Shape):
    """One step of a canary or a shadow."""

    weight: _Percent
    """The share of the requests that the new release gets, or gets copies of."""
    hold: live_limits.Span = timedelta()
    """How long the step lasts at least."""
    requests: kinds.Count = 100
    """How many requests the new release must have had."""


_Steps = Annotated[list[StepShape], Field(max_length=_MOST_STEPS)]


class StrategyShape(Shape):
    """How a release takes over."""

    kind: _Kind
    """recreate, blue-green, canary or shadow."""
    steps: _Steps = Field(default_factory=list)
    """A canary's or a shadow's steps, in rising weights."""


class FreezeShape(Shape):
    """A time without releases."""

    until: kinds.Day
    """The last day of it."""
    reason: kinds.Text
    """Shown to whoever is refused."""


class LogShape(Shape):
    """What is kept of live requests and their predictions, for whoever watches for drift."""

    every: live_limits.SomeTime = Log.every
    """How long rows may wait until they are in a file."""
    share: kinds.Share = Log.share
    """How much of the requests is kept, 0 to 1."""


class EnvironmentShape(Shape):
    """One environment."""

    target: _Target
    """Where releases run: process, docker or kubernetes."""
    address: _Address
    """Where clients ask, host:port."""
    strategy: StrategyShape | None = None
    """How a release takes over; blue-green without it."""
    analysis: live_limits.AnalysisShape | None = None
    """What live traffic must show on the way; left out, every limit has its default."""
    after: kinds.Name | None = None
    """The environment in which a release must have proven itself."""
    url: _Url | None = None
    """Where people see it; GitHub shows it beside its deployments."""
    promotion: _Promotion | None = None
    """How a release comes to the branch: direct or pull-request; by default the latter with `after` alone."""
    freeze: FreezeShape | None = None
    """No release takes over up to and including a day."""
    locked: kinds.Text | None = None
    """Why nothing may change here until this line is removed."""
    log: LogShape | None = None
    """The prediction log of the target process; left out, all requests, in files of a minute."""
    docker: DockerShape | None = None
    """The engine of the target docker; left out, the one of this machine."""
    kubernetes: KubernetesShape | None = None
    """The cluster of the target kubernetes, which needs it."""


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
        found += [*_about_steps(shape.strategy), *_about_limits(shape, shape.strategy)] if shape.strategy else []
        found += _about_target(shape)
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
    copied = bool(weights) and weights == sorted(set(weights)) and weights[0] > 0
    expected = {
        "canary": (rising, "a canary needs steps of rising weights between 1% and 99%"),
        "blue-green": (weights in ([], [100]), "blue-green has at most one step, of weight 100%"),
        "recreate": (not weights, "recreate has no steps"),
        "shadow": (copied, "a shadow needs steps of rising weights between 1% and 100%"),
    }
    right, message = expected[strategy.kind]
    shown = ", ".join(f"{weight}%" for weight in weights) or "none"
    return [] if right else [Problem(code="E-ENV-004", path=("strategy",), message=f"{message}; it has {shown}.")]


def _about_target(shape: EnvironmentShape) -> list[Problem]:
    """Settings of a target that is not used: a slip that would be found out in production."""
    problems = [
        Problem(code="E-ENV-004", path=(key,), message=f"{key} is set, and the target is {shape.target}.")
        for key, given in (("docker", shape.docker), ("kubernetes", shape.kubernetes))
        if given is not None and shape.target != key
    ]
    if shape.target != "process" and shape.log is not None:
        message = f"log is set, and the target is {shape.target}, whose log has settings of its own."
        problems.append(Problem(code="E-ENV-004", path=("log",), message=message))
    if shape.target == "kubernetes" and shape.kubernetes is None:
        message = 'the target kubernetes needs the key "kubernetes" with a namespace and a route.'
        problems.append(Problem(code="E-ENV-004", path=("target",), message=message))
    return problems


def _about_limits(shape: EnvironmentShape, strategy: StrategyShape) -> list[Problem]:
    """What strategy and limits ask of one another."""
    limits = shape.analysis or live_limits.AnalysisShape()
    compares = limits.changed is not None or limits.mean_change is not None
    shadow = strategy.kind == "shadow"
    longest = max((step.hold for step in strategy.steps), default=timedelta())
    problems = [
        (shadow and not compares, ("strategy",), "shadow compares answers: analysis needs changed or mean_change"),
        (not shadow and compares, ("analysis",), "changed and mean_change are for shadow: no other compares answers"),
        (longest > limits.patience, ("strategy",), "a step holds longer than the patience of the analysis"),
    ]
    return [Problem(code="E-ENV-004", path=path, message=f"{text}.") for wrong, path, text in problems if wrong]


def _environment(shape: EnvironmentShape, name: str) -> Environment:
    return Environment(
        name=name,
        target=shape.target,
        address=shape.address,
        strategy=_strategy(shape.strategy),
        limits=live_limits.limits(shape.analysis) if shape.analysis else Limits(),
        after=shape.after,
        freeze=Freeze(until=shape.freeze.until, reason=shape.freeze.reason) if shape.freeze else None,
        locked=shape.locked or "",
        url=shape.url or "",
        promotion=shape.promotion,
        log=Log(**_members(shape.log)) if shape.log else Log(),
        docker=Docker(**_members(shape.docker)) if shape.docker else Docker(),
        kubernetes=cluster(shape.kubernetes) if shape.kubernetes else None,
    )


def _strategy(shape: StrategyShape | None) -> Strategy:
    if shape is None:
        return Strategy(kind="blue-green")
    return Strategy(kind=shape.kind, steps=tuple(Step(**_members(step)) for step in shape.steps))


def _members(shape: Shape) -> dict[str, Any]:
    return {name: getattr(shape, name) for name in type(shape).model_fields}
