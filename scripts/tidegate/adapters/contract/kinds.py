"""The kinds of value in a contract as types: how one is read, and the JSON Schema that an editor shows for it."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import PlainValidator, WithJsonSchema

from tidegate.adapters.contract import values
from tidegate.core.contract import NAME, VERSION


def _schema(kind: str, **more: object) -> WithJsonSchema:
    return WithJsonSchema({"type": kind, **more})


_PERCENT = {"type": "string", "pattern": r"^\+?[0-9]*\.?[0-9]+ ?%$"}
_TEXT = _schema("string", minLength=1, maxLength=values.LONGEST)
Version = Annotated[int, PlainValidator(values.version), WithJsonSchema({"const": VERSION})]
Text = Annotated[str, PlainValidator(values.text), _TEXT]
Label = Annotated[str, PlainValidator(values.label), WithJsonSchema({"type": ["string", "number"]})]
Name = Annotated[str, PlainValidator(values.name), _schema("string", pattern=f"^{NAME}$")]
PathText = Annotated[
    str, PlainValidator(values.path), _schema("string", pattern=r"^[^/~\\:-][^\\:]*$", maxLength=values.LONGEST)
]
Pointer = Annotated[str, PlainValidator(values.pointer), _schema("string", pattern=r"^[^/~\\:-][^\\:]*\.dvc$")]
Real = Annotated[float, PlainValidator(values.real), _schema("number")]
Share = Annotated[float, PlainValidator(values.share), _schema("number", exclusiveMinimum=0, maximum=1)]
ErrorRate = Annotated[
    float, PlainValidator(values.error_rate), _schema("number", exclusiveMinimum=0, exclusiveMaximum=0.5)
]
Count = Annotated[int, PlainValidator(values.count), _schema("integer", minimum=1)]
Margin = Annotated[
    values.Limit, PlainValidator(values.margin), WithJsonSchema({"anyOf": [{"type": "number", "minimum": 0}, _PERCENT]})
]
Level = Annotated[values.Limit, PlainValidator(values.level), _schema("number")]
Duration = Annotated[timedelta, PlainValidator(values.duration), _schema("string", pattern=f"^{values.DURATION}$")]
Windows = Annotated[tuple[int, int], PlainValidator(values.windows), _schema("string", pattern=f"^{values.WINDOWS}$")]
Arguments = Annotated[
    tuple[str, ...],
    PlainValidator(values.arguments),
    _schema("array", items={"type": ["string", "number"]}, minItems=1),
]
Direction = Annotated[
    Literal["higher", "lower"],
    PlainValidator(values.one_of("higher", "lower")),
    WithJsonSchema({"enum": ["higher", "lower"]}),
]
Severity = Annotated[
    Literal["block", "warn"],
    PlainValidator(values.one_of("block", "warn")),
    WithJsonSchema({"enum": ["block", "warn"]}),
]
