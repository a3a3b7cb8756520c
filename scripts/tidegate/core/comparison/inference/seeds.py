"""Randomness that the evidence itself chooses: the same rows and predictions give the same draws, for ever."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tidegate.core.comparison.samples.sample import Coded, Output, Sample


def seed_of(sample: Sample) -> int:
    """Seed from what both models said about which rows; the same whichever of the two is the candidate."""
    outputs = [sample.candidate, *([] if sample.champion is None else [sample.champion])]
    rows = _digest(_bytes(sample.ids), _column(sample.truth))
    return _number(rows, *sorted(_output(output) for output in outputs))


def seed_of_part(seed: int, name: str) -> int:
    """Seed for a named part of a sample, whatever other parts there are."""
    return _number(seed.to_bytes(8), name.encode("utf-8", "surrogatepass"))


def _output(output: Output) -> bytes:
    scores = [part for label in sorted(output.scores) for part in (label.encode(), _bytes(output.scores[label]))]
    return _digest(b"" if output.prediction is None else _column(output.prediction), *scores)


def _column(column: NDArray[Any] | Coded) -> bytes:
    if not isinstance(column, Coded):
        return _bytes(column)
    return _digest(_bytes(column.codes), "\0".join(column.labels).encode("utf-8", "surrogatepass"))


def _bytes(column: NDArray[Any]) -> bytes:
    """Digest of a column's values, little-endian."""
    if column.dtype.kind in "iuf":
        return _digest(np.ascontiguousarray(column.astype(column.dtype.newbyteorder("<"), copy=False)).data)
    return _digest("\0".join(column.tolist()).encode("utf-8", "surrogatepass"))


def _digest(*parts: bytes | memoryview) -> bytes:
    hashed = hashlib.sha256()
    for part in parts:
        hashed.update(part)
    return hashed.digest()


def _number(*parts: bytes) -> int:
    return int.from_bytes(_digest(*parts)[:8])
