"""`environment.yaml` is read strictly: every problem at once, each with its place."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from tidegate.adapters.contract.environment_file import parse
from tidegate.core.deployment.environment import Changed, Environment, Failures, Freeze, Limits, Log, Step, Strategy
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
log: {every: 5s, share: 0.25}
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
        log=Log(every=timedelta(seconds=5), share=0.25),
    )


@pytest.mark.parametrize(
    ("added", "by_pull_request"),
    [
        ("", False),
        ("after: staging\n", True),
        ("after: staging\npromotion: direct\n", False),
        ("promotion: pull-request\n", True),
    ],
)
def test_how_a_release_comes_to_the_branch(added: str, by_pull_request: bool) -> None:
    assert parse(LEAST + added.encode(), WHERE, "production").by_pull_request == by_pull_request


def test_an_address_for_people_is_read() -> None:
    url = "https://bike.example:8443/health?full=1"
    assert parse(LEAST + f"url: {url}\n".encode(), WHERE, "staging").url == url


@pytest.mark.parametrize(
    "url", ["bike.example", "javascript:alert(1)", "https://a b", "ftp://bike.example", "https://"]
)
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(TidegateError, match="expected https://host") as caught:
        parse(LEAST + f"url: '{url}'\n".encode(), WHERE, "staging")
    assert caught.value.code == "E-ENV-003"


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
        (LEAST + b"log: {every: 0s}\n", "more than no time"),
        (LEAST + b"log: {share: 0}\n", "above 0"),
        (LEAST.replace(b"process", b"docker") + b"log: {share: 0.5}\n", "log is set, and the target is docker"),
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


SHADOW = b"""\
target: process
address: 127.0.0.1:8080
strategy: {kind: shadow, steps: [{weight: 10%}, {weight: 100%, hold: 1m}]}
analysis: {changed: {beyond: 10%, at_most: 5%}, mean_change: 2%, profile_distance: 0.3, failures: 2 of 3}
"""


def test_a_shadow_says_what_its_answers_may_differ_by() -> None:
    found = parse(SHADOW, WHERE, "production")
    assert found.strategy == Strategy(
        kind="shadow", steps=(Step(weight=10), Step(weight=100, hold=timedelta(minutes=1)))
    )
    assert found.limits == Limits(
        changed=Changed(beyond=0.1, at_most=0.05),
        mean_change=0.02,
        profile_distance=0.3,
        failures=Failures(least=2, of=3),
    )


def test_a_tolerance_without_a_percent_sign_is_in_the_predictions_unit() -> None:
    found = parse(SHADOW.replace(b"beyond: 10%", b"beyond: 25"), WHERE, "production")
    assert found.limits.changed == Changed(beyond=25.0, at_most=0.05, relative=False)


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("{weight: 10%}, {weight: 100%, hold: 1m}", "", "needs steps of rising weights between 1% and 100%"),
        ("weight: 10%", "weight: 0%", "needs steps of rising weights between 1% and 100%"),
        ("changed: {beyond: 10%, at_most: 5%}, mean_change: 2%, ", "", "analysis needs changed or mean_change"),
        ("kind: shadow, steps: [{weight: 10%}, {weight: 100%, hold: 1m}]", "kind: blue-green", "are for shadow"),
        ("hold: 1m", "hold: 2h", "holds longer than the patience"),
    ],
)
def test_a_shadow_that_could_prove_nothing_is_refused(old: str, new: str, why: str) -> None:
    assert SHADOW.decode().count(old) == 1
    with pytest.raises((TidegateError, Problems)) as caught:
        parse(SHADOW.decode().replace(old, new).encode(), WHERE, "production")
    assert why in str(caught.value)
