"""JSON, strictly: UTF-8, no NaN, no infinity, at most 1,024 levels deep (orjson's own bounds), an object on top."""

from __future__ import annotations

from typing import Any

import orjson

from tidegate.server.refusal import Reason, Refusal


def parse(body: bytes) -> dict[str, Any]:
    """The object in a body. Raises Refusal with the parser's own line and column."""
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Refusal(Reason.MALFORMED_BODY, f"the body is no JSON: {error}") from None
    if type(document) is not dict:
        raise Refusal(Reason.MALFORMED_BODY, "the body must be a JSON object")
    return document


def media_type(header: str) -> str:
    """A content type without its parameters."""
    return header if header == "application/json" else header.partition(";")[0].strip().lower()


dumps = orjson.dumps
