"""The prediction log of a server that a target starts: as soon and as much as the environment's file says."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from fixtures.load import ask
from fixtures.proxies import needs_envoy, needs_haproxy
from fixtures.releases import linear, packaged
from tidegate.adapters import inference
from tidegate.adapters.targets import server
from tidegate.adapters.targets.haproxy import Slot
from tidegate.adapters.targets.process.envoy import Envoy
from tidegate.adapters.targets.process.haproxy import HAProxy
from tidegate.adapters.targets.process.instances import Instances, Process
from tidegate.adapters.targets.process.proxy import Proxy
from tidegate.core.deployment.environment import Log


@contextmanager
def serving(folder: Path, log: Log) -> Iterator[Process]:
    instances = Instances(folder / "state", {"PATH": "/usr/bin:/bin"}, log)
    package = packaged(folder, "1", linear(2.0))
    process = instances.start(package, 0)
    try:
        deadline = time.monotonic() + 30
        while not server.is_ready(process.port, package.release):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        yield process
    finally:
        instances.end(process, patience=10)


def rows(folder: Path) -> int:
    return sum(pq.read_metadata(path).num_rows for path in (folder / "state/predictions").glob("*.parquet"))


def test_a_file_is_finished_while_the_server_goes_on(tmp_path: Path) -> None:
    with serving(tmp_path, Log(every=timedelta(milliseconds=100))) as process:
        assert ask(f"127.0.0.1:{process.port}", 1.0) == (2.0, "")
        deadline = time.monotonic() + 20
        while not rows(tmp_path):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        assert process.lives


@pytest.mark.parametrize(("share", "kept"), [(1.0, 5), (1e-9, 0)], ids=["all", "next to nothing"])
def test_as_much_is_kept_as_the_environment_says(tmp_path: Path, share: float, kept: int) -> None:
    with serving(tmp_path, Log(share=share)) as process:
        answers = [ask(f"127.0.0.1:{process.port}", float(number)) for number in range(5)]
    assert [answer for answer, _ in answers] == [0.0, 2.0, 4.0, 6.0, 8.0]
    assert rows(tmp_path) == kept


def test_questions_with_known_answers_are_not_kept(tmp_path: Path) -> None:
    with serving(tmp_path, Log()) as process:
        assert inference.ask(f"127.0.0.1:{process.port}", [{"x": 3.0}], seconds=10) == [6.0]
    assert rows(tmp_path) == 0


@pytest.mark.parametrize(
    "kind",
    [pytest.param(HAProxy, marks=needs_haproxy), pytest.param(Envoy, marks=needs_envoy)],
    ids=["HAProxy", "Envoy"],
)
def test_what_clients_ask_is_kept_whatever_they_say_of_it(tmp_path: Path, kind: Callable[[Path, str], Proxy]) -> None:
    with serving(tmp_path, Log()) as process:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            address = f"127.0.0.1:{probe.getsockname()[1]}"
        (tmp_path / "proxy").mkdir()
        proxy = kind(tmp_path / "proxy", address)
        proxy.apply({0: Slot(process.port, 100)})
        try:
            assert inference.ask(address, [{"x": 3.0}], seconds=10) == [6.0]
        finally:
            proxy.stop()
    assert rows(tmp_path) == 1
