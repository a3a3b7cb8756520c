"""From a file's values to a contract, with everything that is wrong on the way, not only the first thing.

First the shape of the whole, then the rules over every part whose own shape is right, so that one wrong word does not
hide the next.
"""

from __future__ import annotations

import typing
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, TypeVar, cast

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from tidegate.adapters.contract.document import Document, Scalar
from tidegate.adapters.contract.drift import DriftShape
from tidegate.adapters.contract.model import (
    MOST_GATES,
    MOST_WAIVERS,
    NO_GATES,
    ContractShape,
    CostShape,
    EvaluationShape,
    GateShape,
    MetricShape,
    WaiverShape,
)
from tidegate.adapters.contract.values import described
from tidegate.core.contract import Contract, CustomMetric, Gate, Waiver, drift, packaged, rules, tariffs, waivers
from tidegate.core.contract.problem import Path, Problem, shown
from tidegate.core.near_miss import did_you_mean

_Shape = TypeVar("_Shape", bound=BaseModel)
_EXPECTED = {"model_type": "a mapping", "dict_type": "a mapping", "list_type": "a list"}


def contract_of(document: Document) -> tuple[Contract | None, list[Problem]]:
    """The contract, or None and why; problems on values that the reader complained about are left out."""
    shape, found = None, []
    try:
        shape = ContractShape.model_validate(document.tree)
    except ValidationError as error:
        found = problems_of(error, ContractShape)
    if newer := [problem for problem in found if problem.path == ("version",) and "newer" in problem.message]:
        return None, newer
    models = _mapping(_mapping(document.tree).get("models"))
    for name, model in models.items():
        found += [_below(("models", name), problem) for problem in _about_model(_mapping(model))]
    found = [problem for problem in found if not document.is_broken(problem.path)]
    return (None if found or shape is None else _contract(shape)), found


def _contract(shape: ContractShape) -> Contract:
    models = {
        name: model.model(name, tuple(gate for inner in model.gates if (gate := inner.gate()) is not None))
        for name, model in shape.models.items()
    }
    return Contract(version=shape.version, models=models)


def _about_model(model: Mapping[str, Any]) -> Iterator[Problem]:
    declared = _mapping(model.get("metrics"))
    metrics = _metrics(declared)
    columns = _attempt(EvaluationShape, model.get("evaluation"))
    evaluation = None if columns is None else columns.evaluation()
    gates: dict[int, Gate] = {}
    for place, raw in enumerate(_list(model.get("gates"))[:MOST_GATES]):
        if isinstance(raw, dict):
            yield from _about_gate(raw, declared, ("gates", place))
        shape = _attempt(GateShape, raw)
        if shape is not None and (gate := shape.gate()) is not None:
            gates[place] = gate
    if evaluation is not None:
        yield from rules.about_evaluation(evaluation)
        yield from packaged.about_packaged(evaluation)
    yield from rules.about_metrics(metrics)
    if "cost" in model and (costs := _attempt(CostShape, model["cost"])) is not None:
        yield from tariffs.about_tariff(costs.tariff())
    if "drift" in model and (section := _attempt(DriftShape, model["drift"])) is not None:
        names = ("", None) if columns is None else (columns.id, columns.target)
        yield from drift.about_drift(section.drift(*names), evaluation)
    yield from rules.about_gates(gates, evaluation, metrics)
    if len(gates) == len(_list(model.get("gates"))):  # else the gate that is meant may be one that cannot be read
        yield from waivers.about_waivers(_waivers(model), list(gates.values()))


def _waivers(model: Mapping[str, Any]) -> dict[int, Waiver]:
    listed = enumerate(_list(model.get("waivers"))[:MOST_WAIVERS])
    shapes = {place: _attempt(WaiverShape, raw) for place, raw in listed}
    return {place: shape.waiver() for place, shape in shapes.items() if shape is not None}


def _about_gate(raw: Mapping[str, Any], declared: Mapping[str, Any], path: Path) -> Iterator[Problem]:
    """What can be said of a gate whatever else is wrong with it."""
    yield from rules.about_rules(tuple(raw), path)
    metric = raw.get("metric")
    if isinstance(metric, Scalar) and metric.kind == "text" and metric.text.strip():
        yield from rules.about_metric_name(metric.text, declared, (*path, "metric"))


def _metrics(declared: Mapping[str, Any]) -> dict[str, CustomMetric]:
    shapes = {name: _attempt(MetricShape, raw) for name, raw in declared.items()}
    return {name: shape.metric() for name, shape in shapes.items() if shape is not None}


def _attempt(shape: type[_Shape], raw: object) -> _Shape | None:
    """`raw` in the given shape, None when it has another: its problems have been noted with the whole."""
    try:
        return shape.model_validate(raw)
    except ValidationError:
        return None


def _mapping(raw: object) -> Mapping[str, Any]:
    return raw if isinstance(raw, dict) else {}


def _list(raw: object) -> list[Any]:
    return raw if isinstance(raw, list) else []


def _below(path: Path, problem: Problem) -> Problem:
    return replace(problem, path=(*path, *problem.path))


def problems_of(error: ValidationError, shape: type[BaseModel]) -> list[Problem]:
    """What is wrong with a file that should have had this shape."""
    return [_problem(details, shape) for details in error.errors(include_url=False, include_context=True)]


def _problem(details: ErrorDetails, shape: type[BaseModel]) -> Problem:
    kind, path, context = details["type"], details["loc"], details.get("ctx", {})
    if kind.startswith("E-"):
        at_key = path[-1] == "[key]"
        path = path[:-1] if at_key else path
        return Problem(code=kind, path=path, message=context["message"], fix=context["fix"], at_key=at_key)
    if kind == "extra_forbidden":
        return _unknown_key(path, shape)
    if kind == "missing":
        return _missing_key(path, shape)
    if kind == "too_long":
        return Problem(code="E-CFG-009", path=path, message=f"holds more than {context['max_length']} items.")
    got = described(details["input"])
    return Problem(code="E-CFG-005", path=path, message=f"expected {_EXPECTED.get(kind, 'another kind')}, got {got}.")


def _unknown_key(path: Path, shape: type[BaseModel]) -> Problem:
    known = _shape_at(path[:-1], shape).model_fields
    key = str(path[-1])
    message = f"unknown key {shown(key)}.{did_you_mean(key, known)}"
    return Problem(code="E-CFG-006", path=path, message=message, fix=f"Known here: {', '.join(known)}.", at_key=True)


def _missing_key(path: Path, shape: type[BaseModel]) -> Problem:
    key = str(path[-1])
    if key == "gates":
        return Problem(code="E-CFG-021", path=path[:-1], message=NO_GATES, at_key=True)
    purpose = _shape_at(path[:-1], shape).model_fields[key].description or ""
    return Problem(code="E-CFG-023", path=path[:-1], message=f'key "{key}" is missing.', fix=purpose, at_key=True)


def _shape_at(path: Path, whole: type[BaseModel]) -> type[BaseModel]:
    """The shape of the mapping at `path` of a file with the shape `whole`."""
    kind: Any = whole
    for step in path:
        fields = getattr(kind, "model_fields", None)
        kind = _inner(fields[step].annotation if fields else typing.get_args(kind)[-1])
    return cast(type[BaseModel], kind)


def _inner(annotation: Any) -> Any:
    """The type itself, without `Annotated` and `None`."""
    if typing.get_origin(annotation) is typing.Annotated:
        return _inner(typing.get_args(annotation)[0])
    others = [member for member in typing.get_args(annotation) if member is not type(None)]
    return _inner(others[0]) if type(None) in typing.get_args(annotation) else annotation
