"""A repository with two models: each has environments of its own, and one call of every workflow at a time."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from fixtures.deployments import CONTRACT, PIPELINE, Shop, free_address, shop
from fixtures.load import ask
from fixtures.proxies import needs_proxy
from tidegate.adapters.targets.process.target import ProcessTarget
from tidegate.commands import status
from tidegate.core.answer import Answer, Verdict
from tidegate.errors import InputError
from tidegate.settings import Settings
from tidegate.simulator import workflow_yaml

ROOT = Path(__file__).parents[2]
ACT = Path(sys.executable).with_name("act")
DESCRIPTION = "target: process\naddress: {}\n{}strategy: {{kind: blue-green}}\n"


@dataclass(frozen=True)
class Of(Shop):
    """The shop as a job sees it that is about one of the models."""

    model: str | None = None

    def settings(self) -> Settings:
        return replace(super().settings(), model=self.model)

    def about(self, model: str) -> Of:
        return replace(self, model=model)

    def named(self, environment: str) -> tuple[str, int]:
        found = yaml.safe_load(self.project.git("show", f"HEAD:environments/{environment}/release.yaml"))
        return found["model"], found["version"]


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Of]:
    plain = shop(tmp_path)
    addresses = dict(plain.addresses)
    project = plain.project
    project.forget("environments/staging", "environments/production")
    for name, after in (
        ("linear", ""),
        ("linear-live", "after: linear\n"),
        ("other", ""),
        ("other-live", "after: other\n"),
    ):
        addresses[name] = free_address()
        project.write(f"environments/{name}/environment.yaml", DESCRIPTION.format(addresses[name], after))
    head, _, linear = CONTRACT.partition("models:\n")
    other = linear.replace("  linear:", "  other:").replace("model/", "other/").replace("path: model", "path: other")
    project.write("tidegate.yaml", f"{head}models:\n{linear}{other.replace('data.dvc', 'other.dvc')}")
    for file in ("predict.py", "params.yaml"):
        project.write(f"other/{file}", project.read(f"model/{file}"))
    project.write("other/dvc.yaml", PIPELINE)
    found = Of(project, plain.state, addresses)
    found.train(2.0)
    found.train(5.0, at="other")
    yield found
    for name in ("linear", "linear-live", "other", "other-live"):
        ProcessTarget(found.state / name, addresses[name], {}).close()


def promoted(here: Of, model: str) -> Answer:
    """A merge of the model, into the environment of the same name."""
    assert here.about(model).judge().verdict is Verdict.PASS
    return here.about(model).promote(model)


@needs_proxy
def test_each_model_goes_its_own_way_to_its_own_environments(here: Of) -> None:
    assert promoted(here, "linear").sentence == "linear is to run linear 1"
    assert promoted(here, "other").sentence == "other is to run other 1"
    for name in ("linear", "other"):
        assert here.deploy(name).sentence == f"version 1 runs in {name}"
    assert ask(here.addresses["linear"], 1.0) == (2.0, "")
    assert ask(here.addresses["other"], 1.0)[1] == "404"  # another model's name, and another server
    here.train(3.0)
    assert promoted(here, "linear").sentence == "linear is to run linear 2"
    assert here.about("other").promote("other").verdict is Verdict.SKIPPED
    assert here.deploy("linear").sentence == "version 2 runs in linear"
    assert here.deploy("other").sentence == "version 1 runs in other"
    assert here.promote(after="linear").sentence == "linear-live is to run linear 2"
    assert here.promote(after="other").sentence == "other-live is to run other 1"
    assert (here.named("linear-live"), here.named("other-live")) == (("linear", 2), ("other", 1))
    tags = here.project.git("tag", "--list").split()
    assert tags == ["linear#linear#1", "linear#linear#2", "linear@v1", "linear@v2", "other#other#1", "other@v1"]


def test_a_model_is_not_promoted_into_the_others_environment(here: Of) -> None:
    promoted(here, "linear")
    before = here.project.git("rev-parse", "HEAD")
    assert here.about("other").judge().verdict is Verdict.PASS
    with pytest.raises(
        InputError, match=r"linear is to run linear, and not other: an environment has one model"
    ) as caught:
        here.about("other").promote("linear")
    assert caught.value.code == "E-PRO-020"
    assert here.project.git("rev-parse", "HEAD") == before


def test_without_a_name_nobody_guesses(here: Of) -> None:
    with pytest.raises(InputError, match="linear"):
        here.promote("linear")


def test_status_shows_all_environments_before_any_release(here: Of) -> None:
    answer = here.run(status)
    found = (answer.data or {})["environments"]  # type: ignore[attr-defined]
    assert [one["environment"] for one in found] == ["linear", "linear-live", "other", "other-live"]
    assert {one["wanted"] for one in found} == {None}


CALLER = """\
name: Release
on: push
jobs:
  release:
    strategy:
      matrix:
        include:
          - {model: linear, environment: linear}
          - {model: other, environment: other}
          - {model: "", environment: all}
    uses: ./.github/workflows/called.yml
    with:
      model: ${{ matrix.model }}
      environment: ${{ matrix.environment }}
"""


def called(touched: list[str]) -> dict[str, Any]:
    """model-release.yml, whose jobs only say that they run; what was found to be touched is given."""
    document = workflow_yaml.load((ROOT / ".github/workflows/model-release.yml").read_text(encoding="utf-8"), "called")
    changes, promote = document["jobs"]["changes"], document["jobs"]["promote"]
    lines = f"models={json.dumps(touched)}\nany={str(bool(touched)).lower()}"
    told = f"cat >>\"$GITHUB_OUTPUT\" <<'END'\n{lines}\nEND\n"
    changes["steps"] = [{"id": "changes", "run": told}]
    promote["steps"] = [{"run": 'echo "promoted ${{ inputs.model }} into ${{ env.TIDEGATE_ENVIRONMENT }}"'}]
    for job in (changes, promote):
        job.pop("permissions"), job.pop("timeout-minutes")
    changes.pop("if")
    call = {"workflow_call": document["on"]["workflow_call"]}
    return {"name": "Called", "on": call, "env": document["env"], "jobs": {"changes": changes, "promote": promote}}


@pytest.mark.parametrize(
    ("touched", "expected"),
    [
        (["linear"], {"linear into linear", " into all"}),
        (["linear", "other"], {"linear into linear", "other into other", " into all"}),
        ([], set()),
    ],
)
def test_one_call_a_model_promotes_the_models_that_a_push_touched(
    tmp_path: Path, touched: list[str], expected: set[str]
) -> None:
    folder = tmp_path / ".github" / "workflows"
    folder.mkdir(parents=True)
    (folder / "called.yml").write_text(yaml.safe_dump(called(touched)), encoding="utf-8")
    (folder / "caller.yml").write_text(CALLER, encoding="utf-8")
    subprocess.run(["git", "init", "--quiet", "."], cwd=tmp_path, check=True)
    command = [str(ACT), "push", "--workflows", str(folder / "caller.yml"), "-P", "ubuntu-24.04=-self-hosted"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    said = [line.partition("| promoted ")[2] for line in done.stdout.splitlines() if "| promoted " in line]
    assert set(said) == expected
