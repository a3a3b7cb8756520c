"""Fault D9 for processes: the port is taken, the proxy was killed, records are broken. Nothing that serves is ended."""

from __future__ import annotations

import os
import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from fixtures.load import ask
from fixtures.proxies import needs_haproxy
from fixtures.releases import linear, packaged
from tidegate.adapters.targets.process.target import ProcessTarget
from tidegate.console import Console
from tidegate.core.deployment.environment import Environment, Strategy
from tidegate.core.deployment.target import Package
from tidegate.errors import InfrastructureError
from tidegate.steps.deployment.takeover import Ended, Takeover

pytestmark = needs_haproxy


@pytest.fixture
def target(tmp_path: Path) -> Iterator[ProcessTarget]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        found = ProcessTarget(tmp_path / "state", f"127.0.0.1:{probe.getsockname()[1]}", {"PATH": "/usr/bin:/bin"})
    yield found
    found.close()


def deploy(target: ProcessTarget, package: Package) -> Ended:
    environment = Environment(name="e", target="process", address=at(target), strategy=Strategy(kind="blue-green"))
    return Takeover(
        environment=environment,
        package=package,
        target=target,
        smoke=lambda _: "",
        record=lambda: None,
        console=Console(),
    ).run()


def at(target: ProcessTarget) -> str:
    return target._proxy._address


def proxy(target: ProcessTarget, tmp_path: Path) -> int:
    assert target._proxy.answers()
    return int((tmp_path / "state" / "haproxy.pid").read_text())


def test_a_port_that_somebody_has_is_told_and_the_next_run_goes_on(target: ProcessTarget, tmp_path: Path) -> None:
    package = packaged(tmp_path, "1", linear(1.0))
    host, _, port = at(target).rpartition(":")
    with socket.socket() as other:
        other.bind((host, int(port)))
        other.listen()
        with pytest.raises(InfrastructureError, match="HAProxy does not start") as caught:
            deploy(target, package)
    assert (caught.value.code, caught.value.exit_code) == ("E-DEP-011", 3)
    assert deploy(target, package).failed == ""
    assert ask(at(target), 1.0) == (1.0, "")
    assert len(target.fleet().instances) == 1


def test_a_killed_proxy_is_seen_and_started_again_as_it_was(target: ProcessTarget, tmp_path: Path) -> None:
    package = packaged(tmp_path, "1", linear(1.0))
    deploy(target, package)
    os.kill(proxy(target, tmp_path), signal.SIGKILL)
    assert ask(at(target), 1.0)[1] != ""
    assert [instance.weight for instance in target.fleet().instances] == [0]
    assert deploy(target, package).failed == ""
    assert ask(at(target), 1.0) == (1.0, "")


def test_a_broken_record_is_not_believed_and_the_release_comes_back(target: ProcessTarget, tmp_path: Path) -> None:
    package = packaged(tmp_path, "1", linear(1.0))
    deploy(target, package)
    lost = target._instances.all()[0]
    record = next((tmp_path / "state").glob("*/process.json"))
    record.write_text("{")
    try:
        assert target.fleet().instances == ()
        assert deploy(target, package).failed == ""
        assert ask(at(target), 1.0) == (1.0, "")
    finally:
        os.kill(lost.pid, signal.SIGTERM)


def test_a_dead_server_is_started_again_by_the_next_run(target: ProcessTarget, tmp_path: Path) -> None:
    package = packaged(tmp_path, "1", linear(1.0))
    deploy(target, package)
    os.kill(target._instances.all()[0].pid, signal.SIGKILL)
    while target.fleet().instances:
        time.sleep(0.02)
    assert deploy(target, package).failed == ""
    assert ask(at(target), 1.0) == (1.0, "")
