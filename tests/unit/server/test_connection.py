"""HTTP/1.1 by clients that nobody trusts: what is read, refused, kept, answered in order, and ended by time."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fixtures.server_wiring import Transport
from tidegate.server.refusal import Refusal
from tidegate.server.wire.budget import Budget
from tidegate.server.wire.connection import Connection
from tidegate.server.wire.limits import Limits
from tidegate.server.wire.message import Request, Response
from tidegate.server.wire.service import Reply

GET = b"GET /ping HTTP/1.1\r\nHost: x\r\n\r\n"
LIMITS = Limits(body=100, uri=50, header_bytes=300, header_count=8, connections=2, pipelined=3, bodies=150)


class Echo:
    """A service that answers with the body, at once or when told to."""

    def __init__(self, limits: Limits = LIMITS) -> None:
        self.limits = limits
        self.connections: set[Connection] = set()
        self.draining = False
        self.budget = Budget(limits.bodies)
        self.standing = ""
        self.now = 0.0
        self.later = False
        self.replies: list[Callable[[], None]] = []
        self.seen: list[Request] = []
        self.refused: list[str] = []

    def clock(self) -> float:
        return self.now

    def request_id(self, given: str | None) -> str:
        return given or "made"

    def serve(self, request: Request, reply: Reply, _: Callable[[], bool]) -> None:
        self.seen.append(request)
        answer = Response(200, request.body or request.path.encode())
        if self.later:
            self.replies.append(lambda: reply(answer))
        else:
            reply(answer)

    def refuse(self, _: str, refusal: Refusal) -> Response:
        self.refused.append(refusal.reason.value)
        return Response(refusal.status, refusal.message.encode(), headers=refusal.headers)

    def connect(self) -> tuple[Connection, Transport]:
        connection, transport = Connection(self), Transport()
        connection.connection_made(transport)  # type: ignore[arg-type]
        return connection, transport


def post(body: bytes, *headers: bytes, path: bytes = b"/x") -> bytes:
    lines = [b"POST " + path + b" HTTP/1.1", b"Host: x", b"Content-Length: %d" % len(body), *headers]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def test_a_request_and_its_answer() -> None:
    echo = Echo()
    connection, transport = echo.connect()
    connection.data_received(post(b"hello", b"X-Request-Id: abc", b"Content-Type: text/csv", path=b"/a?b=c"))
    (request,) = echo.seen
    assert (request.method, request.path, request.body, request.id) == ("POST", "/a", b"hello", "abc")
    assert request.headers["content-type"] == "text/csv"
    assert transport.written == (
        b"HTTP/1.1 200 OK\r\nX-Request-Id: abc\r\nContent-Type: application/json\r\nContent-Length: 5\r\n\r\nhello"
    )
    assert not transport.closed


@settings(deadline=None)
@given(st.lists(st.integers(1, 40), max_size=20))
def test_however_the_bytes_are_cut(cuts: list[int]) -> None:
    echo = Echo()
    connection, transport = echo.connect()
    whole = post(b"hello", b"Transfer-Note: a") + GET + post(b"bye")
    for cut in cuts:
        connection.data_received(whole[:cut])
        whole = whole[cut:]
    connection.data_received(whole)
    assert [request.body for request in echo.seen] == [b"hello", b"", b"bye"]
    assert transport.statuses == [200] * 3


def test_a_chunked_body() -> None:
    echo = Echo()
    connection, _ = echo.connect()
    connection.data_received(b"POST /x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n")
    assert echo.seen[0].body == b"abcde"


CLOSING = {
    "connection: close": b"GET /ping HTTP/1.1\r\nConnection: close\r\n\r\n",
    "HTTP/1.0": b"GET /ping HTTP/1.0\r\n\r\n",
    "upgrade": b"GET /ping HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n",
    "upgrade of a post": post(b"hello", b"Connection: Upgrade", b"Upgrade: websocket"),
}


@pytest.mark.parametrize("request_bytes", CLOSING.values(), ids=CLOSING.keys())
def test_the_last_answer_of_a_connection_says_so(request_bytes: bytes) -> None:
    echo = Echo()
    connection, transport = echo.connect()
    connection.data_received(request_bytes)
    assert transport.statuses == [200]
    assert b"Connection: close\r\n" in transport.written
    assert transport.closed


def test_head_gets_the_headers_only() -> None:
    connection, transport = Echo().connect()
    connection.data_received(b"HEAD /ping HTTP/1.1\r\nHost: x\r\n\r\n")
    assert transport.written.endswith(b"Content-Length: 5\r\n\r\n")


def test_a_client_that_asks_first_is_told_to_go_on() -> None:
    echo = Echo()
    connection, transport = echo.connect()
    head, body = post(b"hello", b"Expect: 100-continue")[:-5], b"hello"
    connection.data_received(head)
    assert transport.written == b"HTTP/1.1 100 Continue\r\n\r\n"
    connection.data_received(body)
    assert transport.statuses == [100, 200]


REFUSED: dict[str, tuple[bytes, int]] = {
    "not HTTP": (b"\x16\x03\x01\x02\x00\x01\x00", 400),
    "no version": (b"GET /\r\n\r\n", 400),
    "HTTP/2 preface": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
    "two lengths": (b"POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", 400),
    "length and chunked": (b"POST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    "negative length": (b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400),
    "length of 100 digits": (b"POST / HTTP/1.1\r\nContent-Length: " + b"9" * 100 + b"\r\n\r\n", 400),
    "header with a newline": (b"GET / HTTP/1.1\r\nA: b\nc\r\n\r\n", 400),
    "space before colon": (b"GET / HTTP/1.1\r\nContent-Length : 1\r\n\r\na", 400),
    "bad chunk": (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400),
    "announced too large": (b"POST / HTTP/1.1\r\nContent-Length: 101\r\n\r\n", 413),
    "too large, asking first": (b"POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 101\r\n\r\n", 413),
    "chunked too large": (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n65\r\n" + b"a" * 101 + b"\r\n", 413),
    "long path": (b"GET /" + b"a" * 60 + b" HTTP/1.1\r\n\r\n", 414),
    "many headers": (b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 9 + b"\r\n", 431),
    "large headers": (b"GET / HTTP/1.1\r\nA: " + b"b" * 200 + b"\r\nC: " + b"d" * 200 + b"\r\n\r\n", 431),
    "one endless header": (b"GET / HTTP/1.1\r\nA: " + b"b" * 500, 431),
}


@pytest.mark.parametrize(("data", "status"), REFUSED.values(), ids=REFUSED.keys())
@pytest.mark.parametrize("piece", [1, 7, 10_000])
def test_what_may_not_be_read_is_refused_with_a_reason(data: bytes, status: int, piece: int) -> None:
    echo = Echo()
    connection, transport = echo.connect()
    for start in range(0, len(data), piece):
        connection.data_received(data[start : start + piece])
    assert transport.statuses == [status]
    assert not echo.seen
    assert transport.eof
    assert b"Connection: close" in transport.written
    connection.data_received(GET)  # what still comes is swallowed...
    assert transport.statuses == [status]
    echo.now = 3
    connection.check(echo.now)  # ...for a moment
    assert transport.aborted


@settings(max_examples=300, deadline=None)
@given(st.lists(st.binary(max_size=60), max_size=6), st.booleans())
def test_no_bytes_break_a_connection(pieces: list[bytes], http: bool) -> None:
    echo = Echo()
    connection, transport = echo.connect()
    for piece in ([b"POST /x HTTP/1.1\r\n"] if http else []) + pieces:
        if not transport.closed:
            connection.data_received(piece)
    assert set(transport.statuses) <= {100, 200, 400, 413, 414, 431}


def test_answers_come_in_the_order_of_the_requests() -> None:
    echo = Echo()
    echo.later = True
    connection, transport = echo.connect()
    connection.data_received(post(b"one") + post(b"two") + post(b"three"))
    assert [request.body for request in echo.seen] == [b"one"]
    for _ in range(3):
        echo.replies.pop(0)()
    assert [part.rpartition(b"\r\n")[2] for part in transport.written.split(b"HTTP/1.1")[1:]] == [
        b"one",
        b"two",
        b"three",
    ]


def test_a_client_far_ahead_is_not_read_until_it_has_its_answers() -> None:
    echo = Echo()
    echo.later = True
    connection, transport = echo.connect()
    connection.data_received(GET * 5)
    assert transport.reading_paused
    while echo.replies:
        echo.replies.pop(0)()
    assert transport.statuses == [200] * 5
    assert not transport.reading_paused


def test_thousands_at_once_are_answered_without_recursion() -> None:
    echo = Echo()
    echo.later = True
    connection, transport = echo.connect()
    connection.data_received(GET * 3000)
    echo.later = False
    echo.replies.pop()()
    assert transport.statuses == [200] * 3000


def test_a_refusal_waits_for_the_answer_before_it() -> None:
    echo = Echo()
    echo.later = True
    connection, transport = echo.connect()
    connection.data_received(GET + b"nonsense\r\n\r\n")
    assert transport.statuses == []
    echo.replies.pop()()
    assert transport.statuses == [200, 400]


def test_a_client_that_has_said_all_still_gets_its_answer() -> None:
    echo = Echo()
    echo.later = True
    connection, transport = echo.connect()
    connection.data_received(GET)
    assert connection.eof_received()
    echo.replies.pop()()
    assert transport.statuses == [200]
    assert transport.closed
    assert not echo.connect()[0].eof_received()


def test_a_client_that_reads_no_answers_is_not_served_further_and_let_go() -> None:
    echo = Echo()
    connection, transport = echo.connect()
    connection.pause_writing()
    connection.data_received(GET)
    assert transport.statuses == []
    connection.resume_writing()
    assert transport.statuses == [200]
    connection.pause_writing()
    connection.check(9.0)
    assert not transport.aborted
    connection.check(11.0)
    assert transport.aborted


@pytest.mark.parametrize("start", [b"", b"GET /ping HT", b"GET /ping HTTP/1.1\r\nA: b\r\n", post(b"hello")[:-1]])
def test_a_request_that_trickles_in_ends_by_time(start: bytes) -> None:
    echo = Echo()
    connection, transport = echo.connect()
    if start:
        connection.data_received(start)
    echo.now = 9.9
    connection.check(echo.now)
    assert not transport.closed
    assert transport.statuses == []
    echo.now = 10.1
    connection.check(echo.now)
    assert transport.statuses == ([408] if start else [])
    assert transport.eof or transport.closed


def test_drops_do_not_prolong_a_request() -> None:
    echo = Echo()
    connection, transport = echo.connect()
    for second, byte in enumerate(GET[:11]):
        echo.now = float(second)
        connection.data_received(bytes([byte]))
        connection.check(echo.now)
    echo.now = 10.5
    connection.check(echo.now)
    assert transport.statuses == [408]


def test_an_idle_connection_is_kept_for_a_while() -> None:
    echo = Echo()
    connection, transport = echo.connect()
    connection.data_received(GET)
    connection.check(74.0)
    assert not transport.closed
    connection.check(76.0)
    assert transport.closed


def test_an_answer_may_take_longer_than_reading_may() -> None:
    echo = Echo()
    echo.later = True
    connection, transport = echo.connect()
    connection.data_received(GET)
    connection.check(60.0)
    assert not transport.closed


def test_one_connection_too_many_is_told_so() -> None:
    echo = Echo()
    transports = [echo.connect()[1] for _ in range(3)]
    assert [transport.statuses for transport in transports] == [[], [], [503]]
    assert b"Retry-After: 1" in transports[2].written


def test_bodies_still_coming_in_have_one_budget_and_give_it_back() -> None:
    echo = Echo()
    (first, _), (second, refused) = echo.connect(), echo.connect()
    first.data_received(post(b"a" * 100)[:-1])
    assert echo.budget.used == 99
    second.data_received(post(b"b" * 100))
    assert refused.statuses == [503]
    assert b"Retry-After: 1" in refused.written
    assert echo.budget.used == 99
    first.data_received(b"a")
    assert echo.budget.used == 0
    first.data_received(post(b"a" * 100)[:-1])
    first.connection_lost(None)
    assert echo.budget.used == 0


def test_draining_closes_after_the_answer_and_lets_the_idle_go() -> None:
    echo = Echo()
    echo.later = True
    (busy, busy_transport), (idle, idle_transport) = echo.connect(), echo.connect()
    busy.data_received(GET)
    echo.draining = True
    for connection in (busy, idle):
        connection.close_if_idle()
    assert not idle_transport.closed  # it has only just connected
    echo.now = 1.1
    for connection in (busy, idle):
        connection.close_if_idle()
    assert idle_transport.closed
    assert not busy_transport.closed
    echo.replies.pop()()
    assert busy_transport.statuses == [200]
    assert b"Connection: close" in busy_transport.written
    assert busy_transport.closed


def test_draining_answers_what_was_sent_ahead() -> None:
    echo = Echo()
    echo.later = True
    connection, transport = echo.connect()
    connection.data_received(GET * 3)
    echo.draining = True
    while echo.replies:
        echo.replies.pop()()
    assert transport.statuses == [200] * 3
    assert transport.written.count(b"Connection: close") == 1
    assert transport.closed


def test_a_lost_connection_is_forgotten() -> None:
    echo = Echo()
    echo.later = True
    connection, transport = echo.connect()
    connection.data_received(GET)
    transport.close()
    connection.connection_lost(None)
    echo.replies.pop()()
    assert transport.written == b""
    assert not echo.connections
