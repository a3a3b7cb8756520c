"""`environment.yaml` is read strictly: every problem at once, each with its place."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from tidegate.adapters.contract.environment_file import parse
from tidegate.core.deployment.environment import Environment, Freeze, Limits, Step, Strategy
from tidegate.errors import Problems, TidegateError

WHERE = "environments/production/environment.yaml"
WHOLE = b"""\
target: process
address: 127.0.0.1:8080
after: staging
strategy:
  kind: canary
  steps:
    - {weight: 5%, hold: 10s, requests: 400}
    - {weight: 50%}
analysis: {error_rate: 0.5%, latency_ratio: 1.5, quantile: 0.99, latency_floor: 5ms, every: 250ms, patience: 1h}
freeze: {until: 2026-12-31, reason: year end}
locked: incident 12
"""
LEAST = b"target: process\naddress: 127.0.0.1:8080\n"


def test_everything_that_can_be_written_is_read() -> None:
    assert parse(WHOLE, WHERE, "production") == Environment(
        name="production",
        target="process",
        address="127.0.0.1:8080",
        after="staging",
        strategy=Strategy(
            kind="canary", steps=(Step(weight=5, hold=timedelta(seconds=10), requests=400), Step(weight=50))
        ),
        limits=Limits(
            error_rate=0.005,
            latency_ratio=1.5,
            quantile=0.99,
            latency_floor=timedelta(milliseconds=5),
            every=timedelta(milliseconds=250),
            patience=timedelta(hours=1),
        ),
        freeze=Freeze(until=date(2026, 12, 31), reason="year end"),
        locked="incident 12",
    )


def test_what_is_left_out_is_safe() -> None:
    found = parse(LEAST, WHERE, "staging")
    assert found.strategy.kind == "blue-green"
    assert found.limits == Limits()
    assert found.limits.error_rate == 0.01


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (b"", "is empty"),
        (b"\xff", "is not UTF-8"),
        (b"x" * 70_000, "larger than"),
        (b"- a", "expected a mapping"),
        (b"address: 127.0.0.1:80\n", 'key "target" is missing'),
        (LEAST.replace(b"process", b"proces"), 'Did you mean "process"?'),
        (LEAST.replace(b":8080", b""), "expected host:port"),
        (LEAST.replace(b":8080", b":99999"), "port up to 65535"),
        (LEAST + b"strategie: {kind: canary}\n", 'Did you mean "strategy"?'),
        (LEAST + b"strategy: {kind: canary}\n", "rising weights between 1% and 99%; it has none"),
        (LEAST + b"strategy: {kind: canary, steps: [{weight: 50%}, {weight: 5%}]}\n", "it has 50%, 5%"),
        (LEAST + b"strategy: {kind: canary, steps: [{weight: 100%}]}\n", "it has 100%"),
        (LEAST + b"strategy: {kind: canary, steps: [{weight: 0%}]}\n", "it has 0%"),
        (LEAST + b"strategy: {kind: canary, steps: [{weight: 5.5%}]}\n", "whole percentage"),
        (LEAST + b"strategy: {kind: canary, steps: [{weight: 5}]}\n", "whole percentage"),
        (LEAST + b"strategy: {kind: canary, steps: [{weight: 5%, hold: forever}]}\n", "expected a time"),
        (LEAST + b"strategy: {kind: blue-green, steps: [{weight: 50%}]}\n", "of weight 100%"),
        (LEAST + b"strategy: {kind: recreate, steps: [{weight: 100%}]}\n", "recreate has no steps"),
        (LEAST + b"analysis: {error_rate: 0}\n", "more than 0"),
        (LEAST + b"analysis: {error_rate: 100%}\n", "less than 100%"),
        (LEAST + b"analysis: {error_rate: .nan}\n", "expected a finite number"),
        (LEAST + b"analysis: {latency_ratio: 0.5}\n", "quotient of 1 or more"),
        (LEAST + b"analysis: {quantile: 2}\n", "at most 1"),
        (LEAST + b"freeze: {until: soon, reason: x}\n", "expected a day"),
        (LEAST + b"freeze: {until: 2026-12-31}\n", 'key "reason" is missing'),
        (LEAST + b"locked: yes\n", "read as a boolean"),
        (LEAST + b"target: process\n", "twice"),
    ],
    ids=lambda value: value.decode("latin-1")[-40:].strip() if isinstance(value, bytes) else None,
)
def test_what_is_wrong_is_told_with_its_place(text: bytes, told: str) -> None:
    with pytest.raises(TidegateError) as caught:
        parse(text, WHERE, "production")
    assert told in str(caught.value)
    assert caught.value.exit_code == 2
    assert WHERE in str(caught.value)


def test_everything_wrong_is_told_at_once() -> None:
    with pytest.raises(Problems) as caught:
        parse(b"target: x\naddress: y\nstrategy: {kind: z}\nlimits: 3\n", WHERE, "production")
    assert [problem.where.rpartition(":")[0] for problem in caught.value.problems] == [
        f"{WHERE}:{line}" for line in (1, 2, 3, 4)
    ]
