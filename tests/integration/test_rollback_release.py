"""`rollback-release` on a real repository with real servers: the release of before answers first, then Git says so."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from fixtures.proxies import needs_proxy
from fixtures.rollbacks import Yard, yard
from tidegate.adapters.targets.process.instances import Instances
from tidegate.commands import status
from tidegate.core.answer import Verdict
from tidegate.errors import InfrastructureError, InputError, SecurityRefusal
from tidegate.simulator import faults

pytestmark = needs_proxy


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Yard]:
    found = yard(tmp_path)
    yield found
    found.close()


def test_what_runs_goes_back_first_and_git_follows(here: Yard) -> None:
    here.runs("1")
    here.runs("2")
    with here.asked() as load:
        answer = here.back(reason="answers too late")
    assert answer.verdict is Verdict.PASS
    assert answer.sentence == (
        "staging went back from version 2 to version 1; merge https://github.com/harbour/bike-demand/pull/1"
    )
    assert load.lost == {}
    assert (here.answers, here.running) == ("1", ["1"])
    (pull,) = here.fake.proposals.open()
    assert (pull["title"], pull["head"]["ref"], pull["base"]["ref"]) == (
        "staging back to linear 1",
        "tidegate/revert/staging",
        "main",
    )
    assert "answers too late" in pull["body"]
    assert "requests failed" in pull["body"]
    (issue,) = here.fake.issues.open()
    assert issue["title"] == "linear 2 was rolled back in staging"
    assert pull["html_url"] in issue["body"]
    assert [entry["version"] for entry in here.tags("linear#staging#*")] == ["1", "2", "1"]
    (failure,) = here.tags("linear!staging!*")
    assert (failure["version"], failure["reason"], failure["by_hand"]) == ("2", "answers too late", True)
    evidence = json.loads(here.shop.project.read(".tidegate/rollback-release.json"))
    assert [step["action"] for step in evidence["result"]["history"]] == [
        "start",
        "awaitready",
        "smoke",
        "shift",
        "record",
        "stop",
    ]


def test_after_the_merge_of_the_revert_nothing_is_left_to_do(here: Yard) -> None:
    here.runs("1")
    here.runs("2")
    here.back()
    here.merge(1)
    assert here.named() == "1"
    before = here.tags("linear#staging#*")
    answer = here.deploy()
    assert answer.sentence == "version 1 runs in staging"
    assert [step["action"] for step in (answer.data or {})["history"]] == ["smoke", "record"]  # type: ignore[attr-defined]
    assert here.tags("linear#staging#*") == before


def test_until_the_merge_the_release_that_was_left_is_not_deployed_again(here: Yard) -> None:
    here.runs("1")
    here.runs("2")
    here.back(reason="too slow")
    answer = here.deploy()
    assert answer.verdict is Verdict.FAIL
    assert "version 2 was taken back in staging and is not tried again (too slow). Merge https://" in answer.sentence
    assert here.answers == "1"
    assert len(here.fake.pulls) == len(here.fake.issues.held) == 1
    assert "too slow" in here.fake.issues.held[1]["body"]


def test_a_second_run_changes_nothing(here: Yard) -> None:
    here.runs("1")
    here.runs("2")
    here.runs("3")
    here.back()
    seen = here.tags("linear*"), here.shop.project.git("ls-remote", "origin")
    answer = here.back()
    assert answer.sentence.startswith("staging went back from version 3 to version 2")
    assert (here.tags("linear*"), here.shop.project.git("ls-remote", "origin")) == seen
    assert len(here.fake.pulls) == len(here.fake.issues.held) == 1
    assert here.answers == "2"


def test_a_rollback_of_a_rollback_goes_further_back_and_never_forward(here: Yard) -> None:
    for version in ("1", "2", "3"):
        here.runs(version)
    here.back()
    here.merge(1)
    assert here.back().outputs["version"] == "1"
    assert here.answers == "1"
    here.merge(2)
    with pytest.raises(InputError, match="no release came to run in staging before") as caught:
        here.back()
    assert caught.value.code == "E-RBK-001"
    assert here.answers == "1"


def test_a_version_by_its_name(here: Yard) -> None:
    for version in ("1", "2", "3"):
        here.runs(version)
    with pytest.raises(InputError, match=r"left are version 2 \(linear#staging#2\), version 1") as caught:
        here.back(to="3")
    assert caught.value.code == "E-RBK-004"
    with pytest.raises(InputError, match="never came to run"):
        here.back(to="9")
    assert here.back(to="1").outputs == {
        "version": "1",
        "left": "3",
        "revert": "https://github.com/harbour/bike-demand/pull/1",
        "issue": "https://github.com/harbour/bike-demand/issues/1",
    }
    assert here.answers == "1"
    with pytest.raises(InputError, match="was taken back in staging") as caught:
        here.back(to="3")
    assert caught.value.code == "E-RBK-003"


def test_the_first_release_has_nothing_before_it(here: Yard) -> None:
    here.runs("1")
    with pytest.raises(InputError, match="nothing is left to go back to") as caught:
        here.back()
    assert caught.value.code == "E-RBK-001"
    assert here.answers == "1"
    assert here.fake.pulls == []


def test_a_release_that_cannot_be_made_again_is_refused_before_anything_is_changed(here: Yard) -> None:
    for version in ("1", "2", "3"):
        here.runs(version)
    project = here.shop.project
    gone = project.git("rev-parse", f"{here.commits['2']}:model/source/model.onnx")
    (project.root / ".git" / "objects" / gone[:2] / gone[2:]).unlink()
    with pytest.raises((InputError, InfrastructureError), match=r"cannot be made again.*left are version 1") as caught:
        here.back()
    assert caught.value.code == "E-RBK-006"
    assert here.answers == "3"
    assert here.fake.pulls == []
    assert here.back(to="1").verdict is Verdict.PASS
    assert here.answers == "1"


def test_where_the_release_of_before_does_not_answer_what_runs_stays(here: Yard) -> None:
    for version in ("1", "2", "3"):
        here.runs(version)

    def end(_number: int, name: str) -> None:
        if name == "smoke":
            (record,) = [one for one in Instances(here.shop.state / "staging", {}).all() if one.version == "2"]
            os.kill(record.pid, signal.SIGKILL)

    answer = here.back(seen=end)
    assert answer.verdict is Verdict.FAIL
    assert "staging did not go back: version 2 is not what it was" in answer.sentence
    assert (here.answers, here.running) == ("3", ["3"])
    assert here.fake.pulls == []
    assert here.back().outputs["version"] == "1"
    assert here.answers == "1"


def test_a_locked_environment_stays_and_a_frozen_one_goes_back(here: Yard) -> None:
    here.runs("1")
    here.runs("2")
    path = "environments/staging/environment.yaml"
    text = here.shop.project.read(path)
    here.shop.project.write(path, text + "locked: incident 12\n")
    here.shop.project.commit("locked")
    with pytest.raises(InputError, match="staging is locked: incident 12"):
        here.back()
    here.shop.project.write(path, text + "freeze: {until: 2999-12-31, reason: year end}\n")
    here.shop.project.commit("frozen")
    here.push()
    assert here.back().verdict is Verdict.PASS
    assert here.answers == "1"


def test_without_a_token_what_runs_goes_back_and_a_person_is_told_what_to_do(here: Yard) -> None:
    here.runs("1")
    here.runs("2")
    here.token = False
    here.fake.asked.clear()
    answer = here.back()
    assert (answer.verdict, answer.exit_code, here.answers) == (Verdict.PASS, 0, "1")
    assert here.fake.asked == []
    here.token = True
    assert here.back().outputs["revert"]


def test_a_revert_by_hand_does_the_same(here: Yard) -> None:
    here.runs("1")
    here.runs("2")
    here.shop.project.git("revert", "--no-edit", "HEAD")
    here.push()
    assert here.deploy().sentence == "version 1 runs in staging"
    assert here.answers == "1"
    with pytest.raises(InputError, match=r"left are version 2"):
        here.back()


def test_a_dry_run_only_says_what_it_would_do(here: Yard) -> None:
    here.runs("1")
    here.runs("2")
    answer = here.would()
    assert (answer.verdict, answer.sentence) == (Verdict.SKIPPED, "would go back from version 2 to version 1")
    assert here.answers == "2"


@pytest.mark.parametrize("part", ["pulls", "issues"])
def test_what_github_does_not_let_us_do_keeps_nothing_from_going_back(here: Yard, part: str) -> None:
    here.runs("1")
    here.runs("2")
    here.fake.faults.add(faults.answer(403, message="Resource not accessible", method="POST", path=f"/{part}$"))
    answer = here.back()
    assert (answer.verdict, here.answers) == (Verdict.PASS, "1")
    assert answer.exit_code == 2
    assert [note.level for note in answer.annotations] == ["warning"]
    assert bool(here.fake.pulls) == (part != "pulls")
    assert bool(here.fake.issues.held) == (part != "issues")
    assert here.back().exit_code == 0
    assert len(here.fake.pulls) == len(here.fake.issues.held) == 1


def test_the_registry_s_alias_goes_back_too(here: Yard, tmp_path: Path) -> None:
    registry = {"MLFLOW_TRACKING_URI": f"sqlite:///{tmp_path / 'registry.db'}"}
    for version in ("1", "2"):
        here.wants(version)
        here.deploy(environ=registry)
    assert here.run(status, environ=registry).exit_code == 0
    here.back(environ=registry)
    (found,) = (here.run(status, environ=registry).data or {})["environments"]  # type: ignore[attr-defined]
    assert (found["alias"], found["running"][0]["version"], found["wanted"]["version"]) == ("1", "1", "2")
    here.merge(1)
    assert here.run(status, environ=registry).exit_code == 0


def test_a_second_run_keeps_the_evidence_of_the_first(here: Yard) -> None:
    here.runs("1")
    here.runs("2")
    here.back(reason="answers too late")
    said = here.fake.pulls[0]["body"], here.fake.issues.held[1]["body"]
    assert here.back(reason="once more").verdict is Verdict.PASS
    assert (here.fake.pulls[0]["body"], here.fake.issues.held[1]["body"]) == said


def test_only_from_the_default_branch(here: Yard, tmp_path: Path) -> None:
    here.runs("1")
    here.runs("2")
    event = tmp_path / "event.json"
    event.write_text('{"repository": {"default_branch": "main"}}', encoding="utf-8")
    actions = {"GITHUB_ACTIONS": "true", "GITHUB_EVENT_NAME": "workflow_dispatch", "GITHUB_EVENT_PATH": str(event)}
    with pytest.raises(SecurityRefusal, match="is not the default branch"):
        here.back(environ={**actions, "GITHUB_REF": "refs/heads/hostile"})
    assert here.answers == "2"
    assert here.back(environ={**actions, "GITHUB_REF": "refs/heads/main"}).verdict is Verdict.PASS


def test_a_registry_that_is_down_keeps_nothing_from_going_back(here: Yard) -> None:
    here.runs("1")
    here.runs("2")
    answer = here.back(environ={"MLFLOW_TRACKING_URI": "http://127.0.0.1:9", "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0"})
    assert (answer.verdict, answer.exit_code, here.answers) == (Verdict.PASS, 3, "1")
    assert answer.outputs["revert"]
    assert "E-MLF-003" in answer.annotations[0].message
