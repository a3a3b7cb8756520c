"""Intervals for two models' metrics: ours against scipy.stats.bootstrap and against a loop around scikit-learn.

    python tests/benchmarks/compare.py [--rows 100000 1000000] [--draws 2000] [--metrics accuracy f1 auc log_loss rmse]

Every figure is a fresh process: seconds from arrays in memory to two intervals (of the candidate's value and of the
difference), and the most memory that the process ever had; in brackets what it had before, arrays included. Peers do a
few draws and are scaled to all of them, said so by `×`; they give the difference only. Seconds are of this machine,
ratios travel.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))
METRICS = ("accuracy", "f1", "auc", "average_precision", "log_loss", "rmse", "rmse in clusters")
FIVE = ("accuracy", "f1", "auc", "log_loss", "rmse")
WAYS = ("ours", "scipy", "loop")
OUR_RUNS = 3
PEER_SECONDS = 6.0
MOST_PEER_ROWS = 1_000_000


def columns_of(metric: str, rows: int) -> tuple[Any, Any, Any]:
    """Truth, candidate and champion of a seeded hold-out, as the metric needs them and nothing beside."""
    random = np.random.default_rng(0)
    return _numbers(random, rows) if metric.startswith("rmse") else _classes(random, rows, metric)


def _numbers(random: np.random.Generator, rows: int) -> tuple[Any, Any, Any]:
    number, shared = random.gamma(2, 50, rows), random.normal(0, 10, rows)
    shared += number
    return number, shared + random.normal(0, 8, rows), shared + random.normal(0, 8.1, rows)


def _classes(random: np.random.Generator, rows: int, metric: str) -> tuple[Any, Any, Any]:
    """Scores without ties, a third of the rows positive; predicted classes (0 and 1) from them."""
    truth = (random.random(rows) < 0.33).astype(np.int64)
    margin = random.normal(0, 0.8, rows)
    margin += 2 * truth - 1
    scores = []
    for spread in (0.8, 0.82):
        score = random.normal(0, spread, rows)
        score += margin
        np.negative(score, out=score)
        np.exp(score, out=score)
        score += 1
        np.reciprocal(score, out=score)
        scores.append((score > 0.5).astype(np.int64) if metric in ("accuracy", "f1") else score)
    return truth, scores[0], scores[1]


def ours(metric: str, columns: tuple[Any, Any, Any], draws: int) -> Callable[[], Any]:
    """Both intervals, by the core's own way for the metric."""
    from tidegate.core.comparison.inference.estimation import estimates
    from tidegate.core.comparison.inference.intervals import percentile
    from tidegate.core.comparison.samples.sample import Coded, Output, Sample

    def classes(column: Any) -> Coded:
        return Coded(codes=column, labels=("0", "1"))

    def output(column: Any) -> Output:
        if metric in ("accuracy", "f1"):
            return Output(prediction=classes(column))
        return Output(prediction=column) if metric.startswith("rmse") else Output(scores={"1": column})

    truth, new, old = columns
    rows = np.arange(len(truth))
    days = Coded(codes=rows // 24, labels=tuple(map(str, range(len(rows) // 24 + 1)))) if "clusters" in metric else None
    sample = Sample(
        ids=rows,
        truth=truth if metric.startswith("rmse") else classes(truth),
        candidate=output(new),
        champion=output(old),
        cluster=days,
    )

    def run() -> Any:
        name = metric.split()[0]
        found = estimates(sample, [name], draws, seed=1)[name]
        value = percentile(found.candidate_draws, 0.05, found.units)
        return value, percentile(found.difference_draws, 0.05, found.units)  # type: ignore[arg-type]

    return run


def function_of(metric: str) -> Callable[[Any, Any], float]:
    """scikit-learn's function for the metric."""
    import sklearn.metrics as sk

    named = {
        "accuracy": sk.accuracy_score,
        "f1": sk.f1_score,
        "auc": sk.roc_auc_score,
        "average_precision": sk.average_precision_score,
        "log_loss": sk.log_loss,
        "rmse": sk.root_mean_squared_error,
    }
    found: Callable[[Any, Any], float] = named[metric]
    return found


def vectorised(metric: str) -> Callable[..., Any] | None:
    """The difference as scipy wants it for all draws at once, where a few lines of numpy say it."""
    of: dict[str, Callable[[Any, Any], Any]] = {
        "accuracy": lambda truth, said: (truth == said).mean(axis=-1),
        "f1": lambda truth, said: 2 * (truth * said).sum(axis=-1) / (truth + said).sum(axis=-1),
        "log_loss": lambda truth, score: -np.log(np.where(truth == 1, score, 1 - score)).mean(axis=-1),
        "rmse": lambda truth, said: np.sqrt(((truth - said) ** 2).mean(axis=-1)),
    }
    if metric not in of:
        return None
    return lambda truth, new, old, axis=-1: of[metric](truth, new) - of[metric](truth, old)


def scipys(metric: str, columns: tuple[Any, Any, Any], draws: int) -> Callable[[], Any]:
    """A paired percentile interval of the difference by scipy.stats.bootstrap."""
    from scipy import stats

    fast, function = vectorised(metric), function_of(metric)

    def slow(truth: Any, new: Any, old: Any) -> float:
        return function(truth, new) - function(truth, old)

    return lambda: (
        stats.bootstrap(
            columns,
            fast or slow,
            paired=True,
            vectorized=fast is not None,
            n_resamples=draws,
            batch=1 if fast is not None else None,
            method="percentile",
            rng=1,
        ).confidence_interval
    )


def loops(metric: str, columns: tuple[Any, Any, Any], draws: int) -> Callable[[], Any]:
    """What most people write: draw rows, call scikit-learn twice, keep the difference."""
    function, (truth, new, old) = function_of(metric), columns

    def run() -> Any:
        random, found = np.random.default_rng(1), []
        for _ in range(draws):
            rows = random.integers(0, len(truth), len(truth))
            found.append(function(truth[rows], new[rows]) - function(truth[rows], old[rows]))
        return np.quantile(found, [0.025, 0.975])

    return run


def measure(way: str, metric: str, rows: int, draws: int) -> dict[str, float]:
    """One way, in this process: ours three times (the median counts), a peer for a few seconds (and scaled)."""
    columns = columns_of(metric, rows)
    given = _memory()["megabytes"]
    if way == "ours":
        ours(metric, tuple(column[:1000] for column in columns), 10)()  # imports and first calls are no part of it
        seconds = []
        for _ in range(OUR_RUNS):
            start = time.perf_counter()
            ours(metric, columns, draws)()
            seconds.append(time.perf_counter() - start)
        return {"seconds": statistics.median(seconds), "done": draws, **_memory(), "given": given}
    prepared = scipys if way == "scipy" else loops
    prepared(metric, tuple(column[:1000] for column in columns), 2)()
    done, seconds = 2, 0.0
    while seconds < PEER_SECONDS / 4 and done < draws:
        done = min(done * 4, draws)
        start = time.perf_counter()
        prepared(metric, columns, done)()
        seconds = time.perf_counter() - start
    return {"seconds": seconds * draws / done, "done": done, **_memory(), "given": given}


def _memory() -> dict[str, float]:
    return {"megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}


def apart(way: str, metric: str, rows: int, draws: int) -> dict[str, float]:
    """`measure` in a process of its own."""
    command = [sys.executable, __file__, "--one", way, metric, str(rows), str(draws)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def compare(metric: str, rows: int, draws: int) -> dict[str, float]:
    """Print one line, and return our own figures."""
    mine = apart("ours", metric, rows, draws)
    memory = f"{mine['megabytes']:.0f} MB ({mine['given']:.0f})"
    line = f"{rows:>10,}  {metric:<18}{mine['seconds']:>8.2f} s{memory:>16}"
    for way in WAYS[1:]:
        if rows > MOST_PEER_ROWS or "clusters" in metric:
            line += f"{'–':>20}{'–':>8}"
            continue
        peer = apart(way, metric, rows, draws)
        scaled = f"× {draws / peer['done']:.0f}"
        line += f"{peer['seconds']:>10,.0f} s ({scaled:>5}){peer['seconds'] / mine['seconds']:>7,.0f}×"
    print(line, flush=True)
    return mine


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="+", default=[100_000, 1_000_000, 10_000_000])
    parser.add_argument("--draws", type=int, default=2000)
    parser.add_argument("--metrics", nargs="+", default=list(METRICS), choices=METRICS)
    parser.add_argument("--one", nargs=4, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        way, metric, rows, draws = options.one
        print(json.dumps(measure(way, metric, int(rows), int(draws))))
        return
    print(f"{options.draws:,} draws")
    print(f"{'rows':>10}  {'metric':<18}{'ours':>10}{'memory':>16}{'scipy':>20}{'ratio':>8}{'loop':>20}{'ratio':>8}")
    for rows in options.rows:
        mine = {metric: compare(metric, rows, options.draws) for metric in options.metrics}
        if set(FIVE) <= set(mine):
            seconds = sum(mine[metric]["seconds"] for metric in FIVE)
            most = max(mine[metric]["megabytes"] for metric in FIVE)
            print(f"{rows:>10,}  these five together: {seconds:.1f} s, at most {most:.0f} MB ({', '.join(FIVE)})")


if __name__ == "__main__":
    main()
