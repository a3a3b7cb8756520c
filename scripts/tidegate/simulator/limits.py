"""GitHub's size limits on what a request may carry, which the emulator does not know."""

from __future__ import annotations

import json
import re
from typing import Any

BODY = 65_536
CHECK_TEXT = 65_535
ANNOTATIONS = 50
DOCUMENTATION = "https://docs.github.com/rest"


def exceeded(method: str, path: str, body: bytes) -> dict[str, Any] | None:
    """GitHub's 422 body where a comment, issue, pull request or check run is too large, else `None`."""
    if method not in ("POST", "PATCH", "PUT") or not body:
        return None
    try:
        given = json.loads(body)
    except ValueError:
        return None
    if not isinstance(given, dict):
        return None
    if re.search(r"/(issues|pulls)(/|$)", path) and len(str(given.get("body") or "")) > BODY:
        return _refusal("IssueComment", "body", f"Body is too long (maximum is {BODY} characters)")
    if "/check-runs" in path and isinstance(given.get("output"), dict):
        return _check_run(given["output"])
    return None


def _check_run(output: dict[str, Any]) -> dict[str, Any] | None:
    for part in ("summary", "text"):
        if len(str(output.get(part) or "")) > CHECK_TEXT:
            return _invalid(f"Only {CHECK_TEXT} characters are allowed; {len(str(output[part]))} were supplied.")
    if len(output.get("annotations") or []) > ANNOTATIONS:
        return _invalid(f"No more than {ANNOTATIONS} items are allowed; {len(output['annotations'])} were supplied.")
    return None


def _invalid(message: str) -> dict[str, Any]:
    return {"message": f"Invalid request.\n\n{message}", "documentation_url": DOCUMENTATION}


def _refusal(resource: str, field: str, message: str) -> dict[str, Any]:
    error = {"resource": resource, "code": "unprocessable", "field": field, "message": message}
    return {"message": "Validation Failed", "errors": [error], "documentation_url": DOCUMENTATION}
