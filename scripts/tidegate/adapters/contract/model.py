"""The shape of the contract: its keys, their kinds and what they are for. The JSON Schema is made from it.

Unions are avoided on purpose: an error in one would be told once for each member, at places that are not in the file.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidatorFunctionWrapHandler,
    WithJsonSchema,
    WrapValidator,
)

from tidegate.adapters.contract import kinds, values
from tidegate.adapters.contract.document import Scalar
from tidegate.core import contract as core
from tidegate.core.contract import RULES, RuleKind

MOST_GATES = 200
_MOST_SLICES = 50
_MOST_METRICS = 200


class Shape(BaseModel):
    """A mapping in which a key that is not listed is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


def _score(value: object, of_classes: ValidatorFunctionWrapHandler) -> object:
    return values.text(value) if isinstance(value, Scalar) else of_classes(value)


_Columns = Annotated[list[kinds.Text], Field(max_length=_MOST_SLICES)]
_Scores = Annotated[
    dict[str, kinds.Text],
    WrapValidator(_score),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "object", "additionalProperties": {"type": "string"}}]}),
]


class GateShape(Shape):
    """One rule on one metric: exactly one of no_worse_by, better_by, at_least, at_most."""

    model_config = ConfigDict(json_schema_extra={"oneOf": [{"required": [kind]} for kind in RULES]})

    metric: kinds.Text
    """A metric that Tidegate knows, or one declared under `metrics`."""
    no_worse_by: kinds.Margin | None = None
    """The candidate may be worse than the champion by no more than this: 0.01 in the metric's unit, or 1%."""
    better_by: kinds.Margin | None = None
    """The candidate must be better than the champion by this much."""
    at_least: kinds.Level | None = None
    """The candidate's value must be this or higher."""
    at_most: kinds.Level | None = None
    """The candidate's value must be this or lower."""
    severity: kinds.Severity = "block"
    """`warn` shows a missed gate and lets the model through."""
    slices: _Columns = []
    """Ask the gate of every value of these columns instead of all rows together."""

    def gate(self) -> core.Gate | None:
        """The gate, None unless it has exactly one rule."""
        rules = [(kind, limit) for kind in RULES if (limit := getattr(self, kind)) is not None]
        return self._of(*rules[0]) if len(rules) == 1 else None

    def _of(self, kind: RuleKind, limit: values.Limit) -> core.Gate:
        return core.Gate(
            metric=self.metric,
            kind=kind,
            limit=limit.value,
            relative=limit.relative,
            text=limit.text,
            severity=self.severity,
            slices=tuple(self.slices),
        )


class EvaluationShape(Shape):
    """Where the predictions are and what their columns mean."""

    predictions: kinds.PathText
    """The file that the pipeline writes: .parquet, .csv, .tsv, .arrow or .feather, a row for each prediction."""
    id: kinds.Text
    """The column that pairs the candidate's rows with the champion's."""
    target: kinds.Text
    """The column of the truth."""
    prediction: kinds.Text | None = None
    """The column of predicted numbers or classes."""
    score: _Scores | None = None
    """The column of scores for the class `positive`, or a column for each class."""
    positive: kinds.Label | None = None
    """The class that counts as positive."""
    cluster: kinds.Text | None = None
    """Rows that share its value are not independent (a day, a user): intervals draw them together."""
    weight: kinds.Text | None = None
    """The column of row weights."""
    slices: _Columns = []
    """Columns whose values are reported one by one."""
    minimum_rows: kinds.Count = 30
    """Slices with fewer rows are shown and not judged."""

    def evaluation(self) -> core.Evaluation:
        """The same as a value of the core."""
        given = {key: getattr(self, key) for key in type(self).model_fields}
        return core.Evaluation(**{**given, "slices": tuple(self.slices)})


class DataShape(Shape):
    """The data behind the model."""

    tracked: kinds.Pointer
    """The pointer file that `dvc add` wrote."""
    expectations: kinds.PathText
    """The folder of expectation suites."""


class EnvironmentShape(Shape):
    """The model's own Python, which is never the toolkit's."""

    lock: kinds.PathText | None = None
    """Its requirements, locked with hashes."""


class MetricShape(Shape):
    """A metric that Tidegate does not know."""

    direction: kinds.Direction
    """Which way is better; never guessed from the name."""
    minimum: kinds.Real | None = None
    """The lowest value that is possible."""
    maximum: kinds.Real | None = None
    """The highest value that is possible."""

    def metric(self) -> core.CustomMetric:
        """The same as a value of the core."""
        return core.CustomMetric(direction=self.direction, minimum=self.minimum, maximum=self.maximum)


class LiveShape(Shape):
    """The data that the released model meets."""

    path: kinds.PathText
    """Files, or a pattern for them."""
    time: kinds.Text
    """The column of times."""
    window: kinds.Duration
    """How much of it one check reads: 30m, 12h, 7d."""


class FireWhenShape(Shape):
    """When drift counts."""

    columns: kinds.Share
    """The share of columns that drifted."""
    windows: kinds.Windows
    """In how many of the last windows: 2 of 3."""


class RetrainShape(Shape):
    """What happens then."""

    cooldown: kinds.Duration
    """The least time between two retrainings."""
    command: kinds.Arguments
    """The program that extends the training data, and its arguments; no shell reads it."""

    def retrain(self) -> core.Retrain:
        """The same as a value of the core."""
        return core.Retrain(command=self.command, cooldown=self.cooldown)


class DriftShape(Shape):
    """What live data is held against."""

    profile: kinds.PathText
    """The summary of the training data that the pipeline writes."""
    live: LiveShape
    alpha: kinds.ErrorRate = 0.01
    """How often a check without drift may call a column drifted."""
    min_effect: kinds.Share = 0.1
    """The smallest effect that counts, however sure it is."""
    fire_when: FireWhenShape
    retrain: RetrainShape | None = None

    def drift(self) -> core.Drift:
        """The same as a value of the core."""
        met, of = self.fire_when.windows
        return core.Drift(
            profile=self.profile,
            live=core.Live(path=self.live.path, time=self.live.time, window=self.live.window),
            alpha=self.alpha,
            min_effect=self.min_effect,
            fire_when=core.FireWhen(columns=self.fire_when.columns, windows=met, of=of),
            retrain=None if self.retrain is None else self.retrain.retrain(),
        )


NO_GATES = "a model needs at least one gate; without one everything would pass."
_NO_MODELS = "the contract needs at least one model."
_Gates = Annotated[
    list[GateShape], BeforeValidator(values.some(NO_GATES, "E-CFG-021")), Field(min_length=1, max_length=MOST_GATES)
]


class ModelShape(Shape):
    """One model: its folder, data, evaluation and gates."""

    path: kinds.PathText
    """The folder that holds dvc.yaml and params.yaml."""
    data: DataShape
    environment: EnvironmentShape = EnvironmentShape()
    evaluation: EvaluationShape
    gates: _Gates
    """What a candidate has to reach; all are asked."""
    metrics: Annotated[dict[kinds.Name, MetricShape], Field(max_length=_MOST_METRICS)] = {}
    """Metrics of the model's own, by name."""
    alpha: kinds.ErrorRate = 0.05
    """How often all gates together may be wrong."""
    drift: DriftShape | None = None

    def model(self, name: str, gates: tuple[core.Gate, ...]) -> core.Model:
        """The same as a value of the core, with gates that have been checked."""
        return core.Model(
            name=name,
            path=self.path,
            data=core.DataSource(tracked=self.data.tracked, expectations=self.data.expectations),
            environment=core.Environment(lock=self.environment.lock),
            evaluation=self.evaluation.evaluation(),
            gates=gates,
            metrics={name: shape.metric() for name, shape in self.metrics.items()},
            alpha=self.alpha,
            drift=None if self.drift is None else self.drift.drift(),
        )


_Models = Annotated[
    dict[kinds.Name, ModelShape], BeforeValidator(values.some(_NO_MODELS, "E-CFG-023")), Field(min_length=1)
]


class ContractShape(Shape):
    """What a repository promises about its models, and which gates they must pass."""

    version: kinds.Version
    """The version of this format."""
    models: _Models
    """Models by name."""
