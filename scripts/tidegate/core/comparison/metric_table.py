"""The metrics Tidegate knows: which way is better, what each is computed from, and which values are possible.

The direction is stated here or in the contract, never guessed from a name. Nothing heavy is imported, because the
contract is checked against this table before anything else runs.

Some names hold a number (``ndcg_at_10``, ``top_5_accuracy``, ``pinball_p02.5``, ``tweedie_deviance_1.5``), and those of
one class or label end in it: ``f1:spam``.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Literal

Direction = Literal["higher", "lower"]
Needs = Literal["prediction", "quantiles", "query", "labels", "score", "scores", "sets", "cost"]


@dataclass(frozen=True)
class MetricKind:
    """One metric's meaning.

    `needs`: ``prediction`` a number per row, ``quantiles`` a number per row and level, ``query`` a number per row and
    rows grouped by query, ``labels`` a predicted class per row, ``score`` a probability or score per row, ``scores``
    one per row and class, ``sets`` any number of labels per row, ``cost`` a measurement of the model rather than of its
    rows. `minimum` and `maximum` bound what is possible, infinite where nothing does. `family` and `number` are the
    parts of a name that holds a number; `of` is the class or label after a colon, empty where there is none.
    """

    name: str
    direction: Direction
    needs: Needs
    minimum: float = -math.inf
    maximum: float = math.inf
    family: str = ""
    number: str = ""
    of: str = ""

    @property
    def base(self) -> str:
        """The name without a class or label."""
        return self.name.removesuffix(f":{self.of}") if self.of else self.name


def _lower(needs: Needs, *names: str, maximum: float = math.inf) -> list[MetricKind]:
    return [MetricKind(name, "lower", needs, 0.0, maximum) for name in names]


def _higher(needs: Needs, *names: str, minimum: float = 0.0, maximum: float = 1.0) -> list[MetricKind]:
    return [MetricKind(name, "higher", needs, minimum, maximum) for name in names]


_TABLE = [
    *_lower("prediction", "rmse", "mse", "mae", "median_absolute_error", "max_error", "mape", "wape", "msle", "rmsle"),
    *_lower("prediction", "smape", maximum=2.0),
    *_lower("prediction", "poisson_deviance", "gamma_deviance"),
    *_higher("prediction", "r2", "explained_variance", minimum=-math.inf),
    *_lower("quantiles", "pinball", "interval_width", "interval_score"),
    *_lower("quantiles", "crossing_rate", "coverage_error", maximum=1.0),
    *_higher("quantiles", "interval_coverage"),
    *_higher("query", "ndcg", "mrr", "map"),
    *_higher("labels", "accuracy", "balanced_accuracy", "precision", "recall", "specificity", "f1", "jaccard"),
    *_higher("labels", "precision_macro", "recall_macro", "f1_macro", "f1_weighted"),
    *_higher("labels", "mcc", "kappa", minimum=-1.0),
    *_higher("sets", "subset_accuracy", "precision_micro", "recall_micro", "f1_micro", "f1_samples"),
    *_lower("sets", "hamming_loss", maximum=1.0),
    *_lower("score", "log_loss"),
    *_lower("score", "brier", maximum=2.0),
    *_higher("score", "auc", "average_precision"),
    *_higher("scores", "auc_ovr_macro", "auc_ovr_weighted", "auc_ovo_macro", "auc_ovo_weighted"),
    *_lower("cost", "predict_p50_ms", "predict_p95_ms", "train_seconds", "model_bytes", "peak_memory_bytes"),
    *_higher("cost", "predict_rows_per_second", maximum=math.inf),
]
_FIXED = {kind.name: kind for kind in _TABLE}
_FAMILIES: dict[str, tuple[re.Pattern[str], MetricKind, Callable[[float], bool]]] = {
    "pinball": (
        re.compile(r"pinball_p([0-9]{2}(?:\.[0-9]{1,4})?)"),
        MetricKind("", "lower", "prediction", 0.0),
        lambda percent: 0 < percent < 100,
    ),
    "tweedie_deviance": (
        re.compile(r"tweedie_deviance_([1-3](?:\.[0-9]{1,4})?)"),
        MetricKind("", "lower", "prediction", 0.0),
        lambda power: 1 <= power <= 3,
    ),
    "ndcg": (
        re.compile(r"ndcg_at_([1-9][0-9]{0,3})"),
        MetricKind("", "higher", "query", 0.0, 1.0),
        lambda _: True,
    ),
    "top_accuracy": (
        re.compile(r"top_([1-9][0-9]{0,2})_accuracy"),
        MetricKind("", "higher", "scores", 0.0, 1.0),
        lambda _: True,
    ),
}
_SHOWN = (
    *(f"pinball_p{level:02d}" for level in (5, 10, 25, 50, 75, 90, 95)),
    *("tweedie_deviance_1.5", "ndcg_at_10", "top_3_accuracy", "top_5_accuracy"),
)
OF_ONE = (
    *("accuracy", "balanced_accuracy", "precision", "recall", "specificity", "f1", "jaccard", "mcc", "kappa"),
    *("log_loss", "brier", "auc", "average_precision"),
)
"""Metrics that can be asked of one class or label against all others: ``recall:spam``."""
OF_LABEL_SETS = ("accuracy", "precision_macro", "recall_macro", "f1_macro", "f1_weighted")
"""Metrics of classes that mean something where a row has any number of labels, too."""


class _Known(Mapping[str, MetricKind]):
    """Every known name has its meaning; only those without a free part, and examples of the others, are listed."""

    def __getitem__(self, name: str) -> MetricKind:
        base, _, of = name.partition(":")
        if of and base in OF_ONE:
            return replace(_FIXED[base], name=name, of=of)
        if name in _FIXED:
            return _FIXED[name]
        for family, (pattern, kind, allowed) in _FAMILIES.items():
            found = pattern.fullmatch(name)
            if found and allowed(float(found[1])):
                return replace(kind, name=name, family=family, number=found[1])
        raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        return iter((*_FIXED, *_SHOWN))

    def __len__(self) -> int:
        return len(_FIXED) + len(_SHOWN)


KNOWN: Mapping[str, MetricKind] = _Known()


def level_text(level: Decimal) -> str:
    """One text for one quantile level, however it was written: ``0.10`` is ``0.1``."""
    return format(level.normalize(), "f")


def level_of(percent: str) -> str:
    """The level that a name's percents stand for: ``05`` is ``0.05``."""
    return level_text(Decimal(percent) / 100)


def is_cost(metric: str) -> bool:
    """Whether a metric is a measurement of the model rather than of its rows."""
    return metric in KNOWN and KNOWN[metric].needs == "cost"
