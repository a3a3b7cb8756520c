"""A deployment from what Git says to what runs: built, checked, asked, taken over, recorded."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tidegate.adapters import evidence as store
from tidegate.adapters import git
from tidegate.adapters.contract import file as contract_file
from tidegate.adapters.deploy_turn import Turn
from tidegate.adapters.targets.process.target import ProcessTarget
from tidegate.core.answer import Verdict
from tidegate.core.contract import Model
from tidegate.core.deployment.target import Package, Target
from tidegate.core.evidence import Evidence, Subject
from tidegate.settings import Settings
from tidegate.steps import environments, releasing, smoke
from tidegate.steps.environments import Wanted
from tidegate.steps.takeover import Ended, Takeover

_PATIENCE = 3_600.0


def deploy(settings: Settings, wanted: Wanted, state: str, *, push: bool) -> Ended:
    """Until the wanted release runs alone, or was taken back, or a person has to decide.

    Raises Superseded when a newer commit's deployment was or is under way, SecurityRefusal for a release that is not
    what `release.yaml` names.
    """
    folder = Path(state) if state else _state(settings)
    model = contract_file.load(settings.workspace / settings.config, settings.workspace).model(wanted.release.model)
    turn = Turn(folder / wanted.environment.name, wanted.commit, _contains(settings))
    with turn.held(_PATIENCE):
        package = _package(settings, model, wanted)
        asked = _questions(settings, model, package)
        target = target_of(settings, wanted, folder)
        takeover = Takeover(
            environment=wanted.environment,
            package=package,
            target=target,
            smoke=lambda address: smoke.check(address, asked),
            record=lambda: _record(settings, wanted, push=push),
            console=settings.console,
            seen=lambda _number, _name: turn.check(),
        )
        with settings.console.group(f"version {package.version} to {wanted.environment.name}"):
            return takeover.run()


def target_of(settings: Settings, wanted: Wanted, folder: Path) -> Target:
    """The place where the environment's releases run."""
    return ProcessTarget(folder / wanted.environment.name, wanted.environment.address, settings.environ)


def document(wanted: Wanted, ended: Ended) -> dict[str, Any]:
    """What happened, as JSON values."""
    return {
        "environment": wanted.environment.name,
        "version": wanted.release.version,
        "commit": wanted.commit,
        "failed": ended.failed,
        "open": ended.open,
        "history": [asdict(entry) for entry in ended.history],
        "measurements": [
            {"name": found.name, "outcome": found.outcome.value, "sentence": found.sentence}
            for found in ended.measurements
        ],
    }


def leave(settings: Settings, wanted: Wanted, verdict: Verdict, result: dict[str, Any]) -> None:
    """Leave evidence for the report and the rollback."""
    subject = Subject(commit=wanted.commit)
    model = wanted.release.model
    evidence = Evidence(command="deploy-model", model=model, outcome=verdict, subject=subject, result=result)
    store.write(settings.evidence, evidence)


def _state(settings: Settings) -> Path:
    """One folder a repository on this machine, outside of the work tree that a checkout would clean."""
    name = settings.environ.get("GITHUB_REPOSITORY", "").replace("/", "-") or settings.workspace.name
    given = settings.environ.get("XDG_STATE_HOME")
    return (Path(given) if given else Path.home() / ".local" / "state") / "tidegate" / name


def _package(settings: Settings, model: Model, wanted: Wanted) -> Package:
    commit = git.ensure_commit(settings.workspace, wanted.release.commit)
    built = releasing.build(settings, model, commit, wanted.release.version)
    return releasing.checked(built, wanted.release.digests.get("release", "a release without a digest"))


def _questions(settings: Settings, model: Model, package: Package) -> Any:
    inputs = json.loads((Path(package.folder) / "signature.json").read_text(encoding="utf-8"))["inputs"]
    columns = [column["name"] for tensor in inputs for column in tensor["columns"]]
    return smoke.questions(settings, model, package.commit, columns)


def _record(settings: Settings, wanted: Wanted, *, push: bool) -> None:
    tag = environments.record(settings, wanted, push=push)
    settings.console.say(f"recorded as {tag}")


def _contains(settings: Settings) -> Any:
    return lambda newer, older: git.is_ancestor(settings.workspace, older, newer)
