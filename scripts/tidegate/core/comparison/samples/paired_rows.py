"""Paired rows as named columns and back: the form in which they are kept, and a digest of what they say."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tidegate.core.comparison.change.seed_noise import Repeats
from tidegate.core.comparison.samples.sample import Coded, Output, Sample

Column = NDArray[Any] | Coded
_SCORE, _SLICE, _NUMBER = "score:", "slice:", "number:"


def columns_of(sample: Sample, repeats: Repeats | None = None) -> dict[str, Column]:
    """Every column by name: ``id``, ``truth``, ``candidate.prediction``, ``slice:weather``, …

    Trainings with other seeds are ``candidate#0.prediction``, ``champion#0.prediction``, …
    """
    columns: dict[str, Column | None] = {"id": sample.ids, "truth": sample.truth}
    columns |= _of_output("candidate", sample.candidate)
    columns |= {} if sample.champion is None else _of_output("champion", sample.champion)
    columns |= {"cluster": sample.cluster, "weight": sample.weight}
    columns |= {f"{_SLICE}{name}": column for name, column in sample.slices.items()}
    columns |= {f"{_NUMBER}{name}": column for name, column in sample.numbers.items()}
    columns |= {} if repeats is None else _of_repeats(repeats)
    return {name: column for name, column in columns.items() if column is not None}


def _of_repeats(repeats: Repeats) -> dict[str, Column | None]:
    sides = {"candidate": repeats.candidate, "champion": repeats.champion}
    outputs = {f"{name}#{place}": one for name, side in sides.items() for place, one in enumerate(side.outputs)}
    return {name: column for side, output in outputs.items() for name, column in _of_output(side, output).items()}


def outputs_of(columns: Mapping[str, Column], side: str, count: int) -> tuple[Output, ...]:
    """What one side's trainings with other seeds said. Raises ValueError where one of them said nothing."""
    found = tuple(_output(columns, f"{side}#{place}") for place in range(count))
    if any(output.prediction is None and not output.scores for output in found):
        raise ValueError("a training with another seed is missing")
    return found


def _of_output(side: str, output: Output) -> dict[str, Column | None]:
    scores = {f"{side}.{_SCORE}{label}": score for label, score in output.scores.items()}
    return {f"{side}.prediction": output.prediction, **scores}


def sample_of(columns: Mapping[str, Column], positive: str | None, labels: tuple[str, ...]) -> Sample:
    """The inverse of `columns_of`. Raises KeyError, TypeError or ValueError for columns that are no paired rows."""
    if len({len(column.codes if isinstance(column, Coded) else column) for column in columns.values()}) != 1:
        raise ValueError("columns of different lengths")
    champion = any(name.startswith("champion.") for name in columns)
    return Sample(
        ids=_values(columns["id"]),
        truth=columns["truth"],
        candidate=_output(columns, "candidate"),
        champion=_output(columns, "champion") if champion else None,
        cluster=_codes(columns.get("cluster")),
        weight=_values(columns["weight"]) if "weight" in columns else None,
        slices=dict(_slices(columns)),
        numbers=_named(columns, _NUMBER),
        positive=positive,
        labels=labels,
    )


def _output(columns: Mapping[str, Column], side: str) -> Output:
    return Output(prediction=columns.get(f"{side}.prediction"), scores=_named(columns, f"{side}.{_SCORE}"))


def _named(columns: Mapping[str, Column], start: str) -> dict[str, NDArray[Any]]:
    """Columns of values whose names start so, by the rest of the name."""
    return {name.removeprefix(start): _values(column) for name, column in columns.items() if name.startswith(start)}


def _slices(columns: Mapping[str, Column]) -> Iterator[tuple[str, Coded]]:
    for name, column in columns.items():
        if name.startswith(_SLICE) and (coded := _codes(column)) is not None:
            yield name.removeprefix(_SLICE), coded


def _values(column: Column) -> NDArray[Any]:
    if isinstance(column, Coded):
        raise TypeError("a column of values holds texts")
    return column


def _codes(column: Column | None) -> Coded | None:
    if column is not None and not isinstance(column, Coded):
        raise TypeError("a column of texts holds values")
    return column


def rows_digest(sample: Sample, repeats: Repeats | None = None) -> str:
    """``sha256:…`` of every value of every column, whatever file they are written to."""
    hashed = hashlib.sha256()
    for name, column in sorted(columns_of(sample, repeats).items()):
        for part in (name.encode("utf-8", "surrogatepass"), *_parts(column)):
            hashed.update(len(part).to_bytes(8))
            hashed.update(part)
    return f"sha256:{hashed.hexdigest()}"


def _parts(column: Column) -> Iterator[bytes | memoryview]:
    """The bytes of a column: little-endian numbers as they are, texts one after the other with their lengths."""
    if isinstance(column, Coded):
        yield _numbers(column.codes)
        yield from _texts(column.labels)
    elif column.dtype.kind in "iuf":
        yield _numbers(column)
    else:
        yield from _texts(column.tolist())


def _numbers(column: NDArray[Any]) -> memoryview:
    little = column.astype(column.dtype.newbyteorder("<"), copy=False)
    return np.ascontiguousarray(little).data.cast("B")


def _texts(texts: tuple[str, ...] | list[str]) -> Iterator[bytes]:
    written = [text.encode("utf-8", "surrogatepass") for text in texts]
    yield b"".join(len(text).to_bytes(4) for text in written)
    yield b"".join(written)
