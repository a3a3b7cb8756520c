"""`promote-model` on a real repository: exactly what was judged becomes a release, and Git says so."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from fixtures.deployments import Shop, shop
from fixtures.load import ask
from fixtures.proxies import needs_proxy
from tidegate.adapters.targets.process.target import ProcessTarget
from tidegate.core.answer import Verdict
from tidegate.errors import InputError
from tidegate.steps.deployment import environments


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Shop]:
    found = shop(tmp_path)
    yield found
    for name, address in found.addresses.items():
        ProcessTarget(found.state / name, address, {}).close()


def release_file(here: Shop, environment: str = "staging") -> dict[str, object]:
    found: dict[str, object] = yaml.safe_load(here.project.git("show", f"HEAD:environments/{environment}/release.yaml"))
    return found


def test_a_judged_model_becomes_a_release(here: Shop) -> None:
    commit = here.train(2.0)
    assert here.judge().verdict is Verdict.PASS
    answer = here.promote()
    assert (answer.verdict, answer.sentence) == (Verdict.PASS, "staging is to run linear 1")
    found = release_file(here)
    assert (found["model"], found["version"], found["commit"]) == ("linear", 1, commit)
    assert found["digests"].keys() == {"release", "model", "verdict"}  # type: ignore[attr-defined]
    assert here.project.git("rev-parse", "linear@v1^{commit}") == commit
    assert here.project.git("status", "--porcelain") == ""
    assert "Let through by the verdict sha256:" in here.project.git("show", "--no-patch", "--format=%b", "HEAD")


def test_promoting_again_changes_nothing(here: Shop) -> None:
    here.train(2.0)
    here.judge()
    here.promote()
    before = here.project.git("rev-parse", "HEAD"), here.project.git("tag", "--list")
    answer = here.promote()
    assert (answer.verdict, answer.sentence) == (Verdict.SKIPPED, "staging is to run linear 1 already")
    assert (here.project.git("rev-parse", "HEAD"), here.project.git("tag", "--list")) == before


def test_a_squash_merge_is_promoted_by_the_verdict_of_its_branch(here: Shop) -> None:
    here.train(2.0)
    here.project.git("checkout", "--quiet", "-b", "topic")
    here.train(3.0)
    here.judge("main")
    here.project.git("checkout", "--quiet", "main")
    here.project.git("merge", "--quiet", "--squash", "topic")
    commit = here.project.commit("a better model (#7)")
    here.promote(base=here.project.git("rev-parse", "HEAD~1"))
    assert release_file(here)["commit"] == commit


def test_something_else_than_was_judged_is_not_promoted(here: Shop) -> None:
    here.train(2.0)
    here.judge()
    here.project.write("model/params.yaml", "depth: 3\n")
    here.project.commit("a change that nobody judged")
    with pytest.raises(InputError, match="files of the model, parameters differ") as caught:
        here.promote()
    assert caught.value.code == "E-PRO-003"
    assert not (here.project.root / "environments/staging/release.yaml").exists()
    assert here.project.git("tag", "--list") == ""


def test_a_model_that_failed_is_not_promoted(here: Shop) -> None:
    here.project.replace("tidegate.yaml", "at_most: 1", "at_least: 1")
    here.train(2.0)
    assert here.judge().verdict is Verdict.FAIL
    with pytest.raises(InputError, match="the verdict is fail") as caught:
        here.promote()
    assert caught.value.code == "E-PRO-002"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (None, "E-FIL-002"),
        ("", "E-EVD-001"),
        ("[]", "E-PRO-001"),
        ('{"kind": "verdict", "model": "another"}', "E-PRO-001"),
        ('{"kind": "verdict", "model": "linear", "verdict": NaN}', "E-EVD-002"),
        ('{"kind": "verdict", "model": "linear", "verdict": "pass"}', "E-PRO-001"),
    ],
    ids=["none", "empty", "a list", "another model's", "not a number", "not whole"],
)
def test_what_is_no_verdict_promotes_nothing(here: Shop, text: str | None, code: str) -> None:
    here.train(2.0)
    here.judge()
    place = here.project.root / ".tidegate" / "verdict.json"
    place.unlink()
    if text is not None:
        place.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        here.promote()
    assert caught.value.code == code


def test_commit_and_tag_are_pushed_together_or_not_at_all(here: Shop, tmp_path: Path) -> None:
    remote = tmp_path / "remote.git"
    here.project.git("init", "--quiet", "--bare", "--initial-branch", "main", str(remote))
    here.project.git("remote", "add", "origin", str(remote))
    here.train(2.0)
    here.project.git("push", "--quiet", "origin", "main")
    here.judge()
    here.promote(push="main")
    assert here.project.git("ls-remote", "origin", "refs/heads/main").split()[0] == here.project.git(
        "rev-parse", "HEAD"
    )
    assert here.project.git("ls-remote", "origin", "refs/tags/linear@v1")

    elsewhere = tmp_path / "elsewhere"
    here.project.git("clone", "--quiet", str(remote), str(elsewhere))
    here.project.run("git", "commit", "--quiet", "--allow-empty", "-m", "meanwhile", at=str(elsewhere))
    here.project.run("git", "push", "--quiet", at=str(elsewhere))
    here.train(3.0)
    here.judge()
    with pytest.raises(InputError, match="went another way") as caught:
        here.promote(push="main")
    assert caught.value.code == "E-PRO-017"
    assert here.project.git("ls-remote", "origin", "refs/tags/linear@v2") == ""


@needs_proxy
def test_from_a_merge_to_production(here: Shop) -> None:
    here.train(2.0)
    here.judge()
    here.promote()
    with pytest.raises(InputError, match="has not proven itself in staging"):
        here.promote("production", onwards=True)
    assert here.deploy().verdict is Verdict.PASS
    assert here.promote("production", onwards=True).sentence == "production is to run linear 1"
    assert here.promote("production", onwards=True).verdict is Verdict.SKIPPED
    assert here.deploy("production").sentence == "version 1 runs in production"
    assert ask(here.addresses["production"], 3.0) == (6.0, "")
    assert release_file(here, "production") == release_file(here)
    tag = here.project.git("tag", "--list", "linear#production#1", "--format=%(contents)")
    assert json.loads(tag)["version"] == "1"


@needs_proxy
def test_what_an_environment_took_back_is_proposed_by_people_alone(here: Shop) -> None:
    here.train(2.0)
    here.judge()
    here.promote()
    assert here.deploy().verdict is Verdict.PASS
    release = environments.wanted(here.settings(), "staging").release
    environments.record_failure(here.settings(), "production", release, "too slow", push=False)
    again = here.promote("production", after="staging")
    assert again.verdict is Verdict.SKIPPED
    assert again.sentence == "production took linear 1 back: it is not proposed again"
    assert here.project.git("ls-tree", "HEAD", "environments/production/release.yaml") == ""
    assert here.promote("production", onwards=True).sentence == "production is to run linear 1"


def test_nothing_goes_before_the_first_environment(here: Shop) -> None:
    here.train(2.0)
    with pytest.raises(InputError, match="no environment goes before staging") as caught:
        here.promote("staging", onwards=True)
    assert caught.value.code == "E-PRO-004"
