from __future__ import annotations

import pytest

from tidegate.simulator import faults
from tidegate.simulator.faults import Fault, Faults


def _kinds(ordered: Faults, *requests: tuple[str, str]) -> list[list[str]]:
    return [[fault.kind for fault in ordered.met(method, path)] for method, path in requests]


def test_a_fault_happens_once_to_the_next_matching_request() -> None:
    ordered = Faults()
    ordered.add(faults.reset(method="POST", path="/comments$"))
    calls = [("GET", "/x/comments"), ("POST", "/x/labels"), ("POST", "/x/comments"), ("POST", "/x/comments")]
    assert _kinds(ordered, *calls) == [[], [], ["reset"], []]


def test_nth_and_times_count_only_matching_requests() -> None:
    ordered = Faults()
    ordered.add(faults.answer(502, path="/comments", nth=2, times=2))
    calls = [
        ("GET", "/comments"),
        ("GET", "/labels"),
        ("GET", "/comments"),
        ("POST", "/comments"),
        ("GET", "/comments"),
    ]
    assert _kinds(ordered, *calls) == [[], [], ["answer"], ["answer"], []]


def test_several_faults_meet_one_request_in_the_order_they_were_added() -> None:
    ordered = Faults()
    ordered.add(faults.delay(0.1), faults.truncated())
    assert _kinds(ordered, ("GET", "/")) == [["delay", "truncated"]]


def test_nothing_happens_after_clear() -> None:
    ordered = Faults()
    ordered.add(faults.stale(5))
    ordered.clear()
    assert ordered.met("GET", "/") == []


@pytest.mark.parametrize(
    ("fault", "status", "header"),
    [
        pytest.param(faults.secondary_limit(retry_after=2), 403, ("Retry-After", "2"), id="secondary"),
        pytest.param(faults.too_many(retry_after=3), 429, ("Retry-After", "3"), id="too many"),
        pytest.param(faults.primary_limit(reset_at=9), 403, ("X-RateLimit-Reset", "9"), id="primary"),
    ],
)
def test_limits_say_when_to_come_back(fault: Fault, status: int, header: tuple[str, str]) -> None:
    assert fault.status == status
    assert fault.headers[header[0]] == header[1]
    assert not fault.committed


@pytest.mark.parametrize("fault", [faults.truncated(), faults.page()], ids=lambda fault: fault.kind)
def test_a_spoiled_reply_belongs_to_a_request_that_took_effect(fault: Fault) -> None:
    assert fault.committed
