"""`promote-model` and `deploy-model` where an environment runs on Docker: from a merge to a container that answers."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
import yaml

from fixtures.deployments import Shop, shop
from fixtures.docker_targets import Dock
from fixtures.load import ask, closed_loop
from tidegate.adapters.images import building
from tidegate.adapters.targets.docker.target import DockerTarget
from tidegate.commands import rollback_release, status
from tidegate.core.answer import Verdict
from tidegate.errors import InfrastructureError
from tidegate.settings import Settings
from tidegate.steps.deployment import environments
from tidegate.steps.deployment.targets import target_of


@dataclass(frozen=True)
class Docked(Shop):
    """A shop whose staging runs on an engine; `more` is what the caller's environment has of it."""

    more: Mapping[str, str] = field(default_factory=dict)

    def settings(self) -> Settings:
        found = super().settings()
        return replace(found, environ={**found.environ, **self.more})

    def merged(self, factor: float) -> None:
        """A model that was judged and merged, and promoted into the branch of the remote."""
        git = self.project.git
        self.train(factor)
        self.judge()
        git("push", "--quiet", "origin", "main")
        self.promote(push="main")
        git("pull", "--quiet", "--rebase", "origin", "main")

    def runs(self) -> DockerTarget:
        wanted = environments.wanted(self.settings(), "staging")
        found = target_of(self.settings(), wanted, self.state / "staging")
        assert isinstance(found, DockerTarget)
        return found


@pytest.fixture
def here(dock: Dock, tmp_path: Path) -> Iterator[Docked]:
    building.runtime_image(dock.here.engine, dock.here.base, dock.cache, dict(os.environ))
    plain = shop(tmp_path)
    image = f'    image: {{base: "{dock.here.base}", repository: "{dock.here.registry}/shop/linear"}}\n'
    plain.project.git("init", "--quiet", "--bare", "--initial-branch", "main", str(tmp_path / "remote.git"))
    plain.project.git("remote", "add", "origin", str(tmp_path / "remote.git"))
    plain.project.write("tidegate.yaml", plain.project.read("tidegate.yaml") + image)
    path = "environments/staging/environment.yaml"
    text = plain.project.read(path).replace("target: process", "target: docker")
    plain.project.write(
        path, f'{text}docker: {{host: "{dock.here.host}", memory: 512MiB, proxy: "{dock.here.base}"}}\n'
    )
    more = {"DOCKER_HOST": dock.here.host, "TIDEGATE_CACHE": str(dock.cache.parent)}
    found = Docked(plain.project, plain.state, plain.addresses, more)
    yield found
    found.runs().close()


def test_from_a_merge_to_a_container_by_the_digest_in_git(here: Docked, dock: Dock) -> None:
    here.merged(2.0)
    text = here.project.git("show", "HEAD:environments/staging/release.yaml")
    digest = yaml.safe_load(text)["digests"]["image"]
    assert here.deploy().verdict is Verdict.PASS
    assert ask(here.addresses["staging"], 3.0) == (6.0, "")
    reference = f"{dock.here.registry}/shop/linear@{digest}"
    image = dock.here.engine.client.images.get(reference)
    assert image.id in {container.image.id for container in dock.here.engine.client.containers.list()}

    here.merged(5.0)
    with closed_loop(here.addresses["staging"], clients=3) as load:
        assert here.deploy().sentence == "version 2 runs in staging"
    assert load.lost == {}
    assert ask(here.addresses["staging"], 3.0) == (15.0, "")
    assert [one.version for one in here.runs().fleet().instances] == ["2"]
    assert here.run(status, environment="staging").exit_code == 0

    with closed_loop(here.addresses["staging"], clients=2) as load:
        assert here.run(rollback_release, environment="staging", push=True).verdict is Verdict.PASS
    assert load.lost == {}
    assert ask(here.addresses["staging"], 3.0) == (6.0, "")
    assert [(one.version, one.weight) for one in here.runs().fleet().instances] == [("1", 100)]
    told = here.run(status, environment="staging")
    assert (told.exit_code, "version 2 is wanted and version 1 runs" in str(told.data)) == (1, True)


def test_an_engine_that_is_away_ends_nothing(here: Docked, dock: Dock) -> None:
    here.wants("staging", "1", here.train(2.0))
    assert here.deploy().verdict is Verdict.PASS
    here.project.replace("environments/staging/environment.yaml", dock.here.host, f"unix://{here.state}/none.sock")
    here.wants("staging", "2", here.train(5.0))
    with pytest.raises(InfrastructureError, match="it cannot be reached") as caught:
        here.deploy()
    assert caught.value.exit_code == 3
    assert ask(here.addresses["staging"], 3.0) == (6.0, "")
    here.project.replace("environments/staging/environment.yaml", f"unix://{here.state}/none.sock", dock.here.host)
    here.project.commit("the engine is back")
