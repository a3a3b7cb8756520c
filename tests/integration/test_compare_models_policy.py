"""No change is judged by rules that it brings itself, and every one that tries says so."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from comparisons import CONTRACT, Repository, run_git, table
from tidegate.core.answer import Answer, Verdict
from tidegate.errors import InputError


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path)


@pytest.mark.parametrize(
    "edit",
    [
        ("no_worse_by: 1%", "no_worse_by: 50%"),
        ("{metric: rmse, no_worse_by: 1%}", "{metric: rmse, no_worse_by: 1%, severity: warn}"),
        ("      - {metric: rmse, no_worse_by: 1%}\n", ""),
        ("      cluster: date\n", ""),
        ("prediction: predicted", "prediction: better"),
    ],
    ids=["looser", "warn", "removed", "no clusters", "another column"],
)
def test_a_change_that_edits_its_own_judge_is_judged_by_the_old_one(
    repository: Repository, edit: tuple[str, str]
) -> None:
    repository.champion(table())
    repository.candidate(table(1.1))
    repository.write("tidegate.yaml", CONTRACT.replace(*edit))
    answer = repository.compare()
    assert answer.verdict is Verdict.FAIL
    assert answer.sentence.startswith("not promotable: rmse is worse by 4.2")
    assert repository.result["policy"]["changed"] is True
    assert repository.result["policy"]["from"] == "base"


def test_a_model_that_is_new_in_the_contract_brings_its_own_policy_and_says_so(repository: Repository) -> None:
    repository.write("tidegate.yaml", CONTRACT.replace("bike:", "taxi:"))
    repository.commit()
    run_git(repository.folder, "checkout", "-qB", "change")
    repository.write("tidegate.yaml", CONTRACT)
    repository.candidate(table())
    repository.compare()
    assert repository.result["policy"]["from"] == "workspace"
    assert repository.result["policy"]["changed"] is True


DAY = 24 * 3600
NOON = 1_795_521_600 - 1_795_521_600 % DAY + DAY // 2
"""A day's noon in UTC, as seconds: the time of the base's commits below."""


def waiver(gate: str = "rmse no_worse_by 1%", *, days: int) -> str:
    until = datetime.fromtimestamp(NOON + days * DAY, UTC).date().isoformat()
    return f'    waivers:\n      - {{gate: "{gate}", reason: new sensors, owner: "@forecast", until: {until}}}\n'


def waived(repository: Repository, contract: str, *, at_base: bool = True, candidate_days: float = 0) -> Answer:
    """A worse candidate, committed some days after its base; the contract is the base's or the change's."""
    repository.time = NOON
    if at_base:
        repository.write("tidegate.yaml", contract)
    repository.champion(table())
    repository.write("tidegate.yaml", contract)
    repository.candidate(table(1.1))
    repository.time = int(NOON + candidate_days * DAY)
    repository.commit()
    return repository.compare()


@pytest.mark.parametrize("later", [0, 5, 5.49], ids=["same day", "last day", "last day, one minute to midnight"])
def test_a_waived_gate_is_shown_and_does_not_block_until_its_last_day_is_over(
    repository: Repository, later: float
) -> None:
    answer = waived(repository, CONTRACT + waiver(days=5), candidate_days=later)
    assert answer.verdict is Verdict.PASS
    assert answer.sentence.startswith("ready to promote; rmse is worse by 4.2, limit 1% (0.4) (waived until 2026-")
    assert [note.level for note in answer.annotations] == ["warning"]
    gate = repository.result["gates"][0]
    assert (gate["verdict"], gate["waiver"]["standing"], gate["waiver"]["owner"]) == ("fail", "active", "@forecast")


def test_after_its_last_day_the_gate_blocks_again_and_says_that_the_waiver_expired(repository: Repository) -> None:
    answer = waived(repository, CONTRACT + waiver(days=5), candidate_days=5.5)
    assert answer.verdict is Verdict.FAIL
    assert "its waiver expired on 2026-" in answer.sentence
    assert repository.result["gates"][0]["waiver"]["standing"] == "expired"


def test_a_waiver_that_the_change_itself_brings_does_not_count(repository: Repository) -> None:
    answer = waived(repository, CONTRACT + waiver(days=5), at_base=False)
    assert answer.verdict is Verdict.FAIL
    assert "waived" not in answer.sentence
    assert repository.result["policy"]["changed"] is True
    assert repository.result["policy"]["edits"][0].startswith("waiver added: rmse no_worse_by 1% until ")


def test_a_waiver_of_a_model_that_is_new_does_not_count_either(repository: Repository) -> None:
    repository.write("tidegate.yaml", CONTRACT.replace("bike:", "taxi:"))
    repository.commit()
    run_git(repository.folder, "checkout", "-qB", "change")
    repository.write("tidegate.yaml", CONTRACT + waiver("mae at_most 60", days=5))
    repository.candidate(table(2.5))
    repository.commit()
    answer = repository.compare()
    assert answer.verdict is Verdict.FAIL
    assert "waivers" not in repository.result


def test_a_back_dated_commit_does_not_revive_a_waiver(repository: Repository) -> None:
    """A change can write any time into its own commits, but the base's is not its to write."""
    answer = waived(repository, CONTRACT + waiver(days=-1), candidate_days=-400)
    assert answer.verdict is Verdict.FAIL
    assert "its waiver expired on" in answer.sentence


def test_a_commit_from_the_future_gains_nothing(repository: Repository) -> None:
    answer = waived(repository, CONTRACT + waiver(days=5), candidate_days=4_000)
    assert answer.verdict is Verdict.FAIL


def test_a_waiver_that_reaches_too_far_is_refused_where_it_is_written(repository: Repository) -> None:
    with pytest.raises(InputError, match="is more than 90 days after") as caught:
        waived(repository, CONTRACT + waiver(days=91), at_base=False)
    assert (caught.value.code, caught.value.where) == ("E-CFG-032", "tidegate.yaml:17:87")


def test_a_waiver_that_reaches_too_far_and_was_merged_all_the_same_does_not_count(repository: Repository) -> None:
    answer = waived(repository, CONTRACT + waiver(days=91))
    assert answer.verdict is Verdict.FAIL
    assert "reaches more than 90 days ahead" in answer.sentence


def test_a_waiver_of_another_gate_changes_nothing(repository: Repository) -> None:
    answer = waived(repository, CONTRACT + waiver("mae at_most 60", days=5))
    assert answer.verdict is Verdict.FAIL
    assert repository.result["waivers"]["unused"] == ["mae at_most 60"]


def test_incomparable_models_are_not_waived(repository: Repository) -> None:
    repository.time = NOON
    repository.write("tidegate.yaml", CONTRACT + waiver(days=5))
    repository.champion(table())
    repository.candidate(table(0.9).slice(24))
    assert repository.compare().verdict is Verdict.INCOMPARABLE


def test_two_runs_of_one_commit_agree_about_a_waiver_whenever_they_run(repository: Repository) -> None:
    """No clock is read: what decided the first time is in Git."""
    waived(repository, CONTRACT + waiver(days=5), candidate_days=2)
    first = (repository.folder / ".tidegate" / "verdict.json").read_bytes()
    repository.compare()
    assert (repository.folder / ".tidegate" / "verdict.json").read_bytes() == first
    assert (
        json.loads(first)["result"]["waivers"]["day"] == datetime.fromtimestamp(NOON + 2 * DAY, UTC).date().isoformat()
    )
