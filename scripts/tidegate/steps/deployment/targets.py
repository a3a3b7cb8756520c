"""Where releases can run: one row a kind of target, and what each needs beside the environment's file."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from tidegate.core.deployment import environment
from tidegate.core.deployment.target import Target
from tidegate.errors import InputError
from tidegate.settings import Settings
from tidegate.steps.deployment.environments import Wanted

if TYPE_CHECKING:
    from tidegate.adapters.targets.kubernetes.api import Api
    from tidegate.adapters.targets.kubernetes.turn import LeaseTurn
    from tidegate.core.deployment.kubernetes.settings import Kubernetes

Factory = Callable[[Settings, Wanted, Path], Target]


def target_of(settings: Settings, wanted: Wanted, folder: Path) -> Target:
    """The place where the environment's releases run; `folder` is the target's own, for what it keeps between runs."""
    return TARGETS[wanted.environment.target](settings, wanted, folder)


def _process(settings: Settings, wanted: Wanted, folder: Path) -> Target:
    from tidegate.adapters.targets.process.target import ProcessTarget

    found = wanted.environment
    return ProcessTarget(folder, found.address, settings.environ, log=found.log)


def _docker(settings: Settings, wanted: Wanted, _folder: Path) -> Target:
    from tidegate.adapters.contract import file as contract_file
    from tidegate.adapters.images import registry
    from tidegate.adapters.images.engine import connect
    from tidegate.adapters.targets.docker.target import DockerTarget
    from tidegate.steps.release import imaging

    found = wanted.environment
    model = contract_file.load(settings.workspace / settings.config, settings.workspace).model(wanted.release.model)
    engine = connect(found.docker.host, settings.environ)
    image = partial(imaging.on_engine, settings, engine, model)
    proxy_image = partial(registry.pull, engine, found.docker.proxy)
    return DockerTarget(engine, _place(settings, found.name), found.address, found.docker, image, proxy_image)


def _place(settings: Settings, environment_name: str) -> str:
    """What the environment is called on an engine: the same from every machine, and another for another repository."""
    repository = settings.environ.get("GITHUB_REPOSITORY", "") or settings.workspace.name
    return f"tidegate-{environment_name}-{hashlib.sha256(repository.encode()).hexdigest()[:8]}"


def turn_of(settings: Settings, wanted: Wanted, contains: Callable[[str, str], bool]) -> LeaseTurn | None:
    """Whose turn it is, kept where the releases run; None where runs of one machine alone reach the place.

    `contains(newer, older)`: whether the history of one commit contains the other.
    """
    if wanted.environment.target != "kubernetes":
        return None
    from tidegate.adapters.targets.kubernetes.clock import Clock
    from tidegate.adapters.targets.kubernetes.turn import LeaseTurn

    api, place = _cluster(settings, wanted)
    return LeaseTurn(api, place, wanted.commit, contains, Clock())


def _cluster(settings: Settings, wanted: Wanted) -> tuple[Api, Kubernetes]:
    from tidegate.adapters.targets.kubernetes import connection
    from tidegate.adapters.targets.kubernetes.api import Api

    place = wanted.environment.kubernetes
    if place is None:
        raise InputError("E-ENV-004", "the target kubernetes needs the key `kubernetes` in environment.yaml.")
    return Api(connection.client(place.context, settings.environ), place.namespace), place


def _kubernetes(settings: Settings, wanted: Wanted, _folder: Path) -> Target:
    from tidegate.adapters.targets.kubernetes import overlay, rollout_target
    from tidegate.adapters.targets.kubernetes.target import KubernetesTarget

    api, place = _cluster(settings, wanted)
    release = wanted.release.digests.get("release", "")

    def surround() -> None:
        if place.overlay:
            overlay.apply(settings.workspace / place.overlay, place.context, settings.environ)

    if rollout_target.moves(api, place, wanted.environment.strategy):
        return rollout_target.RolloutTarget(api, place, wanted.environment, wanted.release.model, surround)
    return KubernetesTarget(api, place, wanted.release.model, release, surround)


TARGETS: Mapping[environment.Target, Factory] = {"docker": _docker, "process": _process, "kubernetes": _kubernetes}
READY_WITHIN: Mapping[environment.Target, float] = {"docker": 60.0, "process": 60.0, "kubernetes": 660.0}
"""Seconds that a release may take to get ready; a cluster may first have to find a node and to pull an image."""
