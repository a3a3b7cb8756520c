"""Bytes to requests, within the limits: the parser's callbacks and what they count."""

from __future__ import annotations

import httptools

from tidegate.server.refusal import Reason, Refusal
from tidegate.server.wire.budget import Budget
from tidegate.server.wire.limits import Limits
from tidegate.server.wire.message import CHECK

_KEPT = frozenset(
    name.encode()
    for name in ("content-type", "content-length", "expect", "x-request-id", "inference-header-content-length", CHECK)
)
_NO_HTTP = "this is not a well-formed HTTP/1.1 request"


class Reader:
    """Feed it bytes; it calls `expects` after a header that asks for a sign to go on, and `complete` after a request.

    `partial` says whether a request has begun and not ended. Raises Refusal for what may not be read further.
    """

    def __init__(self, limits: Limits, budget: Budget) -> None:
        self._limits = limits
        self._budget = budget
        self._body_size = 0
        self._parser = httptools.HttpRequestParser(self)
        self.partial = False
        self._in_head = False
        self._forget()

    def _forget(self) -> None:
        self._budget.give_back(self._body_size)
        self._url = b""
        self.headers: dict[str, str] = {}
        self._body: list[bytes] = []
        self._body_size = self._head_size = self._header_count = 0

    def complete(self) -> None:
        """A request was read to its end; for the subclass."""

    def expects(self) -> None:
        """The client waits for a sign before it sends the body; for the subclass."""

    def read(self, data: bytes) -> bool:
        """Read some bytes. False when the client wants to go on in another protocol, which nobody here speaks."""
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            return False
        except httptools.HttpParserCallbackError as error:
            raise _refusal_behind(error) from None
        except httptools.HttpParserError:
            raise Refusal(Reason.MALFORMED_HTTP, _NO_HTTP) from None
        if self._in_head:  # a header that does not end reaches no callback: its bytes are counted here
            self._head_size += len(data)
            if self._head_size > self._limits.header_bytes + self._limits.uri:
                raise _headers_too_large(self._limits)
        return True

    @property
    def path(self) -> str:
        """Without the query."""
        return self._url.decode("latin-1").partition("?")[0]

    @property
    def method(self) -> str:
        """GET, POST and so on."""
        return self._parser.get_method().decode("ascii")

    @property
    def body(self) -> bytes:
        """What was read of the body."""
        return b"".join(self._body)

    @property
    def keeps(self) -> bool:
        """Whether the client wants to use the connection again, in this protocol."""
        return self._parser.should_keep_alive() and not self._parser.should_upgrade()

    # What the parser calls.

    def on_message_begin(self) -> None:
        """The first byte of a request."""
        self._forget()
        self.partial = self._in_head = True

    def on_url(self, url: bytes) -> None:
        """A piece of the path."""
        self._url += url
        if len(self._url) > self._limits.uri:
            raise Refusal(Reason.URI_TOO_LONG, f"the path is longer than {self._limits.uri} bytes")

    def on_header(self, name: bytes, value: bytes) -> None:
        """One whole header."""
        self._header_count += 1
        self._head_size += len(name) + len(value)
        if self._header_count > self._limits.header_count or self._head_size > self._limits.header_bytes:
            raise _headers_too_large(self._limits)
        name = name.lower()
        if name in _KEPT:
            self.headers[name.decode("ascii")] = value.decode("latin-1")

    def on_headers_complete(self) -> None:
        """The body comes next: refuse now what would be refused later anyway."""
        self._in_head = False
        if self._parser.get_http_version() not in ("1.1", "1.0"):
            raise Refusal(Reason.MALFORMED_HTTP, _NO_HTTP)
        if int(self.headers.get("content-length", 0)) > self._limits.body:
            raise _body_too_large(self._limits)
        if self.headers.get("expect", "").lower() == "100-continue":
            self.expects()

    def on_body(self, body: bytes) -> None:
        """A piece of the body, of a known length or chunked."""
        if self._body_size + len(body) > self._limits.body:
            raise _body_too_large(self._limits)
        self._budget.take(len(body))
        self._body_size += len(body)
        self._body.append(body)

    def on_message_complete(self) -> None:
        """The request is here."""
        self.partial = False
        self.complete()
        self._forget()

    def give_up(self) -> None:
        """Nothing of a request that has not come in whole is needed any more."""
        self._forget()


def _refusal_behind(error: httptools.HttpParserCallbackError) -> Refusal:
    cause = error.__cause__ or error.__context__
    if isinstance(cause, Refusal):
        return cause
    return Refusal(Reason.MALFORMED_HTTP, "the request could not be read")


def _headers_too_large(limits: Limits) -> Refusal:
    text = f"the headers are more than {limits.header_count} or larger than {limits.header_bytes} bytes"
    return Refusal(Reason.HEADERS_TOO_LARGE, text)


def _body_too_large(limits: Limits) -> Refusal:
    return Refusal(Reason.BODY_TOO_LARGE, f"the body is larger than {limits.body} bytes; send fewer rows at a time")
