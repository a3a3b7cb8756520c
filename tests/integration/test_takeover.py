"""Real servers behind a real HAProxy or Envoy: releases take over, bad ones are taken back, clients ask meanwhile."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from fixtures.load import ask, closed_loop
from fixtures.proxies import needs_envoy, needs_haproxy, needs_proxy
from fixtures.releases import linear, packaged
from tidegate.adapters.targets.process.envoy import Envoy
from tidegate.adapters.targets.process.haproxy import HAProxy
from tidegate.adapters.targets.process.target import ProcessTarget
from tidegate.console import Console
from tidegate.core.deployment.environment import Environment, Limits, Step, Strategy
from tidegate.core.deployment.target import Package
from tidegate.steps.deployment.takeover import Ended, Takeover

pytestmark = needs_proxy
ENVOY = pytest.param(Envoy, marks=needs_envoy)
PROXIES = [pytest.param(HAProxy, marks=needs_haproxy), ENVOY]
EVERY = timedelta(milliseconds=200)
LIMITS = Limits(error_rate=0.05, latency_ratio=3.0, quantile=0.5, every=EVERY, patience=timedelta(seconds=20))
CANARY = Strategy(kind="canary", steps=(Step(weight=20, requests=150), Step(weight=50, requests=150)))


@pytest.fixture
def address() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{probe.getsockname()[1]}"


@pytest.fixture
def target(tmp_path: Path, address: str, request: pytest.FixtureRequest) -> Iterator[ProcessTarget]:
    """Behind the machine's usual proxy, or the class that a test asks for."""
    folder, kind = tmp_path / "state", getattr(request, "param", None)
    proxy = kind(folder, address) if kind else None
    found = ProcessTarget(folder, address, {"PATH": "/usr/bin:/bin"}, proxy=proxy)
    yield found
    found.close()


def right(factor: float) -> Callable[[str], str]:
    """A smoke test: does the release answer as it must?"""

    def smoke(address: str) -> str:
        answer, problem = ask(address, 3.0)
        return "" if not problem and answer == pytest.approx(3 * factor) else f"3 gives {problem or answer}"

    return smoke


def deploy(
    target: ProcessTarget,
    address: str,
    package: Package,
    *,
    strategy: Strategy = CANARY,
    smoke: Callable[[str], str] = lambda _: "",
    recorded: list[str] | None = None,
    seen: Callable[[int, str], None] = lambda _number, _name: None,
) -> Ended:
    environment = Environment(name="staging", target="process", address=address, strategy=strategy, limits=LIMITS)
    return Takeover(
        environment=environment,
        package=package,
        target=target,
        smoke=smoke,
        record=lambda: (recorded if recorded is not None else []).append(package.version),
        console=Console(),
        ready_within=15,
        seen=seen,
    ).run()


@pytest.mark.parametrize("target", PROXIES, indirect=True)
def test_a_good_release_takes_over_and_no_request_is_lost(target: ProcessTarget, address: str, tmp_path: Path) -> None:
    first, second = (packaged(tmp_path, version, linear(float(version))) for version in ("1", "2"))
    recorded: list[str] = []
    assert deploy(target, address, first, smoke=right(1), recorded=recorded).failed == ""
    with closed_loop(address) as load:
        found = deploy(target, address, second, smoke=right(2), recorded=recorded)
    assert (found.failed, found.open) == ("", "")
    assert load.lost == {}
    assert load.answers[1.0] > 100
    assert load.answers[2.0] > 100
    assert recorded == ["1", "2"]
    assert [instance.version for instance in target.fleet().instances] == ["2"]
    assert [step.action for step in found.history].count("look") == 2
    assert ask(address, 1.0) == (2.0, "")


@pytest.mark.parametrize("target", [None, ENVOY], indirect=True, ids=["usual", "Envoy"])
@pytest.mark.parametrize(
    ("model", "smoke", "why"),
    [
        (linear(1.0, work=60), right(1), "times as long"),
        (linear(1.0, fails=True), lambda _: "", "requests failed"),
        (linear(3.0), right(1), "3 gives 9"),
        (b"no model", lambda _: "", "before it was ready"),
    ],
    ids=["slow", "failing", "wrong answers", "never ready"],
)
def test_a_bad_release_is_taken_back(
    target: ProcessTarget, address: str, tmp_path: Path, model: bytes, smoke: Callable[[str], str], why: str
) -> None:
    deploy(target, address, packaged(tmp_path, "1", linear(1.0)))
    bad = packaged(tmp_path, "2", model if model != b"no model" else linear(1.0))
    if model == b"no model":
        (Path(bad.folder) / "model.onnx").write_bytes(model)
    with closed_loop(address) as load:
        found = deploy(target, address, bad, smoke=smoke)
    assert why in found.failed
    assert [instance.version for instance in target.fleet().instances] == ["1"]
    assert load.answers[1.0] > 50
    if "failed" not in why:
        assert load.lost == {}
    assert ask(address, 1.0) == (1.0, "")


class Killed(BaseException):
    """A run that ends here, without a chance to put anything right."""


def test_a_run_that_was_killed_before_any_action_is_continued_by_the_next(
    target: ProcessTarget, address: str, tmp_path: Path
) -> None:
    deploy(target, address, packaged(tmp_path, "1", linear(1.0)))
    ends = 0
    with closed_loop(address, clients=2) as load:
        for place in range(1, 12):
            version = str(place + 1)
            package = packaged(tmp_path, version, linear(1.0))

            def end(number: int, _name: str, place: int = place) -> None:
                if number == place:
                    raise Killed

            with pytest.raises(Killed):
                deploy(target, address, package, seen=end)
            ends += 1
            assert deploy(target, address, package).failed == ""
            assert [instance.version for instance in target.fleet().instances] == [version]
    assert ends == 11
    assert load.lost == {}
