"""Which model the candidate has to beat, and by which contract: what Git says at the base, never what a change says."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tidegate.adapters import git, release_file
from tidegate.adapters.contract import file as contract_file
from tidegate.core.contract import Model
from tidegate.core.contract.policy import policy_changes, policy_digest
from tidegate.core.training.pipeline import RECORD
from tidegate.errors import TidegateError
from tidegate.settings import Settings

if TYPE_CHECKING:
    from tidegate.core.comparison.verdict import Policy, Side

ENVIRONMENTS = ("production", "staging")
"""Where the champion is looked for, in this order, before the base itself."""
_MOST_EDITS = 20


@dataclass(frozen=True, kw_only=True)
class Judged:
    """The model as the work tree's contract describes it, and as the one that judges it does; `text` is that one's."""

    model: Model
    judge: Model
    policy: Policy
    text: str


def judged_by(settings: Settings, base: str | None) -> Judged:
    """The model's contract at the base, and whether the change edits it; the workspace's for a new model.

    A base whose contract cannot be read has judged nothing either: the workspace's is taken, and said to be changed.
    """
    from tidegate.core.comparison.verdict import Policy

    path = settings.workspace / settings.config
    here = contract_file.load(path, settings.workspace).model(settings.model)
    judge = model_at(settings, here.name, base)
    if judge is None:
        unexcused = replace(here, waivers=())  # a waiver counts once it is merged
        policy = Policy(source="workspace", digest=policy_digest(unexcused), changed=base is not None)
        return Judged(model=here, judge=unexcused, policy=policy, text=_text(path.read_bytes()))
    edits = tuple(policy_changes(judge, here))
    policy = Policy(source="base", digest=policy_digest(judge), changed=bool(edits), edits=edits[:_MOST_EDITS])
    return Judged(model=here, judge=judge, policy=policy, text=_text(_contract_at(settings, base) or b""))


def _text(data: bytes) -> str:
    return data.decode("utf-8-sig")


def _contract_at(settings: Settings, commit: str | None) -> bytes | None:
    return None if commit is None else git.show(settings.workspace, commit, settings.config)


def model_at(settings: Settings, name: str, commit: str | None) -> Model | None:
    """The model as the contract of a commit describes it; None when there is none, or none that can be read."""
    data = _contract_at(settings, commit)
    try:
        contract = None if data is None else contract_file.parse(data, settings.config)
    except TidegateError:
        return None
    return None if contract is None else contract.models.get(name)


def champion_of(settings: Settings, model: Model, base: str | None) -> Side:
    """What runs in production or else staging, else the model at the base, else none.

    Raises InfrastructureError when a release's commit cannot be had, InputError for a release file that is none.
    """
    from tidegate.core.comparison.verdict import Side

    if base is None:
        return Side(kind="none")
    for environment in ENVIRONMENTS:
        path = f"environments/{environment}/release.yaml"
        data = git.show(settings.workspace, base, path)
        if data is None:
            continue
        release = release_file.parse(data, path)
        if release.model == model.name:
            commit = git.ensure_commit(settings.workspace, release.commit)
            return Side(kind="release", commit=commit, version=release.version)
    trained = git.show(settings.workspace, base, f"{model.path}/{RECORD}") is not None
    return Side(kind="base", commit=base) if trained else Side(kind="none")
