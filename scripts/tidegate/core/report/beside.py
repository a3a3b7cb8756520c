"""What `compare-models` found beside quality, as the report reads it: costs, and behavioural tests."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from tidegate.core.answer import Verdict
from tidegate.core.report.reading import Reader

Interval = tuple[float, float]


@dataclass(frozen=True, kw_only=True)
class Ratio:
    """One cost of both models, and how many times the champion's the candidate's is."""

    metric: str
    higher_is_better: bool
    candidate: float | None
    champion: float | None
    ratio: float | None
    interval: Interval | None


@dataclass(frozen=True, kw_only=True)
class Costs:
    """All costs. `bill`: lines of arithmetic for one training; `why_not`: what kept something from being timed."""

    way: str
    runtime: str
    rows: int
    rounds: int
    level: float
    why_not: str
    ratios: tuple[Ratio, ...]
    bill: tuple[str, ...]


class Kind(StrEnum):
    """What a behavioural test is about."""

    INVARIANCE = "invariance"
    DIRECTIONAL = "directional"
    MINIMUM_FUNCTIONALITY = "minimum_functionality"
    OTHER = "other"


class Severity(StrEnum):
    """Whether a behavioural test can keep a model back."""

    BLOCK = "block"
    WARN = "warn"


@dataclass(frozen=True, kw_only=True)
class Example:
    """One case that failed."""

    case: str
    observed: str
    expected: str


@dataclass(frozen=True, kw_only=True)
class Test:
    """One behavioural test's finding; `before` is the champion's."""

    name: str
    kind: Kind
    warns: bool
    by_change: bool
    cases: int
    failed: int
    verdict: Verdict
    before: Verdict | None
    message: str
    examples: tuple[Example, ...]

    @property
    def blocks(self) -> bool:
        """Whether it keeps the candidate back."""
        return not self.warns and self.verdict is not Verdict.PASS

    @property
    def standing(self) -> Literal["newly failing", "was failing before", ""]:
        """What is new about a failure."""
        if self.verdict is not Verdict.FAIL or self.before not in (Verdict.PASS, Verdict.FAIL):
            return ""
        return "newly failing" if self.before is Verdict.PASS else "was failing before"


@dataclass(frozen=True, kw_only=True)
class Behaviour:
    """All behavioural tests."""

    tests: tuple[Test, ...]
    troubles: tuple[str, ...]
    champion_trouble: str
    edited: tuple[str, ...]

    @property
    def blocking(self) -> tuple[Test, ...]:
        """Those that keep the candidate back, failures first."""
        return tuple(
            sorted((test for test in self.tests if test.blocks), key=lambda test: test.verdict is not Verdict.FAIL)
        )

    @property
    def allows_a_pass(self) -> bool:
        """Whether every test was asked, at least one was, and none stands in the way."""
        return bool(self.tests) and not self.troubles and not self.blocking


def read_costs(item: Reader | None) -> Costs | None:
    """The member ``cost`` of a comparison. Raises Malformed."""
    if item is None:
        return None
    bill = item.inner_or_none("bill")
    return Costs(
        way=item.text("way"),
        runtime=item.text("runtime"),
        rows=item.whole("rows"),
        rounds=item.whole("rounds"),
        level=item.number("level"),
        why_not=item.text("why_not"),
        ratios=tuple(_ratio(one) for one in item.each("ratios")),
        bill=bill.texts("lines") if bill else (),
    )


def read_behaviour(item: Reader | None) -> Behaviour | None:
    """The member ``behaviour`` of a comparison. Raises Malformed."""
    if item is None:
        return None
    return Behaviour(
        tests=tuple(_test(one) for one in item.each("findings")),
        troubles=item.texts("troubles"),
        champion_trouble=item.text("champion_trouble"),
        edited=item.texts("edited"),
    )


def _ratio(item: Reader) -> Ratio:
    return Ratio(
        metric=item.text("name"),
        higher_is_better=item.text("direction") == "higher",
        candidate=item.number_or_none("candidate"),
        champion=item.number_or_none("champion"),
        ratio=item.number_or_none("ratio"),
        interval=item.interval("interval"),
    )


def _test(item: Reader) -> Test:
    before = item.text_or_none("before")
    return Test(
        name=item.text("name"),
        kind=item.choice("kind", Kind),
        warns=item.choice("severity", Severity) is Severity.WARN,
        by_change=item.text("source") == "change",
        cases=item.whole("cases"),
        failed=item.whole("failed"),
        verdict=item.choice("verdict", Verdict),
        before=None if before is None else item.choice("before", Verdict),
        message=item.text("message"),
        examples=tuple(
            Example(case=one.text("case"), observed=one.text("observed"), expected=one.text("expected"))
            for one in item.each("examples")
        ),
    )
