"""How a release comes to the branch: by a commit or a pull request, whoever is faster, whatever is killed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from fixtures.merges import ENVIRON, Merge, pull_request
from tidegate.adapters.evidence import write
from tidegate.core.answer import Verdict
from tidegate.core.evidence import Evidence
from tidegate.errors import InputError, Superseded
from tidegate.settings import Settings
from tidegate.simulator import faults
from tidegate.steps.deployment import environments
from tidegate.steps.release import promoting, reviewing
from tidegate.steps.release.promotion_writing import Wish

BRANCH = "tidegate/promote/staging"


@pytest.fixture
def merge(tmp_path: Path) -> Merge:
    """Merged and judged."""
    made = pull_request(tmp_path)
    made.judged()
    made.merge()
    return made


def by_pull_request(merge: Merge) -> None:
    path = "environments/staging/environment.yaml"
    merge.elsewhere({path: merge.shop.project.read(path) + "promotion: pull-request\n"})


def proven(merge: Merge) -> None:
    """What deploy-model leaves when the release runs in staging."""
    settings = merge.shop.settings()
    environments.record(settings, environments.wanted(settings, "staging"), push=True)


def test_an_environment_can_ask_for_a_pull_request(merge: Merge) -> None:
    by_pull_request(merge)
    tip = merge.remote("rev-parse", "main")
    answer = merge.promote()
    assert answer.outputs == {"version": "1", "promoted": "false", "pull-request": merge.fake.pulls[1]["html_url"]}
    assert merge.remote("rev-parse", "main") == tip
    assert merge.release(BRANCH)["version"] == 1
    pull = merge.fake.pulls[1]
    assert (pull["title"], pull["base"]["ref"]) == ("Promote linear 1 to staging", "main")
    assert "judged in #1 by [run 9000](https://github.com/harbour/bike-demand/actions/runs/9000)" in pull["body"]
    assert "| `mae` | pass | `" in pull["body"]
    assert any("wait for an approval" in note.message for note in answer.annotations)


def test_a_pull_request_that_is_open_is_not_opened_again_and_keeps_its_version(merge: Merge) -> None:
    by_pull_request(merge)
    merge.promote()
    answer = merge.promote()
    assert answer.verdict is Verdict.SKIPPED
    assert len(merge.fake.proposals.open()) == 1
    assert merge.remote("tag", "--list") == "linear@v1"


def test_a_branch_that_takes_no_push_gets_a_pull_request_that_says_so(merge: Merge) -> None:
    merge.forbid("refs/heads/main")
    answer = merge.promote()
    assert (answer.verdict, answer.outputs["promoted"]) == (Verdict.PASS, "false")
    body = merge.fake.pulls[1]["body"]
    assert "the branch's rules refused it: `hook declined: error: GH006" in body
    assert any(note.level == "warning" and "GH006" in note.message for note in answer.annotations)
    assert merge.remote("rev-parse", "linear@v1^{commit}") == merge.release(BRANCH)["commit"]


def test_a_tag_that_a_rule_forbids_is_named(merge: Merge) -> None:
    merge.forbid("refs/tags/*|refs/heads/main")
    with pytest.raises(InputError, match="the tag linear@v1 was refused") as caught:
        merge.promote()
    assert caught.value.code == "E-PRO-018"
    assert merge.remote("tag", "--list") == ""
    assert merge.fake.proposals.open() == []


def test_a_main_that_moved_on_keeps_what_it_got(merge: Merge, tmp_path: Path) -> None:
    merge.clone(tmp_path / "other").elsewhere()
    merge.promote()
    assert merge.release()["version"] == 1
    assert merge.remote("log", "--format=%s", "--max-count=2", "main").split("\n") == [
        "linear 1 to staging",
        "something else",
    ]


def test_of_two_promotions_at_once_the_second_finds_the_first_s(merge: Merge, tmp_path: Path) -> None:
    other = merge.clone(tmp_path / "other")
    met: list[str] = []

    def faster(step: str) -> None:
        if not met:
            met.append(step)
            other.promote()

    _promoted(merge, faster)
    assert met == ["push"]
    assert merge.remote("tag", "--list") == "linear@v1"
    assert merge.remote("log", "--format=%s", "main").count("linear 1 to staging") == 1


def test_a_number_that_somebody_else_took_is_not_taken_twice(merge: Merge, tmp_path: Path) -> None:
    other = merge.clone(tmp_path / "other").shop.project
    met: list[str] = []

    def faster(step: str) -> None:
        if not met:
            met.append(step)
            other.git("tag", "--annotate", "--message", "of another commit", "linear@v1", "HEAD~1")
            other.git("push", "--quiet", "origin", "linear@v1")

    _promoted(merge, faster)
    assert merge.release()["version"] == 2
    assert merge.remote("tag", "--list").split() == ["linear@v1", "linear@v2"]
    assert merge.remote("tag", "--list", "--format=%(contents)", "linear@v1") == "of another commit"


def test_a_tag_of_our_commit_that_says_another_release_is_not_believed(merge: Merge) -> None:
    merge.shop.project.git("tag", "--annotate", "--message", '{"release": "sha256:0"}', "linear@v1")
    merge.shop.project.git("push", "--quiet", "origin", "linear@v1")
    merge.promote()
    assert merge.release()["version"] == 2


def test_an_older_merge_does_not_take_the_place_of_a_newer_one(merge: Merge, tmp_path: Path) -> None:
    older = merge.clone(tmp_path / "older")
    before = merge.shop.project.git("rev-parse", "HEAD")
    merge.shop.train(4.0)
    merge.shop.judge(before)
    merge.shop.project.git("push", "--quiet", "origin", "main")
    merge.promote(evidence=str(merge.shop.project.root / ".tidegate"), base=before)
    assert merge.release()["version"] == 1
    with pytest.raises(Superseded) as caught:
        older.promote()
    assert caught.value.code == "E-PRO-016"
    assert merge.remote("tag", "--list") == "linear@v1"


class Killed(BaseException):
    """As if the process had ended."""


def _promoted(merge: Merge, seen: Callable[[str], None], branch: str = "main") -> promoting.Promoted:
    settings = merge.shop.settings()
    known = Settings(
        workspace=settings.workspace,
        config=settings.config,
        model=None,
        environ={**settings.environ, **ENVIRON},
        console=settings.console,
    )
    wish = Wish(branch=branch, connect=merge.fake.connection, download=merge.fake.delivery.download, seen=seen)
    return promoting.merged(
        known,
        wish,
        "staging",
        lambda model, commit: reviewing.find(known, wish.connect(), model, commit, wish.download),
    )


@pytest.mark.parametrize(
    ("way", "step"),
    [
        ("direct", "push"),
        ("direct", "follow"),
        ("here", "file"),
        ("here", "refs"),
        ("pull-request", "tag"),
        ("pull-request", "propose"),
        ("refused", "push"),
        ("refused", "tag"),
        ("refused", "propose"),
    ],
)
def test_a_promotion_that_was_killed_is_finished_by_the_next(merge: Merge, way: str, step: str) -> None:
    if way == "pull-request":
        by_pull_request(merge)
    if way == "refused":
        merge.forbid("refs/heads/main")

    def kill(name: str) -> None:
        if name == step:
            raise Killed

    branch = "" if way == "here" else "main"
    with pytest.raises(Killed):
        _promoted(merge, kill, branch)
    _promoted(merge, lambda _name: None, branch)
    place = merge.shop.project.git("show", "HEAD:environments/staging/release.yaml") if way == "here" else ""
    assert "version: 1\n" in place or merge.release("main" if way == "direct" else BRANCH)["version"] == 1
    tags = merge.shop.project.git("tag", "--list") if way == "here" else merge.remote("tag", "--list")
    assert tags == "linear@v1"
    assert len(merge.fake.proposals.open()) == (way in ("pull-request", "refused"))
    assert merge.shop.project.git("status", "--porcelain") == ""


def test_onwards_waits_for_the_proof_and_then_for_a_merge(merge: Merge) -> None:
    merge.promote()
    with pytest.raises(InputError, match="has not proven itself in staging"):
        merge.promote(after="staging")
    proven(merge)
    measured = {"environment": "staging", "version": "1", "measurements": [{"sentence": "0 of 120 | failed"}]}
    evidence = Evidence(command="deploy-model", model="linear", outcome=Verdict.PASS, result=measured)
    write(merge.shop.project.root / ".tidegate", evidence)
    merge.fake.delivery.environments["production"] = [
        {"type": "required_reviewers", "reviewers": [{"type": "User", "reviewer": {"login": "grace"}}]}
    ]
    answer = merge.promote(after="staging")
    assert answer.sentence.startswith("production is to run linear 1 when https://github.com/")
    body = merge.fake.pulls[1]["body"]
    assert "### What staging showed\n\n- `0 of 120 | failed`" in body
    assert "waits for a reviewer of production: `grace`" in body
    assert "| `mae` | pass | `" in body
    assert merge.release("tidegate/promote/production", "production") == merge.release()
    assert merge.promote(after="staging").verdict is Verdict.SKIPPED


def test_a_release_that_was_taken_back_there_is_proposed_by_people_alone_and_with_the_reason(merge: Merge) -> None:
    merge.promote()
    proven(merge)
    settings = merge.shop.settings()
    release = environments.wanted(settings, "staging").release
    environments.record_failure(settings, "production", release, "p95 | twice as long", push=False)
    assert merge.promote(after="staging").verdict is Verdict.SKIPPED
    assert len(merge.fake.pulls) == 1
    merge.promote(environment="production", onwards=True)
    assert "taken back in production before**: `p95 | twice as long`" in merge.fake.pulls[1]["body"]


def test_onwards_says_when_the_verdict_is_no_longer_there(merge: Merge) -> None:
    merge.promote()
    proven(merge)
    merge.fake.delivery.artifacts[0]["expired"] = True
    merge.promote(after="staging")
    assert "`run 9000 has no such artifact any more`" in merge.fake.pulls[1]["body"]


def test_a_verdict_that_is_another_by_now_is_not_shown(merge: Merge) -> None:
    merge.promote()
    proven(merge)
    merge.fake.delivery.files[1] = merge.packed(verdict=merge.evidence["verdict.json"] + b"\n")
    merge.promote(after="staging")
    assert "`what run 9000 has is another one`" in merge.fake.pulls[1]["body"]


def test_nothing_follows_the_last_environment(merge: Merge) -> None:
    answer = merge.promote(after="production")
    assert (answer.verdict, answer.sentence) == (Verdict.SKIPPED, "nothing follows production")


def test_a_pull_request_that_may_not_be_opened_names_the_permission_and_the_next_run_opens_it(merge: Merge) -> None:
    by_pull_request(merge)
    words = "Resource not accessible by integration"
    merge.fake.faults.add(faults.answer(403, message=words, method="POST", path="/pulls"))
    with pytest.raises(InputError) as caught:
        merge.promote()
    assert "`pull-requests: write`" in caught.value.fix
    assert merge.promote().verdict is Verdict.PASS
    assert merge.remote("tag", "--list") == "linear@v1"
