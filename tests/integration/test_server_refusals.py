"""What an untrusted client can do to a real server: it gets a reason, others get their answers, nothing breaks."""

from __future__ import annotations

import json
import random
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from fixtures import server_models
from fixtures.server_process import Running, serving

GOOD = {"inputs": {"size": [1.5], "count": [2], "fresh": [True], "colour": ["blue"]}}
FUZZ = 400


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("release")
    server_models.fruit_release(folder)
    options = ("--drain-notice", "0", "--rows", "100", "--body-bytes", "20000", "--read-seconds", "1.5")
    with serving(folder, *options, "--connections", "40") as running:
        yield running


@pytest.fixture(autouse=True)
def _still_well(server: Running) -> Iterator[None]:
    yield
    answer = server.ask("POST", "/invocations", GOOD)
    assert (answer.status, answer.json) == (200, {"predictions": [6.25]})


def wide_body(rows: int) -> dict[str, Any]:
    return {"inputs": {name: values * rows for name, values in GOOD["inputs"].items()}}


CASES: dict[str, tuple[str, str, Any, dict[str, str], int, str]] = {
    "not found": ("GET", "/v2/models/other", None, {}, 404, "not_found"),
    "traversal": ("GET", "/v2/models/../../../etc/passwd", None, {}, 404, "not_found"),
    "wrong method": ("GET", "/invocations", None, {}, 405, "method_not_allowed"),
    "malformed JSON": ("POST", "/invocations", b"{", {}, 400, "malformed_body"),
    "deep JSON": ("POST", "/invocations", b"[" * 9000, {}, 400, "malformed_body"),
    "wrong type": ("POST", "/invocations", {"inputs": {**GOOD["inputs"], "size": ["x"]}}, {}, 400, "invalid_input"),
    "other content type": ("POST", "/invocations", b"x", {"Content_Type": "text/xml"}, 415, "unsupported_content_type"),
    "too many rows": ("POST", "/invocations", wide_body(101), {}, 413, "too_many_rows"),
    "too large": ("POST", "/invocations", b" " * 20001, {}, 413, "body_too_large"),
    "large headers": ("GET", "/ping", None, {"X_A": "a" * 60000}, 431, "headers_too_large"),
    "long path": ("GET", "/" + "a" * 5000, None, {}, 414, "uri_too_long"),
    "no answer": (
        "POST",
        "/invocations",
        {"inputs": {**GOOD["inputs"], "colour": ["violet"]}},
        {},
        422,
        "no_finite_answer",
    ),
}


@pytest.mark.parametrize(("method", "path", "body", "headers", "status", "reason"), CASES.values(), ids=CASES.keys())
def test_refusal(
    server: Running, method: str, path: str, body: Any, headers: dict[str, str], status: int, reason: str
) -> None:
    answer = server.ask(method, path, body, **headers)
    assert (answer.status, answer.json["reason"]) == (status, reason)
    assert answer.json["error"]
    assert b"Traceback" not in answer.body
    assert b"/tidegate/" not in answer.body


def test_a_body_larger_than_announced_limits_is_answered_while_it_is_still_sent(server: Running) -> None:
    """The client reads its 413 although it never stops to send."""
    with server.raw() as client:
        client.sendall(b"POST /invocations HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n")
        chunk = b"4000\r\n" + b"a" * 0x4000 + b"\r\n"
        for _ in range(4):
            client.sendall(chunk)
        assert client.recv(1000).startswith(b"HTTP/1.1 413 ")


@pytest.mark.parametrize("start", [b"", b"POST /inv", b"POST /invocations HTTP/1.1\r\nContent-Length: 9\r\n\r\n{"])
def test_a_slow_client_is_ended(server: Running, start: bytes) -> None:
    with server.raw() as client:
        client.sendall(start)
        begin = time.monotonic()
        answer = client.recv(1000)
        assert time.monotonic() - begin < 30
        assert answer.startswith(b"HTTP/1.1 408 ") if start else answer == b""


def test_slow_clients_do_not_keep_others_out(server: Running) -> None:
    """36 of 40 connections hang: others are served; beyond 40 they are told to come again; then all is free."""
    clients = [server.raw() for _ in range(36)]
    for client in clients:
        client.sendall(b"POST /invocations HTTP/1.1\r\nX: ")
    assert server.ask("POST", "/invocations", GOOD).status == 200
    clients += [server.raw() for _ in range(6)]
    told = [client.recv(1000) for client in clients[36:]]
    refused = [answer for answer in told if answer]
    assert len(refused) >= 2
    assert all(answer.startswith(b"HTTP/1.1 503 ") and b"Retry-After: 1" in answer for answer in refused)
    assert all(client.recv(1000).startswith(b"HTTP/1.1 408 ") for client in clients[:36])
    for client in clients:
        client.close()
    deadline = time.monotonic() + 30
    while server.ask("GET", "/ping").status != 200 and time.monotonic() < deadline:
        time.sleep(0.05)


def test_random_bodies_get_an_answer_or_a_reason(server: Running) -> None:
    source = random.Random(1)
    good = json.dumps(GOOD).encode()
    pieces = [b'"inputs"', b"[", b"]", b"{", b"}", b":", b",", b"1e999", b"NaN", b"null", b"\xff", b"\x00", b'"', good]
    connection = server.connect()
    for _ in range(FUZZ):
        if source.random() < 0.5:
            mutated = bytearray(good)
            for _ in range(source.randint(1, 4)):
                mutated[source.randrange(len(mutated))] = source.randrange(256)
            body = bytes(mutated)
        else:
            body = b"".join(source.choices(pieces, k=source.randint(0, 12)))
        path = source.choice(["/invocations", "/v2/models/fruit/infer"])
        kind = source.choice(["application/json", "application/json", "text/csv"])
        connection.request("POST", path, body, {"Content-Type": kind})
        response = connection.getresponse()
        text = response.read()
        assert response.status in (200, 400, 413, 415, 422), (body, text)
        assert b"Traceback" not in text
    connection.close()


def test_random_bytes_on_the_wire_do_no_harm(server: Running) -> None:
    source = random.Random(2)
    starts = [b"", b"GET / HTTP/1.1\r\n", b"POST /invocations HTTP/1.1\r\nContent-Length: 5\r\n\r\n"]

    def send(data: bytes) -> bytes:
        with server.raw() as client:
            client.sendall(data)
            client.shutdown(socket.SHUT_WR)
            got = b""
            while part := client.recv(4096):
                got += part
            return got

    for _ in range(100):
        got = send(source.choice(starts) + source.randbytes(source.randint(0, 300)))
        assert got == b"" or got.startswith(b"HTTP/1.1 4")


@pytest.fixture(scope="module")
def slow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("slow")
    server_models.slow_release(folder)
    with serving(folder, "--drain-notice", "0", "--waiting-rows", "3", "--deadline", "3") as running:
        yield running


def test_overload_is_refused_at_once_while_health_answers(slow: Running) -> None:
    def ask(rounds: int) -> tuple[int, str | None]:
        answer = slow.ask("POST", "/invocations", {"inputs": {"rounds": [rounds]}})
        return answer.status, answer.headers.get("Retry-After")

    with ThreadPoolExecutor(12) as pool:
        answers = pool.map(ask, [300] * 12)
        begin = time.monotonic()
        assert slow.ask("GET", "/v2/health/live").status == 200
        assert time.monotonic() - begin < 2
        found = list(answers)
    assert (503, "1") in found
    assert (200, None) in found
    assert {status for status, _ in found} == {200, 503}
    assert slow.metric('tidegate_errors_total{reason="overloaded"}') >= 1


def test_a_run_past_its_deadline_is_stopped(slow: Running) -> None:
    answer = slow.ask("POST", "/invocations", {"inputs": {"rounds": [1_000_000]}})
    assert (answer.status, answer.json["reason"]) == (503, "inference_timeout")
    assert answer.headers["Retry-After"] == "1"
    begin = time.monotonic()
    assert slow.ask("POST", "/invocations", {"inputs": {"rounds": [0]}}).status == 200
    assert time.monotonic() - begin < 20  # the stopped run keeps nobody waiting


def test_a_client_that_leaves_costs_nothing(slow: Running) -> None:
    body = json.dumps({"inputs": {"rounds": [0]}}).encode()
    request = (
        b"POST /invocations HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body) + body
    )

    def leave() -> None:
        client = slow.raw()
        client.sendall(request)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        client.close()

    threads = [threading.Thread(target=leave) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert slow.ask("POST", "/invocations", {"inputs": {"rounds": [0]}}).status == 200
    assert slow.metric("tidegate_requests_in_flight") == 1


def test_the_release_folder_is_not_needed_any_more(tmp_path: Path) -> None:
    server_models.fruit_release(tmp_path / "release")
    with serving(tmp_path / "release", "--drain-notice", "0") as running:
        (tmp_path / "release").rename(tmp_path / "gone")
        assert running.ask("POST", "/invocations", GOOD).status == 200
