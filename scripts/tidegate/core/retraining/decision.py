"""Whether it is time to ask for a retraining: by evidence, age, new rows, and by what was asked for before.

All times are live data's own (the end of the latest window), so that a check that is late, doubled or run again decides
the same. Nobody is asked twice about one window, and never faster than the cooldown and the budget allow.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from tidegate.core.contract import Retrain
from tidegate.core.drift.wording import times

Action = Literal["request", "update", "wait", "nothing"]
Kind = Literal["asked", "drift", "age", "rows"]
Standing = Literal["open", "merged", "closed"]


@dataclass(frozen=True, kw_only=True)
class Seen:
    """A drift check's answer as far as it matters here.

    `trained`: when the watched release's commit was made, None where there is no release. `moved_on`: why the check is
    about another model than the environment's of today; empty where it is about that.
    """

    state: str
    sentence: str
    trained: datetime | None = None
    moved_on: str = ""


@dataclass(frozen=True, kw_only=True)
class Request:
    """A retraining that was asked for with data until `until`; `name` as people know it (``#12``, or a branch)."""

    until: datetime
    standing: Standing
    name: str


@dataclass(frozen=True, kw_only=True)
class Reason:
    """Why the model should be trained again."""

    kind: Kind
    sentence: str


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What to do and why.

    `rows_matter`: the answer could be another one if it were known how many rows there are. `again`: this window has
    been asked for, so that whatever stands of it may stay.
    """

    action: Action
    sentence: str
    reasons: tuple[Reason, ...] = ()
    rows_matter: bool = False
    again: bool = False


def decide(
    policy: Retrain,
    seen: Seen,
    history: Sequence[Request],
    now: datetime | None,
    *,
    asked: str = "",
    gained: int | None = None,
) -> Decision:
    """The action by the contract's policy. `now`: the end of the latest window, None where there is none.

    `asked`: why a person wants it whatever cooldown, budget and closed requests say; `gained`: rows of training data
    that a request would add, None where nobody counted them.
    """
    if now is None:
        return Decision(action="nothing", sentence=f"no window of live data is over: {seen.sentence}")
    if seen.moved_on:
        return Decision(action="wait", sentence=seen.moved_on)
    if later := [request for request in history if request.until > now]:
        told = f"{later[0].name} is about data until {_moment(later[0].until)}; this evidence ends {_moment(now)}"
        return Decision(action="nothing", sentence=told)
    reasons = _reasons(policy, seen, now, asked, gained)
    hindrance = _hindrance(policy, history, now, asked)
    if hindrance is not None and reasons:
        return Decision(action=hindrance[0], sentence=hindrance[1], reasons=reasons)
    if not reasons:
        unknown = policy.labelled_rows is not None and gained is None and hindrance is None
        return Decision(action="nothing", sentence=_no_reason(policy, seen, gained), rows_matter=unknown)
    action: Action = "update" if _standing(history, "open") else "request"
    again = not asked and any(request.standing == "open" and request.until == now for request in history)
    return Decision(action=action, sentence="; ".join(one.sentence for one in reasons), reasons=reasons, again=again)


def _reasons(policy: Retrain, seen: Seen, now: datetime, asked: str, gained: int | None) -> tuple[Reason, ...]:
    found: list[Reason] = []
    if asked:
        found.append(Reason(kind="asked", sentence=f"somebody asked for it: {asked}"))
    if seen.state == "drift":
        found.append(Reason(kind="drift", sentence=seen.sentence))
    age = timedelta(0) if seen.trained is None else now - seen.trained
    if policy.older_than is not None and age >= policy.older_than:
        found.append(Reason(kind="age", sentence=f"the release is {times(age.days, 'day')} old"))
    if policy.labelled_rows is not None and gained is not None and gained >= policy.labelled_rows:
        found.append(Reason(kind="rows", sentence=f"there are {times(gained, 'more labelled row')} to train on"))
    return tuple(found)


def _hindrance(
    policy: Retrain, history: Sequence[Request], now: datetime, asked: str
) -> tuple[Literal["wait", "nothing"], str] | None:
    """What speaks against asking (again) now. No request is later than `now`."""
    newest = max(history, key=lambda request: request.until, default=None)
    if newest is None or (newest.standing == "open" and newest.until == now):
        return None  # the same window again: what a killed run left is finished, and what is whole stays as it is
    if newest.until == now and (newest.standing == "merged" or not asked):
        how = "was merged" if newest.standing == "merged" else "was closed by somebody"
        return "nothing", f"{newest.name} was about this very window and {how}"
    if asked:
        return None
    if now < newest.until + policy.cooldown:
        return "wait", f"{newest.name} was about data until {_moment(newest.until)}; {_cooldown(policy, newest.until)}"
    if policy.at_most is not None and not _standing(history, "open"):
        recent = sum(request.until > now - policy.at_most.per for request in history)
        if recent >= policy.at_most.requests:
            per = times(policy.at_most.per.days, "day")
            return "wait", f"{times(recent, 'request')} in {per} of data; at_most allows no more"
    return None


def _cooldown(policy: Retrain, since: datetime) -> str:
    return f"the cooldown ends {_moment(since + policy.cooldown)}"


def _standing(history: Sequence[Request], standing: Standing) -> bool:
    return any(request.standing == standing for request in history)


def _no_reason(policy: Retrain, seen: Seen, gained: int | None) -> str:
    if seen.state == "unknown":
        return f"nothing is asked for on what is not known: {seen.sentence}"
    if gained is not None and policy.labelled_rows is not None:
        return f"no reason to retrain: {seen.state}, {times(gained, 'more labelled row')} of {policy.labelled_rows:,}"
    return f"no reason to retrain: {seen.sentence}"


def _moment(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M}".removesuffix(" 00:00")
