"""From environment.yaml to a cluster: the row of the table, with a kubeconfig and a real client."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from fixtures.cluster import running
from fixtures.cluster_releases import CANARY, PLACE, package
from tidegate.adapters.targets.kubernetes.rollout_target import RolloutTarget
from tidegate.adapters.targets.kubernetes.target import KubernetesTarget
from tidegate.console import Console
from tidegate.core.deployment.environment import Environment
from tidegate.core.deployment.fleet import Fleet
from tidegate.core.deployment.target import Surrounded
from tidegate.core.release.release import Release
from tidegate.errors import InputError
from tidegate.settings import Settings
from tidegate.steps.deployment.environments import Wanted
from tidegate.steps.deployment.targets import target_of

ENVIRONMENT = Environment(name="staging", target="kubernetes", address="x:1", strategy=CANARY, kubernetes=PLACE)


def settings(folder: Path, url: str) -> Settings:
    document = {
        "current-context": "here",
        "clusters": [{"name": "c", "cluster": {"server": url}}],
        "users": [{"name": "u", "user": {"token": "secret"}}],
        "contexts": [{"name": "here", "context": {"cluster": "c", "user": "u"}}],
    }
    path = folder / "kubeconfig"
    path.write_text(yaml.safe_dump(document), encoding="utf-8")
    return Settings(
        workspace=folder,
        config="tidegate.yaml",
        model=None,
        environ={"KUBECONFIG": str(path), "PATH": str(folder)},
        console=Console(stream=io.StringIO()),
    )


def wanted(environment: Environment) -> Wanted:
    release = Release(model="bike-demand", version="1", commit="a" * 40, digests={"release": package(1).release})
    return Wanted(environment=environment, release=release, commit="a" * 40)


@pytest.mark.parametrize(("argo", "kind"), [(False, KubernetesTarget), (True, RolloutTarget)])
def test_the_environment_says_which_cluster_and_the_cluster_who_moves_weights(
    tmp_path: Path, argo: bool, kind: type
) -> None:
    with running(argo=argo) as served:
        found = target_of(settings(tmp_path, served[1]), wanted(ENVIRONMENT), tmp_path)
        assert isinstance(found, kind)
        assert found.fleet() == Fleet()
        assert served[0].tokens == {"Bearer secret"}


def test_argo_is_left_alone_where_the_environment_says_never(tmp_path: Path) -> None:
    with running(argo=True) as served:
        place = replace(ENVIRONMENT, kubernetes=replace(PLACE, rollouts="never"))
        found = target_of(settings(tmp_path, served[1]), wanted(place), tmp_path)
        assert isinstance(found, KubernetesTarget)
        assert not [kind for _, kind, _ in served[0].asked if "rollouts" in kind]


def test_an_overlay_is_applied_before_anything_is_made(tmp_path: Path) -> None:
    place = replace(ENVIRONMENT, kubernetes=replace(PLACE, overlay="environments/staging/kubernetes"))
    with running() as served:
        found = target_of(settings(tmp_path, served[1]), wanted(place), tmp_path)
        assert isinstance(found, Surrounded)
        with pytest.raises(InputError, match="E-KUB-009"):  # there is no kubectl on this PATH
            found.surround(package(1))
        assert served[0].all("deployments") == []
