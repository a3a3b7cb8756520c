"""What a repository promises about its models: where they are, how they are measured, which gates they must pass."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Literal

from tidegate.core.comparison.metric_table import Direction
from tidegate.core.near_miss import did_you_mean
from tidegate.errors import InputError

VERSION = 1
RuleKind = Literal["no_worse_by", "better_by", "at_least", "at_most"]
Severity = Literal["block", "warn"]
RULES: tuple[RuleKind, ...] = ("no_worse_by", "better_by", "at_least", "at_most")
NAME = r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}"


def is_name(text: str) -> bool:
    """Whether `text` can name a model or a metric: safe in file names, Git tags and comments."""
    return bool(re.fullmatch(NAME, text)) and ".." not in text and not text.endswith((".", ".lock"))


@dataclass(frozen=True, kw_only=True)
class Gate:
    """One rule on one metric, over all rows or over every value of each column in `slices`.

    `limit` is in the metric's unit, or a share of the champion's value when `relative` (``1%`` is 0.01); `text` is the
    limit as it was written.
    """

    metric: str
    kind: RuleKind
    limit: Decimal
    relative: bool
    text: str
    severity: Severity = "block"
    slices: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """The file of predictions, and what its columns mean.

    `score` is one column of scores for the class `positive`, or a column for each class. Slices with fewer rows than
    `minimum_rows` are shown and not judged.
    """

    predictions: str
    id: str
    target: str
    prediction: str | None = None
    score: str | Mapping[str, str] | None = None
    positive: str | None = None
    cluster: str | None = None
    weight: str | None = None
    slices: tuple[str, ...] = ()
    minimum_rows: int = 30


@dataclass(frozen=True, kw_only=True)
class DataSource:
    """`tracked`: the ``.dvc`` pointer; `expectations`: the folder of expectation suites."""

    tracked: str
    expectations: str


@dataclass(frozen=True, kw_only=True)
class Environment:
    """`lock`: hash-locked requirements of the model's own Python; None: the caller's PATH as it is."""

    lock: str | None = None


@dataclass(frozen=True, kw_only=True)
class CustomMetric:
    """A metric that Tidegate does not know: which way is better, and the values it can have."""

    direction: Direction
    minimum: float | None = None
    maximum: float | None = None


@dataclass(frozen=True, kw_only=True)
class Live:
    """Where live data lies (`path` may be a pattern), its time column, and how much of it one check reads."""

    path: str
    time: str
    window: timedelta


@dataclass(frozen=True, kw_only=True)
class FireWhen:
    """Drift counts when this share of the columns drifts in `windows` of the last `of` windows."""

    columns: float
    windows: int
    of: int


@dataclass(frozen=True, kw_only=True)
class Retrain:
    """The command that extends the training data, and how long to wait between two retrainings."""

    command: tuple[str, ...]
    cooldown: timedelta


@dataclass(frozen=True, kw_only=True)
class Drift:
    """What live data is held against, and from when on a difference counts."""

    profile: str
    live: Live
    alpha: float
    min_effect: float
    fire_when: FireWhen
    retrain: Retrain | None = None


@dataclass(frozen=True, kw_only=True)
class Model:
    """One model of the contract; `path` holds its ``dvc.yaml`` and ``params.yaml``."""

    name: str
    path: str
    data: DataSource
    evaluation: Evaluation
    gates: tuple[Gate, ...]
    environment: Environment = field(default_factory=Environment)
    metrics: Mapping[str, CustomMetric] = field(default_factory=dict)
    alpha: float = 0.05
    drift: Drift | None = None


@dataclass(frozen=True, kw_only=True)
class Contract:
    """The whole of ``tidegate.yaml``: at least one model."""

    version: int
    models: Mapping[str, Model]

    def model(self, name: str | None) -> Model:
        """The model called `name`, or the only one. Raises InputError E-CFG-026 naming the models there are."""
        listing = ", ".join(self.models)
        if not name:
            if len(self.models) == 1:
                return next(iter(self.models.values()))
            raise InputError("E-CFG-026", f"the contract has several models: {listing}.", fix="Choose with --model.")
        if name not in self.models:
            message = f"the contract has no model {name[:80]!r}; it has: {listing}.{did_you_mean(name, self.models)}"
            raise InputError("E-CFG-026", message)
        return self.models[name]
