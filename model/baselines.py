"""What the model should be compared with: the tables of README.md, made again by `python model/baselines.py`.

Needs data/ and model/live (`dvc pull`) and takes about two minutes. Nothing in the pipeline depends on it.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from sklearn.model_selection import TimeSeriesSplit

import metrics
import params
import parquet_files
import train
from features import TARGET
from prepare import DATA, REQUEST, split

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from params import Params

LIVE = Path("model/live")
WEEK = np.timedelta64(7, "D")


def both_years() -> pa.Table:
    """Every hour that there is, live months included, in order of time."""
    past = parquet_files.read(sorted(DATA.glob("*.parquet")), [*REQUEST, TARGET])
    requests = parquet_files.read(sorted(LIVE.glob("requests/*.parquet")), list(REQUEST))
    labels = parquet_files.read(sorted(LIVE.glob("labels/*.parquet")), ["instant", TARGET])
    return pa.concat_tables([past, requests.join(labels, "instant")]).sort_by("timestamp")


def seasonal_naive(time: NDArray[np.datetime64], truth: NDArray[np.float64]) -> NDArray[np.float64]:
    """For each hour the count one week before; NaN in the first week. Where that hour is absent, a week earlier."""
    known = dict(zip(time.tolist(), truth.tolist(), strict=True))
    answer = np.full(len(time), np.nan)
    for weeks in (3, 2, 1):
        before = [known.get(moment) for moment in (time - weeks * WEEK).tolist()]
        answer = np.array([old if new is None else new for old, new in zip(answer, before, strict=True)])
    return answer


def fresh(table: pa.Table, training: NDArray[np.bool_], test: NDArray[np.bool_], wanted: Params) -> dict[str, float]:
    """Train on some rows with these parameters, measure on others."""
    trainer = train.fit(table.filter(training), wanted)
    return metrics.measure(_truth(table)[test], train.answers(trainer, table.filter(test), wanted.features))


def splits(table: pa.Table, wanted: Params) -> Iterator[tuple[str, str, dict[str, float]]]:
    """(split, model, metrics): how the same parameters look under other people's ways to split."""
    time, truth = table["timestamp"].to_numpy(), _truth(table)
    year = time < np.datetime64("2012-01-01")
    training, _ = split(table.filter(year), wanted.holdout_months)
    old = time <= training["timestamp"].to_numpy()[-1]
    yield "hold-out, newest two months of 2011", "seasonal naive", _naive(time, truth, year & ~old)
    for name, parameters in _contenders(wanted):
        yield "hold-out, newest two months of 2011", name, fresh(table, old, year & ~old, parameters)
    test = np.random.default_rng(0).random(len(time)) < 0.2
    for name, parameters in _contenders(wanted):
        yield "random fifth of both years", name, fresh(table, ~test, test, parameters)
    for name, parameters in _contenders(wanted):
        yield "scikit-learn's five forward splits", name, _forward(table, parameters)


def _contenders(wanted: Params) -> Iterator[tuple[str, Params]]:
    yield "this model", wanted
    longer = replace(wanted, train=replace(wanted.train, trees=600, learning_rate=0.1))
    yield "600 trees, learning rate 0.1", longer


def _forward(table: pa.Table, wanted: Params) -> dict[str, float]:
    """The mean over the splits of scikit-learn's example "Time-related feature engineering"."""
    folds = TimeSeriesSplit(n_splits=5, gap=48, max_train_size=10_000, test_size=1_000)
    places = np.arange(table.num_rows)
    each = [fresh(table, np.isin(places, a), np.isin(places, b), wanted) for a, b in folds.split(places)]
    return {name: float(np.mean([one[name] for one in each])) for name in each[0]}


def replay(table: pa.Table, wanted: Params) -> Iterator[tuple[str, list[float]]]:
    """(live month, rmse of: seasonal naive, the model as it is, one whose hold-out ends with the month before)."""
    time, truth = table["timestamp"].to_numpy(), _truth(table)
    month = time.astype("datetime64[M]")
    first = np.datetime64("2012-01", "M")
    names = wanted.features
    frozen = train.fit(table.filter(month < first - wanted.holdout_months), wanted)
    for live in np.unique(month[month >= first]):
        now = month == live
        again = train.fit(table.filter(month < live - wanted.holdout_months), wanted)
        answers = (train.answers(trainer, table.filter(now), names) for trainer in (frozen, again))
        measured = [metrics.measure(truth[now], answer)["rmse"] for answer in answers]
        yield str(live), [_naive(time, truth, now)["rmse"], *measured]


def _naive(time: NDArray[np.datetime64], truth: NDArray[np.float64], test: NDArray[np.bool_]) -> dict[str, float]:
    return metrics.measure(truth[test], seasonal_naive(time, truth)[test])


def _truth(table: pa.Table) -> NDArray[np.float64]:
    return np.asarray(table[TARGET].to_numpy(), dtype=np.float64)


def main() -> None:
    """Print both tables as Markdown."""
    table, wanted = both_years(), params.load()
    print("| split | model | RMSE | MAE | R² |\n| --- | --- | ---: | ---: | ---: |")
    for where, name, measured in splits(table, wanted):
        print(f"| {where} | {name} | {measured['rmse']:.1f} | {measured['mae']:.1f} | {measured['r2']:.3f} |")
    print("\n| live month | seasonal naive | as released | trained again |\n| --- | ---: | ---: | ---: |")
    for month, (naive, frozen, again) in replay(table, wanted):
        print(f"| {month} | {naive:.0f} | {frozen:.0f} | {again:.0f} |")


if __name__ == "__main__":
    main()
