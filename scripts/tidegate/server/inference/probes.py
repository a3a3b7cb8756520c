"""Rows made up from the signature and the profile: they warm the model up and show whether batches change answers.

Some models (those with a matrix product, whose kernel depends on the number of rows) give other last bits for a row
alone than for the same row among others. For them requests are not put together.
"""

from __future__ import annotations

import random
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from tidegate.server.inference.tensors import feed
from tidegate.server.release.profile import ProfileColumn
from tidegate.server.release.signature import Column, Signature

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tidegate.server.inference.onnx_model import OnnxModel

UNKNOWN = ProfileColumn()
ROWS = 32
SIZES = (2, 3, 5, 16, 32)
SIZES_OF_SLOW = (2, 4)
SLOW = 0.005
"""Seconds of a run from which the server's own start would be felt: fewer probes then."""


def rows(signature: Signature, profile: Mapping[str, ProfileColumn], count: int = ROWS) -> list[list[Any]]:
    """Columns of `count` plausible values each, the same every time."""
    source = random.Random(0)  # noqa: S311 - made-up rows, not secrets
    return [[_value(column, profile, source) for _ in range(count)] for column in signature.columns]


def _value(column: Column, profile: Mapping[str, ProfileColumn], source: random.Random) -> Any:
    family = column.datatype.family
    if family == "boolean":
        return source.random() < 0.5
    if family == "text":
        return source.choice(column.values or profile.get(column.name, UNKNOWN).words or ("a",))
    low, high = _range(column, profile.get(column.name, UNKNOWN))
    return source.randint(int(low), max(int(low), int(high))) if family == "integer" else source.uniform(low, high)


def _range(column: Column, seen: ProfileColumn) -> tuple[float, float]:
    """Within the limits, as near to the data as the profile knows, otherwise between 0 and 100."""
    low = 0.0 if seen.low is None else seen.low
    high = 100.0 if seen.high is None else seen.high
    if column.minimum is not None:
        low, high = max(low, column.minimum), max(high, column.minimum)
    if column.maximum is not None:
        low, high = min(low, column.maximum), min(high, column.maximum)
    return low, high


def same_in_batches(model: OnnxModel, signature: Signature, columns: list[list[Any]], sizes: Sequence[int]) -> bool:
    """Whether as many rows as the largest size get the same bits alone and in groups of each size."""
    count = max(sizes)
    alone = [_bits(model.run(feed(signature, [[values[row]] for values in columns]))) for row in range(count)]
    for size in sizes:
        for start in range(0, count - size + 1, size):
            outputs = model.run(feed(signature, [values[start : start + size] for values in columns]))
            for row in range(size):
                if _bits([output[row : row + 1] for output in outputs]) != alone[start + row]:
                    return False
    return True


def _bits(outputs: list[NDArray[Any]]) -> list[Any]:
    return [output.tolist() if output.dtype == object else output.tobytes() for output in outputs]


def seconds(model: OnnxModel, signature: Signature, columns: list[list[Any]]) -> tuple[float, float]:
    """Time of a run with one row, and what each further row adds; medians of five, of one where runs are slow."""
    one, many = feed(signature, [values[:1] for values in columns]), feed(signature, columns)
    _time(model, one)  # the first run makes room for what all runs need
    repeats = 5 if _time(model, one) < SLOW else 1
    least, all_rows = (sorted(_time(model, tensors) for _ in range(repeats))[repeats // 2] for tensors in (one, many))
    return least, max(0.0, all_rows - least) / (len(columns[0]) - 1)


def _time(model: OnnxModel, tensors: dict[str, NDArray[Any]]) -> float:
    start = time.perf_counter()
    model.run(tensors)
    return time.perf_counter() - start
