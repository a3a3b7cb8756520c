"""Releases behind Envoy, for machines without HAProxy: nothing is lost, weights divide, counts count, it comes back."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from pathlib import Path

import pytest

from fixtures.load import ask, closed_loop
from fixtures.proxies import needs_envoy
from fixtures.releases import linear, packaged
from tidegate.adapters.targets.haproxy import Counts, Slot
from tidegate.adapters.targets.process import haproxy
from tidegate.adapters.targets.process.envoy import Envoy
from tidegate.adapters.targets.process.haproxy import HAProxy
from tidegate.adapters.targets.process.proxy import proxy_of
from tidegate.adapters.targets.process.target import ProcessTarget
from tidegate.errors import InfrastructureError

pytestmark = needs_envoy
Backend = Callable[[str], int]


class Handler(BaseHTTPRequestHandler):
    """Answers what its server is."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        kind = self.server.kind  # type: ignore[attr-defined]
        self.rfile.read(int(self.headers["Content-Length"] or 0))
        if kind == "resets":
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        if kind == "slow":
            time.sleep(0.5)
        self.send_response(500 if kind == "5xx" else 200)
        self.send_header("Content-Length", str(len(kind)))
        self.end_headers()
        self.wfile.write(kind.encode())

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
        """Nothing."""


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


@contextmanager
def served(kind: str) -> Iterator[int]:
    server = Server(("127.0.0.1", 0), Handler)
    server.kind = kind  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def backend() -> Iterator[Backend]:
    """Starts a server of a kind; its port."""
    with ExitStack() as stack:
        yield lambda kind: stack.enter_context(served(kind))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture
def address() -> str:
    return f"127.0.0.1:{free_port()}"


@pytest.fixture
def proxy(tmp_path: Path, address: str) -> Iterator[Envoy]:
    found = Envoy(tmp_path, address)
    yield found
    found.stop()


def said(address: str, body: bytes = b"{}") -> str:
    link = http.client.HTTPConnection(address, timeout=10)
    try:
        link.request("POST", "/", body)
        reply = link.getresponse()
        return reply.read().decode() if reply.status == 200 else str(reply.status)
    finally:
        link.close()


def test_weights_divide_requests_and_are_in_force_when_told(proxy: Envoy, address: str, backend: Backend) -> None:
    first, second = backend("first"), backend("second")
    wanted = {0: Slot(first, 80), 1: Slot(second, 20)}
    proxy.apply(wanted)
    assert proxy.slots() == wanted
    found = Counter(said(address) for _ in range(500))
    assert found["first"] + found["second"] == 500
    assert found["second"] == pytest.approx(100, abs=10)
    proxy.apply({0: Slot(first, 0), 1: Slot(second, 100)})
    assert proxy.slots() == {0: Slot(first, 0), 1: Slot(second, 100)}
    assert {said(address) for _ in range(50)} == {"second"}


def test_a_slot_that_is_taken_out_still_counts_and_can_be_used_again(
    proxy: Envoy, address: str, backend: Backend
) -> None:
    slow, second, third = backend("slow"), backend("second"), backend("third")
    proxy.apply({0: Slot(slow, 100)})
    answers: list[str] = []
    client = threading.Thread(target=lambda: answers.append(said(address)))
    client.start()
    while not proxy.connections(0):
        time.sleep(0.01)
    proxy.apply({1: Slot(second, 100)})
    assert proxy.slots() == {1: Slot(second, 100)}
    assert proxy.connections(0) == 1
    client.join()
    assert answers == ["slow"]
    assert (proxy.connections(0), proxy.counts(0)) == (0, Counts(requests=1, errors=0))
    proxy.apply({0: Slot(third, 100), 2: Slot(slow, 0)})  # and the port of the one that is gone, in another slot
    assert proxy.slots() == {0: Slot(third, 100), 2: Slot(slow, 0)}
    assert said(address) == "third"


@pytest.mark.parametrize(
    ("kind", "answer", "counts"),
    [
        ("fine", "fine", Counts(requests=5, errors=0)),
        ("slow", "slow", Counts(requests=5, errors=0)),
        ("5xx", "500", Counts(requests=5, errors=5)),
        ("resets", "503", Counts(requests=5, errors=5)),
    ],
)
def test_counts_are_answers_and_what_was_not_answered(
    proxy: Envoy, address: str, backend: Backend, kind: str, answer: str, counts: Counts
) -> None:
    proxy.apply({3: Slot(backend(kind), 100)})
    assert {said(address) for _ in range(5)} == {answer}
    assert proxy.counts(3) == counts


def test_who_cannot_be_reached_counts_as_errors_and_another_answers(
    proxy: Envoy, address: str, backend: Backend
) -> None:
    proxy.apply({0: Slot(free_port(), 50), 1: Slot(backend("there"), 50)})
    assert {said(address) for _ in range(40)} == {"there"}
    dead = proxy.counts(0)
    assert dead.requests == dead.errors > 10
    assert proxy.counts(1) == Counts(requests=40, errors=0)


def test_the_largest_request_is_handed_to_another_too(proxy: Envoy, address: str, backend: Backend) -> None:
    proxy.apply({0: Slot(free_port(), 50), 1: Slot(backend("there"), 50)})
    assert {said(address, b"x" * (4 << 20)) for _ in range(10)} == {"there"}
    assert proxy.counts(0).errors > 2


@pytest.mark.parametrize("host", ["localhost", "0.0.0.0"])  # noqa: S104 - for a moment, in a test
def test_an_address_may_be_a_name_or_every_address(host: str, tmp_path: Path, backend: Backend) -> None:
    port = free_port()
    found = Envoy(tmp_path, f"{host}:{port}")
    try:
        found.apply({0: Slot(backend("first"), 100)})
        assert said(f"127.0.0.1:{port}") == "first"
    finally:
        found.stop()


def test_nobody_to_ask_is_said_to_clients(proxy: Envoy, address: str, backend: Backend) -> None:
    port = backend("first")
    proxy.apply({0: Slot(port, 0)})
    assert said(address) == "503"
    assert proxy.slots() == {0: Slot(port, 0)}


def test_a_killed_proxy_comes_back_the_same(proxy: Envoy, address: str, backend: Backend, tmp_path: Path) -> None:
    wanted = {0: Slot(backend("first"), 70), 1: Slot(backend("second"), 30)}
    proxy.apply(wanted)
    os.kill(int((tmp_path / "envoy.pid").read_text()), signal.SIGKILL)
    while proxy.answers():
        time.sleep(0.01)
    assert proxy.slots() == {}
    proxy.apply(wanted)
    assert proxy.slots() == wanted
    assert {said(address) for _ in range(20)} == {"first", "second"}


def test_an_address_that_somebody_has_is_told_and_nothing_is_left(
    proxy: Envoy, address: str, backend: Backend, tmp_path: Path
) -> None:
    port = backend("first")
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)  # as HAProxy has it
        other.bind(("127.0.0.1", int(address.rpartition(":")[2])))
        other.listen()
        with pytest.raises(InfrastructureError, match=r"Envoy does not start: .*[Aa]ddress already in use") as caught:
            proxy.apply({0: Slot(port, 100)})
    assert (caught.value.code, caught.value.exit_code) == ("E-DEP-011", 3)
    assert not proxy.answers()
    proxy.apply({0: Slot(port, 100)})
    assert said(address) == "first"


def test_only_its_owner_tells_it_anything(proxy: Envoy, backend: Backend) -> None:
    proxy.apply({0: Slot(backend("first"), 100)})
    assert proxy._socket.stat().st_mode & 0o777 == 0o600


def test_what_runs_stays_whatever_else_is_installed(proxy: Envoy, address: str, backend: Backend) -> None:
    folder = proxy._bootstrap.parent
    usual = type(proxy_of(folder, address))
    assert usual is (HAProxy if haproxy.program() else Envoy)
    proxy.apply({0: Slot(backend("first"), 100)})
    assert type(proxy_of(folder, address)) is Envoy
    proxy.stop()
    assert type(proxy_of(folder, address)) is usual


def test_swaps_under_load_lose_nothing(tmp_path: Path, address: str) -> None:
    """Each is a whole one: the new server starts, gets a part, gets all; the old one is drained and ended."""
    folder = tmp_path / "state"
    target = ProcessTarget(folder, address, {"PATH": "/usr/bin:/bin"}, proxy=Envoy(folder, address))
    packages = [packaged(tmp_path, str(number), linear(float(number))) for number in range(1, 5)]
    try:
        target.start(packages[0])
        ready(target, packages[0].release)
        target.shift({packages[0].release: 100})
        with closed_loop(address) as load:
            for old, new in pairwise(packages):
                target.start(new)
                ready(target, new.release)
                target.shift({old.release: 50, new.release: 50})
                time.sleep(0.2)
                target.shift({new.release: 100})
                target.stop(old.release)
        assert load.lost == {}
        assert all(load.answers[float(number)] for number in range(1, 5))
        assert ask(address, 1.0) == (4.0, "")
    finally:
        target.close()


def ready(target: ProcessTarget, release: str) -> None:
    deadline = time.monotonic() + 30
    while not any(instance.release == release and instance.ready for instance in target.fleet().instances):
        assert time.monotonic() < deadline, target.log(release)
        time.sleep(0.05)
