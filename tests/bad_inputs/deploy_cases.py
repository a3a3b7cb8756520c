"""Deployments of what is not there, not allowed, or not what it says: refused before anything is started.

Rows X06, X10 and G15 of the catalogue, and T17 of the threat model: hostile inputs of a dispatched run.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

from bad_inputs.cases import CONTRACT, Case, files

ENVIRONMENT = """\
target: process
address: 127.0.0.1:18080
"""
SHA = "4f1c9a2d" * 5
RELEASE = f"""\
model: bike
version: 7
commit: {SHA}
digests:
  release: sha256:{"0" * 64}
"""
DEPLOY = ("deploy-model", "--environment", "staging")
ON_MAIN = {"GITHUB_REF": "refs/heads/main", "GITHUB_EVENT_PATH": "{workspace}/event.json"}
EVENT = json.dumps({"repository": {"default_branch": "main"}})
STAGING = "environments/staging/environment.yaml"


def committed(**contents: str | bytes) -> Callable[[Path], None]:
    """The files, in a commit: what is only in the work tree is not deployed."""

    def build(folder: Path) -> None:
        files(**contents)(folder)
        identity = ["-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false"]
        for arguments in (["add", "--all"], ["commit", "-q", "-m", "environments"]):
            subprocess.run(["git", "-C", str(folder), *identity, *arguments], check=True)

    return build


def staging(environment: str = ENVIRONMENT, release: str | bytes | None = RELEASE) -> Callable[[Path], None]:
    """A repository with one environment."""
    contents: dict[str, str | bytes] = {
        "tidegate_dot_yaml": CONTRACT,
        "environments__staging__environment_dot_yaml": environment,
        "event_dot_json": EVENT,
    }
    if release is not None:
        contents["environments__staging__release_dot_yaml"] = release
    return committed(**contents)


def _environment(id: str, title: str, text: str, code: str, where: str, *mentions: str) -> Case:  # noqa: A002
    return Case(
        id=id,
        title=title,
        build=staging(text),
        arguments=DEPLOY,
        exit=2,
        code=code,
        where=f"{STAGING}:{where}",
        mentions=mentions,
    )


def _release(id: str, title: str, text: str | bytes | None, code: str, *mentions: str) -> Case:  # noqa: A002
    return Case(
        id=id,
        title=title,
        build=staging(release=text),
        arguments=DEPLOY,
        exit=2,
        code=code,
        mentions=("environments/staging/release.yaml", *mentions),
    )


_PLACES = (
    _environment("X06-port", "a port that no machine has", "target: process\naddress: a:70000\n", "E-ENV-003", "2:10"),
    _environment("X06-no-port", "an address without a port", "target: process\naddress: a\n", "E-ENV-003", "2:10"),
    _environment("X06-no-address", "nowhere to ask", "target: process\n", "E-CFG-023", "1:1", "address"),
    _environment(
        "X06-target", "a target that nobody wrote", "target: mainframe\naddress: a:1\n", "E-CFG-014", "1:9", "process"
    ),
    _environment(
        "X06-weights",
        "a canary that falls",
        f"{ENVIRONMENT}strategy: {{kind: canary, steps: [{{weight: 50%}}, {{weight: 5%}}]}}\n",
        "E-ENV-004",
        "3:1",
        "rising weights",
        "50%, 5%",
    ),
    _environment(
        "X06-shadow-asks-nothing",
        "a shadow whose answers nobody compares",
        f"{ENVIRONMENT}strategy: {{kind: shadow, steps: [{{weight: 50%}}]}}\n",
        "E-ENV-004",
        "3:1",
        "changed or mean_change",
    ),
    _environment(
        "X06-compares-without-shadow",
        "answers compared where both versions are asked other things",
        f"{ENVIRONMENT}strategy: {{kind: canary, steps: [{{weight: 5%}}]}}\nanalysis: {{mean_change: 1%}}\n",
        "E-ENV-004",
        "4:1",
        "for shadow",
    ),
    _environment(
        "X06-failures",
        "more failures than looks",
        f"{ENVIRONMENT}analysis: {{failures: 4 of 3}}\n",
        "E-ENV-003",
        "3:22",
        "2 of 3",
    ),
    _environment(
        "X06-every",
        "looks without a pause",
        f"{ENVIRONMENT}analysis: {{every: 0s}}\n",
        "E-ENV-003",
        "3:19",
        "more than no time",
    ),
    _environment(
        "X06-tolerance",
        "a tolerance that nothing can exceed",
        f"{ENVIRONMENT}analysis: {{changed: {{beyond: 100%, at_most: 5%}}}}\n",
        "E-ENV-003",
        "3:30",
        "between 0 and 100%",
    ),
    _environment(
        "X06-holds-for-ever",
        "a step that is longer than anybody waits",
        f"{ENVIRONMENT}strategy: {{kind: canary, steps: [{{weight: 5%, hold: 2h}}]}}\nanalysis: {{patience: 1h}}\n",
        "E-ENV-004",
        "3:1",
        "longer than the patience",
    ),
    _environment("X06-key", "a key that nobody knows", f"{ENVIRONMENT}stratgy: x\n", "E-CFG-006", "3:1", "strategy"),
)
_RELEASES = (
    _release("X06-none", "an environment without a release", None, "E-REL-002", "promote-model"),
    _release("X06-digest", "a digest that is none", RELEASE.replace("sha256:00", "sha256:zz"), "E-REL-001", "zz0"),
    _release("X06-tag", "a tag for a digest", f"{RELEASE}  image: bike:latest\n", "E-REL-001", "bike:latest"),
    _release("X06-version", "the version latest/..", RELEASE.replace("7", "../7"), "E-REL-001", "version"),
    _release("X06-commit", "a short commit", RELEASE.replace(SHA, SHA[:12]), "E-REL-001", "full commit id"),
    _release("X10-empty", "an empty state file", "", "E-REL-001"),
    _release("X10-list", "a state file that is a list", "- 1\n", "E-REL-001", "no mapping"),
    _release("X10-conflict", "a state file with a conflict", f"<<<<<<< ours\n{RELEASE}", "E-REL-001"),
    _release("X10-bytes", "a state file that is no text", b"\xff\xfe\x00", "E-REL-001"),
    _release("X10-newer", "a state file of a newer version", f"{RELEASE}signature: abc\n", "E-REL-001", "signature"),
    _release("X10-bomb", "a state file that unfolds", "a: &a [x, x]\nb: [*a, *a]\n", "E-REL-001"),
    _release("X10-large", "a state file of a megabyte", f"{RELEASE}#{'x' * 1_000_000}\n", "E-REL-001", "larger than"),
)
_UNKNOWN = Case(
    id="X06-commit-unknown",
    title="a release of a commit that is nowhere",
    build=staging(),
    arguments=DEPLOY,
    exit=3,
    code="E-GIT-005",
    mentions=(SHA[:12], "fetch-depth: 0"),
    environ={"XDG_STATE_HOME": "{workspace}/state"},
)
HOSTILE = (
    "../production",
    "..",
    ".",
    "/etc",
    "-rf",
    "--state=/",
    "staging\nproduction",
    "staging\r",
    "staging;id",
    "$(id)",
    "`id`",
    "${{ secrets.TOKEN }}",
    "staging/../production",
    "ѕtaging",
    "staging\u202e",
    "a" * 5_000,
    " staging",
    "",
)
_INPUTS = tuple(
    Case(
        id=f"G15-environment-{place}",
        title=f"the environment {name[:40]!a}",
        build=staging(),
        arguments=("deploy-model", f"--environment={name}"),
        exit=2,
        code="E-ENV-002",
        environ=ON_MAIN,
    )
    for place, name in enumerate(HOSTILE)
)
_REFS = tuple(
    Case(
        id=f"G15-ref-{place}",
        title=f"a deployment of {ref!a}",
        build=staging(),
        arguments=DEPLOY,
        exit=4,
        code="E-SEC-064",
        where="",
        mentions=("GITHUB_REF", "nothing is deployed"),
        environ={**ON_MAIN, "GITHUB_REF": ref},
    )
    for place, ref in enumerate(
        (
            "refs/heads/topic",
            "refs/heads/Main",
            "refs/heads/main/x",
            "refs/heads/main\n",
            "refs/heads/mаin",
            "refs/tags/main",
            "refs/tags/v1",
            "refs/pull/7/merge",
            "refs/pull/7/head",
            "main",
            "heads/main",
            "refs/heads/",
            "-x",
            "refs/heads/-f",
            "refs/heads/main$(id)",
        )
    )
)
_EVENT = Case(
    id="G15-no-event",
    title="a run that cannot say which branch is the default one",
    build=staging(),
    arguments=DEPLOY,
    exit=4,
    code="E-SEC-064",
    mentions=("does not name the default branch",),
    environ={**ON_MAIN, "GITHUB_EVENT_PATH": "{workspace}/none.json"},
)
CASES = (*_PLACES, *_RELEASES, _UNKNOWN, *_INPUTS, *_REFS, _EVENT)
