"""How slices are written in a contract: a column, a column of numbers with how many slices, or a pair of columns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    PlainValidator,
    ValidatorFunctionWrapHandler,
    WithJsonSchema,
    WrapValidator,
    model_validator,
)

from tidegate.adapters.contract import values
from tidegate.adapters.contract.document import Scalar
from tidegate.adapters.contract.kinds import Bins
from tidegate.core.contract import TIMES, pair_name
from tidegate.core.contract.problem import shown

_MOST = 50
_FORMS = "a column, {column: temperature, bins: 4}, or {pair: [weather, season]}"


def _column(value: object) -> str:
    """A column's name, which is never that of a pair."""
    name = values.text(value)
    if TIMES in name:
        fix = "Write {pair: [a, b]} for two columns together."
        raise values.wrong("E-CFG-028", f"{shown(name)} cannot be told from a pair of columns.", fix)
    return name


_Column = Annotated[str, PlainValidator(_column), WithJsonSchema({"type": "string"})]
_Pair = Annotated[list[_Column], Field(max_length=2)]


class SliceShape(BaseModel):
    """One column whose values are slices, or that is cut at its quantiles into `bins`; or two columns together."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    column: _Column | None = None
    """A column of numbers."""
    bins: Bins | None = None
    """How many slices of about equally many rows it is cut into."""
    pair: _Pair | None = None
    """Two columns that are declared by themselves as well: a slice for each two values that occur together."""

    @model_validator(mode="after")
    def one_form(self) -> SliceShape:
        """Column and bins, or a pair of two."""
        of_column, of_pair = self.column is not None and self.pair is None, self.column is None and self.bins is None
        if not (of_column or (of_pair and self.pair is not None and len(self.pair) == 2)):
            raise values.wrong("E-CFG-005", f"expected {_FORMS}.")
        return self

    @property
    def name(self) -> str:
        """What its slices are called."""
        return self.column or pair_name(*(self.pair or ("", "")))


def _declared(value: object, of_mapping: ValidatorFunctionWrapHandler) -> object:
    return SliceShape.model_construct(column=_column(value)) if isinstance(value, Scalar) else of_mapping(value)


def _named(value: object, of_mapping: ValidatorFunctionWrapHandler) -> object:
    shape = _declared(value, of_mapping)
    if isinstance(shape, SliceShape) and shape.bins is not None:
        raise values.wrong("E-CFG-005", "bins belong to evaluation.slices.", f"Write {shape.name} here.")
    return shape


def _mapping(needed: str, properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": [needed], "additionalProperties": False}


_TEXT = {"type": "string"}
_COUNT = {"type": "integer", "minimum": 2, "maximum": values.MOST_BINS}
_OF_PAIR = _mapping("pair", {"pair": {"type": "array", "items": _TEXT, "minItems": 2, "maxItems": 2}})
_OF_COLUMN = _mapping("column", {"column": _TEXT, "bins": _COUNT})
Declared = Annotated[
    list[
        Annotated[
            SliceShape,
            WrapValidator(_declared),
            WithJsonSchema({"anyOf": [_TEXT, _OF_COLUMN, _OF_PAIR]}),
        ]
    ],
    Field(max_length=_MOST),
]
Named = Annotated[
    list[Annotated[SliceShape, WrapValidator(_named), WithJsonSchema({"anyOf": [_TEXT, _OF_PAIR]})]],
    Field(max_length=_MOST),
]


def sliced(declared: Sequence[SliceShape]) -> dict[str, Any]:
    """The parts of an evaluation that are about slices."""
    pairs = {shape.name: (shape.pair[0], shape.pair[1]) for shape in declared if shape.pair}
    bins = {shape.name: shape.bins for shape in declared if shape.bins is not None}
    return {"slices": names(declared), "bins": bins, "pairs": pairs}


def names(listed: Sequence[SliceShape]) -> tuple[str, ...]:
    """What a gate is asked of."""
    return tuple(shape.name for shape in listed)
