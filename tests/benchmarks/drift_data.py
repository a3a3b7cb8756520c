"""The live data of the drift benchmark: 30 columns, any number of rows, from a seed; drift planted in six of them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np

GROUP = 1_000_000
WORDS = {
    f"s{place}": [f"word {place}.{number:02d}" for number in range(n)] for place, n in enumerate((2, 5, 8, 12, 30, 60))
}
PLANTED = {
    "f00": "mean + 0.4 standard deviations",
    "f01": "scale × 1.6",
    "f03": "missing 2 % → 9 %",
    "f06": "8 % outliers",
    "s1": "another mix",
    "s2": "a new category, 4 %",
}
NULLS = ("f03", "f07")


def write(path: Path, rows: int, *, drifted: bool) -> None:
    """A file of `rows` rows over 30 days: time, 19 fractions, 4 whole numbers, 6 categories."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    random, writer = np.random.default_rng([rows, drifted]), None
    for first in range(0, rows, GROUP):
        group = pa.table(_group(random, first, min(GROUP, rows - first), rows, drifted=drifted))
        writer = writer or pq.ParquetWriter(path, group.schema)
        writer.write_table(group)
    if writer is not None:
        writer.close()


def _group(random: np.random.Generator, first: int, number: int, rows: int, *, drifted: bool) -> dict[str, Any]:
    import pyarrow as pa

    month = 30 * 86_400_000_000
    moments = np.arange(first, first + number) * (month // rows)
    columns = {"time": pa.array(np.datetime64("2024-03-04", "us") + moments.astype("timedelta64[us]"))}
    for place in range(19):
        name = f"f{place:02d}"
        values = _values(random, place % 3, number)
        if drifted and name in PLANTED:
            values = _planted(random, name, values)
        share = 0.09 if drifted and name == "f03" else 0.02
        columns[name] = pa.array(values, mask=random.random(number) < share if name in NULLS else None)
    for place, usual in enumerate((5, 50, 500, 100)):
        columns[f"i{place}"] = pa.array(random.poisson(usual, number))
    for name, words in WORDS.items():
        columns[name] = _words(random, name, words, number, drifted=drifted)
    return columns


def _values(random: np.random.Generator, kind: int, number: int) -> Any:
    drawn = (random.normal, lambda size: random.gamma(2, 3, size), random.random)[kind]
    return drawn(size=number)


def _planted(random: np.random.Generator, name: str, values: Any) -> Any:
    if name == "f00":
        return values + 0.4
    if name == "f01":
        return values * 1.6
    return np.where(random.random(len(values)) < 0.08, 9.0, values) if name == "f06" else values


def _words(random: np.random.Generator, name: str, words: list[str], number: int, *, drifted: bool) -> Any:
    import pyarrow as pa

    listed, weights = list(words), np.ones(len(words))
    if drifted and name == "s1":
        weights = np.arange(1, len(words) + 1, dtype=float)
    if drifted and name == "s2":
        listed, weights = [*words, "a new word"], np.append(weights, len(words) * 0.04 / 0.96)
    places = random.choice(len(listed), number, p=weights / weights.sum()).astype(np.int32)
    return pa.DictionaryArray.from_arrays(pa.array(places), pa.array(listed)).cast(pa.string())


if __name__ == "__main__":
    write(Path(sys.argv[1]), int(sys.argv[2]), drifted=sys.argv[3] == "1")
