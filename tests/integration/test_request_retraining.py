"""`request-retraining` on a repository with DVC and a remote: one branch, one pull request, whatever was before."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from fixtures.retraining import BRANCH, RetrainingWorld
from fixtures.retraining import world as made
from tidegate.core.answer import Answer, Verdict
from tidegate.core.drift.telling import issue

SCHEMA = json.loads((Path(__file__).parents[2] / "scripts" / "tidegate" / "retraining.schema.json").read_text())


@pytest.fixture
def world(tmp_path: Path) -> RetrainingWorld:
    found = made(tmp_path)
    found.weeks(0, 1)
    return found


def said(answer: Answer) -> tuple[str, str]:
    return answer.outputs["action"], answer.outputs["number"]


def of_the_form(world: RetrainingWorld) -> None:
    problems = [f"{one.json_path} {one.message}" for one in Draft202012Validator(SCHEMA).iter_errors(world.evidence)]
    assert problems == []


def issue_of(world: RetrainingWorld, **members: Any) -> int:
    """The model's drift issue."""
    marker = f"<!-- tidegate:issue key={issue.key('demand')} run=1 -->"
    labels = [{"name": issue.LABEL}]
    return world.fake.issues.add("demand: drift", f"{marker}\nit drifts\n", labels=labels, **members)


def test_drift_makes_one_branch_and_one_pull_request(world: RetrainingWorld) -> None:
    number = issue_of(world)
    world.checked()
    answer = world.ask()
    assert (answer.verdict, said(answer), answer.outputs["held"]) == (Verdict.PASS, ("request", "1"), "true")
    assert world.remote.history(BRANCH)[1:] == world.remote.history("main")
    assert world.remote.here.git("status", "--porcelain", "--untracked-files=no") == ""
    assert world.remote.here.git("worktree", "list").count("\n") == 0
    (pull,) = world.fake.pulls
    assert (pull["base"]["ref"], pull["head"]["ref"]) == ("main", BRANCH)
    for words in ("168 rows to 224", f"#{number}", "Approve workflows to run", "model-retrain.yml"):
        assert words in pull["body"]
    assert "Retraining is asked for in #1." in world.fake.issues.held[number]["body"]
    inputs = {"model": "demand", "pull-request": "1"}
    assert world.fake.delivery.dispatched == [{"workflow": "model-retrain.yml", "ref": BRANCH, "inputs": inputs}]
    assert world.evidence["result"]["evaluation"] == "started"
    of_the_form(world)
    tip, body = world.remote.tip(f"refs/heads/{BRANCH}"), pull["body"]
    assert said(world.ask()) == ("update", "1")
    assert (world.remote.tip(f"refs/heads/{BRANCH}"), world.fake.pulls[0]["body"]) == (tip, body)
    assert len(world.fake.delivery.dispatched) == 1
    of_the_form(world)
    months = ["000.csv", "001.csv", "2024-01.csv", "2024-02.csv"]
    assert sorted(pulled(world)) == months


def pulled(world: RetrainingWorld) -> list[str]:
    """The data that a fresh clone of the branch gets."""
    there = world.remote.there
    there.git("fetch", "--quiet")
    there.git("checkout", "--quiet", BRANCH)
    there.dvc("pull", "--quiet", "data.dvc")
    return [path.name for path in (there.root / "data").iterdir()]


def test_with_an_apps_token_nothing_is_held_and_nothing_started(world: RetrainingWorld) -> None:
    issue_of(world)
    world.fake.login = "harbour-retrain[bot]"
    world.checked()
    answer = world.ask()
    assert answer.outputs["held"] == "false"
    assert world.fake.delivery.dispatched == []
    assert "Approve workflows" not in world.fake.pulls[0]["body"]
    assert "Retraining is asked for in #1." in world.fake.issues.held[1]["body"], "whichever bot keeps the issue"


def test_an_evaluation_that_cannot_be_started_is_told_and_made_up_for(world: RetrainingWorld) -> None:
    world.fake.delivery.dispatchable.clear()
    world.checked()
    answer = world.ask()
    assert (answer.verdict, said(answer)) == (Verdict.PASS, ("request", "1"))
    assert ["model-retrain.yml was not started" in note.message for note in answer.annotations] == [True]
    assert "actions: write" in answer.annotations[0].message
    of_the_form(world)
    world.fake.delivery.dispatchable.append("model-retrain.yml")
    assert world.ask().annotations == ()
    assert len(world.fake.delivery.dispatched) == 1


def test_without_github_the_branch_is_written_and_the_rest_said(world: RetrainingWorld) -> None:
    world.checked()
    answer = world.ask(github=False)
    assert "has to be opened by hand" in answer.sentence
    assert world.remote.show("data.dvc", BRANCH) != world.remote.show("data.dvc")
    tip = world.remote.tip(f"refs/heads/{BRANCH}")
    assert world.ask(github=False).outputs["action"] == "update"
    assert world.remote.tip(f"refs/heads/{BRANCH}") == tip
    world.checked(weeks=3)
    assert world.ask(github=False).outputs["action"] == "wait"
    of_the_form(world)
    world.remote.pushes(BRANCH, {"notes.md": "seen"})
    world.remote.there.git("push", "--quiet", "origin", f"{BRANCH}:main")
    assert "cooldown" in world.ask(github=False).sentence


def test_later_data_updates_the_request_after_the_cooldown(world: RetrainingWorld) -> None:
    world.checked()
    world.ask()
    world.weeks(2, 3)
    world.checked(weeks=3)
    assert said(world.ask())[0] == "wait"
    world.checked(weeks=4)
    assert said(world.ask()) == ("update", "1")
    (pull,) = world.fake.pulls
    assert pull["title"] == "Retrain demand on data until 2024-04-01"
    assert "168 rows to 280" in pull["body"]
    assert len(world.remote.history(BRANCH)) == len(world.remote.history("main")) + 1
    assert len(world.fake.delivery.dispatched) == 2
    world.checked(weeks=2)
    assert said(world.ask())[0] == "nothing", "an old run that is started again"
    world.remote.there.git("fetch", "--quiet")
    world.remote.there.git("push", "--quiet", "origin", f"origin/{BRANCH}:main")
    world.checked(weeks=4)
    answer = world.ask("--reason", "to be sure")
    assert (answer.verdict, said(answer)[0]) == (Verdict.SKIPPED, "wait")
    assert "nothing to add" in answer.sentence


def test_a_request_that_a_person_closed_stays_closed_until_later_data(world: RetrainingWorld) -> None:
    world.checked()
    world.ask()
    world.fake.proposals.close(1)
    assert said(world.ask())[0] == "nothing"
    world.checked(weeks=3)
    assert said(world.ask())[0] == "wait"
    world.checked(weeks=4)
    answer = world.ask()
    assert (answer.verdict, said(answer)[0]) == (Verdict.SKIPPED, "wait"), "a later window, and no row more"
    assert len(world.fake.pulls) == 1
    of_the_form(world)
    world.weeks(2, 3)
    assert said(world.ask()) == ("request", "2")
    assert [pull["state"] for pull in world.fake.pulls] == ["closed", "open"]


def test_somebody_who_asks_gets_what_was_closed(world: RetrainingWorld) -> None:
    world.checked()
    world.ask()
    world.fake.proposals.close(1)
    answer = world.ask("--reason", "the sensor was  replaced")
    assert (said(answer), answer.outputs["reasons"]) == (("request", "2"), '["asked", "drift"]')
    assert "`somebody asked for it: the sensor was replaced`" in world.fake.pulls[1]["body"]


def test_commits_of_people_are_kept_and_their_data_is_theirs(world: RetrainingWorld) -> None:
    world.checked()
    world.ask()
    world.remote.pushes(BRANCH, {"notes.md": "wait for the sensor"}, "a note")
    world.weeks(2, 3)
    world.checked(weeks=4)
    assert said(world.ask()) == ("update", "1")
    assert world.remote.history(BRANCH)[1] == "a note"
    assert world.remote.show("notes.md", BRANCH) == "wait for the sensor"
    world.remote.pushes(
        "main", {"data.dvc": world.remote.show("data.dvc") + "desc: hourly sales\n"}, "words for the data"
    )
    answer = world.ask()
    assert ["merge main into it" in note.message for note in answer.annotations] == [True]
    assert world.remote.history(BRANCH)[2] == "a note"
    theirs = world.remote.pushes(BRANCH, {"data.dvc": world.remote.show("data.dvc")}, "without the bad week")
    world.weeks(4, 5)
    world.checked(weeks=6)
    answer = world.ask()
    assert (answer.verdict, said(answer)[0]) == (Verdict.SKIPPED, "wait")
    assert "data.dvc" in answer.sentence
    assert world.remote.tip(f"refs/heads/{BRANCH}") == theirs


def test_a_base_that_moved_on_gets_a_branch_that_fits(world: RetrainingWorld) -> None:
    world.checked()
    world.ask()
    data = world.remote.show("data.dvc")
    world.remote.pushes("main", {"data.dvc": re.sub("size: [0-9]+", "size: 1", data)}, "other data")
    world.remote.pushes("main", {"data.dvc": data}, "and back")
    tip = world.remote.tip(f"refs/heads/{BRANCH}")
    assert said(world.ask()) == ("update", "1")
    assert world.remote.tip(f"refs/heads/{BRANCH}") == tip, "it still fits"
    world.remote.pushes("main", {"data.dvc": data + "desc: hourly sales\n"}, "words for the data")
    assert said(world.ask()) == ("update", "1")
    assert world.remote.history(BRANCH)[1] == "words for the data"
    assert "desc: hourly sales" in world.remote.show("data.dvc", BRANCH)


def test_enough_new_rows_are_a_reason_and_too_few_leave_no_trace(world: RetrainingWorld) -> None:
    world.contract("cooldown: 14d", "cooldown: 14d, labelled_rows: 60")
    world.checked("calm")
    answer = world.ask()
    assert (answer.verdict, said(answer)[0]) == (Verdict.SKIPPED, "nothing")
    assert "56 more labelled rows of 60" in answer.sentence
    assert (world.remote.tip(f"refs/heads/{BRANCH}"), world.fake.pulls) == ("", [])
    of_the_form(world)
    world.weeks(2)
    world.checked("calm", weeks=3)
    answer = world.ask()
    assert (said(answer), answer.outputs["reasons"]) == (("request", "1"), '["rows"]')


def test_nothing_is_asked_for_on_what_is_not_known(world: RetrainingWorld) -> None:
    for changes in ({"weeks": 2}, {"weeks": 0}, {"weeks": 0, "against": None}):
        world.checked("unknown", **changes)
        answer = world.ask()
        assert (answer.verdict, answer.exit_code, said(answer)[0]) == (Verdict.UNDECIDED, 3, "nothing")
        of_the_form(world)
    assert world.fake.pulls == []


def test_evidence_about_an_earlier_release_asks_for_nothing(world: RetrainingWorld) -> None:
    commit = world.remote.here.git("rev-parse", "HEAD")
    world.remote.here.write("environments/production/release.yaml", f"model: demand\nversion: 4\ncommit: {commit}\n")
    world.merge("promote")
    against = {"kind": "release", "profile": "p", "digest": "", "environment": "production", "commit": commit}
    world.checked(against={**against, "version": "3"})
    answer = world.ask()
    assert said(answer)[0] == "wait"
    assert "version 3" in answer.sentence
    assert "version 4" in answer.sentence
    world.checked(against={**against, "version": "4"})
    assert said(world.ask())[0] == "request"


def test_a_contract_that_wants_no_retraining_gets_none(world: RetrainingWorld) -> None:
    line = next(line for line in world.remote.here.read("tidegate.yaml").splitlines() if "retrain:" in line)
    world.contract(f"{line}\n", "")
    world.checked()
    answer = world.ask()
    assert (answer.verdict, answer.outputs["action"]) == (Verdict.SKIPPED, "nothing")
    assert world.fake.asked == []


def test_a_dry_run_says_what_it_would_do(world: RetrainingWorld) -> None:
    world.checked()
    answer = world.ask(dry=True)
    assert answer.sentence.startswith("would ask for a retraining of demand")
    assert (world.remote.tip(f"refs/heads/{BRANCH}"), world.fake.pulls) == ("", [])
    assert not (world.root / ".tidegate" / "request-retraining.json").exists()
