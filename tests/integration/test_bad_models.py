"""Fault D7: health says yes and the predictions are wrong. None of twelve such models answers a single client."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from fixtures.bad_models import BAD, RIGHT
from fixtures.load import ask, closed_loop
from fixtures.proxies import needs_proxy
from fixtures.releases import linear, packaged
from tidegate.adapters.targets.process.target import ProcessTarget
from tidegate.console import Console
from tidegate.core.deployment.environment import Environment, Limits, Step, Strategy
from tidegate.core.deployment.smoke import Questions
from tidegate.core.deployment.target import Package
from tidegate.steps.deployment import smoke
from tidegate.steps.deployment.takeover import Ended, Takeover

pytestmark = needs_proxy
ASKED = [0.25 * number for number in range(1, 21)]
QUESTIONS = Questions(rows=tuple({"x": x} for x in ASKED), answers=tuple(RIGHT * x for x in ASKED))
LIMITS = Limits(error_rate=0.05, every=timedelta(milliseconds=100), patience=timedelta(seconds=10))


@dataclass(frozen=True)
class Place:
    """Where the model that was judged answers."""

    target: ProcessTarget
    address: str

    def deploy(self, package: Package) -> Ended:
        strategy = Strategy(kind="canary", steps=(Step(weight=20, requests=20),))
        return Takeover(
            environment=Environment(
                name="staging", target="process", address=self.address, strategy=strategy, limits=LIMITS
            ),
            package=package,
            target=self.target,
            smoke=partial(smoke.check, asked=QUESTIONS),
            record=lambda: None,
            console=Console(),
            ready_within=15,
        ).run()


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("place")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{probe.getsockname()[1]}"
    found = Place(ProcessTarget(folder / "state", address, {"PATH": "/usr/bin:/bin"}), address)
    assert found.deploy(packaged(folder, "1", linear(RIGHT))).failed == ""
    yield found
    found.target.close()


@pytest.mark.parametrize("kind", BAD)
def test_a_model_that_answers_wrongly_is_never_asked_by_clients(here: Place, tmp_path: Path, kind: str) -> None:
    with closed_loop(here.address, clients=2) as load:
        found = here.deploy(packaged(tmp_path, "2", BAD[kind]))
    assert found.failed
    assert [instance.version for instance in here.target.fleet().instances] == ["1"]
    assert load.lost == {}
    assert set(load.answers) == {RIGHT}
    assert ask(here.address, 3.0) == (3.0 * RIGHT, "")
