"""What two models cost to run, as it was measured: the evidence behind every cost in a verdict.

A measurement is made once and kept with the digest of all that was measured. Whoever judges reads what is kept, so that
time, the only input that never comes twice, is evidence like any other.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from tidegate.core.comparison.metric_table import KNOWN
from tidegate.core.evidence import canonical_bytes, digest

SCHEMA = 1
TIMED = ("predict_p50_ms", "predict_p95_ms", "predict_rows_per_second", "peak_memory_bytes")
"""What varies from one round to the next."""
COUNTED = ("model_bytes", "train_seconds")
"""What is one number for a model."""
Way = Literal["onnx", "program", "none"]


@dataclass(frozen=True, kw_only=True)
class Series:
    """One metric of both models, a value for each round; the rounds of both are the same moments."""

    candidate: tuple[float, ...]
    champion: tuple[float, ...] | None = None


@dataclass(frozen=True, kw_only=True)
class Pair:
    """One number for each model, None where it is not known."""

    candidate: float | None = None
    champion: float | None = None


@dataclass(frozen=True, kw_only=True)
class Costs:
    """Everything that was measured.

    `key`: digest of what was measured, and how. `way`: ``onnx`` single rows and batches inside a process of ours,
    ``program`` whole runs of the model's own predict command, ``none`` nothing was timed, and `why_not` says why.
    `rows`: in one batch or run. `runtime`: what both ran on, for people.
    """

    key: str
    way: Way
    rows: int = 0
    runtime: str = ""
    series: Mapping[str, Series] = field(default_factory=dict)
    pairs: Mapping[str, Pair] = field(default_factory=dict)
    why_not: str = ""

    @property
    def rounds(self) -> int:
        """How often both models had their turn."""
        return min((len(series.candidate) for series in self.series.values()), default=0)

    def document(self) -> dict[str, Any]:
        """As evidence; `read` is its inverse."""
        return {
            "schema": SCHEMA,
            "kind": "cost",
            "key": self.key,
            "way": self.way,
            "rows": self.rows,
            "runtime": self.runtime,
            "series": {name: _series(one) for name, one in self.series.items()},
            "pairs": {name: {"candidate": one.candidate, "champion": one.champion} for name, one in self.pairs.items()},
            "why_not": self.why_not,
        }

    @property
    def digest(self) -> str:
        """Of the evidence's canonical bytes."""
        return digest(canonical_bytes(self.document()))


def _series(one: Series) -> dict[str, Any]:
    return {"candidate": list(one.candidate), "champion": None if one.champion is None else list(one.champion)}


def read(document: Any) -> Costs:
    """The costs that a document holds. Raises ValueError for anything that `Costs.document` would not have made."""
    members = {"schema", "kind", "key", "way", "rows", "runtime", "series", "pairs", "why_not"}
    if not isinstance(document, dict) or set(document) != members or document["schema"] != SCHEMA:
        raise ValueError(f"expected the members {', '.join(sorted(members))} of schema {SCHEMA}")
    way, rows = document["way"], document["rows"]
    if document["kind"] != "cost" or way not in ("onnx", "program", "none") or not _whole(rows):
        raise ValueError("kind, way or rows is none that a measurement has")
    words = {name: _text(document[name], name) for name in ("key", "runtime", "why_not")}
    series = {_known(name, TIMED): _read_series(one, name) for name, one in _mapping(document["series"]).items()}
    if len({len(one.candidate) for one in series.values()}) > 1:
        raise ValueError("series of one measurement have unequal numbers of rounds")
    pairs = {_known(name, COUNTED): _read_pair(one, name) for name, one in _mapping(document["pairs"]).items()}
    return Costs(way=way, rows=rows, series=series, pairs=pairs, **words)


def _read_series(value: Any, name: str) -> Series:
    document = _exactly(value, {"candidate", "champion"}, name)
    candidate = _numbers(document["candidate"], name)
    champion = None if document["champion"] is None else _numbers(document["champion"], name)
    if champion is not None and len(champion) != len(candidate):
        raise ValueError(f"{name} has {len(candidate)} rounds of one model and {len(champion)} of the other")
    return Series(candidate=candidate, champion=champion)


def _read_pair(value: Any, name: str) -> Pair:
    document = _exactly(value, {"candidate", "champion"}, name)
    ends = {side: None if one is None else _number(one, name) for side, one in document.items()}
    return Pair(**ends)


def _numbers(value: Any, name: str) -> tuple[float, ...]:
    if not isinstance(value, list) or not value:
        raise ValueError(f"{name} is not a list of rounds")
    return tuple(_number(one, name) for one in value)


def _number(value: Any, name: str) -> float:
    """Times, rates and sizes are above zero; a zero is a clock or a counter that failed."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or value <= 0:
        raise ValueError(f"{name} holds {value!r:.80}; expected a finite number above 0")
    return float(value)


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _text(value: Any, name: str) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{name} is no text")
    return value


def _mapping(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError("series and pairs are mappings")
    return value


def _exactly(value: Any, members: set[str], name: str) -> dict[str, Any]:
    if not isinstance(value, dict) or set(value) != members:
        raise ValueError(f"{name} has not exactly the members {', '.join(sorted(members))}")
    return value


def _known(name: str, names: tuple[str, ...]) -> str:
    if name not in names or KNOWN[name].needs != "cost":
        raise ValueError(f"{name!r:.80} is not one of {', '.join(names)}")
    return name
