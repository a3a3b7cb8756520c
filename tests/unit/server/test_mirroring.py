"""Copies and what is made of them: compared value by value, counted, dropped when there is no room."""

from __future__ import annotations

import asyncio
import json
import math
import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tidegate.server.mirroring import answers, frames
from tidegate.server.mirroring.answers import Change, compared
from tidegate.server.mirroring.counts import ABSOLUTE, RELATIVE, Counts
from tidegate.server.mirroring.mirror import HELD, WAITING, Mirror
from tidegate.server.mirroring.outlet import BUFFER, COPIES, Outlet
from tidegate.server.mirroring.reception import Reception
from tidegate.server.wire.message import Request, Response

COPY = frames.Copy(
    path="/v2/models/m/infer",
    headers={"content-type": "application/json", "x-request-id": "7"},
    body=b"{}",
    answered={"content-type": "application/json"},
    answer=b'{"outputs": []}',
)


@pytest.mark.parametrize(
    ("before", "after", "change"),
    [
        ([2.0], [2.0], Change(relative=0.0, absolute=0.0, mean=0.0)),
        ([2.0], [1.0], Change(relative=0.5, absolute=1.0, mean=-0.5)),
        ([0.0], [0.0], Change(relative=0.0, absolute=0.0, mean=0.0)),
        ([1.0], [-1.0], Change(relative=1.0, absolute=2.0, mean=-1.0)),
        ([4.0, 4.0], [4.0, 8.0], Change(relative=0.5, absolute=4.0, mean=0.25)),
        (["yes", "no"], ["yes", "yes"], Change(relative=1.0, absolute=1.0, mean=0.5)),
        ([True], [1], Change(relative=1.0, absolute=1.0, mean=1.0)),
        ([1.0], [math.nan], None),
        ([1.0], [math.inf], None),
        ([1.0], [1.0, 2.0], None),
        ([], [], None),
    ],
)
def test_a_change_is_relative_to_the_larger_answer(before: list[Any], after: list[Any], change: Change | None) -> None:
    assert compared({"y": before}, {"y": after}) == change


def test_another_output_is_another_form() -> None:
    assert compared({"y": [1.0]}, {"z": [1.0]}) is None
    assert compared({"y": [1.0]}, {"y": [1.0], "z": [1.0]}) is None


@pytest.mark.parametrize(
    ("headers", "body", "expected"),
    [
        ({}, b'{"predictions": [1.5, 2]}', {"predictions": [1.5, 2]}),
        ({}, b'{"predictions": [[1, 2], [3, 4]]}', {"predictions": [1, 2, 3, 4]}),
        ({}, b'{"predictions": [{"a": 1, "b": "x"}, {"a": 2, "b": "y"}]}', {"a": [1, 2], "b": ["x", "y"]}),
        ({}, b'{"outputs": [{"name": "y", "data": [[1], [2]]}]}', {"y": [1, 2]}),
        (
            {"inference-header-content-length": "81"},
            b'{"outputs":[{"name":"y","datatype":"FP32","parameters":{"binary_data_size":8}}]}  '[:81]
            + b"\x00\x00\x80\x3f\x00\x00\x00\x40",
            {"y": [1.0, 2.0]},
        ),
    ],
    ids=["one value a row", "several", "objects", "tensors", "bytes"],
)
def test_answers_of_both_protocols_are_read(headers: Mapping[str, str], body: bytes, expected: object) -> None:
    assert answers.read(headers, body) == expected


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"outputs": 3}', b'{"outputs": [{}]}', b'{"predictions": 1}'])
def test_what_is_no_answer_is_told(body: bytes) -> None:
    with pytest.raises(ValueError, match=r"answer|Expecting"):
        answers.read({}, body)


def test_a_frame_comes_out_as_it_went_in() -> None:
    data = frames.encoded(COPY)
    head, body, answer = frames.sizes(data[: frames.HEAD])
    start = frames.HEAD
    parts = data[start : start + head], data[start + head : start + head + body], data[-answer:]
    assert len(data) == start + head + body + answer
    assert frames.decoded(*parts) == COPY


def test_frames_that_no_champion_wrote_are_refused() -> None:
    with pytest.raises(ValueError, match="bytes"):
        frames.sizes(b"\xff" * frames.HEAD)
    for head in (b"{}", b"[]", b'{"path": "/", "headers": 3, "answered": {}}', b"{"):
        with pytest.raises(ValueError):  # noqa: PT011 - whatever JSON or a head can be wrong with
            frames.decoded(head, b"", b"")


@pytest.mark.parametrize("written", [0.1, 0.05, 0.01, 0.02, 0.025, 0.2, 0.5, 0.001])
def test_tolerances_that_people_write_are_edges(written: float) -> None:
    assert written in RELATIVE
    assert written in ABSOLUTE


def test_counts_grow_by_one_a_copy() -> None:
    counts = Counts()
    counts.answered(Change(relative=0.1, absolute=0.3, mean=-0.1))
    counts.answered(Change(relative=0.0, absolute=0.0, mean=0.0))
    counts.failed("500")
    counts.dropped()
    found = counts.document()
    assert (found["requests"], found["failed"], found["dropped"]) == (3, {"500": 1}, 1)
    assert sum(found["relative"]["counts"]) == 2
    assert found["relative"]["counts"][RELATIVE.index(0.1)] == 1
    assert (found["total"], found["squares"]) == pytest.approx((-0.1, 0.01))


def test_a_mirror_that_cannot_keep_up_drops_and_counts() -> None:
    mirror = Mirror("127.0.0.1:9", 1.0)
    for _ in range(WAITING + 3):
        mirror.offer(COPY)
    assert mirror.counts.document()["dropped"] == 3


def test_large_copies_are_dropped_before_they_fill_the_memory() -> None:
    mirror, size = Mirror("127.0.0.1:9", 1.0), 1024 * 1024
    large = replace(COPY, body=b"x" * (size - len(COPY.answer)))
    for _ in range(HELD // size + 2):
        mirror.offer(large)
    assert mirror.counts.document()["dropped"] == 2


def received(method: str, path: str, **headers: str) -> tuple[Response, Mirror]:
    """What a copy that a gateway sends is answered, and the mirror behind."""
    mirror, replies = Mirror("127.0.0.1:9", 1.0), list[Response]()
    reception = Reception(mirror)
    identity = reception.request_id(headers.get("x-request-id"))
    reception.serve(Request(method, path, headers, b"{}", identity), replies.append, lambda: True)
    [reply] = replies
    return reply, mirror


@pytest.mark.parametrize("path", ["/invocations", "/v2/models/m/infer", "/v2/models/m/versions/3/infer"])
def test_a_question_to_a_model_is_taken_and_nobody_waits_for_its_answer(path: str) -> None:
    headers = {"content-type": "application/json", "authorization": "Bearer secret", "x-request-id": "7"}
    reply, mirror = received("POST", path, **headers)
    assert (reply.status, reply.body) == (202, b"{}")
    copy = mirror._queue.get_nowait()
    assert (copy.path, copy.body, copy.answer) == (path, b"{}", b"")
    assert copy.headers == {"content-type": "application/json", "x-request-id": "7"}


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v2/models/m/infer", 202),
        ("POST", "/counts", 202),
        ("POST", "/v2/models/m", 202),
        ("POST", "/v2/models/../../x/infer", 202),
        ("DELETE", "/invocations", 202),
        ("GET", "/v2/health/ready", 200),
    ],
)
def test_anything_else_is_answered_and_asked_of_nobody(method: str, path: str, status: int) -> None:
    reply, mirror = received(method, path)
    assert reply.status == status
    assert mirror._queue.empty()


def test_counts_are_told_as_they_are() -> None:
    reply, mirror = received("GET", "/counts")
    assert json.loads(reply.body) == mirror.counts.document()


class Wire(asyncio.Transport):
    """A connection that remembers what was written, of which `waiting` bytes were not taken yet."""

    def __init__(self) -> None:
        super().__init__()
        self.written, self.waiting, self.aborted = b"", 0, False

    def write(self, data: bytes) -> None:  # type: ignore[override]
        self.written += data

    def get_write_buffer_size(self) -> int:
        return self.waiting

    def is_closing(self) -> bool:
        return self.aborted

    def abort(self) -> None:
        self.aborted = True


class Loop:
    """The part of an event loop that an outlet uses; a connection is made when the test says so."""

    def __init__(self) -> None:
        self.tasks = 0

    def create_task(self, work: Any) -> Any:
        work.close()
        self.tasks += 1
        return self


def outlet(folder: Path, share: float = 1.0) -> tuple[Outlet, Wire]:
    (folder / "copies.json").write_text(json.dumps({"host": "127.0.0.1", "port": 9, "share": share}))
    found, wire = Outlet(folder / "copies.json", Loop()), Wire()  # type: ignore[arg-type]
    found.look()
    found.connection_made(wire)
    assert wire.written == COPIES
    return found, wire


def request(identity: str = "7") -> Request:
    headers = {"content-type": "application/json", "authorization": "Bearer secret"}
    return Request(method="POST", path="/invocations", headers=headers, body=b"{}", id=identity)


ANSWER = Response(200, b'{"predictions": [1]}')


def test_a_copy_holds_the_request_and_the_answer_and_no_credentials(tmp_path: Path) -> None:
    found, wire = outlet(tmp_path)
    found.offer(request(), ANSWER)
    assert b'{"predictions": [1]}' in wire.written
    assert b"secret" not in wire.written
    assert (found.sent, found.dropped) == (1, 0)


def test_a_refused_request_is_not_copied(tmp_path: Path) -> None:
    found, _ = outlet(tmp_path)
    found.offer(request(), Response(422, b"{}"))
    assert (found.sent, found.dropped) == (0, 0)


def test_a_full_buffer_drops_the_copy_and_counts_it(tmp_path: Path) -> None:
    found, wire = outlet(tmp_path)
    wire.waiting = BUFFER
    found.offer(request(), ANSWER)
    assert (found.sent, found.dropped) == (0, 1)
    assert 'tidegate_copies_total{outcome="dropped"} 1' in list(found.lines())


def test_a_share_of_the_requests_is_copied(tmp_path: Path) -> None:
    found, _ = outlet(tmp_path, share=0.3)
    for number in range(2_000):
        found.offer(request(f"request-{number}"), ANSWER)
    assert 500 < found.sent < 700


@pytest.mark.parametrize("order", [None, "", "[]", "{}", '{"host": "h", "port": "x", "share": 1}', "\x00"])
def test_without_a_whole_order_nothing_goes_out(tmp_path: Path, order: str | None) -> None:
    found, wire = outlet(tmp_path)
    (tmp_path / "copies.json").unlink()
    if order is not None:
        (tmp_path / "copies.json").write_text(order)
        os.utime(tmp_path / "copies.json", (1, 1))
    found.look()
    found.offer(request(), ANSWER)
    assert wire.aborted
    assert (found.sent, found.dropped) == (0, 0)
