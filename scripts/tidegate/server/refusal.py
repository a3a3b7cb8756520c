"""Why a request gets no prediction: one list of reasons, so that status codes and metric labels stay few."""

from __future__ import annotations

import json
from enum import StrEnum

SHOWN = 80


class Reason(StrEnum):
    """The reasons by the word that clients and metrics see."""

    MALFORMED_HTTP = "malformed_http"
    MALFORMED_BODY = "malformed_body"
    INVALID_INPUT = "invalid_input"
    NOT_FOUND = "not_found"
    METHOD = "method_not_allowed"
    READ_TIMEOUT = "read_timeout"
    BODY_TOO_LARGE = "body_too_large"
    TOO_MANY_ROWS = "too_many_rows"
    URI_TOO_LONG = "uri_too_long"
    CONTENT_TYPE = "unsupported_content_type"
    NO_FINITE_ANSWER = "no_finite_answer"
    HEADERS_TOO_LARGE = "headers_too_large"
    MODEL_FAILED = "model_failed"
    BUG = "internal_error"
    OVERLOADED = "overloaded"
    CLIENT_GONE = "client_gone"
    INFERENCE_TIMEOUT = "inference_timeout"


STATUS = {
    Reason.MALFORMED_HTTP: 400,
    Reason.MALFORMED_BODY: 400,
    Reason.INVALID_INPUT: 400,
    Reason.NOT_FOUND: 404,
    Reason.METHOD: 405,
    Reason.READ_TIMEOUT: 408,
    Reason.BODY_TOO_LARGE: 413,
    Reason.TOO_MANY_ROWS: 413,
    Reason.URI_TOO_LONG: 414,
    Reason.CONTENT_TYPE: 415,
    Reason.NO_FINITE_ANSWER: 422,
    Reason.HEADERS_TOO_LARGE: 431,
    Reason.MODEL_FAILED: 500,
    Reason.BUG: 500,
    Reason.OVERLOADED: 503,
    Reason.CLIENT_GONE: 499,  # never sent, since nobody is there; counted as nginx does
    Reason.INFERENCE_TIMEOUT: 503,
}


class Refusal(Exception):
    """A request that ends without a prediction. `message` is for the client and holds nothing of our insides."""

    def __init__(self, reason: Reason, message: str, *, headers: tuple[tuple[str, str], ...] = ()) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message
        self.headers = headers

    @property
    def status(self) -> int:
        """The HTTP status code."""
        return STATUS[self.reason]


def shown(value: object) -> str:
    """A client's value as it may stand in a message: JSON in ASCII, control characters escaped, cut at 80."""
    try:
        text = json.dumps(value)
    except (TypeError, ValueError, RecursionError):
        text = type(value).__name__
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"


def listed(names: list[str]) -> str:
    """Some names, the first ten of them, for a message."""
    more = f" and {len(names) - 10} more" if len(names) > 10 else ""
    return ", ".join(shown(name) for name in names[:10]) + more
