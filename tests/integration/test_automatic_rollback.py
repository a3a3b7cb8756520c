"""A release that takes itself back: Git is asked to say so in the same run, and nobody tries it again by accident."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from fixtures.proxies import needs_proxy
from fixtures.rollbacks import Yard, yard
from tidegate.core.answer import Verdict
from tidegate.core.deployment.environment import Environment, Limits, Step, Strategy
from tidegate.core.deployment.rollback_time import rollback_time
from tidegate.errors import InputError
from tidegate.simulator import faults

pytestmark = needs_proxy
CANARY = Strategy(kind="canary", steps=(Step(weight=30, requests=60),))
LIVE = Environment(
    name="staging",
    target="process",
    address="127.0.0.1:80",
    strategy=CANARY,
    limits=Limits(error_rate=0.1, every=timedelta(milliseconds=200), patience=timedelta(seconds=20)),
)


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Yard]:
    found = yard(tmp_path)
    yield found
    found.close()


def fails_on_live_requests(here: Yard) -> None:
    """Version 1 runs; version 4, which errs on what clients ask, is wanted and judged by its traffic."""
    here.runs("1")
    here.judges_by_traffic()
    here.train("4", 9.0, fails=True)
    here.wants("4")


def test_a_bad_release_leaves_a_revert_and_an_incident_in_the_same_run(here: Yard) -> None:
    fails_on_live_requests(here)
    with here.asked():
        answer = here.deploy()
    assert (answer.verdict, here.answers, here.running) == (Verdict.FAIL, "1", ["1"])
    (pull,) = here.fake.proposals.open()
    assert answer.outputs["revert"] == pull["html_url"]
    assert pull["title"] == "staging back to linear 1"
    assert "was taken back by itself" in pull["body"]
    assert "requests failed" in pull["body"]
    assert "| failure |" in pull["body"].replace("`", "")
    (issue,) = here.fake.issues.open()
    assert (issue["title"], answer.outputs["issue"]) == ("linear 4 was taken back in staging", issue["html_url"])
    (failure,) = here.tags("linear!staging!*")
    assert (failure["version"], failure.get("by_hand", False)) == ("4", False)
    here.merge(1)
    assert here.named() == "1"
    again = here.deploy()
    assert [step["action"] for step in (again.data or {})["history"]] == ["smoke", "record"]  # type: ignore[attr-defined]
    assert len(here.fake.pulls) == 1


def test_the_published_time_is_kept(here: Yard) -> None:
    fails_on_live_requests(here)
    with here.asked() as load:
        answer = here.deploy()
    history = [(step["action"], step["seconds"]) for step in (answer.data or {})["history"]]  # type: ignore[attr-defined]
    places = [name for name, _ in history]
    look, stop = places.index("look"), len(places) - 1
    assert places[look + 1 :] == ["shift", "stop"]
    bounds = rollback_time(LIVE, ready_within=60, smoke=10)
    assert load.lost.total() >= (bounds.failed or 0)
    detected, back = history[look + 1][1] - history[look - 1][1], history[stop][1] - history[look + 1][1]
    share = detected / (bounds.detection * 10)
    assert history[look - 1][1] <= bounds.startup
    # The requests that decide have to come first; on a busy machine ten intervals are plenty for that.
    assert share <= 1, f"{detected:.2f} s, {share:.0%} of ten times {bounds.detection} s"
    assert back <= bounds.drain


def test_what_was_taken_back_is_not_tried_again_before_a_commit(here: Yard) -> None:
    fails_on_live_requests(here)
    with here.asked():
        here.deploy()
    tags, pulls = here.tags("linear*"), len(here.fake.pulls)
    with here.asked() as load:
        for _ in range(3):
            answer = here.deploy()
            assert answer.verdict is Verdict.FAIL
            assert "is not tried again" in answer.sentence
            assert here.fake.pulls[0]["html_url"] in answer.sentence
    assert load.lost == {}
    assert (here.tags("linear*"), len(here.fake.pulls), len(here.fake.issues.held)) == (tags, pulls, 1)
    here.shop.project.write("README.md", "about something else\n")
    here.shop.project.commit("another commit, about something else")
    here.push()
    assert "is not tried again" in here.deploy().sentence


@pytest.mark.parametrize("how", ["again", "commit"])
def test_a_person_may_have_it_tried_again(here: Yard, how: str) -> None:
    fails_on_live_requests(here)
    with here.asked():
        here.deploy()
    if how == "commit":
        here.shop.project.replace("environments/staging/environment.yaml", "patience: 20s", "patience: 30s")
        here.shop.project.commit("with more patience")
        here.push()
    answer = here.deploy_under_load(again=how == "again")
    assert answer.verdict is Verdict.FAIL
    assert "is not tried again" not in answer.sentence
    assert "requests failed" in answer.sentence
    assert [failure["version"] for failure in here.tags("linear!staging!*")] == ["4"] * (1 if how == "again" else 2)


def test_the_first_release_ever_fails_and_nothing_is_there_to_go_back_to(here: Yard) -> None:
    here.train("4", 9.0, judged=8.0)
    here.wants("4")
    answer = here.deploy()
    assert answer.verdict is Verdict.FAIL
    assert (here.running, here.fake.pulls) == ([], [])
    (issue,) = here.fake.issues.open()
    assert "No release that Git knows answers in staging now." in issue["body"]
    assert "promote a release that is better" in issue["body"]
    with pytest.raises(InputError, match="nothing is left to go back to"):
        here.back()
    here.wants("1")
    assert here.deploy().verdict is Verdict.PASS
    assert here.answers == "1"


def test_a_better_release_closes_the_revert_that_nobody_merged(here: Yard) -> None:
    here.runs("1")
    here.train("4", 9.0, judged=8.0)
    here.wants("4")
    here.deploy()
    assert len(here.fake.proposals.open()) == 1
    here.runs("2")
    assert here.fake.proposals.open() == []
    assert here.fake.bodies(1) == ["staging runs version 2, which Git names: this revert is not needed any more."]
    here.deploy()
    assert len(here.fake.bodies(1)) == 1


def test_a_revert_by_hand_before_ours_is_merged_leaves_nothing_to_do(here: Yard) -> None:
    fails_on_live_requests(here)
    with here.asked():
        here.deploy()
    here.shop.project.git("revert", "--no-edit", "HEAD")
    here.push()
    answer = here.deploy()
    assert answer.sentence == "version 1 runs in staging"
    assert [step["action"] for step in (answer.data or {})["history"]] == ["smoke", "record"]  # type: ignore[attr-defined]


@pytest.mark.parametrize("part", ["pulls", "issues"])
def test_what_github_did_not_answer_is_done_by_the_next_run(here: Yard, part: str) -> None:
    here.runs("1")
    here.train("4", 9.0, judged=8.0)
    here.wants("4")
    here.fake.faults.add(faults.answer(503, method="POST", path=f"/{part}$", times=9))
    answer = here.deploy()
    assert answer.verdict is Verdict.FAIL
    assert answer.annotations
    here.fake.faults.clear()
    assert "is not tried again" in here.deploy().sentence
    assert len(here.fake.proposals.open()) == len(here.fake.issues.open()) == 1


def test_without_a_token_it_is_taken_back_all_the_same(here: Yard) -> None:
    here.runs("1")
    here.train("4", 9.0, judged=8.0)
    here.wants("4")
    here.token = False
    here.fake.asked.clear()
    answer = here.deploy()
    assert (answer.verdict, here.answers, answer.outputs["revert"]) == (Verdict.FAIL, "1", "")
    assert here.fake.asked == []
    evidence = json.loads(here.shop.project.read(".tidegate/deploy-model.json"))
    assert "must be answered" in evidence["result"]["failed"]
