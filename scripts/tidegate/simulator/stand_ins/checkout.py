"""In place of actions/checkout: a shallow fetch of one commit over HTTP, as the real one does it."""

from __future__ import annotations

import base64
import os
import subprocess
from pathlib import Path

from tidegate.simulator.stand_ins.step import Failed, Step

SECONDS = 300


def run(step: Step) -> None:
    """Check out `ref` (default: the commit that triggered the run) into `path`, `fetch-depth` commits deep."""
    repository = step.input("repository") or step.environ["GITHUB_REPOSITORY"]
    own = repository == step.environ["GITHUB_REPOSITORY"]
    ref = step.input("ref") or (step.environ["GITHUB_SHA"] if own else "refs/heads/main")
    folder = (step.workspace / step.input("path")).resolve()
    if not folder.is_relative_to(step.workspace.resolve()):
        raise Failed(f"Repository path '{folder}' is not under '{step.workspace}'")
    folder.mkdir(parents=True, exist_ok=True)
    server = step.environ["GITHUB_SERVER_URL"]
    credential = _credential(server, step.input("token"))
    _git(folder, "init", "--quiet", "--initial-branch=main")
    _git(folder, "remote", "add", "origin", f"{server}/{repository}")
    depth = int(step.input("fetch-depth") or 1)
    limit = [f"--depth={depth}"] if depth else []
    tags = ["--tags"] if step.flag("fetch-tags") or not depth else ["--no-tags"]
    everything = [] if depth else ["+refs/heads/*:refs/remotes/origin/*"]
    _git(folder, *credential, "fetch", "--quiet", *tags, *limit, "origin", _full(ref), *everything)
    commit = _git(folder, "rev-parse", "FETCH_HEAD^{commit}")
    _git(folder, "checkout", "--quiet", "--force", *_branch(ref, commit))
    if step.flag("persist-credentials") and credential:
        key, _, value = credential[1].partition("=")
        _git(folder, "config", key, value)
    step.output("commit", commit)
    step.output("ref", ref)
    step.say(f"checked out {commit} of {repository}, depth {depth or 'all'}")


def _full(ref: str) -> str:
    is_commit = len(ref) == 40 and set(ref) <= set("0123456789abcdef")
    return ref if is_commit or ref.startswith("refs/") else f"refs/heads/{ref}"


def _branch(ref: str, commit: str) -> list[str]:
    """A branch is checked out as one; everything else leaves HEAD detached."""
    name = _full(ref).removeprefix("refs/heads/")
    return ["--detach", commit] if name == _full(ref) else ["-B", name, commit]


def _credential(server: str, token: str) -> list[str]:
    if not token:
        return []
    encoded = base64.b64encode(f"x-access-token:{token}".encode()).decode()
    return ["-c", f"http.{server}/.extraheader=AUTHORIZATION: basic {encoded}"]


def _git(folder: Path, *arguments: str) -> str:
    command = ["git", "-C", str(folder), *arguments]
    environ = {**os.environ, "GIT_TERMINAL_PROMPT": "0"}
    done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=SECONDS, check=False)
    if done.returncode:
        raise Failed(f"The process 'git' failed with exit code {done.returncode}: {done.stderr.strip()[-300:]}")
    return done.stdout.strip()
