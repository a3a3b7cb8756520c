"""The exact call of CML and all that it gets to know, held against what CML 0.20.6 reads (its `src/` and `bin/`)."""

from __future__ import annotations

import json
import os
import stat
import sys
from pathlib import Path

import pytest

from tidegate.adapters import cml
from tidegate.adapters.cml import Target
from tidegate.core.report.marker import watermark
from tidegate.errors import InfrastructureError, InputError

TARGET = Target(
    server="https://github.com",
    repository="harbour/bike-demand",
    number=12,
    title="tidegate/bike-demand",
    commit="a" * 40,
)
# The options of `cml comment create` in 0.20.6; anything else ends it with an error.
KNOWN = {
    "target",
    "pr",
    "commit-sha",
    "watch",
    "trigger-file",
    "publish",
    "publish-url",
    "publish-native",
    "update",
    "rm-watermark",
    "watermark-title",
    "log",
    "driver",
    "repo",
    "driver-token",
}
RECORDER = """#!{python}
import json, os, sys
json.dump({{"argv": sys.argv[1:], "environ": dict(os.environ), "cwd": os.getcwd()}}, open({record!r}, "w"))
print({said!r}, file=sys.stderr)
sys.exit({code})
"""


def recorder(folder: Path, *, code: int = 0, said: str = "") -> tuple[dict[str, str], Path]:
    """A `cml` that writes down how it was called."""
    record = folder / "call.json"
    program = folder / "bin" / "cml"
    program.parent.mkdir()
    program.write_text(RECORDER.format(python=sys.executable, record=str(record), said=said, code=code))
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return {"PATH": f"{program.parent}:{os.environ['PATH']}"}, record


def test_the_call_is_the_documented_one(tmp_path: Path) -> None:
    environ, record = recorder(tmp_path)
    report = tmp_path / "report.md"
    report.write_text("text")
    cml.post(environ, report, TARGET, "ghs_secret")
    call = json.loads(record.read_text())
    assert call["argv"] == [
        "comment",
        "create",
        str(report),
        "--target=pr/12",
        "--update",
        "--publish=false",
        "--watermark-title=tidegate/bike-demand",
    ]
    given = {argument[2:].partition("=")[0] for argument in call["argv"] if argument.startswith("--")}
    assert given <= KNOWN


def test_the_token_is_in_the_environment_and_on_no_command_line(tmp_path: Path) -> None:
    environ, record = recorder(tmp_path)
    cml.post(environ, tmp_path / "report.md", TARGET, "ghs_secret")
    call = json.loads(record.read_text())
    assert call["environ"]["REPO_TOKEN"] == "ghs_secret"
    assert "ghs_secret" not in str(call["argv"])


def test_cml_learns_the_repository_and_the_commit_and_nothing_that_it_could_pass_on(tmp_path: Path) -> None:
    environ, record = recorder(tmp_path)
    secrets = {"AWS_SECRET_ACCESS_KEY": "x", "GITHUB_TOKEN": "y", "GITHUB_EVENT_PATH": "z", "GITHUB_ENV": "e"}
    cml.post({**environ, **secrets}, tmp_path / "report.md", TARGET, "ghs_secret")
    call = json.loads(record.read_text())
    learned = call["environ"]
    assert learned["CML_REPO"] == "https://github.com/harbour/bike-demand"
    assert learned["GITHUB_SHA"] == "a" * 40
    assert learned["ITERATIVE_DO_NOT_TRACK"] == "1"
    assert learned["HOME"] != os.environ.get("HOME")
    assert not secrets.keys() & learned.keys()
    assert call["cwd"] == learned["HOME"]


def test_a_failure_is_told_in_cml_s_last_words_without_the_token(tmp_path: Path) -> None:
    environ, _ = recorder(tmp_path, code=1, said="trace\nerror: Bad credentials ghs_0123456789abcdefghij")
    with pytest.raises(InfrastructureError, match="Bad credentials") as caught:
        cml.post(environ, tmp_path / "report.md", TARGET, "ghs_0123456789abcdefghij")
    assert caught.value.code == "E-CML-002"
    assert "ghs_0123456789" not in str(caught.value)


def test_without_the_program_the_error_says_so() -> None:
    with pytest.raises(InputError, match="not on the PATH"):
        cml.post({"PATH": "/nonexistent"}, Path("report.md"), TARGET, "t")


@pytest.mark.parametrize(
    ("server", "api", "reached"),
    [
        ("https://github.com", "https://api.github.com", True),
        ("https://git.acme.example", "https://git.acme.example/api/v3", True),
        ("https://127.0.0.1:4000", "https://127.0.0.1:4000/api/v3", True),
        ("http://127.0.0.1:4000", "http://127.0.0.1:4000/api/v3", False),
        ("https://acme.ghe.com", "https://api.acme.ghe.com", False),
    ],
)
def test_where_cml_looks_for_the_api(server: str, api: str, reached: bool) -> None:
    assert cml.reaches(server, api) is reached


def test_our_line_is_cml_s_own() -> None:
    """CML's `src/watermark.js`: an image, the commit as its fragment, the title escaped as GitHub stores it."""
    expected = f'![](https://cml.dev/watermark.png#{"a" * 40} "CML watermark tidegate/bike\\_demand")'
    assert watermark("tidegate/bike_demand", "a" * 40) == expected
