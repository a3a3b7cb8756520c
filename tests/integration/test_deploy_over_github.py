"""What GitHub, Git's remote and the registry are told about a deployment; what runs does not depend on any of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from fixtures.load import ask
from fixtures.merges import ENVIRON, Merge, pull_request
from fixtures.proxies import needs_proxy
from tidegate.adapters.targets.process.target import ProcessTarget
from tidegate.commands import deploy_model
from tidegate.core.answer import Answer, Verdict
from tidegate.errors import InfrastructureError, InputError
from tidegate.settings import Settings
from tidegate.simulator import faults

pytestmark = needs_proxy
PATH = "environments/staging/environment.yaml"


@pytest.fixture
def merge(tmp_path: Path) -> Iterator[Merge]:
    """Merged, judged and promoted to staging, which has an address for people."""
    made = pull_request(tmp_path)
    made.judged()
    made.merge()
    made.elsewhere({PATH: made.shop.project.read(PATH) + "url: https://bike.example\n"})
    made.promote()
    yield made
    ProcessTarget(made.shop.state / "staging", address(made), {}).close()


def address(merge: Merge) -> str:
    return str(yaml.safe_load(merge.shop.project.read(PATH))["address"])


def deploy(merge: Merge, environ: dict[str, str] | None = None) -> Answer:
    def connect(_settings: Settings) -> Any:
        return merge.fake.connection()

    return merge.shop.run(deploy_model, {**ENVIRON, **(environ or {})}, push=True, connect=connect)


def test_what_runs_is_told_to_git_and_github(merge: Merge) -> None:
    answer = deploy(merge)
    assert (answer.verdict, answer.outputs["url"]) == (Verdict.PASS, "https://bike.example")
    assert merge.remote("tag", "--list", "linear#staging#*") == "linear#staging#1"
    assert merge.fake.delivery.said(1) == ["in_progress", "success"]
    assert merge.fake.delivery.statuses[1][-1]["environment_url"] == "https://bike.example"
    assert deploy(merge).verdict is Verdict.PASS
    assert merge.remote("tag", "--list", "linear#staging#*") == "linear#staging#1"
    assert len(merge.fake.delivery.deployments) == 1


def test_a_github_that_refuses_everything_costs_one_line(merge: Merge) -> None:
    merge.fake.faults.add(faults.answer(403, message="Resource not accessible by integration", path="/", times=99))
    answer = deploy(merge)
    assert answer.verdict is Verdict.PASS
    (note,) = answer.annotations
    assert "`deployments: write`" in note.message


def test_a_record_that_git_s_remote_refuses_takes_no_release_back_and_the_next_run_keeps_it(merge: Merge) -> None:
    merge.forbid("refs/tags/*")
    with pytest.raises(InputError) as caught:
        deploy(merge)
    assert caught.value.code == "E-GIT-006"
    assert ask(address(merge), 2.0) == (6.0, "")
    assert merge.remote("tag", "--list", "linear#staging#*") == ""
    merge.forbid("nothing")
    assert deploy(merge).verdict is Verdict.PASS
    assert merge.remote("tag", "--list", "linear#staging#*") == "linear#staging#1"
    assert ask(address(merge), 2.0) == (6.0, "")


def test_a_registry_that_is_down_takes_no_release_back_and_the_next_run_goes_on(merge: Merge) -> None:
    down = {"MLFLOW_TRACKING_URI": "http://127.0.0.1:9", "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0"}
    with pytest.raises(InfrastructureError, match="does not say yet what runs") as caught:
        deploy(merge, down)
    assert caught.value.code == "E-MLF-003"
    assert ask(address(merge), 2.0) == (6.0, "")
    assert merge.remote("tag", "--list", "linear#staging#*") == "linear#staging#1"
    assert merge.fake.delivery.said(1)[-1] == "success"
    assert deploy(merge).verdict is Verdict.PASS
