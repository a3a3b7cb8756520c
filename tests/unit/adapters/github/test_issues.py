"""One sticky issue per key: written, found again, closed, and alone whoever writes at the same time."""

from __future__ import annotations

import pytest

from fixtures.fake_github import FakeGitHub
from fixtures.turns import World
from tidegate.adapters.github import issues
from tidegate.core.github.issues import drafted
from tidegate.errors import InfrastructureError, InputError
from tidegate.simulator import faults

KEY = "drift/bike-demand"


def upsert(fake: FakeGitHub, body: str = "It drifts.", run: int = 1, key: str = KEY) -> issues.Issue:
    return issues.upsert(fake.connection(), key=key, title="Drift", body=body, labels=["tidegate"], run=run)


def shown(fake: FakeGitHub) -> list[tuple[int, str]]:
    return [(issue["number"], issue["body"].partition("\n")[2]) for issue in fake.issues.open()]


def test_an_issue_is_opened_once_and_edited_from_then_on() -> None:
    fake = FakeGitHub()
    first = upsert(fake)
    assert (first.number, first.open, first.title) == (1, True, "Drift")
    assert fake.issues.held[1]["labels"] == [{"name": "tidegate"}]
    fake.issues.held[1]["labels"] = [{"name": "looked at"}]
    assert upsert(fake, "It drifts more.", run=2).number == 1
    assert shown(fake) == [(1, "It drifts more.")]
    assert fake.issues.held[1]["labels"] == [{"name": "looked at"}]


def test_what_is_shown_already_is_not_written_again() -> None:
    fake = FakeGitHub()
    upsert(fake)
    before = len(fake.asked)
    upsert(fake)
    assert [asked.method for asked in fake.asked[before:]] == ["POST", "GET"]
    assert fake.asked[before].path == "/graphql"


def test_closed_with_a_word_and_opened_again() -> None:
    fake = FakeGitHub()
    upsert(fake)
    closed = issues.close(fake.connection(), KEY, "It has stopped.")
    assert closed is not None
    assert not closed.open
    assert fake.bodies(1) == ["It has stopped."]
    assert issues.close(fake.connection(), KEY, "It has stopped.") is None
    assert fake.bodies(1) == ["It has stopped."]
    found = issues.find(fake.connection(), KEY)
    assert found is not None
    assert not found.open
    assert upsert(fake, "Again.", run=2).open
    assert shown(fake) == [(1, "Again.")]


def test_nothing_to_close() -> None:
    fake = FakeGitHub()
    fake.issues.add("Drift", drafted(KEY, "Drift", "x", 1).body, user={"login": "visitor"})
    assert issues.find(fake.connection(), KEY) is None
    assert issues.close(fake.connection(), KEY, "bye") is None
    assert fake.bodies(1) == []


def test_nothing_of_anybody_else_is_touched() -> None:
    fake = FakeGitHub()
    marker = drafted(KEY, "Drift", "x", 1).body
    fake.issues.add("spoofed", marker, user={"login": "visitor"})
    fake.issues.add("a pull request of ours", marker, pull_request={})
    fake.issues.add("quoted", f"> {marker}")
    before = {number: dict(issue) for number, issue in fake.issues.held.items()}
    assert upsert(fake).number == 4
    assert {number: fake.issues.held[number] for number in before} == before


@pytest.mark.parametrize("others", [0, 29, 99, 100, 250])
def test_found_on_any_page(others: int) -> None:
    fake = FakeGitHub()
    number = upsert(fake).number
    for place in range(others):
        upsert(fake, key=f"other/{place}") if place < 3 else fake.issues.add("other", "something else")
    assert upsert(fake, "more", run=2).number == number


@pytest.mark.parametrize(
    "fault",
    [
        faults.answer(502, method="POST", path="/issues$"),
        faults.answer(502, method="POST", path="/issues$", committed=True),
        faults.reset(method="POST", path="/issues$"),
        faults.reset(method="POST", path="/issues$", committed=True),
        faults.truncated(method="POST", path="/issues$"),
        faults.too_many(retry_after=5, method="POST", path="/issues$"),
        faults.answer(502, method="PATCH", path="/issues/", committed=True),
        faults.reset(method="PATCH", path="/issues/", committed=True),
        faults.answer(503, method="GET", path="/issues$"),
        faults.stale(3, method="GET", path="/issues$", times=3),
    ],
    ids=lambda fault: f"{fault.method} {fault.kind}{' after it took effect' if fault.committed else ''}",
)
def test_a_fault_leaves_one_issue_all_the_same(fault: faults.Fault) -> None:
    fake = FakeGitHub()
    if fault.method == "PATCH":
        upsert(fake, "before")
    fake.faults.add(fault)
    upsert(fake, run=2)
    assert shown(fake) == [(1, "It drifts.")]
    assert len(fake.issues.held) == 1


@pytest.mark.parametrize("writers", [2, 4, 8])
@pytest.mark.parametrize("seed", range(5))
def test_of_many_at_once_one_issue_is_left_and_it_is_the_newest(writers: int, seed: int) -> None:
    world = World(seed)
    fake = FakeGitHub(world, latency=0.4)
    programs = [lambda run=run: upsert(fake, f"run {run}", run=run) for run in range(1, writers + 1)]  # type: ignore[misc]
    assert world.run(programs) == []
    assert shown(fake) == [(1, f"run {writers}")]


def test_no_permission_names_the_key_that_is_missing() -> None:
    fake = FakeGitHub()
    fake.faults.add(faults.answer(403, message="Resource not accessible", method="POST", path="/issues$"))
    with pytest.raises(InputError, match="Add `issues: write`"):
        upsert(fake)


def test_an_issue_that_keeps_changing_is_told() -> None:
    fake = FakeGitHub()
    upsert(fake)
    connection = fake.connection()
    ask = connection.ask

    def restless(call, **options):  # type: ignore[no-untyped-def]
        reply = ask(call, **options)
        fake.issues.held[1]["title"] = f"another {len(fake.asked)}"
        return reply

    connection.ask = restless  # type: ignore[method-assign]
    with pytest.raises(InfrastructureError, match="keeps changing"):
        issues.upsert(connection, key=KEY, title="Drift", body="It drifts.", run=2)
