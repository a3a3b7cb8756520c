"""One branch and one pull request per proposal, whatever was there before and whatever goes wrong on the way."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from fixtures.fake_github import FakeGitHub
from fixtures.remotes import Remote
from fixtures.remotes import remote as made
from tidegate.adapters.github.refusal import NotPermitted
from tidegate.errors import InfrastructureError, InputError, SecurityRefusal
from tidegate.simulator import faults
from tidegate.steps import proposing
from tidegate.steps.proposing import Proposed

BRANCH = "tidegate/promote/production"
RELEASE = "environments/production/release.yaml"


@pytest.fixture
def remote(tmp_path: Path) -> Remote:
    return made(tmp_path)


@pytest.fixture
def fake() -> FakeGitHub:
    return FakeGitHub()


def propose(remote: Remote, fake: FakeGitHub, text: str = "version: 7\n", **changes: Any) -> Proposed | None:
    wish = {
        "branch": BRANCH,
        "changes": {RELEASE: text.encode()},
        "base": "main",
        "title": f"Promote {text.strip()}",
        "body": f"about {text}",
        "message": f"promote {text.strip()}",
        **changes,
    }
    return proposing.propose(remote.settings(), fake.connection(), **wish)


def test_a_first_proposal_makes_one_branch_and_one_pull_request(remote: Remote, fake: FakeGitHub) -> None:
    found = propose(remote, fake)
    assert found == Proposed(number=1, url="https://github.com/harbour/bike-demand/pull/1", created=True, held=True)
    assert remote.show(RELEASE, BRANCH) == "version: 7\n"
    assert remote.history(BRANCH) == ["promote version: 7", "first"]
    (pull,) = fake.proposals.open()
    assert (pull["title"], pull["base"]["ref"], pull["head"]["ref"]) == ("Promote version: 7", "main", BRANCH)
    assert pull["body"].startswith("<!-- tidegate:proposal change=")
    assert "Approve workflows to run" in pull["body"]
    assert remote.here.git("status", "--porcelain") == ""
    assert remote.here.git("branch", "--list").split() == ["*", "main"]


def test_with_an_app_s_token_no_run_is_held(remote: Remote, fake: FakeGitHub) -> None:
    fake.login = "harbour-releases[bot]"
    found = propose(remote, fake)
    assert found is not None
    assert not found.held
    assert "Approve workflows" not in fake.pulls[0]["body"]


def test_the_same_again_writes_nothing(remote: Remote, fake: FakeGitHub) -> None:
    propose(remote, fake)
    tip, asked = remote.tip(f"refs/heads/{BRANCH}"), len(fake.asked)
    assert propose(remote, fake) == Proposed(number=1, url=fake.pulls[0]["html_url"], held=True)
    assert remote.tip(f"refs/heads/{BRANCH}") == tip
    assert {asked.method for asked in fake.asked[asked:] if asked.path != "/graphql"} == {"GET"}


def test_a_newer_change_takes_the_place_of_the_older_one(remote: Remote, fake: FakeGitHub) -> None:
    propose(remote, fake)
    propose(remote, fake, "version: 8\n")
    (pull,) = fake.proposals.open()
    assert (pull["number"], pull["title"]) == (1, "Promote version: 8")
    assert remote.history(BRANCH) == ["promote version: 8", "first"]


def test_what_a_person_wrote_into_our_text_stays_until_there_is_news(remote: Remote, fake: FakeGitHub) -> None:
    propose(remote, fake)
    fake.pulls[0]["body"] += "\nLooks good to me."
    propose(remote, fake)
    assert fake.pulls[0]["body"].endswith("Looks good to me.")
    propose(remote, fake, body="other news")
    assert "other news" in fake.pulls[0]["body"]


def test_a_pull_request_that_a_person_opened_keeps_its_text(remote: Remote, fake: FakeGitHub) -> None:
    fake.proposals.add(BRANCH, title="mine", body="mine", author="ada")
    found = propose(remote, fake)
    assert found is not None
    assert (found.number, found.created) == (1, False)
    assert (fake.pulls[0]["title"], fake.pulls[0]["body"]) == ("mine", "mine")


def test_commits_of_people_are_kept(remote: Remote, fake: FakeGitHub) -> None:
    propose(remote, fake)
    theirs = remote.pushes(BRANCH, {"notes.md": "wait"}, "a note")
    again = propose(remote, fake)
    assert again is not None
    assert again.shared
    assert remote.tip(f"refs/heads/{BRANCH}") == theirs
    propose(remote, fake, "version: 8\n")
    assert remote.history(BRANCH) == ["promote version: 8", "a note", "promote version: 7", "first"]
    assert remote.show(RELEASE, BRANCH) == "version: 8\n"


def test_a_commit_of_ours_that_a_person_amended_is_theirs(remote: Remote, fake: FakeGitHub) -> None:
    propose(remote, fake)
    remote.there.git("fetch", "--quiet")
    remote.there.git("checkout", "--quiet", BRANCH)
    remote.there.write("notes.md", "mine")
    remote.there.git("add", "--all")
    person = {"GIT_COMMITTER_EMAIL": "someone@example.org"}
    remote.there.run("git", "commit", "--quiet", "--amend", "--no-edit", **person)
    remote.there.git("push", "--quiet", "--force")
    propose(remote, fake, "version: 8\n")
    assert remote.show("notes.md", BRANCH) == "mine"


def test_a_branch_that_still_fits_is_left_alone_when_the_base_moves(remote: Remote, fake: FakeGitHub) -> None:
    propose(remote, fake)
    tip = remote.tip(f"refs/heads/{BRANCH}")
    remote.pushes("main", {"other.txt": "elsewhere"})
    propose(remote, fake)
    assert remote.tip(f"refs/heads/{BRANCH}") == tip


def test_a_branch_that_no_longer_fits_is_made_anew(remote: Remote, fake: FakeGitHub) -> None:
    propose(remote, fake)
    remote.pushes("main", {RELEASE: "version: 6\n"}, "somebody else's release")
    propose(remote, fake)
    assert remote.history(BRANCH) == ["promote version: 7", "somebody else's release", "first"]


def test_nothing_is_proposed_that_the_base_has(remote: Remote, fake: FakeGitHub) -> None:
    remote.pushes("main", {RELEASE: "version: 7\n"})
    assert propose(remote, fake) is None
    assert remote.tip(f"refs/heads/{BRANCH}") == ""
    assert fake.pulls == []


def test_a_file_can_be_taken_away(remote: Remote, fake: FakeGitHub) -> None:
    propose(remote, fake, changes={"README.md": None, "new/file.txt": b"\x00\xff"})
    listing = remote.here.run("git", "--git-dir", str(remote.bare), "ls-tree", "-r", "--name-only", BRANCH)
    assert listing.split() == ["new/file.txt"]


def test_what_a_person_closed_stays_closed_until_the_change_is_another(remote: Remote, fake: FakeGitHub) -> None:
    propose(remote, fake)
    fake.proposals.close(1)
    declined = propose(remote, fake)
    assert declined is not None
    assert (declined.number, declined.declined) == (1, True)
    assert fake.proposals.open() == []
    again = propose(remote, fake, "version: 8\n")
    assert again is not None
    assert (again.number, again.created) == (2, True)


def test_after_a_merge_the_branch_serves_the_next_proposal(remote: Remote, fake: FakeGitHub) -> None:
    propose(remote, fake)
    remote.there.git("fetch", "--quiet")
    remote.there.git("merge", "--quiet", "--squash", f"origin/{BRANCH}")
    remote.there.git("commit", "--quiet", "--message", "promoted (#1)")
    remote.there.git("push", "--quiet", "origin", "HEAD:main")
    fake.proposals.merge(1, remote.tip())
    again = propose(remote, fake, "version: 8\n")
    assert again is not None
    assert (again.number, again.created) == (2, True)
    assert remote.history(BRANCH) == ["promote version: 8", "promoted (#1)", "first"]


def test_a_fork_s_pull_request_from_a_branch_of_that_name_is_not_ours(remote: Remote, fake: FakeGitHub) -> None:
    fake.proposals.add(BRANCH, repo={"id": 2, "full_name": "harbour/fork"}, author="ada")
    found = propose(remote, fake)
    assert found is not None
    assert (found.number, found.created) == (2, True)


CREATE = {"method": "POST", "path": "/pulls"}
WIRE = {
    "secondary limit": faults.secondary_limit(retry_after=7, **CREATE),
    "too many": faults.too_many(retry_after=5, **CREATE),
    "502 before": faults.answer(502, **CREATE),
    "502 after": faults.answer(502, committed=True, **CREATE),
    "reset before": faults.reset(**CREATE),
    "reset after": faults.reset(committed=True, **CREATE),
    "truncated": faults.truncated(**CREATE),
    "a page": faults.page(**CREATE),
    "the list is out of order": faults.answer(503, method="GET", path="/pulls"),
}


@pytest.mark.parametrize("name", WIRE)
def test_each_fault_leaves_one_pull_request(remote: Remote, fake: FakeGitHub, name: str) -> None:
    fake.faults.add(WIRE[name])
    found = propose(remote, fake)
    assert found is not None
    assert found.number == 1
    assert len(fake.pulls) == 1


@pytest.mark.parametrize(
    ("fault", "fix"),
    [
        (faults.answer(403, message="Resource not accessible by integration", **CREATE), "`pull-requests: write`"),
        (
            faults.answer(403, message="GitHub Actions is not permitted to create or approve pull requests.", **CREATE),
            "Settings → Actions → General",
        ),
    ],
    ids=["permission", "setting"],
)
def test_what_is_not_permitted_names_what_to_turn_on(
    remote: Remote, fake: FakeGitHub, fault: faults.Fault, fix: str
) -> None:
    fake.faults.add(fault)
    with pytest.raises(NotPermitted) as caught:
        propose(remote, fake)
    assert fix in caught.value.fix
    found = propose(remote, fake)
    assert found is not None
    assert found.created


def test_a_rule_on_the_branch_is_named(remote: Remote, fake: FakeGitHub) -> None:
    remote.forbid("refs/heads/tidegate/*")
    with pytest.raises(InputError, match="GH006") as caught:
        propose(remote, fake)
    assert caught.value.code == "E-PRP-002"
    assert fake.pulls == []


def test_a_branch_that_somebody_made_meanwhile_is_looked_at_again(remote: Remote, fake: FakeGitHub) -> None:
    connection = fake.connection()
    hook = remote.bare / "hooks" / "pre-receive"
    # The first push finds that a person's branch of that name has just appeared.
    elsewhere = remote.there.git("rev-parse", "HEAD")
    hook.write_text(
        f"#!/bin/sh\nrm -f hooks/pre-receive\nunset GIT_QUARANTINE_PATH\n"
        f"mkdir -p refs/heads/tidegate/promote && echo {elsewhere} > refs/heads/{BRANCH}\nexit 0\n"
    )
    hook.chmod(0o755)
    found = proposing.propose(
        remote.settings(),
        connection,
        branch=BRANCH,
        changes={RELEASE: b"version: 7\n"},
        base="main",
        title="t",
        body="b",
        message="m",
    )
    assert found is not None
    assert remote.show(RELEASE, BRANCH) == "version: 7\n"


def test_a_base_that_is_not_there_and_a_branch_that_is_none(remote: Remote, fake: FakeGitHub) -> None:
    with pytest.raises(InputError) as caught:
        propose(remote, fake, base="trunk")
    assert caught.value.code == "E-PRP-001"
    with pytest.raises(SecurityRefusal):
        propose(remote, fake, branch="--upload-pack=x")


def test_a_remote_out_of_reach_is_infrastructure(remote: Remote, fake: FakeGitHub, tmp_path: Path) -> None:
    remote.here.git("remote", "set-url", "origin", str(tmp_path / "nowhere"))
    with pytest.raises(InfrastructureError):
        propose(remote, fake)
