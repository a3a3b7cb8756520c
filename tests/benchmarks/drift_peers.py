"""What the peers do with the same files: run by `drift.py` in each peer's own environment, one process a figure.

    python drift_peers.py WAY reference.parquet current.parquet

Prints one line of JSON: seconds, processor seconds, peak memory in MB, and the statistics it found. A scan reads every
value of the current file. A drift library gets both files as frames in memory; reading them is not counted.
"""

from __future__ import annotations

import json
import resource
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

Statistics = dict[str, dict[str, float]]


def usage() -> tuple[float, float]:
    """Processor seconds so far, and peak memory in MB: of this program, where the system tells it apart."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    peak = used.ru_maxrss / 1024  # at least that of the process that started this one
    if (status := Path("/proc/self/status")).exists():
        peak = next(int(line.split()[1]) / 1024 for line in status.read_text().splitlines() if line.startswith("VmHWM"))
    return used.ru_utime + used.ru_stime, peak


def timed(work: Callable[[], Any]) -> dict[str, Any]:
    """`work` measured; `base` is the memory that was in use before it."""
    busy, base = usage()
    start = time.perf_counter()
    found = work()
    seconds = time.perf_counter() - start
    after, peak = usage()
    return {"seconds": seconds, "cpu": after - busy, "peak": peak, "base": base, "found": found}


def scan_polars(_: str, current: str) -> Callable[[], Any]:
    """Sums and longest words, as for DuckDB: values that are only counted need not be decoded."""
    import polars as pl

    scan = pl.scan_parquet(current)
    asked = [
        pl.col(name).str.len_bytes().max()
        if kind == pl.String
        else pl.col(name).cast(pl.Int64).sum()
        if kind == pl.Datetime
        else pl.col(name).sum()
        for name, kind in scan.collect_schema().items()
    ]
    return lambda: bool(scan.select(asked).collect(engine="streaming").width)


def scan_duckdb(_: str, current: str) -> Callable[[], Any]:
    """Sums and longest words: counts and maxima alone would come from the file's own statistics."""
    import duckdb

    kinds = duckdb.execute(f"describe select * from '{current}'").fetchall()  # noqa: S608
    asked = [
        f'max(strlen("{name}"))'
        if kind == "VARCHAR"
        else f'max("{name}" + interval 1 second)'
        if "TIME" in kind
        else f'sum("{name}")'
        for name, kind, *_ in kinds
    ]
    return lambda: bool(duckdb.execute(f"select {', '.join(asked)} from '{current}'").fetchall())  # noqa: S608


def scan_pyarrow(_: str, current: str) -> Callable[[], Any]:
    import pyarrow.parquet as pq

    def run() -> bool:
        with pq.ParquetFile(current) as file:
            names = file.schema_arrow.names
            return all(
                len(file.read_row_group(group, columns=names[first : first + 2])) > 0
                for group in range(file.num_row_groups)
                for first in range(0, len(names), 2)
            )

    return run


def frames(reference: str, current: str) -> tuple[Any, Any]:
    """Both files as pandas frames, without the column of times."""
    import pandas as pd

    return tuple(pd.read_parquet(path).drop(columns="time") for path in (reference, current))  # type: ignore[return-value]


def evidently(reference: str, current: str) -> Callable[[], Any]:
    from evidently import DataDefinition, Dataset, Report
    from evidently.presets import DataDriftPreset

    before, after = frames(reference, current)
    words = [name for name in before if before[name].dtype == object]
    definition = DataDefinition(
        numerical_columns=[name for name in before if name not in words], categorical_columns=words
    )

    def run() -> Statistics:
        sides = [Dataset.from_pandas(frame, data_definition=definition) for frame in (after, before)]
        metrics = Report([DataDriftPreset()]).run(*sides).dict()["metrics"]
        drifts = [metric for metric in metrics if metric["metric_name"].startswith("ValueDrift")]
        return {metric["config"]["column"]: {metric["config"]["method"]: float(metric["value"])} for metric in drifts}

    return run


def evidently_statistics(reference: str, current: str) -> Callable[[], Any]:
    """Several methods on every column: for agreement, not for time."""
    from evidently import DataDefinition, Dataset, Report
    from evidently.metrics import ValueDrift

    before, after = frames(reference, current)
    words = [name for name in before if before[name].dtype == object]
    numbers = [name for name in before if name not in words]
    definition = DataDefinition(numerical_columns=numbers, categorical_columns=words)
    asked = [ValueDrift(column=name, method="wasserstein") for name in numbers]
    asked += [ValueDrift(column=name, method=method) for name in words for method in ("psi", "jensenshannon")]

    def run() -> Statistics:
        sides = [Dataset.from_pandas(frame, data_definition=definition) for frame in (after, before)]
        found: Statistics = {}
        for metric in Report(asked).run(*sides).dict()["metrics"]:
            settings = metric["config"]
            found.setdefault(settings["column"], {})[settings["method"]] = float(metric["value"])
        return found

    return run


def nannyml(reference: str, current: str) -> Callable[[], Any]:
    import nannyml as nml

    before, after = frames(reference, current)
    words = [name for name in before if before[name].dtype == object]
    calculator = nml.UnivariateDriftCalculator(
        column_names=list(before),
        treat_as_categorical=words,
        continuous_methods=["jensen_shannon"],
        categorical_methods=["jensen_shannon"],
        chunk_number=1,
    )

    def run() -> Statistics:
        calculator.fit(before)
        table = calculator.calculate(after).filter(period="analysis").to_df()
        return {name: {"jensen_shannon": float(table[(name, "jensen_shannon", "value")].iloc[0])} for name in before}

    return run


def scipy_statistics(reference: str, current: str) -> Callable[[], Any]:
    """Exact Kolmogorov–Smirnov distances, by sorting."""
    from scipy.stats import ks_2samp

    before, after = frames(reference, current)
    numbers = [name for name in before if before[name].dtype.kind in "fi"]
    return lambda: {
        name: {"ks": float(ks_2samp(before[name].dropna(), after[name].dropna(), method="asymp").statistic)}
        for name in numbers
    }


WAYS: dict[str, Callable[[str, str], Callable[[], Any]]] = {
    "polars": scan_polars,
    "duckdb": scan_duckdb,
    "pyarrow": scan_pyarrow,
    "evidently": evidently,
    "evidently statistics": evidently_statistics,
    "nannyml": nannyml,
    "scipy statistics": scipy_statistics,
}


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    print(json.dumps(timed(WAYS[sys.argv[1]](*sys.argv[2:4]))))
