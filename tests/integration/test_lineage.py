"""`lineage` on a real repository: from Git alone, with a token from GitHub as well, and what is not known is said."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from fixtures.deployments import Shop, shop
from fixtures.fake_github import FakeGitHub
from fixtures.rollbacks import TOKEN
from tidegate.commands import lineage
from tidegate.core.answer import Answer
from tidegate.core.release.release import Release, text
from tidegate.errors import InputError
from tidegate.simulator import faults

DIGEST, DATA, VERDICT = f"sha256:{'a' * 64}", f"md5:{'b' * 32}.dir", f"sha256:{'c' * 64}"


@pytest.fixture
def here(tmp_path: Path) -> Shop:
    """A model that came by a merge, was released as version 1, ran in staging, and was taken back in production."""
    found = shop(tmp_path)
    found.project.commit("first")
    found.project.git("checkout", "--quiet", "-b", "change")
    found.project.write("model/params.yaml", "train: {depth: 5}\n")
    found.project.replace("model/dvc.yaml", "deps: [source]\n", "deps: [source]\n    params: [train.depth]\n")
    commit = found.train(2.0)
    found.project.git("checkout", "--quiet", "main")
    found.project.git("merge", "--quiet", "--no-ff", "--message", "Merge pull request #12", "change")
    digests = {"release": DIGEST, "data": DATA, "verdict": VERDICT}
    release = Release(model="linear", version="1", commit=commit, digests=digests, metrics={"mae": 0.5})
    found.project.write("environments/staging/release.yaml", text(release))
    found.project.commit("linear 1 to staging")
    tag(found, "linear@v1", 1, release=DIGEST)
    tag(found, "linear#staging#1", 2, version="1", release=DIGEST)
    tag(found, "linear#staging#2", 3, version="2", release=f"sha256:{'d' * 64}")
    tag(found, "linear!production!1", 4, version="1", release=DIGEST, reason="too slow", after=0)
    return found


def tag(here: Shop, name: str, day: int, **said: Any) -> None:
    when = f"2026-11-{day:02}T10:00:00+00:00"
    here.project.run("git", "tag", "--annotate", "--message", json.dumps(said), name, GIT_COMMITTER_DATE=when)


def trace(here: Shop, version: str = "1", fake: FakeGitHub | None = None) -> Answer:
    environ = TOKEN if fake else {}
    return here.run(lineage, environ, version, connect=lambda _settings: fake.connection() if fake else None)


@pytest.fixture
def fake(here: Shop) -> FakeGitHub:
    made = FakeGitHub()
    commit = here.project.git("rev-parse", "change")
    made.proposals.add("change", head=commit)
    made.proposals.merge(1, commit)
    made.proposals.reviews[1] = [
        {"user": {"login": "ada"}, "state": "CHANGES_REQUESTED"},
        {"user": {"login": "bo"}, "state": "APPROVED"},
        {"user": {"login": "cy"}, "state": "APPROVED"},
        {"user": {"login": "bo"}, "state": "COMMENTED"},
        {"user": {"login": "cy"}, "state": "CHANGES_REQUESTED"},
        {"user": {"login": "ada"}, "state": "APPROVED"},
        {"user": None, "state": "APPROVED"},
    ]
    return made


def test_from_git_alone(here: Shop) -> None:
    answer = trace(here)
    data: Any = answer.data
    assert answer.verdict.exit_code == 0
    assert (data["data"], data["verdict"], data["metrics"]) == (DATA, VERDICT, {"mae": 0.5})
    assert (data["code"]["commit"], data["code"]["subject"]) == (
        here.project.git("rev-parse", "change"),
        "a model with factor 2.0",
    )
    assert (data["merge"]["subject"], data["merge"]["author"]) == ("Merge pull request #12", "a person")
    assert data["parameters"] == {"model/params.yaml": {"train.depth": 5}}
    assert [(event["environment"], event["ran"], event["reason"]) for event in data["events"]] == [
        ("staging", True, ""),
        ("production", False, "too slow"),
    ]
    assert [(event["when"][:10], event["who"]) for event in data["events"]] == [
        ("2026-11-02", "a person"),
        ("2026-11-04", "a person"),
    ]
    assert (data["pull_request"], data["approvers"]) == (None, [])
    assert ["set GITHUB_TOKEN" in reason for reason in data["unknown"]] == [True]
    assert "approved by   unknown" in answer.sentence
    assert "staging      came to run (linear#staging#1, a person)" in answer.sentence
    assert "production   was taken back (linear!production!1, a person): too slow" in answer.sentence


def test_with_a_token_who_approved_it(here: Shop, fake: FakeGitHub) -> None:
    data: Any = trace(here, fake=fake).data
    assert (data["pull_request"], data["approvers"], data["unknown"]) == ("1", ["ada", "bo"], [])


def test_what_github_does_not_say_is_unknown(here: Shop, fake: FakeGitHub) -> None:
    fake.faults.add(faults.answer(403, message="Resource not accessible", path="/reviews$"))
    data: Any = trace(here, fake=fake).data
    assert data["approvers"] == []
    (reason,) = data["unknown"]
    assert "who approved it (E-GH-011" in reason


def test_a_version_that_only_its_tag_knows(here: Shop) -> None:
    tag(here, "linear@v9", 9, release=DIGEST)
    data: Any = trace(here, "v9").data
    assert (data["version"], data["data"], data["metrics"]) == ("9", None, {})
    assert "no commit of this clone names it" in data["unknown"][0]


def test_a_version_that_nobody_knows(here: Shop) -> None:
    with pytest.raises(InputError, match=r"no version '8' of linear; there are 1\.") as caught:
        trace(here, "8")
    assert caught.value.code == "E-LIN-001"


def test_code_that_is_not_in_this_clone_is_unknown(here: Shop) -> None:
    here.project.replace("environments/staging/release.yaml", here.project.git("rev-parse", "change"), "e" * 40)
    here.project.commit("of another clone")
    data: Any = trace(here).data
    assert data["code"] == {"commit": "e" * 40}
    assert any("fetch-depth: 0" in reason for reason in data["unknown"])
