"""A deployment from what Git says to what runs: built, checked, asked, taken over, recorded."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from tidegate.adapters import evidence as store
from tidegate.adapters import git
from tidegate.adapters.contract import file as contract_file
from tidegate.adapters.deploy_turn import Turn
from tidegate.core.answer import Annotation, Verdict
from tidegate.core.deployment.rollback_time import rollback_time
from tidegate.core.deployment.smoke import Questions
from tidegate.core.deployment.target import Package, Surrounded
from tidegate.core.evidence import Evidence, Subject
from tidegate.core.release.release import Release
from tidegate.errors import TidegateError
from tidegate.settings import Settings
from tidegate.steps.deployment import environments, smoke
from tidegate.steps.deployment.environments import Wanted
from tidegate.steps.deployment.takeover import Ended, Takeover
from tidegate.steps.deployment.targets import READY_WITHIN, target_of, turn_of
from tidegate.steps.release import imaging, release_profile, releasing

_PATIENCE = 3_600.0


Seen = Callable[[int, str], None]
"""Called before every action with its number and name: tests end the process there."""


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """A release that was built again and is what its file names, and what it is asked before anybody else asks it."""

    package: Package
    questions: Questions | None


def prepared(settings: Settings, wanted: Wanted) -> Prepared:
    """The wanted release, built; nothing is started. Raises what `releasing.build` and `releasing.checked` raise."""
    model = contract_file.load(settings.workspace / settings.config, settings.workspace).model(wanted.release.model)
    commit = git.ensure_commit(settings.workspace, wanted.release.commit)
    built = releasing.build(settings, model, commit, wanted.release.version, smoke.needed(model))
    package = releasing.checked(built, wanted.release.digests.get("release", "a release without a digest"))
    package = replace(package, image=imaging.reference(model, wanted.release.digests.get("image")))
    return Prepared(package=package, questions=smoke.questions(model, built.outputs, _columns(package)))


def deploy(
    settings: Settings,
    wanted: Wanted,
    state: str,
    *,
    push: bool,
    seen: Seen = lambda _number, _name: None,
    ready: Prepared | None = None,
) -> Ended:
    """Until the wanted release runs alone, or was taken back, or a person has to decide.

    `ready` is the release where it was built already. Raises Superseded when a newer commit's deployment was or is
    under way, SecurityRefusal for a release that is not what `release.yaml` names.
    """
    folder = state_folder(settings, state)
    turn = Turn(folder / wanted.environment.name, wanted.commit, _contains(settings))
    with turn.held(_PATIENCE), _fenced(settings, wanted) as check_there:
        release = ready or prepared(settings, wanted)
        target = target_of(settings, wanted, folder / wanted.environment.name)

        def looked(number: int, name: str) -> None:
            turn.check()
            check_there()
            seen(number, name)

        if isinstance(target, Surrounded) and not wanted.instead_of:  # a rollback waits for nothing that ran already
            target.surround(release.package)
        unrecorded: list[TidegateError] = []
        takeover = Takeover(
            environment=wanted.environment,
            package=release.package,
            target=target,
            smoke=lambda address: smoke.check(address, release.questions),
            record=lambda: _record(settings, wanted, unrecorded, push=push),
            console=settings.console,
            profile=release_profile.predictions(release.package),
            ready_within=READY_WITHIN[wanted.environment.target],
            seen=looked,
        )
        bounds = rollback_time(wanted.environment, ready_within=takeover.ready_within, smoke=smoke.SECONDS)
        settings.console.say(bounds.sentence)
        with settings.console.group(f"version {release.package.version} to {wanted.environment.name}"):
            ended = takeover.run()
        if ended.failed:
            remember_failure(settings, wanted.environment.name, wanted.release, ended.failed, push=push)
        elif unrecorded:
            raise unrecorded[0]
        return ended


@contextmanager
def _fenced(settings: Settings, wanted: Wanted) -> Iterator[Callable[[], None]]:
    """The turn that the place itself keeps, where several machines deploy to it; yields its check."""
    turn = turn_of(settings, wanted, _contains(settings))
    if turn is None:
        yield lambda: None
        return
    with turn.held(_PATIENCE):
        yield turn.check


def remember_failure(
    settings: Settings, environment: str, release: Release, reason: str, *, push: bool, by_hand: bool = False
) -> None:
    """Say in Git that the release was taken back, so that nobody tries it again by accident.

    Where that cannot be said it is told, and what runs stays as it is.
    """
    try:
        tag = environments.record_failure(settings, environment, release, reason, push=push, by_hand=by_hand)
        settings.console.say(f"recorded as {tag}")
    except TidegateError as error:
        settings.console.annotate(Annotation(level="warning", message=f"not recorded as taken back: {error}"))


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


def state_folder(settings: Settings, given: str) -> Path:
    """The folder that was given, or one a repository on this machine: a checkout would clean the work tree."""
    if given:
        return Path(given)
    name = settings.environ.get("GITHUB_REPOSITORY", "").replace("/", "-") or settings.workspace.name
    home = settings.environ.get("XDG_STATE_HOME")
    return (Path(home) if home else Path.home() / ".local" / "state") / "tidegate" / name


def _columns(package: Package) -> list[str]:
    """What the release takes."""
    inputs = json.loads((Path(package.folder) / "signature.json").read_text(encoding="utf-8"))["inputs"]
    return [column["name"] for tensor in inputs for column in tensor["columns"]]


def _record(settings: Settings, wanted: Wanted, unrecorded: list[TidegateError], *, push: bool) -> None:
    """A record that cannot be kept is told at the end: it is no fault of the release, which stays."""
    try:
        tag = environments.record(settings, wanted, push=push)
        settings.console.say(f"recorded as {tag}")
    except TidegateError as error:
        unrecorded.append(error)


def _contains(settings: Settings) -> Any:
    return lambda newer, older: git.is_ancestor(settings.workspace, older, newer)
