"""The shape of a model's drift section: what live data is held against, where it lies, when a difference counts."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from tidegate.adapters.contract import kinds
from tidegate.adapters.contract.shape import Shape
from tidegate.core import contract as core

_MOST_COLUMNS = 10_000


class LabelsShape(Shape):
    """Truth that comes later than the rows that it belongs to."""

    path: kinds.PathText | None = None
    """Files (.parquet, .csv), a folder, or a pattern for them."""
    table: kinds.Text | None = None
    """A table of live.source."""
    id: kinds.Text | None = None
    """The column of ids; evaluation.id where it is not given."""
    target: kinds.Text | None = None
    """The column of the truth; evaluation.target where it is not given."""

    def labels(self, column: str, target: str | None) -> core.Labels:
        """The same as a value of the core; `column` and `target` are the evaluation's, for what is not given."""
        return core.Labels(
            path=self.path or "", table=self.table or "", id=self.id or column, target=self.target or target or ""
        )


class LiveShape(Shape):
    """The data that the released model meets."""

    path: kinds.PathText | None = None
    """Files (.parquet, .csv), a folder such as the server's prediction log, or a pattern for them."""
    source: kinds.Source | None = None
    """Who counts, where it is not this process: duckdb://live.duckdb, spark://local[2], postgres://me@host/db."""
    password_from: kinds.Variable | None = None
    """The environment's variable that holds the password of the URL's user; it never stands in a contract."""
    table: kinds.Text | None = None
    """The table there (schema.table), or where its Parquet files lie: s3a://bucket/live."""
    version: kinds.Text = "model_version"
    """The column that says which version of the model answered; where there is one, answers are held to the release."""
    time: kinds.Text
    """The column of times; windows are stretches of it, whenever a check runs."""
    unit: kinds.TimeUnit | None = None
    """What the time column counts since 1970 where it holds whole numbers: s, ms, us or ns."""
    window: kinds.Duration
    """The length of a window: 30m, 12h, 7d. Borders are counted from a Monday, so that every run sees the same ones."""
    id: kinds.Text | None = None
    """The column that labels are joined by; the labels' own name for it where it is not given."""
    labels: LabelsShape | None = None
    """Where the truth comes to; with it, performance is held against the release's own."""
    max_age: kinds.Duration | None = None
    """How old the latest row may be; where it is older, data has stopped coming and nothing is known."""

    def live(self, column: str, target: str | None) -> core.Live:
        """The same as a value of the core; `column` and `target` are the evaluation's, for what is not given."""
        return core.Live(
            path=self.path or "",
            source=self.source or "",
            password_from=self.password_from or "",
            table=self.table or "",
            version=self.version,
            time=self.time,
            window=self.window,
            unit=self.unit,
            id=self.id,
            labels=None if self.labels is None else self.labels.labels(column, target),
            max_age=self.max_age,
        )


class FireWhenShape(Shape):
    """When drift counts."""

    columns: kinds.Share
    """The share of features that drifted, by importance."""
    windows: kinds.Windows
    """In how many of the last windows, the latest among them: 2 of 3."""


class BudgetShape(Shape):
    """How often retraining may be asked for."""

    requests: kinds.Count
    """So many pull requests."""
    per: kinds.Duration
    """In any stretch of live data as long as this."""


class RetrainShape(Shape):
    """What happens then: a pull request with more data, which is judged like any other. Drift is always a reason."""

    command: kinds.Arguments
    """Extends the training data in place, no shell; {data}, {live}, {labels} stand for paths, {until} for a time."""
    cooldown: kinds.Duration
    """The least time between two requests, in live data's own time."""
    older_than: kinds.Duration | None = None
    """A release of this age is a reason as well."""
    labelled_rows: kinds.Count | None = None
    """So many more rows to train on are a reason as well."""
    at_most: BudgetShape | None = None
    """A limit to requests, whatever the reasons."""

    def retrain(self) -> core.Retrain:
        """The same as a value of the core."""
        most = self.at_most
        return core.Retrain(
            command=self.command,
            cooldown=self.cooldown,
            older_than=self.older_than,
            labelled_rows=self.labelled_rows,
            at_most=None if most is None else core.Budget(requests=most.requests, per=most.per),
        )


class DriftShape(Shape):
    """What live data is held against."""

    profile: kinds.PathText
    """The summary of the training data that the pipeline writes."""
    environment: kinds.Name = "production"
    """The environment whose release is watched; its profile is the reference. Without a release, the one at hand is."""
    live: LiveShape
    alpha: kinds.ErrorRate = 0.01
    """How often a check without drift may call a column drifted."""
    min_effect: kinds.Share = 0.1
    """The smallest effect that counts, however sure it is (Jensen-Shannon distance, 0 to 1)."""
    fire_when: FireWhenShape
    importance: Annotated[dict[str, kinds.AboveZero], Field(max_length=_MOST_COLUMNS)] = {}
    """How much a feature counts in fire_when.columns; 1 where it is not named."""
    slices: Annotated[list[kinds.Text], Field(max_length=100)] = []
    """Columns of evaluation.slices in whose slices performance is judged as well."""
    retrain: RetrainShape | None = None

    def drift(self, column: str, target: str | None) -> core.Drift:
        """The same as a value of the core; `column` and `target` are the evaluation's."""
        met, of = self.fire_when.windows
        return core.Drift(
            profile=self.profile,
            environment=self.environment,
            live=self.live.live(column, target),
            alpha=self.alpha,
            min_effect=self.min_effect,
            fire_when=core.FireWhen(columns=self.fire_when.columns, windows=met, of=of),
            importance={name: float(weight) for name, weight in self.importance.items()},
            slices=tuple(self.slices),
            retrain=None if self.retrain is None else self.retrain.retrain(),
        )
