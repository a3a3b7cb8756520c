"""What `compare-models` found, as the report reads it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Literal

from tidegate.core.answer import Verdict
from tidegate.core.comparison.metric_table import KNOWN
from tidegate.core.report.beside import Behaviour, Costs, read_behaviour, read_costs
from tidegate.core.report.change_evidence import Attribution, Seeds, read_attribution, read_seeds
from tidegate.core.report.measured_part import OwnMetric, read_measured
from tidegate.core.report.reading import Reader
from tidegate.core.report.row_evidence import Fit, Flips, Gap, read_fit, read_flips, read_gap

Interval = tuple[float, float]
Direction = Literal["higher", "lower"]


class Kind(StrEnum):
    """The forms of a gate."""

    NO_WORSE_BY = "no_worse_by"
    BETTER_BY = "better_by"
    AT_LEAST = "at_least"
    AT_MOST = "at_most"


class Severity(StrEnum):
    """Whether a gate can stop a promotion."""

    BLOCK = "block"
    WARN = "warn"


class Standing(StrEnum):
    """What a waiver was worth on the day that it was held against."""

    ACTIVE = "active"
    EXPIRED = "expired"
    TOO_LONG = "too_long"
    UNDATED = "undated"


class ChampionKind(StrEnum):
    """Where the champion was found."""

    RELEASE = "release"
    BASE = "base"
    FILE = "file"
    NONE = "none"


@dataclass(frozen=True, kw_only=True)
class Champion:
    """The model to beat; `rescored`: where it was asked anew, how many rows are new, gone, or have another truth."""

    kind: ChampionKind
    commit: str | None
    version: str | None
    predictions: str | None
    rescored: tuple[int, int, int] | None = None


@dataclass(frozen=True, kw_only=True)
class Change:
    """Both models' values of one metric; `difference` is candidate minus champion, in the metric's unit.

    Of a `gap` the values are those of the gap, and the smaller it is the better.
    """

    metric: str
    direction: Direction | None
    candidate: float | None
    champion: float | None
    difference: float | None
    interval: Interval | None
    slice: tuple[str, str] | None = None
    gap: Gap | None = None

    def worse(self, difference: float) -> float:
        """`difference` turned so that above zero is worse."""
        return -difference if self.direction == "higher" else difference

    @property
    def worse_interval(self) -> Interval | None:
        """The interval of the difference turned so that above zero is worse."""
        if self.interval is None:
            return None
        low, high = sorted(map(self.worse, self.interval))
        return low, high

    @property
    def relative(self) -> float | None:
        """The difference as a share of the champion's value, None where there is none."""
        if self.difference is None or not self.champion:
            return None
        share = self.difference / abs(self.champion)
        return share if math.isfinite(share) else None


@dataclass(frozen=True, kw_only=True)
class Waiver:
    """Why a gate that does not hold may pass, and until which day."""

    standing: Standing
    reason: str
    owner: str
    until: str


@dataclass(frozen=True, kw_only=True)
class Gate:
    """One rule's outcome. `value_interval` is the candidate's own interval where the rule is about a value."""

    change: Change
    kind: Kind
    limit: str
    severity: Severity
    rows: int
    level: float
    verdict: Verdict
    value_interval: Interval | None
    detectable: float | None
    rows_needed: int | None
    waiver: Waiver | None = None
    seeds: float | None = None

    @property
    def blocks(self) -> bool:
        """Whether this gate keeps the model back; one that cannot be asked of a first model does not."""
        answered = self.verdict in (Verdict.PASS, Verdict.SKIPPED)
        return self.severity is Severity.BLOCK and not answered and not self.excused

    @property
    def excused(self) -> bool:
        """Whether it does not hold, and a waiver lets that pass."""
        short = self.verdict in (Verdict.FAIL, Verdict.UNDECIDED)
        return short and self.waiver is not None and self.waiver.standing is Standing.ACTIVE

    @property
    def interval(self) -> Interval | None:
        """The interval that decides: of the value for a limit on the value, else of the difference."""
        return self.value_interval if self.of_value else self.change.interval

    @property
    def of_value(self) -> bool:
        """Whether the limit is on the candidate's own value."""
        return self.kind in (Kind.AT_LEAST, Kind.AT_MOST)

    @property
    def bound(self) -> float | None:
        """The limit as a number in the metric's unit (``1%`` is of the champion's value), None where it is none."""
        value, champion = limit_of(self.limit), self.change.champion
        if value is None or not self.relative:
            return value
        return None if champion is None else value / 100 * abs(champion)

    @property
    def relative(self) -> bool:
        """Whether the limit is a share of the champion's value."""
        return self.limit.strip().endswith("%")


@dataclass(frozen=True, kw_only=True)
class Slice:
    """One slice's change; `judged` says whether it has enough rows to be judged."""

    change: Change
    rows: int
    judged: bool


@dataclass(frozen=True, kw_only=True)
class Regression:
    """One row whose error grew: both absolute errors."""

    id: str
    before: float
    after: float


@dataclass(frozen=True, kw_only=True)
class Confirmation:
    """Whether the change is judged on the base's hold-out, and whether its model says what its predictions claim.

    Counts are of rows; `edited` are files of the model's code that the change edits.
    """

    altered: bool
    new: int
    gone: int
    changed: int
    standing: str
    why: str
    edited: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """All of it. `reason` is the command's own sentence: untrusted words, never the verdict."""

    reason: str
    champion: Champion
    candidate_predictions: str | None
    rows: int
    clusters: int | None
    cluster: str | None
    alpha: float
    draws: int
    family: tuple[str, ...]
    metrics: tuple[Change, ...]
    gates: tuple[Gate, ...]
    slices: tuple[Slice, ...]
    flips: tuple[Flips, ...]
    regressions: tuple[Regression, ...]
    policy_from: str
    policy_changed: bool
    policy_edits: tuple[str, ...] = ()
    waivers_day: str | None = None
    confirmation: Confirmation | None = None
    seeds: Seeds | None = None
    attribution: Attribution | None = None
    cost: Costs | None = None
    behaviour: Behaviour | None = None
    slice_notes: tuple[str, ...] = ()
    fit: Fit | None = None
    measured: tuple[OwnMetric, ...] = ()

    @property
    def first_model(self) -> bool:
        """Whether there was no champion."""
        return self.champion.kind is ChampionKind.NONE


def read(result: Mapping[str, object]) -> Comparison:
    """The result of `compare-models`. Raises Malformed."""
    root = Reader(result)
    metrics = tuple(_metric(item) for item in root.each("metrics"))
    directions = {change.metric: change.direction for change in metrics}
    policy, candidate = root.inner("policy"), root.inner("candidate")
    return Comparison(
        reason=root.text("sentence"),
        champion=_champion(root.inner("champion")),
        candidate_predictions=candidate.text_or_none("predictions"),
        rows=root.whole("rows"),
        clusters=root.whole_or_none("clusters"),
        cluster=root.text_or_none("cluster"),
        alpha=root.number("alpha"),
        draws=root.whole("draws"),
        family=root.texts("family"),
        metrics=metrics,
        gates=tuple(_gate(item, directions) for item in root.each("gates")),
        slices=tuple(_slice(item, directions) for item in root.each("slices")),
        flips=read_flips(root.inner_or_none("flips")),
        regressions=tuple(_regression(item) for item in root.each("regressions")),
        policy_from=policy.text("from"),
        policy_changed=policy.flag("changed"),
        policy_edits=policy.texts("edits"),
        seeds=read_seeds(root.inner_or_none("seed_noise")),
        attribution=read_attribution(root.inner_or_none("attribution")),
        slice_notes=root.texts("slice_notes"),
        fit=read_fit(root.inner_or_none("fit")),
        waivers_day=waivers.text_or_none("day") if (waivers := root.inner_or_none("waivers")) else None,
        confirmation=_confirmation(root.inner_or_none("confirmation")),
        cost=read_costs(root.inner_or_none("cost")),
        behaviour=read_behaviour(root.inner_or_none("behaviour")),
        measured=read_measured(root),
    )


def limit_of(text: str) -> float | None:
    """The number in a limit as it was written, with or without a per cent sign; None where it is no finite number."""
    try:
        value = float(Decimal(text.strip().removesuffix("%").strip()))
    except (InvalidOperation, OverflowError):
        return None
    return value if math.isfinite(value) else None


def direction_of(metric: str, known: Mapping[str, Direction | None]) -> Direction | None:
    """As the evidence says, else as the table of known metrics says; never guessed from the name."""
    if known.get(metric):
        return known[metric]
    return KNOWN[metric].direction if metric in KNOWN else None


def _champion(item: Reader) -> Champion:
    return Champion(
        kind=item.choice("kind", ChampionKind),
        commit=item.text_or_none("commit"),
        version=item.text_or_none("version"),
        predictions=item.text_or_none("predictions"),
        rescored=_rescored(item.inner_or_none("rescored")),
    )


def _rescored(item: Reader | None) -> tuple[int, int, int] | None:
    return None if item is None else (item.whole("new"), item.whole("gone"), item.whole("changed"))


def _metric(item: Reader) -> Change:
    name, direction = item.text("name"), item.text("direction")
    return Change(
        metric=name,
        direction="higher" if direction == "higher" else "lower" if direction == "lower" else None,
        candidate=item.number_or_none("candidate"),
        champion=item.number_or_none("champion"),
        difference=item.number_or_none("difference"),
        interval=item.interval("interval"),
    )


def _gate(item: Reader, directions: Mapping[str, Direction | None]) -> Gate:
    metric, interval = item.text("metric"), item.interval("interval")
    of_value = item.text("interval_of") == "value"
    place, gap = item.inner_or_none("slice"), read_gap(item.inner_or_none("gap"))
    return Gate(
        change=Change(
            metric=metric,
            direction=direction_of(metric, directions) if gap is None else "lower",
            candidate=item.number_or_none("candidate"),
            champion=item.number_or_none("champion"),
            difference=item.number_or_none("difference"),
            interval=None if of_value else interval,
            slice=(place.text("column"), place.text("value")) if place else None,
            gap=gap,
        ),
        kind=item.choice("kind", Kind),
        limit=item.text("limit"),
        severity=item.choice("severity", Severity),
        rows=item.whole("rows"),
        level=item.number("level"),
        verdict=item.choice("verdict", Verdict),
        value_interval=interval if of_value else None,
        detectable=item.number_or_none("detectable"),
        rows_needed=item.whole_or_none("rows_needed"),
        seeds=item.number_or_none("seeds"),
        waiver=_waiver(item.inner_or_none("waiver")),
    )


def _confirmation(item: Reader | None) -> Confirmation | None:
    if item is None:
        return None
    hold_out, answers = item.inner("hold_out"), item.inner("answers")
    return Confirmation(
        altered=hold_out.flag("altered"),
        new=hold_out.whole("new"),
        gone=hold_out.whole("gone"),
        changed=hold_out.whole("changed"),
        standing=answers.text("standing"),
        why=answers.text("why"),
        edited=item.texts("edited"),
    )


def _waiver(item: Reader | None) -> Waiver | None:
    if item is None:
        return None
    words = {name: item.text(name) for name in ("reason", "owner", "until")}
    return Waiver(standing=item.choice("standing", Standing), **words)


def _slice(item: Reader, directions: Mapping[str, Direction | None]) -> Slice:
    metric = item.text("metric")
    return Slice(
        change=Change(
            metric=metric,
            direction=direction_of(metric, directions),
            candidate=item.number_or_none("candidate"),
            champion=item.number_or_none("champion"),
            difference=item.number_or_none("difference"),
            interval=item.interval("interval"),
            slice=(item.text("column"), item.text("value")),
        ),
        rows=item.whole("rows"),
        judged=item.flag("judged"),
    )


def _regression(item: Reader) -> Regression:
    return Regression(id=item.text("id"), before=item.number("before"), after=item.number("after"))
