"""A rollback that is ended before any of its steps, by any signal: the next one finishes it, and somebody answers."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from fixtures import killed
from fixtures.proxies import needs_proxy
from fixtures.rollbacks import TOKEN, Yard, yard
from fixtures.served_github import served
from tidegate.commands import status
from tidegate.core.answer import Verdict

pytestmark = needs_proxy
STEPS = [
    "start",
    "awaitready",
    "smoke",
    "shift",
    "record",
    "stop",
    "done",
    "remember",
    "alias",
    "deployment",
    "revert",
    "issue",
]


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Yard]:
    found = yard(tmp_path)
    yield found
    found.close()


@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL], ids=lambda by: by.name)
@pytest.mark.parametrize("place", range(1, len(STEPS) + 1), ids=STEPS)
def test_the_next_run_finishes_it_and_no_request_is_lost(here: Yard, place: int, by: signal.Signals) -> None:
    here.runs("1")
    here.runs("2")
    with here.asked(clients=2) as load:
        with served(here.fake) as address:
            environ = {**TOKEN, "GITHUB_SERVER_URL": address, "GITHUB_API_URL": address}
            environ["GITHUB_GRAPHQL_URL"] = f"{address}/graphql"
            ended = killed.run("rollback-release", here.shop, environ, place, by)
        assert ended == (1 if by is signal.SIGINT else -by)
        answer = here.back()
    assert load.lost == {}
    assert answer.verdict is Verdict.PASS
    assert (answer.outputs["version"], here.answers, here.running) == ("1", "1", ["1"])
    assert [entry["version"] for entry in here.tags("linear#staging#*")] == ["1", "2", "1"]
    assert [entry["version"] for entry in here.tags("linear!staging!*")] == ["2"]
    assert len(here.fake.proposals.open()) == len(here.fake.pulls) == 1
    assert len(here.fake.issues.open()) == len(here.fake.issues.held) == 1
    here.merge(1)
    assert here.run(status).exit_code == 0


def test_the_steps_are_these(here: Yard) -> None:
    here.runs("1")
    here.runs("2")
    found: list[tuple[int, str]] = []
    here.back(seen=lambda number, name: found.append((number, name)))
    assert found == list(enumerate(STEPS, start=1))
