"""Two answers to one request, and how far they are apart."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tidegate.server.release.datatypes import BY_NAME


@dataclass(frozen=True, kw_only=True)
class Change:
    """One request's change. `relative`: the largest over the larger of both values, 0 to 1; `absolute`: the largest.

    `mean`: of the relative changes with their signs. A text or a truth value changes by 1 or not at all.
    """

    relative: float
    absolute: float
    mean: float


def compared(before: Mapping[str, Sequence[Any]], after: Mapping[str, Sequence[Any]]) -> Change | None:
    """How far `after` is from `before`; None where the two are not of one form, or hold what is no finite number."""
    if before.keys() != after.keys() or any(len(before[name]) != len(after[name]) for name in before):
        return None
    pairs = [pair for name in before for pair in zip(before[name], after[name], strict=True)]
    changes = [_change(one, other) for one, other in pairs]
    if not changes or any(math.isnan(relative) for relative, _ in changes):
        return None
    return Change(
        relative=max(abs(relative) for relative, _ in changes),
        absolute=max(absolute for _, absolute in changes),
        mean=math.fsum(relative for relative, _ in changes) / len(changes),
    )


def _change(one: Any, other: Any) -> tuple[float, float]:
    """Relative change with its sign, and absolute change."""
    if not _is_number(one) or not _is_number(other):
        differs = float(type(one) is not type(other) or one != other)
        return differs, differs
    if not math.isfinite(one) or not math.isfinite(other):
        return math.nan, math.nan
    size = max(abs(one), abs(other))
    return (max(-1.0, min(1.0, (other - one) / size)) if size else 0.0), abs(other - one)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def read(headers: Mapping[str, str], body: bytes) -> dict[str, list[Any]]:
    """Values by output, flat, from an answer in either protocol. Raises ValueError for one that is none."""
    length = headers.get("inference-header-content-length")
    size = len(body) if length is None else int(length)
    try:
        document = json.loads(body[:size])
        if "predictions" in document:
            return _predictions(document["predictions"])
        return _tensors(document["outputs"], body[size:])
    except (KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(f"no answer of a model: {error!r:.100}") from error


def _predictions(rows: Any) -> dict[str, list[Any]]:
    if rows and isinstance(rows[0], dict):
        return {name: list(_flat(row[name] for row in rows)) for name in rows[0]}
    return {"predictions": list(_flat(rows))}


def _tensors(outputs: Any, tail: bytes) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for output in outputs:
        size = output.get("parameters", {}).get("binary_data_size")
        if size is None:
            found[str(output["name"])] = list(_flat(output["data"]))
        else:
            found[str(output["name"])] = _from_bytes(tail[:size], str(output["datatype"]))
            tail = tail[size:]
    return found


def _from_bytes(data: bytes, name: str) -> list[Any]:
    import numpy as np

    kind = BY_NAME[name]
    if kind.family == "text":
        return [data]
    return list(np.frombuffer(data, dtype=np.dtype(kind.numpy).newbyteorder("<")).tolist())


def _flat(values: Iterable[Any]) -> Iterable[Any]:
    for value in values:
        if isinstance(value, list):
            yield from _flat(value)
        else:
            yield value
