"""The verdict of a merged change, found by GitHub's word alone: commit, pull request, run, artifact.

What a run left is data of strangers: it is downloaded without the token, held against the digest that GitHub names, and
read in memory. Whether it is about what was merged is for `core.release.promotion` to say, digest by digest.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tidegate.adapters import git, untrusted_zip
from tidegate.adapters.github import artifact_storage, artifacts, merges
from tidegate.adapters.github.address import safe
from tidegate.adapters.github.session import Connection
from tidegate.adapters.untrusted_zip import Rules
from tidegate.core import evidence as core
from tidegate.core.contract import Model
from tidegate.core.github import run_artifacts
from tidegate.core.github.run_artifacts import Artifact
from tidegate.core.release import reviewed
from tidegate.core.release.reviewed import MergedPullRequest
from tidegate.errors import InputError, SecurityRefusal, TidegateError
from tidegate.settings import Settings
from tidegate.steps.deployment import environments

VERDICT = "verdict.json"
RULES = Rules(
    allowed={
        r"[a-z][a-z-]{0,40}\.json": 4 * 1024 * 1024,
        r"plots/[\w()+,=@-][\w .()+,=@-]{0,98}\.(svg|png)": 4 * 1024 * 1024,
    },
    folders=frozenset({"plots/"}),
)
_NO_INPUTS = (":(exclude)*.md", ":(exclude)*.rst", f":(exclude){environments.FOLDER}")
_MOST_COMMITS = 20
_LOOKS = 3
_RUN_ID = re.compile(r"[0-9a-f]{32}")
Download = Callable[..., bytes]


@dataclass(frozen=True, kw_only=True)
class Reviewed:
    """What a run left about a model. `base` is the commit that the change was merged into, whose policy had to judge.

    `files`: name → bytes. `origin`: pull request, run and MLflow run, as `release.yaml` keeps them.
    """

    files: Mapping[str, bytes]
    base: str | None
    origin: Mapping[str, str]


def change_of(settings: Settings, model: Model) -> str:
    """The newest commit of this branch that changed the model: what came after it changed something else."""
    roots = [model.path, model.data.tracked, *filter(None, [model.environment.lock])]
    head = git.head(settings.workspace)
    return git.last_change(settings.workspace, head, [*roots, *_NO_INPUTS]) or head


def find(
    settings: Settings,
    connection: Connection,
    model: Model,
    commit: str,
    download: Download = artifact_storage.download,
) -> Reviewed:
    """The evidence of the run that judged the change which brought `commit`.

    Raises InputError E-PRO-010 to E-PRO-014 for a change that nothing judged, SecurityRefusal E-SEC-041 or E-SEC-042
    for an artifact that is not what the run uploaded, and what the GitHub adapter raises.
    """
    pull = reviewed.merged_by(_pull_requests(connection, commit), commit)
    runs = merges.runs_of(connection, pull.head)
    if commit != pull.head:
        runs += [run for run in merges.runs_of(connection, commit) if run.event == "merge_group"]
    run = reviewed.judging_run(runs, pull)
    files = of_run(connection, reviewed.evidence_of(artifacts.listed(connection, run.id), run, model.name), download)
    if VERDICT not in files:
        raise InputError("E-PRO-014", f"run {run.id} has no evidence: it left no verdict.", fix=reviewed.AGAIN)
    origin = {"pull_request": str(pull.number), "run": str(run.id), **_mlflow_run(files)}
    return Reviewed(files=files, base=_merged_into(settings, connection, commit, pull), origin=origin)


def _pull_requests(connection: Connection, commit: str) -> list[MergedPullRequest]:
    """Those of a commit; asked again where none is merged, for right after a merge GitHub may lag behind."""
    found = merges.pull_requests_of(connection, commit)
    for pause in connection.patience.looks[:_LOOKS]:
        if any(pull.merged for pull in found):
            break
        connection.wait(pause)
        found = merges.pull_requests_of(connection, commit)
    return found


def of_run(
    connection: Connection, artifact: Artifact, download: Download = artifact_storage.download
) -> dict[str, bytes]:
    """An artifact's members, from a place that never sees the token."""
    url = artifacts.location(connection, artifact)
    if not safe(url):
        raise SecurityRefusal("E-SEC-042", f"artifact {artifact.id} is said to be at an address that is not https.")
    direct = connection.address.loopback
    data = download(url, most=run_artifacts.LARGEST, digest=artifact.digest, direct=direct)
    return untrusted_zip.read(data, RULES)


def _merged_into(settings: Settings, connection: Connection, commit: str, pull: MergedPullRequest) -> str | None:
    """The commit before the pull request's first: a rebase merge makes several, a squash or a merge commit one."""
    before = git.commit_of(settings.workspace, f"{commit}^1")
    for _ in range(_MOST_COMMITS):
        if before is None or (commit == pull.commit and _is_merge(settings, commit)):
            return before
        pulls = merges.pull_requests_of(connection, before)
        if all(found.number != pull.number for found in pulls):
            return before
        before = git.commit_of(settings.workspace, f"{before}^1")
    return before


def _is_merge(settings: Settings, commit: str) -> bool:
    return git.commit_of(settings.workspace, f"{commit}^2") is not None


def _mlflow_run(files: Mapping[str, bytes]) -> dict[str, str]:
    """The run that the training is on record as, where it says one that can be one."""
    try:
        found = core.parse(files["train-model.json"].decode("utf-8-sig"), "train-model.json").result.get("mlflow")
    except (KeyError, TidegateError, ValueError):
        return {}
    run = found.get("run_id") if isinstance(found, Mapping) else None
    return {"mlflow_run": run} if isinstance(run, str) and _RUN_ID.fullmatch(run) else {}
