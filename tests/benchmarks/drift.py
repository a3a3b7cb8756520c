"""Drift of 30 columns: one pass of ours against a bare scan of the same Parquet, Evidently and NannyML.

    python tests/benchmarks/drift.py [--rows 100000 1000000 10000000] [--most-peer-rows 100000] [--runs 3]

Every figure is a fresh process. Ours counts from opening the file to the findings, against a stored profile; a scan
counts reading every value once, with the fastest of pyarrow, DuckDB and Polars; the libraries get both frames in
memory and are not charged for reading. Peers live in environments that the first run makes in the user's cache. Beyond
`--most-peer-rows` a peer's seconds are those of so many rows, scaled, and marked `×`. Wall seconds depend on who else
uses the machine: the load is printed, and processor seconds beside.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import shutil
import statistics
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

sys.path[:0] = [str(Path(__file__).resolve().parents[2] / "scripts"), str(Path(__file__).resolve().parent)]

import drift_data  # noqa: E402
import drift_peers  # noqa: E402

CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "tidegate" / "benchmarks"
ENVIRONMENTS = {
    "readers": ["polars", "duckdb", "pyarrow", "numpy"],
    "evidently": ["evidently==0.7.23", "pandas<3", "pyarrow"],
    "nannyml": ["nannyml", "pandas<3", "pyarrow", "statsmodels"],
}
SCANS = ("pyarrow", "duckdb", "polars")
MOST_REFERENCE_ROWS = 1_000_000
Figure = dict[str, Any]


def interpreter(name: str) -> str:
    """The Python of a peer's environment, made when it is not there."""
    place = CACHE / name
    python = place / "bin" / "python"
    done = place / "ready"
    if not done.exists():
        print(f"making the environment {name} …", flush=True)
        uv = shutil.which("uv") or str(Path(sys.executable).with_name("uv"))
        subprocess.run([uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(place)], check=True)
        subprocess.run([uv, "pip", "install", "--quiet", "--python", str(python), *ENVIRONMENTS[name]], check=True)
        done.touch()
    return str(python)


class Failed(Exception):
    """A process that left no figure."""


def measure(python: str, way: str, reference: Path, current: Path) -> Figure:
    """One figure of a peer, from a fresh process. Raises Failed."""
    program = str(Path(drift_peers.__file__))
    return _figure([python, program, way, str(reference), str(current)])


def write(path: Path, rows: int, *, drifted: bool) -> None:
    """A file of the benchmark's data, made by a process of its own so that this one stays small."""
    program = str(Path(drift_data.__file__))
    subprocess.run([sys.executable, program, str(path), str(rows), str(int(drifted))], check=True)


def ours(profile: Path, current: Path) -> Figure:
    """Our figure, from a fresh process."""
    return _figure([sys.executable, str(Path(__file__)), "--check", str(profile), str(current)])


def _figure(command: list[str]) -> Figure:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Failed(f"{' '.join(command)} ended with {done.returncode}:\n{done.stderr[-2000:]}")
    figure: Figure = json.loads(done.stdout.splitlines()[-1])
    return figure


def middle(figures: list[Figure]) -> Figure:
    """The figure with the median of the seconds; processor seconds and memory are medians of their own."""
    seconds = statistics.median_low([figure["seconds"] for figure in figures])
    chosen = next(figure for figure in figures if figure["seconds"] == seconds)
    return {**chosen, **{key: statistics.median(figure[key] for figure in figures) for key in ("cpu", "peak")}}


def make_profile(reference: Path, path: Path) -> None:
    """The stored profile: edges at tenths and in the tails of the first row group, counts of all rows."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq

    from tidegate.adapters.scan import engine
    from tidegate.core.drift import document
    from tidegate.core.drift.profile import Column, Profile

    quantiles = np.array([0.01, 0.05, *np.arange(1, 10) / 10, 0.95, 0.99])
    columns = {}
    for name, column in zip((table := pq.ParquetFile(reference).read_row_group(0)).column_names, table, strict=True):
        if pa.types.is_string(column.type):
            columns[name] = Column(kind="category", words=tuple(sorted(column.unique().to_pylist())))
        elif not pa.types.is_timestamp(column.type):
            cut = np.quantile(column.drop_null().to_numpy(), quantiles, method="inverted_cdf")
            columns[name] = Column(kind="number", edges=tuple(map(float, np.unique(cut))))
    part = engine.everything([reference], columns).part
    path.write_text(json.dumps(document.document(Profile(cluster=None, columns=columns, total=part))))


def check(profile: str, current: str) -> Figure:
    """What `detect-drift` does with one window, imports done as for every peer."""
    from datetime import datetime, timedelta

    import pyarrow.compute
    import pyarrow.parquet  # noqa: F401

    from tidegate.adapters.scan import engine
    from tidegate.core.drift import document, verdict

    start = datetime(2024, 3, 4)
    rules = verdict.Rules(alpha=0.01, min_effect=0.1, columns=0.3, windows=1, of=1)

    def run() -> dict[str, Any]:
        reference = document.profile(json.loads(Path(profile).read_text()), profile)
        span = (start, start + timedelta(days=31))
        windows = engine.windows([Path(current)], reference.columns, [span], time="time", cluster=None)
        found = verdict.judge(reference, windows, rules).windows[0]
        named = {
            item.column: {"js": item.effect, **item.measures}
            for item in found.findings
            if item.subject == "distribution"
        }
        return {"drifted": found.drifted, "rows": found.rows, "columns": named}

    return drift_peers.timed(run)


def table(rows: int, most_peer_rows: int, runs: int, place: Path) -> None:
    """All figures for one number of rows."""
    reference, current = place / "reference.parquet", place / "current.parquet"
    write(reference, min(rows, MOST_REFERENCE_ROWS), drifted=False)
    write(current, rows, drifted=True)
    make_profile(reference, place / "profile.json")
    measured: dict[str, list[Figure]] = {way: [] for way in ("ours", *SCANS)}
    for _ in range(runs):
        measured["ours"].append(ours(place / "profile.json", current))
        for way in SCANS:
            measured[way].append(measure(interpreter("readers"), way, reference, current))
    figures = {way: middle(found) for way, found in measured.items()}
    fastest = min(SCANS, key=lambda way: figures[way]["seconds"])
    bytes_there = current.stat().st_size / 2**20
    print(
        f"\n{rows:,} rows × 30 columns, {bytes_there:,.0f} MB, load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"
    )
    print(f"{'':24}{'seconds':>9}{'cpu s':>8}{'peak MB':>9}{'× scan':>8}{'ours is faster':>16}")
    for way, figure in figures.items():
        line(f"scan {way}" if way in SCANS else way, figure, figures[fastest], figures["ours"])
    for way in ("evidently", "nannyml"):
        try:
            peer, scaled = peers(way, rows, most_peer_rows, reference, current, place)
            line(f"{way}{' ×' if scaled else ''}", peer, figures[fastest], figures["ours"])
        except Failed as error:
            print(f"{way} failed: {error}")
    found = set(figures["ours"]["found"]["drifted"])
    same = "all that was planted, and nothing else" if found == set(drift_data.PLANTED) else "NOT what was planted"
    print(f"found {', '.join(sorted(found))}: {same}")
    if rows <= most_peer_rows:
        agreement(figures["ours"], reference, current)


def line(name: str, figure: Figure, scan: Figure, own: Figure) -> None:
    peak = f"{figure['peak']:9,.0f}" if "peak" in figure else " " * 9
    print(
        f"{name:24}{figure['seconds']:9.2f}{figure['cpu']:8.2f}{peak}"
        f"{figure['seconds'] / scan['seconds']:8.2f}{figure['seconds'] / own['seconds']:15.1f}×"
    )


def peers(way: str, rows: int, most: int, reference: Path, current: Path, place: Path) -> tuple[Figure, bool]:
    """A library's figure; beyond `most` rows that of `most` rows, scaled."""
    if rows <= most:
        return measure(interpreter(way), way, reference, current), False
    small = {side: place / f"small-{side}.parquet" for side in ("reference", "current")}
    for side, path in small.items():
        if not path.exists():
            write(path, most, drifted=side == "current")
    figure = measure(interpreter(way), way, small["reference"], small["current"])
    return {"seconds": figure["seconds"] * rows / most, "cpu": figure["cpu"] * rows / most}, True


def agreement(own: Figure, reference: Path, current: Path) -> None:
    """Our statistics beside scipy's, Evidently's and NannyML's, on the same two files: the worst column each."""
    columns = own["found"]["columns"]
    exact = measure(sys.executable, "scipy statistics", reference, current)["found"]
    theirs = measure(interpreter("evidently"), "evidently statistics", reference, current)["found"]
    third = measure(interpreter("nannyml"), "nannyml", reference, current)["found"]
    numbers, words = [name for name in columns if "ks" in columns[name]], list(drift_data.WORDS)
    inside = sum(
        columns[name]["ks"] - 1e-9 <= exact[name]["ks"] <= columns[name]["ks_at_most"] + 1e-9 for name in numbers
    )
    print(f"exact Kolmogorov–Smirnov (scipy) within our bounds: {inside} of {len(numbers)} columns")
    worst("  exact − ours", {name: exact[name]["ks"] - columns[name]["ks"] for name in numbers})
    far = {name: theirs[name]["wasserstein"] - columns[name]["wasserstein"] for name in numbers}
    worst("Wasserstein in standard deviations, Evidently − ours", far)
    far = {name: theirs[name]["jensenshannon"] / math.sqrt(math.log(2)) - columns[name]["js"] for name in words}
    worst("Jensen–Shannon of categories, Evidently (to base 2) − ours", far)
    worst("PSI of categories, Evidently − ours", {name: theirs[name]["psi"] - columns[name]["psi"] for name in words})
    far = {name: third[name]["jensen_shannon"] - columns[name]["js"] for name in words}
    worst("Jensen–Shannon of categories, NannyML − ours", far)
    far = {name: third[name]["jensen_shannon"] - columns[name]["js"] for name in numbers}
    worst("Jensen–Shannon of numbers, NannyML (bins of its own) − ours", far)


def worst(what: str, differences: dict[str, float]) -> None:
    name = max(differences, key=lambda column: abs(differences[column]))
    print(f"{what}: at most {differences[name]:+.2e} ({name})")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="+", default=[100_000, 1_000_000, 10_000_000])
    parser.add_argument("--most-peer-rows", type=int, default=100_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--check", nargs=2, metavar=("PROFILE", "FILE"), help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.check:
        print(json.dumps(check(*asked.check)))
        return
    for rows in asked.rows:
        with TemporaryDirectory(prefix="tidegate-drift-") as place:
            table(rows, asked.most_peer_rows, asked.runs, Path(place))


if __name__ == "__main__":
    main()
