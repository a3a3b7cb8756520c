"""Every environment as it is wanted, recorded and seen to run; what cannot be seen says why."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path, PurePosixPath

from tidegate.adapters import git, inference
from tidegate.adapters.contract import file as contract_file
from tidegate.adapters.mlflow import registry
from tidegate.core.deployment.environment import Environment
from tidegate.core.deployment.fleet import Instance
from tidegate.core.release.history import standing
from tidegate.core.release.release import Release
from tidegate.core.release.standing import Seen
from tidegate.errors import InputError, TidegateError
from tidegate.settings import Settings
from tidegate.steps.deployment import environments
from tidegate.steps.deployment.deploying import state_folder
from tidegate.steps.deployment.environments import FOLDER, Wanted
from tidegate.steps.deployment.targets import target_of

_SECONDS = 3.0
Alias = Callable[[Settings, str, str], str | None]
"""From a model and an environment: the version that the registry's alias names; None without a registry."""


def alias_of(settings: Settings, model: str, environment: str) -> str | None:
    """What MLflow's registry says where MLFLOW_TRACKING_URI is set. Raises what the registry's adapter raises."""
    place = registry.of(model, settings.environ)
    return None if place is None else place.named(environment)


def names(settings: Settings) -> list[str]:
    """Environments of this commit. Raises InputError E-ENV-005 where there is none."""
    files = git.blobs_at(settings.workspace, git.head(settings.workspace), FOLDER)
    paths = [PurePosixPath(path) for path in files]
    found = sorted(path.parts[1] for path in paths if len(path.parts) == 3 and path.name == "environment.yaml")
    if not found:
        fix = "Add environments/<name>/environment.yaml and commit it."
        raise InputError("E-ENV-005", "this commit has no environments.", where=f"{FOLDER}/", fix=fix)
    return found


def seen(settings: Settings, name: str, state: str, alias: Alias) -> Seen:
    """One environment of this commit. Raises InputError for files in Git that are broken; nothing else."""
    commit = git.head(settings.workspace)
    environment = environments.environment_at(settings, name, commit)
    release = environments.release_at(settings, name, commit)
    model = release.model if release else _model(settings)
    wanted = Wanted(environment=environment, release=release or _nothing(model), commit=commit)
    blind: list[str] = []
    history = environments.history(settings, model, name)
    failures = standing(history, environments.failures(settings, model, name))
    digest = wanted.release.digests.get("release", "")
    running = _running(settings, wanted, state, blind)
    return Seen(
        environment=name,
        wanted=release,
        registered=history[-1] if history else None,
        alias=_alias(settings, model, name, alias, blind),
        running=running,
        failure=next((failure for failure in reversed(failures) if failure.release == digest), None),
        answering=_answering(environment) if running is not None else None,
        blind=tuple(blind),
    )


def _running(settings: Settings, wanted: Wanted, state: str, blind: list[str]) -> tuple[Instance, ...] | None:
    folder = state_folder(settings, state) / wanted.environment.name
    try:
        if wanted.environment.target == "process" and not folder.is_dir():
            return _by_address(wanted.environment, folder)
        return target_of(settings, wanted, folder).fleet().instances
    except TidegateError as error:
        blind.append(str(error))
        return None


def _by_address(environment: Environment, folder: Path) -> tuple[Instance, ...]:
    """What answers at the address: processes of another machine cannot be listed from here.

    Raises InfrastructureError where nobody answers: that nothing runs is more than can be known.
    """
    try:
        found = inference.identity(environment.address, seconds=_SECONDS)
    except TidegateError as error:
        message = f"this machine has no state of {environment.name} in {folder.name}, and {error.message}"
        raise type(error)(error.code, message, fix="Ask on the machine that deploys, or give --state.") from error
    instance = Instance(
        release=found["release"], version=found["version"], commit=found["commit"], weight=100, ready=True
    )
    return (instance,)


def _answering(environment: Environment) -> str | None:
    """The release that clients reach. The addresses of other targets need not be reachable from here."""
    if environment.target != "process":
        return None
    try:
        return inference.identity(environment.address, seconds=_SECONDS)["release"]
    except TidegateError:
        return ""


def _alias(settings: Settings, model: str, name: str, alias: Alias, blind: list[str]) -> str | None:
    try:
        return alias(settings, model, name) if model else None
    except TidegateError as error:
        blind.append(str(error))
        return None


def _model(settings: Settings) -> str:
    """Whose environment it is before its first release; empty where the contract has several that it could be."""
    contract = contract_file.load(settings.workspace / settings.config, settings.workspace)
    return contract.model(settings.model).name if settings.model or len(contract.models) == 1 else ""


def _nothing(model: str) -> Release:
    return Release(model=model, version="", commit="")
