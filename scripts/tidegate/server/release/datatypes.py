"""The data types that a tabular ONNX model takes and gives, by their names in the Open Inference Protocol."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

if TYPE_CHECKING:
    from numpy.typing import NDArray

Values: TypeAlias = "Sequence[Any] | NDArray[Any]"
"""One column of a request: as JSON gave it, or as an array that came as bytes."""
Family = Literal["boolean", "integer", "float", "text"]


@dataclass(frozen=True, kw_only=True, slots=True)
class DataType:
    """`numpy` is the array's type; `low` and `high` bound what it holds without overflow (numbers only)."""

    name: str
    onnx: str
    numpy: str
    family: Family
    size: int = 0
    low: float = 0
    high: float = 0

    @property
    def expected(self) -> str:
        """What a value of this type is, for a message."""
        words = {"boolean": "true or false", "integer": "a whole number", "float": "a number", "text": "a text"}
        return f"{words[self.family]} ({self.name})"


def _integers(kind: str, bits: int) -> DataType:
    signed = kind == "int"
    low, high = (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if signed else (0, 2**bits - 1)
    name = f"{kind}{bits}"
    return DataType(
        name=name.upper(), onnx=f"tensor({name})", numpy=name, family="integer", size=bits // 8, low=low, high=high
    )


def _floats(bits: int, onnx: str, high: float) -> DataType:
    name, numpy = f"FP{bits}", f"float{bits}"
    return DataType(
        name=name, onnx=f"tensor({onnx})", numpy=numpy, family="float", size=bits // 8, low=-high, high=high
    )


_ALL = (
    DataType(name="BOOL", onnx="tensor(bool)", numpy="bool", family="boolean", size=1),
    DataType(name="BYTES", onnx="tensor(string)", numpy="object", family="text"),
    *(_integers(kind, bits) for kind in ("int", "uint") for bits in (8, 16, 32, 64)),
    _floats(16, "float16", 65504.0),
    _floats(32, "float", 3.4028234663852886e38),
    _floats(64, "double", 1.7976931348623157e308),
)
BY_NAME = {datatype.name: datatype for datatype in _ALL}
BY_ONNX = {datatype.onnx: datatype for datatype in _ALL}
