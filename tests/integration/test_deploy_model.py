"""`deploy-model` on a real repository with real servers: what Git says comes to run, and nothing else does."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from fixtures.deployments import Shop, shop
from fixtures.load import Load, ask, closed_loop
from fixtures.proxies import needs_proxy
from tidegate.adapters.targets.process.target import ProcessTarget
from tidegate.core.answer import Answer, Verdict
from tidegate.errors import InputError, SecurityRefusal, Superseded

pytestmark = needs_proxy


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Shop]:
    found = shop(tmp_path)
    yield found
    for name, address in found.addresses.items():
        ProcessTarget(found.state / name, address, {}).close()


@contextmanager
def asked(here: Shop, name: str = "staging") -> Iterator[Load]:
    with closed_loop(here.addresses[name], clients=3) as load:
        yield load


def test_what_git_says_comes_to_run(here: Shop) -> None:
    first = here.train(2.0)
    here.wants("staging", "1", first)
    assert here.deploy().verdict is Verdict.PASS
    assert ask(here.addresses["staging"], 3.0) == (6.0, "")

    here.wants("staging", "2", here.train(5.0))
    with asked(here) as load:
        answer = here.deploy()
    assert (answer.verdict, answer.sentence) == (Verdict.PASS, "version 2 runs in staging")
    assert load.lost == {}
    assert ask(here.addresses["staging"], 3.0) == (15.0, "")
    evidence = json.loads(here.project.read(".tidegate/deploy-model.json"))
    actions = [entry["action"] for entry in evidence["result"]["history"]]
    assert actions == ["start", "awaitready", "smoke", "shift", "look", "shift", "record", "stop"]
    assert here.project.git("tag", "--list", "linear#staging#*").split() == ["linear#staging#1", "linear#staging#2"]


def test_a_second_run_changes_nothing(here: Shop) -> None:
    here.wants("staging", "1", here.train(2.0))
    here.deploy()
    tags = here.project.git("tag", "--list")
    answer = here.deploy()
    assert answer.verdict is Verdict.PASS
    assert [entry["action"] for entry in (answer.data or {})["history"]] == ["smoke", "record"]
    assert here.project.git("tag", "--list") == tags


def test_a_revert_on_the_branch_goes_back(here: Shop) -> None:
    here.wants("staging", "1", here.train(2.0))
    here.deploy()
    here.wants("staging", "2", here.train(5.0))
    with asked(here):
        here.deploy()
    here.project.git("revert", "--no-edit", "HEAD")
    with asked(here) as load:
        assert here.deploy().sentence == "version 1 runs in staging"
    assert load.lost == {}
    assert ask(here.addresses["staging"], 3.0) == (6.0, "")


@pytest.mark.parametrize(
    ("judged", "fails", "why"),
    [(4.0, False, "question 1 of 20 must be answered 8 and was answered 10"), (None, True, "requests failed")],
    ids=["another model than was judged", "failing on live requests"],
)
def test_a_bad_release_is_taken_back(here: Shop, judged: float | None, fails: bool, why: str) -> None:
    here.wants("staging", "1", here.train(2.0))
    here.deploy()
    here.wants("staging", "2", here.train(5.0, judged=judged, fails=fails))
    with asked(here):
        answer = here.deploy()
    assert answer.verdict is Verdict.FAIL
    assert why in answer.sentence
    assert ask(here.addresses["staging"], 1.0) == (2.0, "")
    assert here.project.git("tag", "--list", "linear#staging#*") == "linear#staging#1"


def test_what_has_not_proven_itself_does_not_go_on(here: Shop) -> None:
    commit = here.train(2.0)
    here.wants("production", "1", commit)
    with pytest.raises(InputError, match="has not proven itself in staging") as caught:
        here.deploy("production")
    assert caught.value.code == "E-DEP-033"
    here.wants("staging", "1", commit)
    here.deploy()
    assert here.deploy("production").sentence == "version 1 runs in production"


def test_a_release_that_is_not_what_its_file_says_is_not_started(here: Shop) -> None:
    here.wants("staging", "1", here.train(2.0), release=f"sha256:{'0' * 64}")
    with pytest.raises(SecurityRefusal, match="Nothing was started") as caught:
        here.deploy()
    assert caught.value.code == "E-SEC-061"
    assert ProcessTarget(here.state / "staging", "", {}).fleet().instances == ()


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("locked: incident 12\n", "staging is locked: incident 12"),
        ("freeze: {until: 2999-12-31, reason: year end}\n", "staging is frozen until 2999-12-31: year end"),
    ],
    ids=["locked", "frozen"],
)
def test_a_closed_environment_stays_as_it_is(here: Shop, line: str, why: str) -> None:
    path = "environments/staging/environment.yaml"
    here.project.write(path, here.project.read(path) + line)
    here.wants("staging", "1", here.train(2.0))
    with pytest.raises(InputError, match=why):
        here.deploy()


@pytest.mark.parametrize(
    ("name", "code"),
    [("staging", "E-REL-002"), ("nowhere", "E-ENV-002"), ("../staging", "E-ENV-002")],
)
def test_what_git_does_not_say_is_told(here: Shop, name: str, code: str) -> None:
    here.train(2.0)
    with pytest.raises(InputError) as caught:
        here.deploy(name)
    assert caught.value.code == code


def test_what_is_not_committed_does_not_count(here: Shop) -> None:
    here.wants("staging", "1", here.train(2.0))
    here.project.replace("environments/staging/release.yaml", "version: 1", "version: 9")
    assert here.deploy().sentence == "version 1 runs in staging"


def test_an_older_commit_comes_too_late(here: Shop) -> None:
    older = here.wants("staging", "1", here.train(2.0))
    here.wants("staging", "2", here.train(5.0))
    here.deploy()
    here.project.git("checkout", "--quiet", older)
    with pytest.raises(Superseded, match="is not newer than"):
        here.deploy()
    assert ask(here.addresses["staging"], 3.0) == (15.0, "")


def test_of_two_at_once_the_newer_one_runs_in_the_end(here: Shop, tmp_path: Path) -> None:
    here.wants("staging", "1", here.train(2.0))
    here.deploy()
    here.wants("staging", "2", here.train(3.0))
    late = tmp_path / "late"
    shutil.copytree(here.project.root, late, symlinks=True)
    here.wants("staging", "3", here.train(5.0))
    told: dict[str, object] = {}

    def old() -> None:
        try:
            told["old"] = Shop(type(here.project)(late), here.state, here.addresses).deploy().sentence
        except Superseded as error:
            told["old"] = error.exit_code

    def new() -> None:
        answer: Answer = here.deploy()
        told["new"] = answer.sentence

    with asked(here) as load:
        first, second = threading.Thread(target=old), threading.Thread(target=new)
        first.start()
        second.start()
        first.join()
        second.join()
    assert told["new"] == "version 3 runs in staging"
    assert told["old"] in (5, "version 2 runs in staging")
    assert load.lost == {}
    assert ask(here.addresses["staging"], 3.0) == (15.0, "")
    assert len(ProcessTarget(here.state / "staging", here.addresses["staging"], {}).fleet().instances) == 1
