"""What a repository promises about its models: where they are, how they are measured, which gates they must pass."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Literal

from tidegate.core.comparison.metric_table import Direction, is_cost
from tidegate.core.near_miss import did_you_mean
from tidegate.errors import InputError

VERSION = 1
RuleKind = Literal["no_worse_by", "better_by", "at_least", "at_most"]
Severity = Literal["block", "warn"]
Measure = Literal["difference", "ratio"]
Attributed = Literal["trained", "cached", "never"]
FEWEST_REPEATS = 2  # from one alone no spread could be told from luck
IntervalKind = Literal["percentile", "bca"]
TimeUnit = Literal["s", "ms", "us", "ns"]
RULES: tuple[RuleKind, ...] = ("no_worse_by", "better_by", "at_least", "at_most")
TIMES = " × "
"""Between the two columns of a pair and between their values; no column of a slice has it in its name."""
NAME = r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}"


def is_name(text: str) -> bool:
    """Whether `text` can name a model or a metric: safe in file names, Git tags and comments."""
    return bool(re.fullmatch(NAME, text)) and ".." not in text and not text.endswith((".", ".lock"))


def pair_name(one: str, other: str) -> str:
    """What the slices of two columns together are called."""
    return f"{one}{TIMES}{other}"


def usual_severity(metric: str) -> Severity:
    """Whether a gate blocks that does not say so. Costs warn: the machines of shared runners are noisy."""
    return "warn" if is_cost(metric) else "block"


@dataclass(frozen=True, kw_only=True)
class Gate:
    """One rule on one metric: over all rows, every value of each of `slices`, or the gap between values of each `gap`.

    `limit` is in the metric's unit, or a share of the champion's value when `relative` (``1%`` is 0.01); `text` is the
    limit as it was written. A gap is the largest value minus the smallest, or over it (`measure`).
    """

    metric: str
    kind: RuleKind
    limit: Decimal
    relative: bool
    text: str
    severity: Severity = "block"
    slices: tuple[str, ...] = ()
    gap: tuple[str, ...] = ()
    measure: Measure = "difference"

    def across(self, column: str) -> str:
        """What a gap between the values of a column is called: ``rmse gap[season]``, or ``rmse ratio[season]``."""
        return f"{self.metric} {'gap' if self.measure == 'difference' else 'ratio'}[{column}]"


@dataclass(frozen=True, kw_only=True)
class Repetition:
    """Both models are trained again `times` times, with other values of `parameter` (a dotted key of params.yaml)."""

    times: int
    parameter: str


@dataclass(frozen=True, kw_only=True)
class Label:
    """One of the labels that a row may have any number of: the column of the truth, of what was said, of its score."""

    target: str
    prediction: str | None = None
    score: str | None = None


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """The file of predictions, and what its columns mean.

    `score` is one column of scores for the class `positive`, or a column for each class. `slices` names what there are
    slices of: columns whose values are looked at one by one, columns of numbers that are cut at quantiles (`bins`:
    column → how many slices), and `pairs` of either (name → both columns). Slices with fewer rows than `minimum_rows`
    are shown and not judged. `labels` (label → its columns) takes the place of `target` (which is empty then),
    `prediction` and `score`; `quantiles` (column → level, as text) that of `prediction`. A score of `threshold` or more
    says the class (or label) where no prediction does. `rows`: the hold-out as `predict` reads it (a command with the
    names in braces ``{model}``, ``{rows}``, ``{predictions}``); `model`: the packaged model; `tests`: the folder of
    behavioural tests. `attribution`: whether the models between champion and candidate may be trained, have to be in
    DVC's cache, or are not asked for.
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
    bins: Mapping[str, int] = field(default_factory=dict)
    pairs: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    minimum_rows: int = 30
    labels: Mapping[str, Label] = field(default_factory=dict)
    quantiles: Mapping[str, str] = field(default_factory=dict)
    threshold: float | None = None
    interval: IntervalKind = "percentile"
    rows: str | None = None
    predict: tuple[str, ...] | None = None
    model: str | None = None
    tests: str | None = None
    repeats: Repetition | None = None
    attribution: Attributed = "cached"

    @property
    def value_columns(self) -> tuple[str, ...]:
        """The columns whose values are slices as they are."""
        return tuple(name for name in self.slices if name not in self.bins and name not in self.pairs)


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
    """A metric that Tidegate does not know: which way is better, and the values it can have.

    `python` (``module:function``) is called in the model's environment, `command` prints a number for a whole file;
    without either it is read from the pipeline's metrics files.
    """

    direction: Direction
    minimum: float | None = None
    maximum: float | None = None
    python: str | None = None
    command: tuple[str, ...] | None = None

    @property
    def measured(self) -> bool:
        """Whether it is measured by code of the model's, and not read from what a pipeline claims."""
        return self.python is not None or self.command is not None


@dataclass(frozen=True, kw_only=True)
class Labels:
    """Truth that comes later than the rows, and its columns of ids and of the truth.

    Files (`path` may be a pattern), or a `table` of the live data's own database.
    """

    path: str
    id: str
    target: str
    table: str = ""

    @property
    def place(self) -> str:
        """Where it comes to, in the contract's words."""
        return self.table or self.path


@dataclass(frozen=True, kw_only=True)
class Live:
    """Where live data lies, its time column, and how much of it is one window.

    Files (`path` may be a pattern) are read in this process; with `source`, a connection URL, the database behind it
    counts them, or a `table` of its own, and the variable `password_from` holds its password. `version`: the column
    that says which version of the model answered. `unit`: what whole numbers in the time column count since 1970, None
    where it holds times. `id`: the column that `labels` are joined by. Where the latest row is older than `max_age`,
    nothing is known.
    """

    path: str
    time: str
    window: timedelta
    unit: TimeUnit | None = None
    id: str | None = None
    labels: Labels | None = None
    max_age: timedelta | None = None
    source: str = ""
    password_from: str = ""
    table: str = ""
    version: str = "model_version"

    @property
    def place(self) -> str:
        """Where it lies, in the contract's words."""
        return self.table or self.path


@dataclass(frozen=True, kw_only=True)
class FireWhen:
    """Drift counts when this share of the features, by importance, drifts in `windows` of the last `of` windows."""

    columns: float
    windows: int
    of: int


@dataclass(frozen=True, kw_only=True)
class Budget:
    """The most `requests` that there may be in any stretch as long as `per`."""

    requests: int
    per: timedelta


@dataclass(frozen=True, kw_only=True)
class Retrain:
    """The command that extends the training data, and how long to wait between two requests.

    Drift is always a reason. `older_than`: so is this age of the model; `labelled_rows`: and so many rows to gain.
    """

    command: tuple[str, ...]
    cooldown: timedelta
    older_than: timedelta | None = None
    labelled_rows: int | None = None
    at_most: Budget | None = None


@dataclass(frozen=True, kw_only=True)
class Drift:
    """What live data is held against, and from when on a difference counts.

    `environment`: the one whose release is watched. `slices`: columns in whose slices performance is judged as well.
    `importance`: by feature, 1 for those that it does not name.
    """

    profile: str
    live: Live
    alpha: float
    min_effect: float
    fire_when: FireWhen
    retrain: Retrain | None = None
    environment: str = "production"
    slices: tuple[str, ...] = ()
    importance: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Waiver:
    """A gate, named as reports print it, that does not block up to and including the day `until`, and who answers."""

    gate: str
    reason: str
    owner: str
    until: date


@dataclass(frozen=True, kw_only=True)
class Tariff:
    """What an hour of training costs and draws; None where that is not said."""

    price_per_hour: Decimal | None = None
    currency: str = ""
    watts: Decimal | None = None


@dataclass(frozen=True, kw_only=True)
class Image:
    """How a release becomes a container image. `base`: ``name@sha256:…`` of one with Python; nothing is compiled.

    `repository`: where promotions push it; None where nothing is pushed, and each engine builds for itself.
    """

    base: str
    repository: str | None = None


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
    waivers: tuple[Waiver, ...] = ()
    tariff: Tariff | None = None
    image: Image | None = None


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
