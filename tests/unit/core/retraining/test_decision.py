"""When a retraining is asked for: by evidence and policy, once a window, and never faster than allowed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.core.contract import Budget, Retrain
from tidegate.core.retraining.decision import Decision, Request, Seen, Standing, decide

DAY = timedelta(days=1)
NOW = datetime(2024, 6, 3)
POLICY = Retrain(command=("extend",), cooldown=14 * DAY)
ALL = replace(POLICY, older_than=90 * DAY, labelled_rows=1_000, at_most=Budget(requests=2, per=90 * DAY))
DRIFT, CALM = Seen(state="drift", sentence="drift"), Seen(state="calm", sentence="calm")


def old(days: int) -> Seen:
    return replace(CALM, trained=NOW - days * DAY)


def ago(days: int, standing: Standing = "merged") -> Request:
    return Request(until=NOW - days * DAY, standing=standing, name=f"#{days}")


def kinds(decision: Decision) -> list[str]:
    return [reason.kind for reason in decision.reasons]


CASES: dict[str, tuple[Retrain, Seen, Sequence[Request], dict[str, Any], str, list[str]]] = {
    "drift": (POLICY, DRIFT, [], {}, "request", ["drift"]),
    "calm": (POLICY, CALM, [], {}, "nothing", []),
    "watch is not drift": (POLICY, Seen(state="watch", sentence="w"), [], {}, "nothing", []),
    "unknown is not drift": (POLICY, Seen(state="unknown", sentence="u"), [], {}, "nothing", []),
    "unknown, and old": (ALL, replace(old(90), state="unknown"), [], {"gained": 0}, "request", ["age"]),
    "as old as that": (ALL, old(90), [], {"gained": 0}, "request", ["age"]),
    "a day younger": (ALL, old(89), [], {"gained": 0}, "nothing", []),
    "a release of the future": (ALL, old(-400), [], {"gained": 0}, "nothing", []),
    "age is no reason unless the contract says so": (POLICY, old(9_000), [], {}, "nothing", []),
    "enough rows": (ALL, CALM, [], {"gained": 1_000}, "request", ["rows"]),
    "a row too few": (ALL, CALM, [], {"gained": 999}, "nothing", []),
    "rows are no reason unless the contract says so": (POLICY, CALM, [], {"gained": 10**6}, "nothing", []),
    "every reason is told": (
        ALL, replace(old(99), state="drift"), [], {"gained": 2_000}, "request", ["drift", "age", "rows"]
    ),
    "an open request of this window is finished": (POLICY, DRIFT, [ago(0, "open")], {}, "update", ["drift"]),
    "an open request gets later data": (POLICY, DRIFT, [ago(14, "open")], {}, "update", ["drift"]),
    "but not every day": (POLICY, DRIFT, [ago(13, "open")], {}, "wait", ["drift"]),
    "an open request is left when there is no reason": (POLICY, CALM, [ago(20, "open")], {}, "nothing", []),
    "nothing waits where there is no reason": (POLICY, CALM, [ago(3)], {}, "nothing", []),
    "closed for this window stays closed": (POLICY, DRIFT, [ago(0, "closed")], {}, "nothing", ["drift"]),
    "closed, and the cooldown lasts": (POLICY, DRIFT, [ago(13, "closed")], {}, "wait", ["drift"]),
    "closed, and a later window after the cooldown": (POLICY, DRIFT, [ago(14, "closed")], {}, "request", ["drift"]),
    "merged for this window": (POLICY, DRIFT, [ago(0)], {}, "nothing", ["drift"]),
    "merged, and the cooldown lasts": (POLICY, DRIFT, [ago(13)], {}, "wait", ["drift"]),
    "merged, and drifted again": (POLICY, DRIFT, [ago(14)], {}, "request", ["drift"]),
    "an older check after a newer request": (POLICY, DRIFT, [ago(-7, "open")], {}, "nothing", []),
    "the budget is spent": (ALL, DRIFT, [ago(20), ago(89, "closed")], {"gained": 0}, "wait", ["drift"]),
    "the budget is whole again": (ALL, DRIFT, [ago(20), ago(90)], {"gained": 0}, "request", ["drift"]),
    "the budget does not stop what is open": (
        ALL, DRIFT, [ago(20, "open"), ago(40)], {"gained": 0}, "update", ["drift"]
    ),
    "somebody asks": (POLICY, CALM, [], {"asked": "a new sensor"}, "request", ["asked"]),
    "somebody asks in the cooldown": (ALL, CALM, [ago(1), ago(2)], {"asked": "x"}, "request", ["asked"]),
    "somebody asks for what was closed": (POLICY, CALM, [ago(0, "closed")], {"asked": "x"}, "request", ["asked"]),
    "somebody asks for what is merged": (POLICY, CALM, [ago(0)], {"asked": "x"}, "nothing", ["asked"]),
    "the release has changed since": (POLICY, replace(DRIFT, moved_on="3, now 4"), [], {}, "wait", []),
    "even if somebody asks": (POLICY, replace(DRIFT, moved_on="3, now 4"), [], {"asked": "x"}, "wait", []),
}  # fmt: skip


@pytest.mark.parametrize(("policy", "seen", "history", "more", "action", "reasons"), CASES.values(), ids=CASES.keys())
def test_the_decision(
    policy: Retrain, seen: Seen, history: Sequence[Request], more: dict[str, Any], action: str, reasons: list[str]
) -> None:
    decision = decide(policy, seen, history, NOW, **more)
    assert (decision.action, kinds(decision)) == (action, reasons)
    assert decision.sentence


def test_without_a_window_nothing_is_asked_for() -> None:
    decision = decide(ALL, Seen(state="unknown", sentence="no row"), [], None, asked="now")
    assert (decision.action, decision.rows_matter) == ("nothing", False)
    assert "no row" in decision.sentence


def test_rows_are_counted_only_where_they_could_decide() -> None:
    assert decide(ALL, CALM, [], NOW).rows_matter
    assert not decide(POLICY, CALM, [], NOW).rows_matter
    assert not decide(ALL, DRIFT, [], NOW).rows_matter
    assert not decide(ALL, CALM, [ago(1)], NOW).rows_matter
    assert not decide(ALL, CALM, [], NOW, gained=3).rows_matter


def test_what_stands_for_this_window_may_stay() -> None:
    assert decide(POLICY, DRIFT, [ago(0, "open")], NOW).again
    assert not decide(POLICY, DRIFT, [ago(14, "open")], NOW).again
    assert not decide(POLICY, DRIFT, [ago(0, "open")], NOW, asked="now").again
    assert not decide(POLICY, DRIFT, [], NOW).again


def test_what_waits_says_until_when() -> None:
    assert "2024-06-04" in decide(POLICY, DRIFT, [ago(13)], NOW).sentence
    assert "2 requests in 90 days" in decide(ALL, DRIFT, [ago(20), ago(30)], NOW, gained=0).sentence


STATES = st.sampled_from(["calm", "watch", "drift", "unknown"])


@given(st.lists(STATES, min_size=1, max_size=60), st.sampled_from([1, 7, 30]), st.randoms(use_true_random=False))
def test_no_stream_of_checks_asks_faster_than_allowed(states: list[str], step: int, random: Any) -> None:
    """Each window is checked one to three times, some of them late; every request is merged, closed or left open."""
    history: list[Request] = []
    policy = replace(POLICY, at_most=Budget(requests=2, per=90 * DAY))
    for number, state in enumerate(states):
        for late in random.choices([0, 0, 1, 2], k=random.randint(0, 3)):
            now = NOW + (number - late) * step * DAY
            decision = decide(policy, Seen(state=state, sentence=state), history, now)
            open_now = [one for one in history if one.standing == "open"]
            if decision.action == "request":
                assert not open_now
                history.append(Request(until=now, standing="open", name=f"#{len(history)}"))
            elif decision.action == "update":
                (one,) = open_now
                history[history.index(one)] = replace(one, until=now)
        if history and random.random() < 0.3:
            history[-1] = replace(history[-1], standing=random.choice(["merged", "closed", "open"]))
            if history[-1].standing != "open" and any(one.standing == "open" for one in history[:-1]):
                history[-1] = replace(history[-1], standing="closed")
    moments = [one.until for one in history]
    assert all(later - earlier >= policy.cooldown for earlier, later in pairwise(moments))
    assert all(sum(one - 90 * DAY < other <= one for other in moments) <= 2 for one in moments)
