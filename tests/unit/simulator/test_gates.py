"""Who may start when: turns in a concurrency group, and the reviewers of an environment."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.simulator.gates import Decision, Gates, Protection, State, Wait

RUN, ACTOR = 7, "harbour"


def _asked(gates: Gates, environment: str = "production", run: int = RUN, groups: tuple[str, ...] = ()) -> State:
    return gates.ask(run, "deploy", ACTOR, environment, groups)


def _protected(**rule: object) -> Gates:
    return Gates(environments={"production": Protection(reviewers=("visitor", ACTOR), **rule)})  # type: ignore[arg-type]


def test_an_environment_that_nobody_protected_lets_everybody_in_and_comes_to_be() -> None:
    gates = Gates()
    assert _asked(gates, "staging") == "approved"
    assert gates.environments == {"staging": Protection()}


def test_a_job_without_an_environment_waits_for_nobody() -> None:
    gates = Gates()
    assert _asked(gates, "") == "approved"
    assert gates.waits == []


@pytest.mark.parametrize("decision", ["approved", "rejected"])
def test_a_protected_environment_waits_for_a_reviewer_and_then_answers_the_same(decision: State) -> None:
    gates = _protected()
    assert [_asked(gates), _asked(gates)] == ["waiting", "waiting"]
    [wait] = gates.review(RUN, "production", decision, by="visitor", comment="seen")
    assert (wait.by, wait.comment) == ("visitor", "seen")
    assert [_asked(gates), _asked(gates)] == [decision, decision]
    assert gates.review(RUN, "production", "approved", by="visitor") == []


@pytest.mark.parametrize(
    ("login", "by_author", "allowed"),
    [("visitor", False, True), (ACTOR, True, True), (ACTOR, False, False), ("stranger", True, False)],
    ids=["reviewer", "the author, who may", "the author, who may not", "somebody else"],
)
def test_only_reviewers_review_and_the_author_only_where_that_is_allowed(
    login: str, by_author: bool, allowed: bool
) -> None:
    gates = _protected(by_author=by_author)
    _asked(gates)
    assert bool(gates.review(RUN, "production", "approved", by=login)) is allowed
    assert _asked(gates) == ("approved" if allowed else "waiting")


@pytest.mark.parametrize(("decision", "state"), [("", "waiting"), ("approved", "approved"), ("rejected", "rejected")])
def test_people_may_be_told_how_to_decide(decision: Decision, state: State) -> None:
    gates = _protected(by_author=False)
    gates.decide = lambda _wait: decision
    assert _asked(gates) == state
    assert gates.waits[0].by == ("visitor" if decision else "")


def test_whoever_enters_is_heard_of_once() -> None:
    entered: list[Wait] = []
    gates = Gates(entered=entered.append)
    _asked(gates)
    _asked(gates)
    assert [wait.job for wait in entered] == ["deploy"]


def test_a_run_that_is_over_waits_for_nobody_and_frees_its_groups() -> None:
    gates = _protected()
    assert _asked(gates, groups=("g",)) == "waiting"
    assert _asked(gates, "staging", run=8, groups=("g",)) == "waiting"
    gates.finished(RUN)
    assert gates.waiting() == []
    assert _asked(gates, "staging", run=8, groups=("g",)) == "approved"


@given(st.lists(st.tuples(st.integers(1, 5), st.sampled_from(["ask", "finish"])), max_size=60))
def test_a_group_has_one_run_at_a_time_in_the_order_of_their_asking(events: list[tuple[int, str]]) -> None:
    gates, order, inside = Gates(), [], set()  # type: ignore[var-annotated]
    for run, event in events:
        if event == "finish":
            gates.finished(run)
            inside.discard(run)
            order = [other for other in order if other != run]
            continue
        order += [] if run in order else [run]
        if _asked(gates, "", run=run, groups=("g",)) == "approved":
            inside.add(run)
        assert inside <= {order[0]}
