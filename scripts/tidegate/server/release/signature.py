"""What a release takes and gives: read from signature.json, strictly, because requests are judged by it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from tidegate.errors import InputError
from tidegate.server.release.datatypes import BY_NAME, DataType

FILE = "signature.json"
SCHEMA = 1
RESERVED = frozenset({"request_time", "request_id", "request_row", "model_version"})
"""Column names of the prediction log's own."""


@dataclass(frozen=True, kw_only=True)
class Column:
    """One value of every row. `values` are the only texts allowed; `nullable` (floats only) turns null into NaN."""

    name: str
    datatype: DataType
    nullable: bool = False
    minimum: float | None = None
    maximum: float | None = None
    values: tuple[str, ...] | None = None


@dataclass(frozen=True, kw_only=True)
class Input:
    """One tensor that the model takes: rows × its columns, or just rows when `rank` is 1."""

    name: str
    datatype: DataType
    rank: int
    columns: tuple[Column, ...]

    @property
    def shape(self) -> list[int]:
        """As the protocol writes it: -1 for the rows."""
        return [-1] if self.rank == 1 else [-1, len(self.columns)]


@dataclass(frozen=True, kw_only=True)
class Output:
    """One tensor that the model gives: rows × width, or just rows when `rank` is 1."""

    name: str
    datatype: DataType
    rank: int
    width: int = 1

    @property
    def shape(self) -> list[int]:
        """As the protocol writes it."""
        return [-1] if self.rank == 1 else [-1, self.width]

    @property
    def columns(self) -> list[str]:
        """A name per value of a row: its own when there is one."""
        return [self.name] if self.width == 1 else [f"{self.name}_{place}" for place in range(self.width)]


@dataclass(frozen=True)
class Signature:
    """All inputs and outputs, in the order of the model."""

    inputs: tuple[Input, ...]
    outputs: tuple[Output, ...]

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        """The columns of all inputs, in order."""
        return tuple(column for tensor in self.inputs for column in tensor.columns)

    @cached_property
    def names(self) -> list[str]:
        """The names of `columns`."""
        return [column.name for column in self.columns]

    @cached_property
    def answers(self) -> list[str]:
        """The names of all output values of a row."""
        return [name for output in self.outputs for name in output.columns]


def parse(document: object, where: str = FILE) -> Signature:
    """Read a decoded signature.json. Raises InputError E-SRV-010 with the JSON pointer of what is wrong."""
    top = _fields(document, where, "", {"schema", "inputs", "outputs"}, set())
    if top["schema"] != SCHEMA:
        raise _wrong(where, "/schema", f"is {top['schema']!r}; this server reads {SCHEMA}")
    inputs = tuple(_input(*item, where) for item in _items(top, "inputs", where))
    outputs = tuple(_output(*item, where) for item in _items(top, "outputs", where))
    signature = Signature(inputs, outputs)
    _no_name_twice([*signature.names, *signature.answers], where)
    return signature


def document(signature: Signature) -> dict[str, Any]:
    """What `parse` reads back as the same signature."""
    return {
        "schema": SCHEMA,
        "inputs": [
            {
                "name": tensor.name,
                "datatype": tensor.datatype.name,
                "shape": tensor.shape,
                "columns": [_column_document(column) for column in tensor.columns],
            }
            for tensor in signature.inputs
        ],
        "outputs": [
            {"name": output.name, "datatype": output.datatype.name, "shape": output.shape}
            for output in signature.outputs
        ],
    }


def _column_document(column: Column) -> dict[str, Any]:
    found = {"name": column.name, "nullable": column.nullable}
    values = None if column.values is None else list(column.values)
    rules = {"minimum": column.minimum, "maximum": column.maximum, "values": values}
    return found | {name: rule for name, rule in rules.items() if rule is not None}


def _input(pointer: str, value: object, where: str) -> Input:
    fields = _fields(value, where, pointer, {"name", "datatype", "shape", "columns"}, set())
    datatype = _datatype(fields, where, pointer)
    rank, width = _shape(fields["shape"], where, pointer)
    columns = tuple(_column(place, item, datatype, where) for place, item in _items(fields, "columns", where, pointer))
    if len(columns) != width:
        raise _wrong(where, f"{pointer}/columns", f"has {len(columns)} columns, the shape says {width}")
    return Input(name=_text(fields, "name", where, pointer), datatype=datatype, rank=rank, columns=columns)


def _output(pointer: str, value: object, where: str) -> Output:
    fields = _fields(value, where, pointer, {"name", "datatype", "shape"}, set())
    rank, width = _shape(fields["shape"], where, pointer)
    name = _text(fields, "name", where, pointer)
    return Output(name=name, datatype=_datatype(fields, where, pointer), rank=rank, width=width)


def _column(pointer: str, value: object, datatype: DataType, where: str) -> Column:
    fields = _fields(value, where, pointer, {"name"}, {"nullable", "minimum", "maximum", "values"})
    nullable = fields.get("nullable", False)
    if not isinstance(nullable, bool) or (nullable and datatype.family != "float"):
        raise _wrong(where, f"{pointer}/nullable", "must be true or false, and true only for floats")
    low, high = (_limit(fields, name, datatype, where, pointer) for name in ("minimum", "maximum"))
    if low is not None and high is not None and low > high:
        raise _wrong(where, f"{pointer}/minimum", "is above the maximum: no value can pass")
    return Column(
        name=_text(fields, "name", where, pointer),
        datatype=datatype,
        nullable=nullable,
        minimum=low,
        maximum=high,
        values=_values(fields.get("values"), datatype, where, pointer),
    )


def _limit(fields: Mapping[str, Any], name: str, datatype: DataType, where: str, pointer: str) -> float | None:
    value = fields.get(name)
    if value is None:
        return None
    if type(value) not in (int, float) or not math.isfinite(value) or datatype.family not in ("integer", "float"):
        raise _wrong(where, f"{pointer}/{name}", "must be a finite number, and only numbers have it")
    return float(value) if datatype.family == "float" else math.ceil(value) if name == "minimum" else math.floor(value)


def _values(value: object, datatype: DataType, where: str, pointer: str) -> tuple[str, ...] | None:
    if value is None:
        return None
    texts = isinstance(value, list) and bool(value) and all(isinstance(item, str) for item in value)
    if not texts or datatype.family != "text":
        raise _wrong(where, f"{pointer}/values", "must be a list of at least one text, and only BYTES have it")
    return tuple(value)  # type: ignore[arg-type]


def _shape(value: object, where: str, pointer: str) -> tuple[int, int]:
    """Rank and width."""
    sizes = isinstance(value, list) and len(value) in (1, 2) and all(type(size) is int for size in value)
    if not sizes or value[0] != -1 or (len(value) == 2 and not 1 <= value[1] <= 10_000):  # type: ignore[index, arg-type]
        raise _wrong(where, f"{pointer}/shape", "must be [-1] or [-1, columns]: this server serves rows")
    return len(value), (value[1] if len(value) == 2 else 1)  # type: ignore[arg-type, index]


def _datatype(fields: Mapping[str, Any], where: str, pointer: str) -> DataType:
    found = BY_NAME.get(str(fields["datatype"]))
    if found is None:
        raise _wrong(where, f"{pointer}/datatype", f"must be one of {', '.join(BY_NAME)}")
    return found


def _text(fields: Mapping[str, Any], name: str, where: str, pointer: str) -> str:
    value = fields[name]
    if not isinstance(value, str) or not 0 < len(value) <= 200 or not value.isprintable():
        raise _wrong(where, f"{pointer}/{name}", "must be a printable text of 1 to 200 characters")
    return value


def _items(fields: Mapping[str, Any], name: str, where: str, parent: str = "") -> Iterable[tuple[str, object]]:
    value = fields[name]
    if not isinstance(value, list) or not value:
        raise _wrong(where, f"{parent}/{name}", "must be a list with at least one entry")
    return ((f"{parent}/{name}/{place}", item) for place, item in enumerate(value))


def _fields(value: object, where: str, pointer: str, needed: set[str], allowed: set[str]) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise _wrong(where, pointer or "/", "must be an object")
    missing, unknown = sorted(needed - value.keys()), sorted(value.keys() - needed - allowed)
    if missing:
        raise _wrong(where, pointer or "/", f"lacks {', '.join(missing)}")
    if unknown:
        raise _wrong(where, f"{pointer}/{unknown[0][:80]}", "is no key of a signature")
    return value


def _no_name_twice(names: Sequence[str], where: str) -> None:
    seen: set[str] = set(RESERVED)
    for name in names:
        if name in seen:
            raise _wrong(where, "/", f"uses the column name {name!r} twice, or it is the prediction log's own")
        seen.add(name)


def _wrong(where: str, pointer: str, reason: str) -> InputError:
    fix = "Build the release again with tidegate.server.release.packing."
    return InputError("E-SRV-010", f"{reason}.", where=f"{where} {pointer}", fix=fix)
