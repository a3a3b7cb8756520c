"""Images of releases on a real engine with a real registry: what is in one, how it is found, and what is refused."""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from fixtures.deployments import free_address
from fixtures.docker_targets import Dock, deploy, docker_target
from fixtures.load import ask
from fixtures.releases import linear, packaged
from tidegate.adapters.contract import file as contract_file
from tidegate.adapters.images import building, layers, packages, registry
from tidegate.adapters.images.packages import Python
from tidegate.adapters.targets.docker.target import DockerTarget
from tidegate.console import Console
from tidegate.core.contract import Model
from tidegate.core.deployment.environment import Strategy
from tidegate.core.deployment.target import Package
from tidegate.core.release import image
from tidegate.errors import InfrastructureError, InputError, SecurityRefusal
from tidegate.settings import Settings
from tidegate.steps.release import imaging

CONTRACT = """\
version: 1
models:
  linear:
    path: model
    data: {{tracked: data.dvc, expectations: suites}}
    evaluation: {{predictions: p.csv, id: id, target: y, prediction: p}}
    gates: [{{metric: rmse, no_worse_by: 1%}}]
    image: {{base: "{base}", repository: "{repository}"}}
"""
AT_ONCE = Strategy(kind="blue-green")


@dataclass(frozen=True)
class Project:
    """A contract that names a repository, and the settings of a command there."""

    dock: Dock
    settings: Settings
    model: Model

    @property
    def repository(self) -> str:
        assert self.model.image is not None
        assert self.model.image.repository is not None
        return self.model.image.repository

    def pushed(self, package: Package) -> Package:
        digest = imaging.image_of(self.settings, self.model, package, push=True)
        return replace(package, image=imaging.reference(self.model, digest))

    def on_engine(self, package: Package) -> str:
        return imaging.on_engine(self.settings, self.dock.here.engine, self.model, package)

    def forget(self, *ids: str) -> None:
        """The engine has these images no more."""
        for found in ids:
            self.dock.here.engine.client.images.remove(found, force=True)


@pytest.fixture
def project(dock: Dock, tmp_path: Path) -> Project:
    environ = {**os.environ, "DOCKER_HOST": dock.here.host, "TIDEGATE_CACHE": str(dock.cache.parent)}
    settings = Settings(
        workspace=tmp_path, config="tidegate.yaml", model=None, environ=environ, console=Console(stream=io.StringIO())
    )
    text = CONTRACT.format(base=dock.here.base, repository=f"{dock.here.registry}/shop/linear")
    return Project(dock, settings, contract_file.parse(text, "tidegate.yaml").model(None))


@pytest.fixture
def address() -> str:
    return free_address()


@pytest.fixture
def target(project: Project, tmp_path: Path, address: str) -> Iterator[DockerTarget]:
    with docker_target(project.dock, address=address, image=project.on_engine) as found:
        yield found


def test_an_image_says_what_is_in_it(project: Project, tmp_path: Path) -> None:
    package = packaged(tmp_path, "7", linear(1.0))
    found = project.dock.here.engine.client.images.get(project.on_engine(package))
    assert found.labels[image.RELEASE] == package.release
    model = hashlib.sha256((Path(package.folder) / "model.onnx").read_bytes()).hexdigest()
    assert found.labels["io.tidegate.file.model.onnx"] == f"sha256:{model}"
    assert found.labels["org.opencontainers.image.version"] == "7"
    assert found.labels["org.opencontainers.image.revision"] == package.commit
    assert found.labels["org.opencontainers.image.base.digest"] == project.dock.here.base.partition("@")[2]
    settings = found.attrs["Config"]
    assert settings["User"] == "65532:65532"
    assert settings["Healthcheck"]["Test"][0] == "CMD"
    assert settings["Entrypoint"][0] == "python3"


def test_the_image_says_itself_whether_it_is_healthy(
    project: Project, target: DockerTarget, address: str, tmp_path: Path
) -> None:
    package = packaged(tmp_path, "1", linear(1.0))
    deploy(target, address, package, strategy=AT_ONCE)
    container = project.dock.here.engine.client.containers.list(filters={"label": f"{image.RELEASE}={package.release}"})
    check = container[0].attrs["Config"]["Healthcheck"]["Test"][1:]
    assert project.dock.executed(container[0].id, *check).returncode == 0


def test_the_same_release_gives_the_same_layers_and_settings(project: Project, tmp_path: Path) -> None:
    client, package = project.dock.here.engine.client, packaged(tmp_path, "1", linear(1.25))
    told = []
    for _ in range(2):
        found = project.on_engine(package)
        attributes = client.images.get(found).attrs
        settings = {name: value for name, value in attributes["Config"].items() if name not in ("Hostname", "Image")}
        told.append((attributes["RootFS"]["Layers"], settings))
        project.forget(found)
    assert told[0] == told[1]


def test_the_same_lock_gives_the_same_packages_bit_by_bit(project: Project, tmp_path: Path) -> None:
    digests = []
    for number in ("one", "two"):
        folder, packed = tmp_path / number, tmp_path / f"{number}.tar"
        machine = os.uname().machine
        packages.install(building.LOCK, Python(version="3.11", machine=machine), folder, project.settings.environ)
        with packed.open("wb") as stream:
            layers.write(stream, layers.tree(folder, image.CODE))
        with packed.open("rb") as stream:
            digests.append(hashlib.file_digest(stream, "sha256").hexdigest())
    assert digests[0] == digests[1]


def test_what_was_pushed_is_deployed_by_its_digest(
    project: Project, target: DockerTarget, address: str, tmp_path: Path
) -> None:
    package = project.pushed(packaged(tmp_path, "1", linear(2.0)))
    project.forget(project.on_engine(package))
    assert deploy(target, address, package, strategy=AT_ONCE).failed == ""
    assert ask(address, 3.0) == (6.0, "")
    assert imaging.image_of(project.settings, project.model, package, push=False) is None


def test_a_tag_that_was_moved_moves_nothing(
    project: Project, target: DockerTarget, address: str, tmp_path: Path
) -> None:
    client = project.dock.here.engine.client
    package = project.pushed(packaged(tmp_path, "1", linear(2.0)))
    tag = f"v1-{package.release[7:19]}"
    other = project.dock.image(packaged(tmp_path / "other", "2", linear(9.0)))
    client.api.tag(other, project.repository, tag, force=True)
    client.api.push(project.repository, tag=tag)
    deploy(target, address, package, strategy=AT_ONCE)
    assert ask(address, 1.0) == (2.0, "")


@pytest.mark.parametrize("whose", ["another release's", "one with a label that was changed"])
def test_a_digest_of_something_else_is_refused(
    project: Project, target: DockerTarget, address: str, tmp_path: Path, whose: str
) -> None:
    client = project.dock.here.engine.client
    first = project.pushed(packaged(tmp_path, "1", linear(2.0)))
    deploy(target, address, first, strategy=AT_ONCE)
    wanted = packaged(tmp_path, "2", linear(3.0))
    reference = first.image
    if whose != "another release's":
        forged = project.dock.below(project.on_engine(first), f'LABEL "{image.RELEASE}"="{wanted.release}"')
        client.api.tag(forged, project.repository, "forged")
        client.api.push(project.repository, tag="forged")
        reference = client.images.get(forged).attrs["RepoDigests"][0]
    with pytest.raises(SecurityRefusal, match="is no image of release") as caught:
        deploy(target, address, replace(wanted, image=reference))
    assert (caught.value.code, caught.value.exit_code) == ("E-SEC-062", 4)
    assert [one.version for one in target.fleet().instances] == ["1"]
    assert ask(address, 1.0) == (2.0, "")


def test_a_file_that_was_changed_in_the_image_is_not_served(
    project: Project, target: DockerTarget, address: str, tmp_path: Path
) -> None:
    client = project.dock.here.engine.client
    deploy(target, address, packaged(tmp_path, "1", linear(2.0)), strategy=AT_ONCE)
    wanted = packaged(tmp_path, "2", linear(3.0))
    forged = project.dock.below(
        project.on_engine(wanted), "ADD model.onnx /release/model.onnx", **{"model.onnx": linear(8)}
    )
    client.api.tag(forged, project.repository, "forged")
    client.api.push(project.repository, tag="forged")
    reference = client.images.get(forged).attrs["RepoDigests"][0]
    ended = deploy(target, address, replace(wanted, image=reference), strategy=AT_ONCE)
    assert "the container ended with 4" in ended.failed
    assert ask(address, 1.0) == (2.0, "")


def test_an_image_that_is_nowhere_any_more_is_told(project: Project, tmp_path: Path) -> None:
    package = replace(packaged(tmp_path, "1", linear(2.0)), image=f"{project.repository}@sha256:{'0' * 64}")
    with pytest.raises(InfrastructureError, match="is not on the engine, and the registry does not give it") as caught:
        project.on_engine(package)
    assert caught.value.code == "E-IMG-012"


def test_a_push_that_broke_off_names_no_digest_and_is_made_up_for(project: Project, tmp_path: Path) -> None:
    package, registry = packaged(tmp_path, "1", linear(4.0)), project.dock.here.registry
    assert project.model.image is not None
    model = replace(project.model, image=replace(project.model.image, repository=f"{registry}/shop/broken"))
    project = replace(project, model=model)
    manifests = project.dock.here.kept / "shop" / "broken" / "_manifests"
    manifests.parent.mkdir(parents=True)
    manifests.write_text("not a folder: the registry takes every layer and then cannot keep the manifest")
    with pytest.raises(InfrastructureError, match="did not end whole") as caught:
        project.pushed(package)
    assert (caught.value.code, caught.value.exit_code) == ("E-IMG-011", 3)
    manifests.unlink()
    assert project.on_engine(project.pushed(package))


def test_a_registry_that_is_away_is_told(project: Project, tmp_path: Path) -> None:
    assert project.model.image is not None
    away = replace(project.model.image, repository=f"{free_address()}/shop")
    model = replace(project.model, image=away)
    with pytest.raises(InfrastructureError, match="did not end whole"):
        imaging.image_of(project.settings, model, packaged(tmp_path, "1", linear(2.0)), push=True)


def test_without_an_image_in_the_contract_nothing_is_built(project: Project, tmp_path: Path) -> None:
    package, model = packaged(tmp_path, "1", linear(2.0)), replace(project.model, image=None)
    assert imaging.image_of(project.settings, model, package, push=True) is None
    with pytest.raises(InputError, match="linear has no image") as caught:
        imaging.on_engine(project.settings, project.dock.here.engine, model, package)
    assert caught.value.code == "E-IMG-001"


def test_a_base_without_python_is_refused(project: Project, tmp_path: Path) -> None:
    client, dock = project.dock.here.engine.client, project.dock
    empty = dock.below(dock.here.base, "ENV PATH=/nowhere")
    client.api.tag(empty, f"{dock.here.registry}/empty", "1")
    client.api.push(f"{dock.here.registry}/empty", tag="1")
    base = client.images.get(empty).attrs["RepoDigests"][0]
    with pytest.raises(InputError, match="it has no python3") as caught:
        building.runtime_image(dock.here.engine, base, tmp_path / "cache", project.settings.environ)
    assert caught.value.code == "E-IMG-002"


@pytest.mark.parametrize("by", ["tag", "tag and digest"])
def test_an_image_of_others_is_pulled_by_what_names_it(project: Project, by: str) -> None:
    client, repository = project.dock.here.engine.client, f"{project.dock.here.registry}/others/proxy"
    found = project.dock.below(project.dock.here.base, f'LABEL by="{by}"')
    client.api.tag(found, repository, "3")
    client.api.push(repository, tag="3")
    digest = client.images.get(found).attrs["RepoDigests"][0].partition("@")[2]
    project.forget(found)
    reference = f"{repository}:3" if by == "tag" else f"{repository}:3@{digest}"
    assert registry.pull(project.dock.here.engine, reference) == found
