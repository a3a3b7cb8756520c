"""Lines that our pytest plugin left, as a run: a session that was cut short must not look like a pass."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from tidegate.core.comparison.beside.behaviour import KINDS, OTHER, Case, Example, Outcome, Run

_OUTCOMES: tuple[Outcome, ...] = ("passed", "failed", "skipped", "xfailed", "xpassed")
_EXITS = {"2": "was interrupted", "3": "met an error inside pytest", "4": "was not understood by pytest"}
_ADDRESS = re.compile(r"0x[0-9a-fA-F]{4,}")
_LONGEST = 300
MOST_TESTS = 5_000


def read(lines: str) -> Run:
    """The run that `lines` tell of; with a trouble unless every collected test has its result and the end was told."""
    try:
        events = [_event(line) for line in lines.splitlines()]
        collected = {event["id"]: event for event in events if event["event"] == "test"}
        results = {event["id"]: event for event in events if event["event"] == "result"}
        cases = tuple(_case(collected[name], result) for name, result in results.items())
    except (ValueError, KeyError, TypeError):
        return Run(trouble="what the tests told is not what our plugin writes")
    return Run(cases=cases, trouble=_trouble(events, collected, results))


def _event(line: str) -> dict[str, Any]:
    event = json.loads(line)
    if not isinstance(event, dict) or not isinstance(event["event"], str):
        raise TypeError("no event")
    return event


def _trouble(events: list[dict[str, Any]], collected: Mapping[str, Any], results: Mapping[str, Any]) -> str:
    if broken := [event for event in events if event["event"] == "broken"]:
        more = f" (and {len(broken) - 1} more)" if len(broken) > 1 else ""
        return f"{_cut(broken[0].get('where'))} cannot be collected: {_cut(broken[0].get('message'))}{more}"
    counted = [event.get("count") for event in events if event["event"] == "collected"]
    ends = [event.get("exit") for event in events if event["event"] == "end"]
    if not ends or len(counted) != 1 or counted[0] != len(collected):
        return _cut_short(collected, results)
    if not collected:
        return "there is no test in it"
    if len(collected) > MOST_TESTS:
        return f"{len(collected):,} tests are more than {MOST_TESTS:,}"
    if missing := _unfinished(collected, results):
        return f"{len(missing)} of {len(collected)} tests were never finished, first {_cut(missing[0])}"
    return "" if ends[-1] in (0, 1) else f"the run {_EXITS.get(str(ends[-1]), 'ended in no known way')}"


def _cut_short(collected: Mapping[str, Any], results: Mapping[str, Any]) -> str:
    missing = _unfinished(collected, results)
    return f"the run ended in {_cut(missing[0])}" if missing else "the run ended before its end"


def _unfinished(collected: Mapping[str, Any], results: Mapping[str, Any]) -> list[str]:
    return [name for name in collected if name not in results]


def _case(test: Mapping[str, Any], result: Mapping[str, Any]) -> Case:
    outcome: Outcome = _OUTCOMES[_OUTCOMES.index(result["outcome"])]
    identity = test["id"]
    kinds = [kind for kind in KINDS if kind in test["kinds"]]
    name, label = _split(identity)
    return Case(
        name=name,
        label=label,
        kind=kinds[0] if kinds else OTHER,
        warns=test["warns"] is True,
        outcome=outcome,
        message=_cut(result["message"]),
        examples=_examples(result, label) if outcome in ("failed", "xfailed") else (),
        cases=_count(result["cases"]) or 1,
        failed=_count(result["failed"]) or 0,
    )


def _split(identity: str) -> tuple[str, str]:
    """``model/behaviour/test_hours.py::test_night[2011-11-03]`` → ``test_hours.py::test_night``, ``2011-11-03``."""
    path, _, inside = identity.partition("::")
    name, bracket, label = inside.partition("[")
    return f"{path.rpartition('/')[2]}::{name}"[:_LONGEST], label.removesuffix("]")[:_LONGEST] if bracket else ""


def _examples(result: Mapping[str, Any], label: str) -> tuple[Example, ...]:
    """Those that the test recorded; else the comparison that failed, or the error's own words."""
    recorded = [one for one in result["examples"] if isinstance(one, dict)]
    if recorded:
        return tuple(
            Example(
                case=_cut(one.get("case", label)),
                observed=_cut(one.get("observed")),
                expected=_cut(one.get("expected")),
            )
            for one in recorded
        )
    observed, expected = _cut(result["observed"]), _cut(result["expected"])
    return (Example(case=label, observed=observed or _cut(result["message"]), expected=expected),)


def _count(value: Any) -> int | None:
    if value is None:
        return None
    if type(value) is not int or not 0 <= value <= 10**12:
        raise ValueError("no count")
    return int(value)


def _cut(value: Any) -> str:
    """One line of at most 300 characters; addresses in memory, which differ from run to run, are left out."""
    text = "" if value is None else str(value)
    return _ADDRESS.sub("0x…", " ".join(text.split()))[:_LONGEST]
