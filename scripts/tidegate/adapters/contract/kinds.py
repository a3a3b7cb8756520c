"""The kinds of value in a contract as types: how one is read, and the JSON Schema that an editor shows for it."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import PlainValidator, WithJsonSchema

from tidegate.adapters.contract import images, values
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
Source = Annotated[
    str, PlainValidator(values.source), _schema("string", pattern=f"^{values.SOURCE}", maxLength=values.LONGEST)
]
Variable = Annotated[str, PlainValidator(values.variable), _schema("string", pattern=f"^{values.VARIABLE}$")]
Pointer = Annotated[str, PlainValidator(values.pointer), _schema("string", pattern=r"^[^/~\\:-][^\\:]*\.dvc$")]
Real = Annotated[float, PlainValidator(values.real), _schema("number")]
AboveZero = Annotated[Decimal, PlainValidator(values.above_zero), _schema("number", exclusiveMinimum=0)]
Currency = Annotated[str, PlainValidator(values.currency), _schema("string", pattern=f"^{values.CURRENCY}$")]
Share = Annotated[float, PlainValidator(values.share), _schema("number", exclusiveMinimum=0, maximum=1)]
QuantileLevel = Annotated[
    str, PlainValidator(values.quantile_level), _schema("number", exclusiveMinimum=0, exclusiveMaximum=1)
]
ErrorRate = Annotated[
    float, PlainValidator(values.error_rate), _schema("number", exclusiveMinimum=0, exclusiveMaximum=0.5)
]
Count = Annotated[int, PlainValidator(values.count), _schema("integer", minimum=1)]
Bins = Annotated[int, PlainValidator(values.bins), _schema("integer", minimum=2, maximum=values.MOST_BINS)]
Margin = Annotated[
    values.Limit, PlainValidator(values.margin), WithJsonSchema({"anyOf": [{"type": "number", "minimum": 0}, _PERCENT]})
]
Level = Annotated[values.Limit, PlainValidator(values.level), _schema("number")]
Duration = Annotated[timedelta, PlainValidator(values.duration), _schema("string", pattern=f"^{values.DURATION}$")]
Day = Annotated[date, PlainValidator(values.day), _schema("string", format="date", pattern=f"^{values.DAY}$")]
Windows = Annotated[tuple[int, int], PlainValidator(values.windows), _schema("string", pattern=f"^{values.WINDOWS}$")]
Arguments = Annotated[
    tuple[str, ...],
    PlainValidator(values.arguments),
    _schema("array", items={"type": ["string", "number"]}, minItems=1),
]
EntryPoint = Annotated[str, PlainValidator(values.entry_point), _schema("string", pattern=f"^{values.ENTRY_POINT}$")]
Direction = Annotated[
    Literal["higher", "lower"],
    PlainValidator(values.one_of("higher", "lower")),
    WithJsonSchema({"enum": ["higher", "lower"]}),
]
IntervalKind = Annotated[
    Literal["percentile", "bca"],
    PlainValidator(values.one_of("percentile", "bca")),
    WithJsonSchema({"enum": ["percentile", "bca"]}),
]
TimeUnit = Annotated[
    Literal["s", "ms", "us", "ns"],
    PlainValidator(values.one_of("s", "ms", "us", "ns")),
    WithJsonSchema({"enum": ["s", "ms", "us", "ns"]}),
]
Measure = Annotated[
    Literal["difference", "ratio"],
    PlainValidator(values.one_of("difference", "ratio")),
    WithJsonSchema({"enum": ["difference", "ratio"]}),
]
Severity = Annotated[
    Literal["block", "warn"],
    PlainValidator(values.one_of("block", "warn")),
    WithJsonSchema({"enum": ["block", "warn"]}),
]
Times = Annotated[
    int,
    PlainValidator(values.times),
    _schema("integer", minimum=values.FEWEST, maximum=values.MOST_REPEATS),
]
Parameter = Annotated[str, PlainValidator(values.parameter), _schema("string", pattern=f"^{values.PARAMETER}$")]
Attribution = Annotated[
    Literal["trained", "cached", "never"],
    PlainValidator(values.attribution),
    WithJsonSchema({"enum": [True, "cached", False]}),
]
Repository = Annotated[
    str, PlainValidator(images.repository), _schema("string", pattern=f"^{images.REPOSITORY}$", maxLength=255)
]
BaseImage = Annotated[str, PlainValidator(images.base), _schema("string", pattern=f"^{images.BASE}$")]
