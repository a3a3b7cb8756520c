"""Columns to tensors and back: the one place where values become arrays."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np

from tidegate.server.release.datatypes import Values
from tidegate.server.release.signature import Input, Signature

if TYPE_CHECKING:
    from numpy.typing import NDArray


def feed(signature: Signature, columns: Sequence[Values]) -> dict[str, NDArray[Any]]:
    """Checked columns, in the signature's order, as the tensors that the model takes. None becomes NaN."""
    tensors: dict[str, NDArray[Any]] = {}
    place = 0
    for tensor in signature.inputs:
        width = len(tensor.columns)
        tensors[tensor.name] = _tensor(tensor, columns[place : place + width])
        place += width
    return tensors


def _tensor(tensor: Input, columns: Sequence[Values]) -> NDArray[Any]:
    if len(columns) == 1:
        values = np.asarray(columns[0], dtype=tensor.datatype.numpy)
        return values if tensor.rank == 1 else values.reshape(-1, 1)
    return np.stack([np.asarray(column, dtype=tensor.datatype.numpy) for column in columns], axis=1)


def joined(parts: Sequence[Sequence[Values]]) -> list[Values]:
    """The columns of several requests, one below the other."""
    if len(parts) == 1:
        return list(parts[0])
    return [list(chain.from_iterable(map(plain, column))) for column in zip(*parts, strict=True)]


def plain(values: Values) -> Sequence[Any]:
    """Values as Python's own; the same bits."""
    return values.tolist() if isinstance(values, np.ndarray) else values


def not_finite(outputs: Sequence[NDArray[Any]]) -> NDArray[np.bool_] | None:
    """Which rows got an answer that is no finite number; None when all are fine."""
    bad: NDArray[np.bool_] | None = None
    for output in outputs:
        if output.dtype.kind != "f" or np.isfinite(output).all():
            continue
        rows = ~np.isfinite(output.reshape(len(output), -1)).all(axis=1)
        bad = rows if bad is None else bad | rows
    return bad
