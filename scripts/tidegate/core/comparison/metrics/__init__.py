"""How each known metric is computed from rows; what each means stands in `metric_table`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from tidegate.core.comparison.metric_table import KNOWN, level_of
from tidegate.core.comparison.metrics.class_rankings import CLASS_RANKINGS
from tidegate.core.comparison.metrics.counts import COUNTS
from tidegate.core.comparison.metrics.form import Form, Metric, Outcome
from tidegate.core.comparison.metrics.label_sets import LABEL_SETS
from tidegate.core.comparison.metrics.losses import LOSSES, tweedie_deviance
from tidegate.core.comparison.metrics.of_one import of_one
from tidegate.core.comparison.metrics.order_statistics import ORDER_STATISTICS
from tidegate.core.comparison.metrics.probabilities import PROBABILITIES, top_accuracy
from tidegate.core.comparison.metrics.quantiles import QUANTILES, pinball_of
from tidegate.core.comparison.metrics.queries import QUERIES, ndcg
from tidegate.core.comparison.metrics.ranking import RANKING

_ONE_KIND: dict[str, Metric] = {
    **LOSSES,
    **ORDER_STATISTICS,
    **QUANTILES,
    **QUERIES,
    **COUNTS,
    **PROBABILITIES,
    **RANKING,
    **CLASS_RANKINGS,
}
_FAMILIES: dict[str, Callable[[str], Metric]] = {
    "pinball": lambda percent: pinball_of(level_of(percent)),
    "tweedie_deviance": lambda power: tweedie_deviance(float(power)),
    "ndcg": lambda most: ndcg(int(most)),
    "top_accuracy": lambda most: top_accuracy(int(most)),
}


class _Metrics(Mapping[str, Metric]):
    """The metrics of `KNOWN` that are computed from rows."""

    def __getitem__(self, name: str) -> Metric:
        kind = KNOWN[name]
        if kind.needs == "cost":
            raise KeyError(name)
        if kind.of:
            return of_one(self[kind.base], kind.of)
        if kind.family:
            return _FAMILIES[kind.family](kind.number)
        return _by_target(name) if name in LABEL_SETS else _ONE_KIND[name]

    def __iter__(self) -> Iterator[str]:
        return (name for name in KNOWN if name in self)

    def __len__(self) -> int:
        return sum(1 for _ in self)


def _by_target(name: str) -> Metric:
    """Where rows may have any number of labels, the metric of label sets; else that of classes."""

    def metric(outcome: Outcome) -> Form:
        sets = outcome.labels or name not in _ONE_KIND
        return (LABEL_SETS if sets else _ONE_KIND)[name](outcome)

    return metric


def by_cell(name: str) -> bool:
    """Whether the metric depends on nothing but true and predicted classes, so that equal rows are one cell."""
    return KNOWN[name].base in {*COUNTS, *LABEL_SETS}


METRICS: Mapping[str, Metric] = _Metrics()
