"""`deploy-model`, `rollback-release` and `status` where an environment is on a cluster, with and without Argo."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from fixtures.cluster import NAMESPACE, ROUTE, Cluster, Fault, running
from fixtures.cluster_pods import FATES
from fixtures.rollbacks import Yard, yard
from tidegate.commands import deploy_model, rollback_release, status
from tidegate.core.answer import Answer, Verdict
from tidegate.errors import SecurityRefusal, Superseded, TidegateError

PATH = "environments/staging/environment.yaml"
BASE = f"python:3.12-slim@sha256:{'0' * 64}"


@dataclass
class Harbour:
    """A yard whose staging is on a cluster. How a version's pods fare is said where Git comes to want it."""

    yard: Yard
    cluster: Cluster
    environ: Mapping[str, str]

    def wants(self, version: str, fate: str = "0") -> None:
        shop = self.yard.shop
        shop.wants("staging", version, self.yard.commits["1"], image=f"sha256:{fate}{version.rjust(63, '0')}")
        self.yard.push()

    def runs(self, version: str) -> None:
        self.wants(version)
        assert self.deploy().sentence == f"version {version} runs in staging"

    def deploy(self, **given: object) -> Answer:
        return self.run(deploy_model, environment="staging", push=True, **given)

    def back(self, **given: object) -> Answer:
        return self.run(rollback_release, environment="staging", push=True, **given)

    def run(self, command: Any, **given: object) -> Answer:
        return self.yard.run(command, environ=self.environ, **given)

    def describe(self, **settings: object) -> None:
        """Commit how staging is run."""
        kubernetes = {"namespace": NAMESPACE, "route": ROUTE}
        document = {"target": "kubernetes", "address": "bike.example:443", "kubernetes": kubernetes, **settings}
        self.yard.shop.project.write(PATH, yaml.safe_dump(document))
        self.yard.shop.project.commit("on a cluster")
        self.yard.push()

    @property
    def asked(self) -> list[str]:
        """Versions that clients ask now, by the route's weights."""
        found = {
            one["metadata"]["annotations"]["tidegate.io/version"]: one["metadata"]["name"]
            for one in self.cluster.all("deployments")
        }
        return [version for version, name in found.items() if self.cluster.weights[-1].get(name)]


@pytest.fixture
def harbour(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Harbour]:
    with running(argo=getattr(request, "param", False)) as (cluster, url):
        kubeconfig = tmp_path / "kubeconfig"
        document = {
            "current-context": "here",
            "clusters": [{"name": "c", "cluster": {"server": url}}],
            "users": [{"name": "u", "user": {"token": "secret"}}],
            "contexts": [{"name": "here", "context": {"cluster": "c", "user": "u"}}],
        }
        kubeconfig.write_text(yaml.safe_dump(document), encoding="utf-8")
        made = Harbour(yard(tmp_path), cluster, {"KUBECONFIG": str(kubeconfig)})
        project = made.yard.shop.project
        image = f'    image: {{base: "{BASE}", repository: registry.example/shop/linear}}\n'
        project.write("tidegate.yaml", project.read("tidegate.yaml") + image)
        made.describe()
        yield made


def test_a_rollback_changes_what_runs_first_and_git_follows(harbour: Harbour) -> None:
    harbour.runs("1")
    harbour.runs("2")
    answer = harbour.back(reason="answers too late")
    assert answer.sentence == (
        "staging went back from version 2 to version 1; merge https://github.com/harbour/bike-demand/pull/1"
    )
    assert harbour.asked == ["1"]
    assert len(harbour.cluster.all("deployments")) == 1
    assert harbour.cluster.unserved == []
    (failure,) = harbour.yard.tags("linear!staging!*")
    assert (failure["version"], failure["reason"]) == ("2", "answers too late")
    told = harbour.run(status)
    (staging,) = told.data["environments"]  # type: ignore[index]
    assert (staging["environment"], [one["version"] for one in staging["running"]]) == ("staging", ["1"])


def test_a_rollback_in_the_middle_of_a_canary_gives_the_champion_everything(harbour: Harbour) -> None:
    harbour.runs("1")
    harbour.describe(
        strategy={"kind": "canary", "steps": [{"weight": "10%", "requests": 100_000}]},
        analysis={"every": "100ms", "patience": "300ms", "error_rate": "5%"},
    )
    harbour.wants("2")
    assert harbour.deploy().verdict is Verdict.UNDECIDED
    assert sorted(harbour.asked) == ["1", "2"]
    assert harbour.back().outputs["version"] == "1"
    assert harbour.asked == ["1"]
    assert harbour.cluster.unserved == []


@pytest.mark.parametrize("harbour", [True], indirect=True, ids=["argo"])
def test_a_rollback_where_argo_moves_the_weights(harbour: Harbour) -> None:
    harbour.describe(
        strategy={"kind": "canary", "steps": [{"weight": "10%", "requests": 100}]},
        analysis={"every": "100ms", "patience": "20s", "error_rate": "5%", "quantile": 0.5, "latency_ratio": 3},
    )
    harbour.runs("1")
    harbour.runs("2")
    assert harbour.back().outputs["version"] == "1"
    assert harbour.cluster.all("deployments") == []
    (rollout,) = harbour.cluster.all("rollouts")
    assert rollout["spec"]["template"]["metadata"]["annotations"]["tidegate.io/version"] == "1"
    assert [weight for weight in harbour.cluster.weights[-1].values() if weight] == [100]
    assert harbour.cluster.unserved == []


@pytest.mark.parametrize("harbour", [True], indirect=True, ids=["argo"])
def test_a_rollback_in_the_middle_of_argos_canary_ends_the_trial(harbour: Harbour) -> None:
    steps = [{"weight": "10%", "requests": 100_000}]
    harbour.describe(
        strategy={"kind": "canary", "steps": steps},
        analysis={"every": "100ms", "patience": "300ms", "error_rate": "5%"},
    )
    harbour.runs("1")
    harbour.wants("2")
    assert harbour.deploy().verdict is Verdict.UNDECIDED
    assert sorted(harbour.cluster.weights[-1].values()) == [10, 90]
    assert harbour.back().outputs["version"] == "1"
    (pods,) = harbour.cluster.all("replicasets")
    assert pods["spec"]["template"]["metadata"]["annotations"]["tidegate.io/version"] == "1"
    assert harbour.cluster.unserved == []


def test_a_rollback_does_not_wait_for_an_overlay(harbour: Harbour) -> None:
    harbour.runs("1")
    harbour.runs("2")
    harbour.describe(kubernetes={"namespace": NAMESPACE, "route": ROUTE, "overlay": "environments/staging/kubernetes"})
    with pytest.raises(TidegateError, match="E-KUB-009"):
        harbour.deploy()
    assert harbour.asked == ["2"]
    assert harbour.back().outputs["version"] == "1"
    assert harbour.asked == ["1"]


def test_what_environment_yaml_asks_of_pods_reaches_a_release_that_runs(harbour: Harbour) -> None:
    harbour.runs("1")
    harbour.describe(kubernetes={"namespace": NAMESPACE, "route": ROUTE, "replicas": 3})
    assert harbour.deploy().verdict is Verdict.PASS
    (deployment,) = harbour.cluster.all("deployments")
    assert deployment["spec"]["replicas"] == 3


@pytest.mark.parametrize(
    ("fate", "code"),
    [
        pytest.param("2", "E-KUB-021", id="pull error"),
        pytest.param("5", "E-KUB-020", id="quota"),
        pytest.param("7", "E-KUB-024", id="no node"),
    ],
)
def test_what_the_cluster_is_at_fault_for_is_undone_and_not_held_against_the_release(
    harbour: Harbour, fate: str, code: str
) -> None:
    harbour.runs("1")
    harbour.wants("2", fate)
    with pytest.raises(TidegateError) as caught:
        harbour.deploy()
    assert caught.value.code == code
    assert harbour.asked == ["1"]
    assert harbour.yard.tags("linear!staging!*") == []
    assert harbour.yard.fake.pulls == []


@pytest.mark.parametrize(
    ("fate", "code"), [pytest.param("3", "E-KUB-022", id="crash loop"), pytest.param("8", "E-KUB-025", id="deadline")]
)
def test_a_release_that_does_not_get_ready_is_taken_back_with_its_revert(
    harbour: Harbour, fate: str, code: str
) -> None:
    harbour.runs("1")
    harbour.wants("2", fate)
    answer = harbour.deploy()
    assert answer.verdict is Verdict.FAIL
    assert code in answer.sentence
    assert harbour.asked == ["1"]
    (pull,) = harbour.yard.fake.proposals.open()
    assert (pull["head"]["ref"], code in pull["body"]) == ("tidegate/revert/staging", True)


def test_a_release_of_before_that_cannot_be_pulled_any_more_changes_nothing(harbour: Harbour) -> None:
    harbour.runs("1")
    harbour.runs("2")
    harbour.describe(kubernetes={"namespace": NAMESPACE, "route": ROUTE, "memory": "256Mi"})
    harbour.cluster.sizes["256Mi"] = FATES["2"]  # the pods that the rollback starts
    with pytest.raises(TidegateError, match="E-KUB-021"):
        harbour.back()
    assert harbour.asked == ["2"]
    assert len(harbour.cluster.all("deployments")) == 1
    assert harbour.yard.fake.pulls == []
    assert harbour.yard.tags("linear!staging!*") == []


def test_an_older_commits_run_on_another_machine_is_superseded(harbour: Harbour, tmp_path: Path) -> None:
    harbour.runs("1")
    git, older = harbour.yard.shop.project.git, harbour.yard.shop.project.git("rev-parse", "HEAD")
    harbour.runs("2")
    git("checkout", "--quiet", "--detach", older)
    with pytest.raises(Superseded, match="E-DEP-030"):
        harbour.deploy(state=str(tmp_path / "another-machine"))
    assert harbour.asked == ["2"]


def test_a_cluster_that_lets_nobody_in_ends_a_rollback_before_anything_is_told(harbour: Harbour) -> None:
    harbour.runs("1")
    harbour.runs("2")
    denied = {"kind": "Status", "message": 'User "deployer" cannot list resource "deployments"'}
    harbour.cluster.faults.append(Fault("list", "deployments.apps", 403, denied))
    with pytest.raises(TidegateError, match="E-KUB-004"):
        harbour.back()
    assert harbour.yard.fake.pulls == []
    assert harbour.yard.tags("linear!staging!*") == []


def test_a_rollback_from_another_branch_asks_no_cluster(harbour: Harbour, tmp_path: Path) -> None:
    harbour.runs("1")
    harbour.runs("2")
    event = tmp_path / "event.json"
    event.write_text('{"repository": {"default_branch": "main"}}', encoding="utf-8")
    before = len(harbour.cluster.asked)
    where = {"GITHUB_ACTIONS": "true", "GITHUB_REF": "refs/heads/topic", "GITHUB_EVENT_PATH": str(event)}
    harbour.environ = {**harbour.environ, **where}
    with pytest.raises(SecurityRefusal, match="E-SEC-064"):
        harbour.back()
    assert len(harbour.cluster.asked) == before
