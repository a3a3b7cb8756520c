"""Drift of 30 columns: one pass of ours against a bare scan of the same Parquet, Evidently and NannyML.

    python tests/benchmarks/drift.py [--rows 100000 1000000 10000000] [--most-peer-rows 1000000] [--runs 3]

Every figure is a fresh process. Ours counts from opening the file to the findings, against a stored profile: in this
process, and on DuckDB through Ibis. A scan counts reading every value once, with the fastest of pyarrow, DuckDB and
Polars; the libraries get both frames in memory and are not charged for reading. Everybody lives in an environment of
their own (ours: what `run.sh` installs for the command), which the first run makes in the user's cache, and has
imported before the clock starts. Beyond `--most-peer-rows` a peer's seconds are those of so many rows, scaled, and
marked `×`. Wall seconds depend on who else uses the machine: the load is printed, and processor seconds beside. Of the
smallest number of rows the statistics are held against scipy's, Evidently's and NannyML's. At the end stands what was
aimed at, and what came.
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
LOCKS = Path(__file__).resolve().parents[2] / "scripts" / "requirements"
ENVIRONMENTS = {
    "ours": ["-r", str(LOCKS / "detect-drift.txt")],
    "ours on duckdb": ["-r", str(LOCKS / "detect-drift.txt"), "-r", str(LOCKS / "engine-ibis.txt")],
    "readers": ["polars", "duckdb", "pyarrow", "numpy"],
    "evidently": ["evidently==0.7.23", "pandas<3", "pyarrow"],
    "nannyml": ["nannyml", "pandas<3", "pyarrow", "statsmodels"],
}
OURS = ("ours", "ours on duckdb")
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


def ours(way: str, profile: Path, current: Path) -> Figure:
    """Our figure, from a fresh process."""
    return _figure([interpreter(way), str(Path(__file__)), "--check", way, str(profile), str(current)])


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


def check(way: str, profile: str, current: str) -> Figure:
    """What `detect-drift` does with one window, imports done as for every peer."""
    from datetime import datetime, timedelta

    import pyarrow.compute
    import pyarrow.parquet

    from tidegate.core.contract import Live
    from tidegate.core.drift import document, verdict
    from tidegate.steps.drift.readers import Counting

    pyarrow.scalar(0)  # what pyarrow imports late
    if way != "ours":
        import ibis

        ibis.duckdb.connect()
    live, start = Live(path="", time="time", window=timedelta(days=31)), datetime(2024, 3, 4)
    rules = verdict.Rules(alpha=0.01, min_effect=0.1, columns=0.3, windows=1, of=1)

    def run() -> dict[str, Any]:
        reference = document.profile(json.loads(Path(profile).read_text()), profile)
        span = (start, start + live.window)
        windows = reader(way, Path(current)).windows(live, reference.columns, [span], Counting(cluster=None))
        found = verdict.judge(reference, windows, rules).windows[0]
        named = {
            item.column: {"js": item.effect, **item.measures}
            for item in found.findings
            if item.subject == "distribution"
        }
        return {"drifted": found.drifted, "rows": found.rows, "columns": named}

    return drift_peers.timed(run)


def reader(way: str, current: Path) -> Any:
    """Who counts."""
    from tidegate.adapters.scan.database.place import Place, opened
    from tidegate.steps.drift.readers import Database, Files

    if way == "ours":
        return Files(live=(current,))
    return Database(source=opened(Place(url="duckdb://", folder=current.parent, files=(current,)), {}))


def table(rows: int, most_peer_rows: int, runs: int, place: Path, known: dict[str, Figure]) -> dict[str, Figure]:
    """All figures for one number of rows; `known`: those of peers at the most rows that they get."""
    reference, current = place / "reference.parquet", place / "current.parquet"
    write(reference, min(rows, MOST_REFERENCE_ROWS), drifted=False)
    write(current, rows, drifted=True)
    make_profile(reference, place / "profile.json")
    measured: dict[str, list[Figure]] = {way: [] for way in (*OURS, *SCANS)}
    for _ in range(runs):
        for way in OURS:
            measured[way].append(ours(way, place / "profile.json", current))
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
            peer, scaled = peers(way, rows, most_peer_rows, reference, current, place, known)
            figures[way] = peer
            line(f"{way}{' ×' if scaled else ''}", peer, figures[fastest], figures["ours"])
        except Failed as error:
            print(f"{way} failed: {error}")
    found = set(figures["ours"]["found"]["drifted"])
    same = "all that was planted, and nothing else" if found == set(drift_data.PLANTED) else "NOT what was planted"
    print(f"found {', '.join(sorted(found))}: {same}")
    far = apart(figures["ours"]["found"], figures["ours on duckdb"]["found"])
    print(f"the two engines differ in no finding, and in no statistic by more than {far:.1e}")
    if not known.get("agreed") and rows <= most_peer_rows:
        known["agreed"] = {"rows": rows}
        agreement(figures["ours"], reference, current)
    return {**figures, "scan": figures[fastest]}


def apart(one: Figure, other: Figure) -> float:
    """The largest difference of any statistic. Raises Failed where the engines found different things."""
    if (one["drifted"], one["rows"]) != (other["drifted"], other["rows"]):
        raise Failed(f"the engines disagree: {one['drifted']} and {other['drifted']}")
    pairs = ((one["columns"][name], other["columns"][name]) for name in one["columns"])
    return max(abs(left[key] - right[key]) for left, right in pairs for key in left)


def line(name: str, figure: Figure, scan: Figure, own: Figure) -> None:
    peak = f"{figure['peak']:9,.0f}" if "peak" in figure else " " * 9
    print(
        f"{name:24}{figure['seconds']:9.2f}{figure['cpu']:8.2f}{peak}"
        f"{figure['seconds'] / scan['seconds']:8.2f}{figure['seconds'] / own['seconds']:15.1f}×"
    )


def peers(
    way: str, rows: int, most: int, reference: Path, current: Path, place: Path, known: dict[str, Figure]
) -> tuple[Figure, bool]:
    """A library's figure; beyond `most` rows that of `most` rows, scaled."""
    if rows < most:
        return measure(interpreter(way), way, reference, current), False
    if rows == most:
        known[way] = measure(interpreter(way), way, reference, current)
        return known[way], False
    small = {side: place / f"small-{side}.parquet" for side in ("reference", "current")}
    if way not in known:
        for side, path in small.items():
            if not path.exists():
                write(path, most, drifted=side == "current")
        known[way] = measure(interpreter(way), way, small["reference"], small["current"])
    figure = known[way]
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
    parser.add_argument("--most-peer-rows", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--check", nargs=3, metavar=("WAY", "PROFILE", "FILE"), help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.check:
        print(json.dumps(check(*asked.check)))
        return
    known: dict[str, Figure] = {}
    figures = {}
    for rows in sorted(asked.rows):
        with TemporaryDirectory(prefix="tidegate-drift-") as place:
            figures[rows] = table(rows, asked.most_peer_rows, asked.runs, Path(place), known)
    aims(figures)


def aims(figures: dict[int, dict[str, Figure]]) -> None:
    """What was aimed at, beside what came; of processor seconds too, which other users of the machine change less."""
    print("\naims, and what came")
    for rows, ways in figures.items():
        own, scan = ways["ours"], ways["scan"]
        print(
            f"{rows:>12,} rows: {own['seconds'] / rows * 1e6:.2f} s and {own['cpu'] / rows * 1e6:.2f} cpu s a million;",
            end="",
        )
        print(f" × scan at most 2.5: {times(own, scan)}; peak under 1,000 MB: {own['peak']:,.0f}", end="")
        for way, aim in (("evidently", 100), ("nannyml", 50)):
            print(f"; {way} at least {aim}: {times(ways[way], own)}" if way in ways else "", end="")
        print()


def times(one: Figure, other: Figure) -> str:
    return f"{one['seconds'] / other['seconds']:.2f} ({one['cpu'] / other['cpu']:.2f} cpu)"


if __name__ == "__main__":
    main()
