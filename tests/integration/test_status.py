"""`status` on a real repository with real servers: agreeing, diverged, and what nobody can know."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fixtures.proxies import needs_proxy
from fixtures.rollbacks import Yard, yard
from tidegate.adapters.targets.process.instances import Instances
from tidegate.commands import status
from tidegate.core.answer import Answer, Verdict
from tidegate.errors import InfrastructureError, InputError

pytestmark = needs_proxy


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Yard]:
    found = yard(tmp_path)
    yield found
    found.close()


def look(here: Yard, **given: object) -> Answer:
    return here.run(status, **given)


def staging(answer: Answer) -> dict[str, Any]:
    (found,) = (answer.data or {})["environments"]  # type: ignore[attr-defined]
    return dict(found)


def test_git_records_and_reality_agree(here: Yard) -> None:
    here.runs("1")
    here.token = False
    here.fake.asked.clear()
    answer = look(here)
    assert (answer.verdict, answer.exit_code) == (Verdict.PASS, 0)
    assert answer.sentence.splitlines()[1].split() == ["staging", "1", "1", "1", "agrees"]
    found = staging(answer)
    assert found["wanted"]["release"] == found["registered"]["release"] == found["running"][0]["release"]
    assert here.fake.asked == []


def test_what_is_wanted_and_not_deployed_yet_is_a_difference(here: Yard) -> None:
    here.runs("1")
    here.wants("2")
    answer = look(here, environment="staging")
    assert (answer.verdict, answer.exit_code) == (Verdict.FAIL, 1)
    assert staging(answer)["differences"] == ["version 2 is wanted and version 1 runs"]


def test_a_rollback_is_diverged_until_its_revert_is_merged(here: Yard) -> None:
    here.runs("1")
    here.runs("2")
    here.back(reason="too slow")
    found = staging(look(here))
    assert found["standing"] == "diverged"
    assert found["differences"] == ["version 2 is wanted and version 1 runs: it was taken back (too slow)"]
    here.merge(1)
    assert look(here).exit_code == 0


def test_an_alias_that_names_another_version_is_a_difference(here: Yard) -> None:
    here.runs("1")
    assert look(here, alias=lambda *_: "1").exit_code == 0
    assert "the registry's alias names version 7" in look(here, alias=lambda *_: "7").sentence


def test_a_registry_that_does_not_answer_is_unknown_and_no_agreement(here: Yard) -> None:
    def silent(*_: object) -> str:
        raise InfrastructureError("E-MLF-001", "the registry does not answer.")

    here.runs("1")
    answer = look(here, alias=silent)
    assert (answer.verdict, answer.exit_code) == (Verdict.ERROR, 3)
    assert "staging: UNKNOWN: E-MLF-001 the registry does not answer." in answer.sentence


def test_from_another_machine_the_address_tells(here: Yard, tmp_path: Path) -> None:
    here.runs("1")
    assert look(here, state=str(tmp_path / "another machine")).exit_code == 0
    assert not (tmp_path / "another machine").exists()
    here.target.close()
    answer = look(here, state=str(tmp_path / "another machine"))
    assert answer.exit_code == 3
    assert "UNKNOWN" in answer.sentence
    assert "this machine has no state of staging" in answer.sentence


def test_servers_without_their_proxy_are_a_difference(here: Yard) -> None:
    here.runs("1")
    (record,) = Instances(here.shop.state / "staging", {}).all()
    here.target._proxy.stop()
    answer = look(here)
    assert answer.exit_code == 1
    assert "nobody answers at its address" in answer.sentence
    assert record.lives


def test_an_environment_in_which_nothing_is_wanted_and_nothing_runs_agrees(here: Yard) -> None:
    (here.shop.state / "staging").mkdir(parents=True)
    assert look(here).sentence.splitlines()[1].split() == ["staging", "-", "-", "-", "agrees"]


@pytest.mark.parametrize(("given", "code"), [({"environment": "nowhere"}, "E-ENV-002"), ({}, "E-ENV-005")])
def test_what_is_not_there_is_told(here: Yard, given: dict[str, object], code: str) -> None:
    here.shop.project.git("rm", "--quiet", "-r", "environments")
    here.shop.project.commit("none")
    with pytest.raises(InputError) as caught:
        look(here, **given)
    assert caught.value.code == code
