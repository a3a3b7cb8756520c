"""The event's file, and every way in which there is none (row G01)."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tidegate.adapters.github import event_file as actions_event
from tidegate.adapters.github.event_file import LIMIT
from tidegate.errors import InputError

EVENTS = Path(__file__).parents[3] / "fixtures" / "events"
ENVIRON = {
    "GITHUB_REPOSITORY": "harbour/bike-demand",
    "GITHUB_SHA": "5" * 40,
    "GITHUB_RUN_ID": "501",
    "GITHUB_RUN_ATTEMPT": "1",
    "GITHUB_EVENT_NAME": "pull_request",
}


def test_the_event_of_the_file(tmp_path: Path) -> None:
    path = shutil.copy(EVENTS / "pull_request.json", tmp_path)
    assert actions_event.load({**ENVIRON, "GITHUB_EVENT_PATH": str(path)}).pull_request == 12


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b" \n", "is empty"),
        (b"{", ":1:2"),
        (b"\xff\xfe{", "is not usable JSON"),
        (b"[" * 100_000, "is not usable JSON"),
        (b'{"number": ' + b"1" * 5000 + b"}", "is not usable JSON"),
        (b" " * (LIMIT + 1), "is larger than 25 MiB"),
    ],
    ids=["empty", "blank", "cut", "not UTF-8", "too deep", "too many digits", "too large"],
)
def test_a_file_without_an_event(content: bytes, words: str, tmp_path: Path) -> None:
    path = tmp_path / "event.json"
    path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        actions_event.load({**ENVIRON, "GITHUB_EVENT_PATH": str(path)})
    assert caught.value.code == "E-GH-001"
    assert words in str(caught.value)


@pytest.mark.parametrize("name", ["GITHUB_EVENT_NAME", "GITHUB_EVENT_PATH"])
@pytest.mark.parametrize("value", [None, ""])
def test_outside_actions_the_variable_is_named(name: str, value: str | None) -> None:
    environ = {**ENVIRON, "GITHUB_EVENT_PATH": "event.json"}
    environ = {**environ, name: value} if value is not None else {k: v for k, v in environ.items() if k != name}
    with pytest.raises(InputError, match=f"not running in GitHub Actions\\? {name} is not set"):
        actions_event.load(environ)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        actions_event.load({**ENVIRON, "GITHUB_EVENT_PATH": str(tmp_path / "none.json")})
    with pytest.raises(InputError, match="cannot be read"):
        actions_event.load({**ENVIRON, "GITHUB_EVENT_PATH": str(tmp_path)})
