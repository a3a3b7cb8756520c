"""The shape of the contract: its keys, their kinds and what they are for. The JSON Schema is made from it.

Unions are avoided on purpose: an error in one would be told once for each member, at places that are not in the file.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import (
    BeforeValidator,
    ConfigDict,
    Field,
    ValidatorFunctionWrapHandler,
    WithJsonSchema,
    WrapValidator,
)

from tidegate.adapters.contract import kinds, slicing, values
from tidegate.adapters.contract.document import Scalar
from tidegate.adapters.contract.drift import DriftShape
from tidegate.adapters.contract.shape import Shape
from tidegate.core import contract as core
from tidegate.core.contract import RULES, RuleKind

MOST_GATES = 200
_MOST_METRICS = 200
MOST_WAIVERS = 50
_MOST_LABELS = 100


def _column_or(value: object, of_map: ValidatorFunctionWrapHandler) -> object:
    return values.text(value) if isinstance(value, Scalar) else of_map(value)


_Scores = Annotated[
    dict[str, kinds.Text],
    WrapValidator(_column_or),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "object", "additionalProperties": {"type": "string"}}]}),
]
_LEVEL = {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1}
_Prediction = Annotated[
    dict[str, kinds.QuantileLevel],
    WrapValidator(_column_or),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "object", "additionalProperties": _LEVEL}]}),
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
    severity: kinds.Severity | None = None
    """`warn` shows a missed gate and lets the model through; `block` is usual, but for costs (predict_p95_ms, …)."""
    slices: slicing.Named = []
    """Ask the gate of every slice of these, which `evaluation.slices` declares, instead of all rows together."""
    gap: slicing.Named = []
    """Ask it of the gap between the slices of each of these: the largest value and the smallest."""
    measure: kinds.Measure | None = None
    """Of a gap: their difference, in the metric's unit (usual), or their ratio."""

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
            severity=self.severity or core.usual_severity(self.metric),
            slices=slicing.names(self.slices),
            gap=slicing.names(self.gap),
            measure=self.measure or "difference",
        )


class RepeatsShape(Shape):
    """How often both models are trained again, and what is another seed."""

    times: kinds.Times
    """How many more trainings of each model; DVC's run cache keeps them."""
    parameter: kinds.Parameter
    """The seed in params.yaml, as a dotted name: train.seed."""

    def repetition(self) -> core.Repetition:
        """The same as a value of the core."""
        return core.Repetition(times=self.times, parameter=self.parameter)


class LabelShape(Shape):
    """The columns of one of the labels that a row may have any number of; they hold 0 and 1, or false and true."""

    target: kinds.Text
    """The column that says whether a row truly has it."""
    prediction: kinds.Text | None = None
    """The column that says whether the model gave it."""
    score: kinds.Text | None = None
    """The column of its score."""

    def label(self) -> core.Label:
        """The same as a value of the core."""
        return core.Label(target=self.target, prediction=self.prediction, score=self.score)


class EvaluationShape(Shape):
    """Where the predictions are and what their columns mean."""

    model_config = ConfigDict(json_schema_extra={"oneOf": [{"required": ["target"]}, {"required": ["labels"]}]})

    predictions: kinds.PathText
    """The file that the pipeline writes: .parquet, .csv, .tsv, .arrow or .feather, a row for each prediction."""
    id: kinds.Text
    """The column that pairs the candidate's rows with the champion's."""
    target: kinds.Text | None = None
    """The column of the truth."""
    prediction: _Prediction | None = None
    """The column of predicted numbers or classes; or columns of quantiles, each with its level."""
    score: _Scores | None = None
    """The column of scores for the class `positive`, or a column for each class."""
    positive: kinds.Label | None = None
    """The class that counts as positive."""
    threshold: kinds.Real | None = None
    """From this score on the class (or label) is said, where no prediction column says it."""
    labels: Annotated[dict[str, LabelShape], Field(max_length=_MOST_LABELS)] = {}
    """Where a row may have any number of labels: each label's columns, in the place of target."""
    interval: kinds.IntervalKind = "percentile"
    """How intervals are taken from the bootstrap's draws: percentile, or bca (bias-corrected and accelerated)."""
    cluster: kinds.Text | None = None
    """Rows that share its value are not independent (a day, a user): intervals draw them together."""
    weight: kinds.Text | None = None
    """The column of row weights."""
    slices: slicing.Declared = []
    """What is reported slice by slice: a column, {column: temperature, bins: 4}, {pair: [weather, season]}."""
    minimum_rows: kinds.Count = 30
    """Slices with fewer rows are shown and not judged."""
    rows: kinds.PathText | None = None
    """The hold-out rows that `predict` reads."""
    predict: kinds.Arguments | None = None
    """The program that answers rows, and its arguments; {model}, {rows} and {predictions} are replaced by paths."""
    model: kinds.PathText | None = None
    """The packaged model."""
    tests: kinds.PathText | None = None
    """The folder of behavioural tests (pytest), which are run against the packaged model."""
    repeats: RepeatsShape | None = None
    """Train both models again with other seeds, and hold no luck against a change."""
    attribution: kinds.Attribution = "cached"
    """Where code and data changed: split the difference, trained where need be (true) or from DVC's cache (cached)."""

    def evaluation(self) -> core.Evaluation:
        """The same as a value of the core."""
        given = {key: getattr(self, key) for key in type(self).model_fields}
        repeats = None if self.repeats is None else self.repeats.repetition()
        by_level = isinstance(self.prediction, dict)
        columns = {
            "target": self.target or "",
            "prediction": None if by_level else self.prediction,
            "quantiles": self.prediction if by_level else {},
            "labels": {name: label.label() for name, label in self.labels.items()},
        }
        return core.Evaluation(**{**given, **columns, **slicing.sliced(self.slices), "repeats": repeats})


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
    python: kinds.EntryPoint | None = None
    """module:function of the model's own code, called with truth, prediction and (if it takes one) weight."""
    command: kinds.Arguments | None = None
    """A program that prints {"NAME": number} for the file that {predictions} stands for."""

    def metric(self) -> core.CustomMetric:
        """The same as a value of the core."""
        return core.CustomMetric(**{name: getattr(self, name) for name in type(self).model_fields})


class CostShape(Shape):
    """What a training costs by the hour; the report shows the arithmetic."""

    price_per_hour: kinds.AboveZero | None = None
    """The price of an hour on the machine that trains."""
    currency: kinds.Currency | None = None
    """Of the price: EUR, USD."""
    watts: kinds.AboveZero | None = None
    """What the machine draws while it trains."""

    def tariff(self) -> core.Tariff:
        """The same as a value of the core."""
        return core.Tariff(price_per_hour=self.price_per_hour, currency=self.currency or "", watts=self.watts)


class ImageShape(Shape):
    """The container image of a release, for the targets docker and kubernetes."""

    base: kinds.BaseImage
    """The image that it builds on, by digest: python:3.12-slim@sha256:…; it must have python3."""
    repository: kinds.Repository | None = None
    """Where promotions push it, ghcr.io/owner/name; left out, each engine builds it for itself."""

    def image(self) -> core.Image:
        """The same as a value of the core."""
        return core.Image(base=self.base, repository=self.repository)


class WaiverShape(Shape):
    """A gate that does not block for a while. It counts once it is merged, for at most 90 days ahead."""

    gate: kinds.Text
    """The gate as the report prints it: rmse no_worse_by 1%, or rmse[weather=mist] no_worse_by 5%."""
    reason: kinds.Text
    """Why it may fail until then."""
    owner: kinds.Text
    """Who answers for it."""
    until: kinds.Day
    """The last day (UTC) on which it does not block."""

    def waiver(self) -> core.Waiver:
        """The same as a value of the core."""
        return core.Waiver(gate=" ".join(self.gate.split()), reason=self.reason, owner=self.owner, until=self.until)


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
    waivers: Annotated[list[WaiverShape], Field(max_length=MOST_WAIVERS)] = []
    """Gates that may fail until a day; somebody answers for each."""
    cost: CostShape | None = None
    """Price and energy of training, by the hour."""
    image: ImageShape | None = None
    """How a release becomes a container image."""

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
            drift=None if self.drift is None else self.drift.drift(self.evaluation.id, self.evaluation.target),
            waivers=tuple(shape.waiver() for shape in self.waivers),
            tariff=None if self.cost is None else self.cost.tariff(),
            image=None if self.image is None else self.image.image(),
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
