"""Past runs judged again from what they left: the back-test of a policy, without repository, data or models."""

from __future__ import annotations

from pathlib import Path

from tidegate.adapters.contract import file as contract_file
from tidegate.core.answer import Verdict
from tidegate.core.comparison import replay
from tidegate.core.comparison.back_test import Run
from tidegate.core.comparison.verdict import result
from tidegate.core.contract import Contract
from tidegate.errors import InputError, TidegateError
from tidegate.settings import Settings
from tidegate.steps.comparison import kept_evidence
from tidegate.steps.comparison.kept_evidence import VERDICT, Folder

_USUAL = "tidegate.yaml"


def replayed(settings: Settings, folder: Path, shown: str) -> list[Run]:
    """Every run whose `verdict.json` lies anywhere under `folder`, in the order of their places.

    They are judged by the contract at hand; where there is none, each by its own, which only proves it whole. Raises
    InputError E-RPL-001 for a folder without any, and what reading the contract raises.
    """
    policy = _policy(settings)
    if not folder.is_dir():
        raise InputError("E-RPL-001", "is no folder.", where=shown, fix="Name a folder with the artifacts of runs.")
    found = Folder(folder)
    if not found.verdicts:
        fix = "Fetch the artifacts of runs into it: gh run download."
        raise InputError("E-RPL-001", f"holds no {VERDICT}.", where=shown, fix=fix)
    runs = [_run(found, path, policy) for path in found.verdicts]
    return [run for run in runs if not settings.model or run.model in ("", settings.model)]


def _policy(settings: Settings) -> Contract | None:
    path = settings.workspace / settings.config
    if settings.config == _USUAL and not path.exists():
        return None
    return contract_file.load(path, settings.workspace)


def _run(found: Folder, path: Path, policy: Contract | None) -> Run:
    name = found.shown(path.parent)
    try:
        return _judged_again(found, path, name, policy)
    except TidegateError as error:
        return Run(name=name, refused=error)


def _judged_again(found: Folder, path: Path, name: str, policy: Contract | None) -> Run:
    kept, then = found.evidence(path)
    first = kept_evidence.first_judge(kept)
    judge = first if policy is None else policy.model(kept.context.model)
    replay.require_same_rows(first.evaluation, judge.evaluation)
    comparison = replay.again(kept, judge)
    now = result(comparison, kept.context.candidate, kept.context.champion, kept.context.policy)
    return Run(
        name=name,
        model=kept.context.model,
        commit=kept.context.subject.commit or "",
        then=Verdict(then["verdict"]),
        now=comparison.verdict,
        sentence=comparison.sentence,
        changes=tuple(replay.changes(then["result"], now)),
    )
