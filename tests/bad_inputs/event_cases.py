"""A runner's environment and GitHub's events that are not what they should be: rows G01 to G04, G09 to G14, G16, G17.

G05 to G08 need a GitHub to ask and are tested with the simulated one; every member of every event is dropped, nulled
and retyped (G03) in the unit tests of `core/event.py`.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bad_inputs.cases import Case
from bad_inputs.report_cases import left
from fixtures.evidence import HEAD, MODEL, evidence_set

EVENTS = Path(__file__).parents[1] / "fixtures" / "events"
ENVIRON = {
    "GITHUB_REPOSITORY": "harbour/bike-demand",
    "GITHUB_SHA": HEAD,
    "GITHUB_RUN_ID": "501",
    "GITHUB_RUN_ATTEMPT": "1",
    "GITHUB_EVENT_NAME": "pull_request",
    "GITHUB_EVENT_PATH": "{workspace}/event.json",
}
FINISH = ("post-report", "--model", MODEL)
PASSED = "ready to promote"
NO_TOKEN = "E-GH-010 there is no token; nothing was posted."


def payload(name: str = "pull_request") -> Any:
    return json.loads((EVENTS / f"{name}.json").read_text(encoding="utf-8"))


def changed(pointer: str, value: object, name: str = "pull_request") -> Any:
    document = copy.deepcopy(payload(name))
    inner = document
    *path, last = pointer.split("/")[1:]
    for member in path:
        inner = inner[member]
    inner[last] = value
    return document


def placed(document: object) -> Callable[[Path], None]:
    """Evidence of a model that passes, and an event (bytes as they are, anything else as JSON, None for no file)."""

    def build(folder: Path) -> None:
        left(evidence_set("pass"))(folder)
        if document is not None:
            data = document if isinstance(document, bytes) else json.dumps(document).encode()
            (folder / "event.json").write_bytes(data)

    return build


def case(
    name: str, title: str, ends: int, code: str | None, *mentions: str, document: object = None, **more: Any
) -> Case:
    """`environ` of `more` is beside the good one; None takes a variable away."""
    environ = {**ENVIRON, **more.pop("environ", {})}
    return Case(
        id=name,
        title=title,
        build=placed(payload() if document is None else document),
        exit=ends,
        code=code,
        mentions=mentions,
        arguments=more.pop("arguments", FINISH),
        environ={key: value for key, value in environ.items() if value is not None},
        **more,
    )


def accepted(name: str, title: str, *mentions: str, **more: Any) -> Case:
    """The verdict is told; without a token nothing can be posted, which is said."""
    return case(name, title, 0, None, PASSED, NO_TOKEN, *mentions, **more)


def event_file(name: str, title: str, data: bytes, *mentions: str) -> Case:
    return case(f"G01-{name}", title, 2, "E-GH-001", *mentions, document=data)


def variable(row: str, name: str, value: str | None, *mentions: str) -> Case:
    label = "unset" if value is None else repr(value)
    found = (name, *mentions)
    return case(f"{row}-{name}-{label}"[:60], f"{name} {label}", 2, "E-GH-004", *found, environ={name: value})


G01 = (
    event_file("empty", "an event that is empty", b"", "is empty"),
    event_file("not-json", "an event that is no JSON", b"<xml/>", "is not JSON", ":1:1"),
    event_file("cut", "an event that is cut", b'{"action": "ope', "is not JSON"),
    event_file("large", "an event of 26 MB", b" " * 26 * 1024 * 1024 + b"{}", "is larger than 25 MiB"),
    event_file("deep", "an event nested 100,000 deep", b"[" * 100_000, "RecursionError"),
    event_file("bytes", "an event that is not UTF-8", b'{"a": "\xff"}', "UnicodeDecodeError"),
    case(
        "G01-unset",
        "GITHUB_EVENT_PATH unset",
        2,
        "E-GH-001",
        "not running in GitHub Actions?",
        environ={"GITHUB_EVENT_PATH": None},
    ),
    case("G01-missing", "a file that is not there", 2, "E-GH-001", environ={"GITHUB_EVENT_PATH": "/nonexistent"}),
    case("G01-folder", "a folder", 2, "E-GH-001", environ={"GITHUB_EVENT_PATH": "{workspace}"}),
)
G02 = (
    *(
        case(f"G02-{name}", f"the event {name}", 2, "E-GH-002", words, environ={"GITHUB_EVENT_NAME": name})
        for name, words in {
            "fork": "use pull_request, workflow_run",
            "issue_comment": "use pull_request, workflow_run",
            "pull_request_target": "Use pull_request, and workflow_run",
        }.items()
    ),
    case("G02-from-run", "--from-run in another job", 2, "E-GH-002", arguments=("post-report", "--from-run")),
)
G03 = (
    *(
        case(f"G03-{name}", f"{pointer} is {value!r}", 2, "E-GH-003", pointer, document=changed(pointer, value))
        for name, pointer, value in (
            ("number-null", "/number", None),
            ("number-text", "/number", "12"),
            ("number-true", "/number", True),
            ("sha-null", "/pull_request/head/sha", None),
            ("sha-branch", "/pull_request/head/sha", "main"),
            ("base-list", "/pull_request/base", []),
            ("repository-id-text", "/repository/id", "700100"),
            ("repository-name", "/repository/full_name", "../.."),
        )
    ),
    case("G03-list", "a payload that is a list", 2, "E-GH-003", "expected an object", document=[1]),
    case("G03-empty-object", "a payload without members", 2, "E-GH-003", "/pull_request", document={}),
)
G04 = (
    accepted("G04-fork-deleted", "the head's repository is gone", document=changed("/pull_request/head/repo", None)),
    accepted("G04-account-deleted", "the author is gone", document=changed("/pull_request/user", None)),
)
HOSTILE_NAMES = {
    "quotes": '"; touch CANARY; "',
    "substitution": "$(touch CANARY)",
    "backticks": "`touch CANARY`",
    "newline": "a\n::error::CANARY",
    "percent": "a%0A::error::CANARY",
    "long": "CANARY" * 60,
    "emoji": "CANARY 🚲",
    "bidi": "CANARY\u202egnp",
    "expression": "${{ secrets.CANARY }}",
}
G09 = tuple(
    accepted(
        f"G09-{where}-{name}",
        f"{where} {text[:30]!r}",
        document=changed(pointer, text),
        forbids=("CANARY",),
    )
    for where, pointer in (("title", "/pull_request/title"), ("branch", "/pull_request/head/ref"))
    for name, text in HOSTILE_NAMES.items()
)
G10 = (
    variable("G10", "GITHUB_REPOSITORY", "bike-demand", "expected owner/name"),
    variable("G10", "GITHUB_REPOSITORY", "a/b/c"),
    variable("G10", "GITHUB_REPOSITORY", "../../etc"),
    variable("G10", "GITHUB_REPOSITORY", None),
    case(
        "G10-another-repository",
        "a job of another repository",
        2,
        "E-GH-005",
        environ={"GITHUB_REPOSITORY": "harbour/other"},
    ),
    *(
        case(
            f"G10-api-{name}",
            f"the API at {address}",
            4,
            "E-SEC-040",
            PASSED,
            environ={"GITHUB_API_URL": address, "GITHUB_TOKEN": "ghs_0123456789abcdefghij"},
            forbids=("ghs_0123456789abcdefghij",),
        )
        for name, address in {
            "foreign": "https://evil.example",
            "http": "http://api.github.com",
            "alike": "https://api.github.com.evil.example",
            "before": "https://api.github.com@evil.example",
            "file": "file:///etc/passwd",
        }.items()
    ),
)
G11 = (
    accepted("G11-absent", "no token", "`pull-requests: write`"),
    accepted("G11-empty", "an empty token", environ={"GITHUB_TOKEN": ""}),
    accepted("G11-newline", "a token of a newline", environ={"GITHUB_TOKEN": "\n"}),
    *(
        case(
            f"G11-{name}",
            "what cannot be a token",
            2,
            "E-GH-010",
            PASSED,
            environ={"GITHUB_TOKEN": token},
            forbids=("ghs_0123456789abcdefghij",),
        )
        for name, token in {
            "two-words": "Bearer ghs_0123456789abcdefghij",
            "two-lines": "ghs_0123456789abcdefghij\nx",
            "letters": "ghs_0123456789abcdefghijé",
        }.items()
    ),
)
G12 = (
    accepted(
        "G12-output-missing", "no file for outputs", "cannot be written", environ={"GITHUB_OUTPUT": "/nonexistent"}
    ),
    accepted("G12-summary-folder", "a folder for the summary", environ={"GITHUB_STEP_SUMMARY": "{workspace}"}),
    accepted("G12-summary-unset", "no summary at all"),
)
G13 = (
    case("G13-boolean", "a boolean that is none", 2, "E-GH-020", "from-run", environ={"INPUT_FROM_RUN": "yes"}),
    accepted("G13-False", "a boolean as Python writes it", environ={"INPUT_FROM_RUN": "False"}),
    accepted("G13-empty", "an empty input", environ={"INPUT_SECTION": "", "INPUT_FROM_RUN": " "}),
    *(
        case(
            f"G13-{name}",
            f"models as {text[:20]!r}",
            2,
            "E-GH-020",
            "expected a name or a JSON list of names",
            arguments=("post-report", "--state", "start"),
            environ={"INPUT_MODEL": text},
        )
        for name, text in {
            "cut-list": '["bike-demand"',
            "numbers": "[1, 2]",
            "nested": '[["a"]]',
            "large": "[" + '"a",' * 16_000,
        }.items()
    ),
    case("G13-no-model", "no model to open a check for", 2, "E-REP-010", arguments=("post-report", "--state", "start")),
)
G14 = tuple(
    variable("G14", name, value)
    for name in ("GITHUB_RUN_ID", "GITHUB_RUN_ATTEMPT")
    for value in ("0", "first", "-1", "1.5", None)
)
G16 = (
    accepted(
        "G16-merge-group",
        "a merge queue",
        document=payload("merge_group"),
        environ={"GITHUB_EVENT_NAME": "merge_group"},
    ),
    accepted("G16-first-push", "a first push", document=payload("push"), environ={"GITHUB_EVENT_NAME": "push"}),
    case("G16-delete", "a deleted branch", 2, "E-GH-002", environ={"GITHUB_EVENT_NAME": "delete"}),
)
G17 = tuple(
    accepted(f"G17-{name!r}", f"a base branch called {name}", document=changed("/pull_request/base/ref", name))
    for name in ("null", "true", "-f", "feature/a b")
)
CASES = (*G01, *G02, *G03, *G04, *G09, *G10, *G11, *G12, *G13, *G14, *G16, *G17)
