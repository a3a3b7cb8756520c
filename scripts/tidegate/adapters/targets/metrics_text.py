"""Counts from a server's `/metrics`: the few lines of Prometheus text that an analysis reads."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from tidegate.core.deployment.traffic import Histogram

_LINE = re.compile(r"([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? ([^ ]+)")
_LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"')


@dataclass(frozen=True)
class Sample:
    """One line: name, labels and value."""

    name: str
    labels: dict[str, str]
    value: float


def samples(text: str) -> Iterator[Sample]:
    """Every sample of a Prometheus text; comments are left out. Raises ValueError for a line that is none."""
    for line in text.splitlines():
        if not line or line.startswith("#"):
            continue
        found = _LINE.fullmatch(line)
        if found is None:
            raise ValueError(f"{line[:80]!r} is no Prometheus sample")
        name, labels, value = found.groups()
        yield Sample(name, dict(_LABEL.findall(labels or "")), float(value))


def histogram(found: list[Sample], name: str, label: str, values: tuple[str, ...] = ()) -> Histogram | None:
    """The histogram `name`, summed over the `values` of a label (none given: its first value); None if there is none.

    Raises ValueError for buckets that fall or have no end.
    """
    rows = [row for row in found if row.name == f"{name}_bucket"]
    wanted = values or tuple(row.labels.get(label, "") for row in rows[:1])
    rising: dict[float, float] = {}
    for row in rows:
        if row.labels.get(label, "") in wanted:
            edge = float(row.labels["le"])
            rising[edge] = rising.get(edge, 0.0) + row.value
    if not rising:
        return None
    edges = sorted(rising)
    counts = tuple(int(rising[edge] - (rising[edges[place - 1]] if place else 0)) for place, edge in enumerate(edges))
    if min(counts) < 0 or edges[-1] != float("inf"):
        raise ValueError(f"{name} is no whole histogram")
    return Histogram(edges=tuple(edges[:-1]), counts=counts)
