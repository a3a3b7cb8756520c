"""What the emulator's replies lack and GitHub's have; github3.py's models insist on every field."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from typing import Any

from tidegate.simulator.permissions import BOT

BOT_ID = 41898282
ACTIONS_APP = 15368


def completed(value: Any, base: str) -> Any:
    """A reply's JSON with the missing fields filled in, throughout; `base` is the front's address."""
    if isinstance(value, list):
        return [completed(item, base) for item in value]
    if not isinstance(value, dict):
        return value
    filled = {key: _second(key, completed(item, base)) for key, item in value.items()}
    for fill in (_user, _text, _pull_request, _repository, _check_run, _check_suite, _app):
        fill(filled, base)
    return filled


def actions_app(base: str) -> dict[str, Any]:
    """The app in whose name jobs act."""
    return {
        "id": ACTIONS_APP,
        "slug": "github-actions",
        "node_id": "MDM6QXBwMTUzNjg=",
        "name": "GitHub Actions",
        "description": "Automate your workflow from idea to production",
        "external_url": "https://help.github.com/en/actions",
        "html_url": f"{base}/apps/github-actions",
        "owner": {"login": "github", "id": 9919, "type": "Organization"},
        "permissions": {},
        "events": [],
        "created_at": "2018-07-30T09:30:17Z",
        "updated_at": "2024-04-10T20:33:16Z",
    }


def _second(key: str, value: Any) -> Any:
    """GitHub's times end at the second, so two things made in one second have the same."""
    return re.sub(r"\.\d+Z$", "Z", value) if key.endswith("_at") and isinstance(value, str) else value


def _user(value: dict[str, Any], base: str) -> None:
    if value.get("login") == BOT:
        value |= {"type": "Bot", "id": BOT_ID, "html_url": f"{base}/apps/github-actions"}


def _text(value: dict[str, Any], _base: str) -> None:
    if "body" in value and "user" in value and "html_url" in value:
        text = value["body"] or ""
        value.setdefault("body_text", text)
        value.setdefault("body_html", f"<p>{html.escape(text)}</p>")


def _pull_request(value: dict[str, Any], _base: str) -> None:
    if "diff_url" in value and "head" in value:
        value.setdefault("active_lock_reason", None)


def _repository(value: dict[str, Any], _base: str) -> None:
    if "archive_url" in value:
        for count in ("network_count", "subscribers_count"):
            value.setdefault(count, 0)


def _check_run(value: dict[str, Any], base: str) -> None:
    if "check_suite" in value and isinstance(value.get("output"), dict):
        value["output"].setdefault("annotations_url", f"{value['url']}/annotations")
        value["app"] = value.get("app") or actions_app(base)


def _check_suite(value: dict[str, Any], base: str) -> None:
    if "before" in value and "after" in value and "head_branch" in value:
        value["app"] = value.get("app") or actions_app(base)


def _app(value: dict[str, Any], base: str) -> None:
    by_bot = isinstance(value.get("user"), Mapping) and value["user"].get("login") == BOT
    if by_bot and "performed_via_github_app" in value:
        value["performed_via_github_app"] = actions_app(base)
