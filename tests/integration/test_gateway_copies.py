"""Copies as a gateway sends them: a real Envoy, told what an HTTPRoute's RequestMirror comes to, and real servers."""

from __future__ import annotations

import http.client
import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from fixtures.load import ask, closed_loop
from fixtures.proxies import needs_envoy
from fixtures.releases import linear, packaged
from fixtures.server_process import SCRIPTS, environment, serving
from tidegate.adapters.targets.kubernetes import counts
from tidegate.adapters.targets.kubernetes.counts import Compared
from tidegate.adapters.targets.process import envoy
from tidegate.core.release.image import CODE, PORT, comparing

_MANAGER = "extensions.filters.network.http_connection_manager.v3.HttpConnectionManager"
_TYPE = "type.googleapis.com/envoy."


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def program(command: list[str], port: int) -> Iterator[str]:
    """A program that listens on a port, until the block ends: its address."""
    process = subprocess.Popen(command, env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 20
        while not _listens(port):
            assert process.poll() is None, command
            assert time.monotonic() < deadline, command
            time.sleep(0.02)
        yield f"127.0.0.1:{port}"
    finally:
        process.terminate()
        assert process.wait(10) in (0, -15)


def _listens(port: int) -> bool:
    with socket.socket() as link:
        return link.connect_ex(("127.0.0.1", port)) == 0


def comparison(champion: str, shadow: str) -> Any:
    """As an image of a release starts it, but here and for this machine alone."""
    port = free_port()
    swaps = {"python3": sys.executable, "0.0.0.0": "127.0.0.1", str(PORT): str(port)}  # noqa: S104
    command = [swaps.get(word, word).replace(CODE, str(SCRIPTS)) for word in comparing(champion, shadow)]
    return program(command, port)


def gateway(folder: Path, releases: str, copies: str, percent: int) -> Any:
    """Envoy as a gateway's controller sets it up for a rule with the filter RequestMirror."""
    port, file = free_port(), folder / "gateway.json"
    share = {"default_value": {"numerator": percent, "denominator": "HUNDRED"}}
    action = {"cluster": "releases", "request_mirror_policies": [{"cluster": "copies", "runtime_fraction": share}]}
    routes = {"name": "all", "virtual_hosts": [{"name": "all", "domains": ["*"], "routes": [_rule(action)]}]}
    router = {"@type": f"{_TYPE}extensions.filters.http.router.v3.Router"}
    manager = {
        "@type": f"{_TYPE}{_MANAGER}",
        "stat_prefix": "clients",
        "route_config": routes,
        "http_filters": [{"name": "envoy.filters.http.router", "typed_config": router}],
    }
    chain = {"filters": [{"name": "envoy.filters.network.http_connection_manager", "typed_config": manager}]}
    listener = {"name": "clients", "address": _at(f"127.0.0.1:{port}"), "filter_chains": [chain]}
    clusters = [_cluster("releases", releases), _cluster("copies", copies)]
    file.write_text(json.dumps({"static_resources": {"listeners": [listener], "clusters": clusters}}))
    options = ["--config-path", str(file), "--use-dynamic-base-id", "--concurrency", "1", "--log-level", "off"]
    return program([str(envoy.program()), *options], port)


def _rule(action: dict[str, Any]) -> dict[str, Any]:
    return {"match": {"prefix": "/"}, "route": action}


def _at(address: str) -> dict[str, Any]:
    host, _, port = address.rpartition(":")
    return {"socket_address": {"address": host, "port_value": int(port)}}


def _cluster(name: str, address: str) -> dict[str, Any]:
    endpoints = [{"lb_endpoints": [{"endpoint": {"address": _at(address)}}]}]
    return {"name": name, "connect_timeout": "2s", "load_assignment": {"cluster_name": name, "endpoints": endpoints}}


def asked(address: str, method: str, path: str, body: bytes = b"") -> tuple[int, bytes]:
    link = http.client.HTTPConnection(address, timeout=10)
    try:
        link.request(method, path, body, {"Content-Type": "application/json"})
        reply = link.getresponse()
        return reply.status, reply.read()
    finally:
        link.close()


def counted(address: str) -> Compared:
    return counts.of_comparison(json.loads(asked(address, "GET", "/counts")[1]))


def settled(address: str, least: int) -> Compared:
    """Its counts once that many copies were compared."""
    deadline = time.monotonic() + 20
    while (found := counted(address)).requests < least:
        assert time.monotonic() < deadline, found
        time.sleep(0.05)
    return found


@pytest.fixture
def here(tmp_path: Path) -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def started(here: ExitStack, folder: Path, version: str, model: bytes) -> str:
    package = packaged(folder, version, model)
    running = here.enter_context(serving(Path(package.folder), "--drain-notice", "0"))
    return f"127.0.0.1:{running.port}"


@needs_envoy
@pytest.mark.parametrize(("percent", "least", "most"), [(100, 0.97, 1.0), (30, 0.15, 0.45)])
def test_clients_get_the_champions_answers_while_every_copy_is_compared(
    here: ExitStack, tmp_path: Path, percent: int, least: float, most: float
) -> None:
    champion, shadow = started(here, tmp_path, "1", linear(1.0)), started(here, tmp_path, "2", linear(1.25))
    compares = here.enter_context(comparison(champion, shadow))
    address = here.enter_context(gateway(tmp_path, champion, compares, percent))
    with closed_loop(address, clients=2) as load:
        settled(compares, 60)
    assert load.lost == {}
    assert set(load.answers) == {1.0}
    found = settled(compares, int(least * load.total))
    assert found.requests <= most * load.total
    assert found.errors == 0
    assert found.pairs.relative.total == found.requests
    assert found.pairs.total / found.requests == pytest.approx(0.2)  # from 1 to 1.25, over the larger of both


@needs_envoy
def test_a_shadow_that_ends_and_a_comparison_that_ends_are_noticed_by_no_client(
    here: ExitStack, tmp_path: Path
) -> None:
    champion, address = started(here, tmp_path, "1", linear(1.0)), ""
    with ExitStack() as passing:
        shadow = started(passing, tmp_path, "2", linear(1.0))
        compares = passing.enter_context(comparison(champion, shadow))
        address = here.enter_context(gateway(tmp_path, champion, compares, 100))
        assert ask(address, 2.0) == (2.0, "")
        settled(compares, 1)
    with closed_loop(address, clients=2) as load:
        time.sleep(0.5)
    assert load.lost == {}
    assert set(load.answers) == {1.0}


def test_what_the_champion_refuses_and_what_is_no_question_is_not_held_against_the_shadow(
    here: ExitStack, tmp_path: Path
) -> None:
    champion, shadow = started(here, tmp_path, "1", linear(1.0)), started(here, tmp_path, "2", linear(1.0))
    compares = here.enter_context(comparison(champion, shadow))
    assert asked(compares, "GET", "/v2/health/ready")[0] == 200
    for path, body in (("/invocations", b"no JSON"), ("/v2/models/linear", b"{}"), ("/v2/models/other/infer", b"{}")):
        assert asked(compares, "POST", path, body) == (202, b"{}")
    assert ask(compares, 3.0)[1] == "202"
    assert settled(compares, 1).requests == 1
    assert json.loads(asked(compares, "GET", "/counts")[1])["unanswered"] == 2


class Curt(BaseHTTPRequestHandler):
    """Answers, promises to go on, and hangs up: as a server does that finds its client idle."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        body = b'{"predictions": [1.0]}'
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name of the base
        """Nothing."""


def test_a_connection_that_was_ended_between_two_copies_is_nobodys_failure(here: ExitStack) -> None:
    server = here.enter_context(ThreadingHTTPServer(("127.0.0.1", 0), Curt))
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    here.callback(server.shutdown)
    address = f"127.0.0.1:{server.server_address[1]}"
    compares = here.enter_context(comparison(address, address))
    for _ in range(12):
        asked(compares, "POST", "/invocations", b'{"dataframe_records": [{"x": 1}]}')
        time.sleep(0.02)
    found = settled(compares, 12)
    assert (found.requests, found.errors) == (12, 0)


def test_a_shadow_that_fails_is_counted(here: ExitStack, tmp_path: Path) -> None:
    champion = started(here, tmp_path, "1", linear(1.0))
    shadow = started(here, tmp_path, "2", linear(1.0, fails=True))
    compares = here.enter_context(comparison(champion, shadow))
    for value in (1.0, 2.0, 1.0):
        ask(compares, value)
    found = settled(compares, 3)
    assert (found.requests, found.errors, found.pairs.relative.total) == (3, 2, 1)
