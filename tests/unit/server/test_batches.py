"""What arrives together runs together, with each its own answer; slow runs, failures and deadlines stay apart."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import numpy as np
import pytest

from fixtures.server_wiring import Loop
from tidegate.server.inference.batches import WARY, Batches, BatchRules, Work
from tidegate.server.inference.onnx_model import OnnxModel, RunFailed, Stop
from tidegate.server.refusal import Refusal
from tidegate.server.release.datatypes import BY_NAME
from tidegate.server.release.signature import Column, Input, Output, Signature
from tidegate.server.requests.rows import Answers, Rows, Written

FLOAT = BY_NAME["FP64"]
SIGNATURE = Signature(
    (Input(name="x", datatype=FLOAT, rank=2, columns=(Column(name="x", datatype=FLOAT),)),),
    (
        Output(name="twice", datatype=FLOAT, rank=2),
        Output(name="both", datatype=FLOAT, rank=2, width=2),
    ),
)
SLOW = BatchRules(least=1.0)


class Doubling:
    """Doubles; fails on 13 wherever it stands."""

    def __init__(self, loop: Loop) -> None:
        self.sizes: list[int] = []
        self.takes = 0.0
        self.stopped: list[Stop | None] = []
        self._loop = loop

    def run(self, feed: dict[str, Any], stop: Stop | None = None) -> list[Any]:
        x = feed["x"]
        self.sizes.append(len(x))
        self.stopped.append(stop)
        self._loop.now += self.takes
        if (x == 13).any():
            raise RunFailed("secret")
        if (x == 14).any():
            raise ValueError("a bug")
        return [x * 2, np.concatenate([x, -x], axis=1)]


class Case:
    """A queue with its model, and what came of each request."""

    def __init__(self, rules: BatchRules | None = None) -> None:
        self.loop = Loop()
        self.model = Doubling(self.loop)
        self.watched: list[Any] = []
        self.troubles: list[Exception] = []
        self.results: dict[str, Answers | Refusal] = {}
        self.batches = Batches(
            cast("OnnxModel", self.model),
            SIGNATURE,
            rules or BatchRules(),
            cast("Any", self.loop),
            self.loop,
            lambda works, columns: self.watched.append(([work.id for work in works], [list(one) for one in columns])),
            self.troubles.append,
        )

    def submit(self, identity: str, *values: float, alive: Callable[[], bool] = lambda: True) -> Work:
        rows = Rows([list(values)], len(values), lambda _: Written(b""))

        def done(result: Answers | Refusal) -> None:
            assert identity not in self.results, "answered twice"
            self.results[identity] = result

        work = Work(rows, self.loop.now, done, alive, identity)
        self.batches.submit(work)
        return work

    def reason(self, identity: str) -> str:
        refusal = self.results[identity]
        assert isinstance(refusal, Refusal)
        return refusal.reason.value


def test_requests_of_one_turn_run_together_and_get_their_own_answers() -> None:
    case = Case()
    case.submit("a", 1)
    case.submit("b", 2, 3)
    case.loop.turn()
    assert case.model.sizes == [3]
    assert case.results == {"a": [[2], [1, -1]], "b": [[4, 6], [2, -2, 3, -3]]}
    assert case.watched == [(["a", "b"], [[1, 2, 3], [2, 4, 6], [1, 2, 3], [-1, -2, -3]])]


def test_a_request_waits_for_no_company() -> None:
    case = Case()
    case.submit("a", 1)
    case.loop.turn()
    case.submit("b", 2)
    case.loop.turn()
    assert case.model.sizes == [1, 1]


@pytest.mark.parametrize(("together", "sizes"), [(1, [1, 1, 2]), (2, [2, 2]), (3, [2, 2]), (4, [4])])
def test_a_run_holds_as_many_rows_as_allowed_and_never_splits_a_request(together: int, sizes: list[int]) -> None:
    case = Case(BatchRules(together=together))
    for identity, values in (("a", [1]), ("b", [2]), ("c", [3, 4])):
        case.submit(identity, *values)
    case.loop.turn()
    assert case.model.sizes == sizes
    assert len(case.results) == 3


def test_one_that_fails_does_not_fail_the_others() -> None:
    case = Case()
    for identity, value in (("a", 1), ("bad", 13), ("c", 3)):
        case.submit(identity, value)
    case.loop.turn()
    assert case.model.sizes == [3, 1, 1, 1]
    assert case.reason("bad") == "model_failed"
    assert "secret" not in case.results["bad"].message  # type: ignore[union-attr]
    assert case.results["c"] == [[6], [3, -3]]
    case.submit("d", 1)
    case.submit("e", 1)
    case.loop.turn()
    assert case.model.sizes[4:] == [2]


def test_a_bug_answers_too() -> None:
    case = Case()
    case.submit("a", 14)
    case.loop.turn()
    assert case.reason("a") == "internal_error"
    assert isinstance(case.troubles[0], ValueError)


def test_only_the_request_without_a_number_is_refused() -> None:
    case = Case()
    case.submit("a", 1)
    case.submit("b", 2, float("nan"))
    case.loop.turn()
    assert case.results["a"] == [[2], [1, -1]]
    assert case.reason("b") == "no_finite_answer"
    assert "row 1" in case.results["b"].message  # type: ignore[union-attr]


def test_slow_runs_leave_the_loop_free_and_the_next_gather() -> None:
    case = Case(SLOW)
    case.submit("a", 1)
    case.loop.turn()
    case.submit("b", 2)
    case.submit("c", 3)
    case.loop.turn()
    assert case.results == {}
    case.loop.work()
    case.loop.turn()
    case.loop.work()
    assert case.model.sizes == [1, 2]
    assert set(case.results) == {"a", "b", "c"}


def test_a_surprise_moves_the_next_runs_off_the_loop_for_a_while() -> None:
    case = Case()
    case.model.takes = 1.0
    case.submit("a", 1)
    case.loop.turn()
    assert "a" in case.results
    case.submit("b", 1)
    case.loop.turn()
    assert "b" not in case.results
    case.loop.work()
    assert "b" in case.results
    case.loop.now += WARY
    case.submit("c", 1)
    case.loop.turn()
    assert "c" in case.results


def test_too_many_waiting_rows_are_refused_but_one_large_request_is_not() -> None:
    case = Case(BatchRules(waiting=3, least=1.0))
    case.submit("large", 1, 2, 3, 4)
    case.loop.turn()
    case.submit("a", 1, 2)
    with pytest.raises(Refusal) as caught:
        case.submit("b", 1, 2)
    assert caught.value.status == 503
    assert ("Retry-After", "1") in caught.value.headers
    assert case.batches.waiting_rows == 2


def test_a_deadline_answers_stops_the_run_and_ignores_what_comes_later() -> None:
    case = Case(BatchRules(least=1.0, deadline=5.0))
    case.submit("running", 1)
    case.loop.turn()
    case.submit("waiting", 2)
    case.batches.expire(case.loop.now + 4)
    assert case.results == {}
    case.batches.expire(case.loop.now + 6)
    assert (case.reason("running"), case.reason("waiting")) == ("inference_timeout", "inference_timeout")
    case.loop.work()
    assert case.model.stopped[0].options.terminate  # type: ignore[union-attr]
    case.loop.turn()
    assert case.model.sizes == [1]


def test_trouble_with_counting_does_not_stop_the_queue() -> None:
    case = Case()
    case.watched = cast("Any", None)
    for identity in "ab":
        case.submit(identity, 1)
        case.loop.turn()
    assert set(case.results) == {"a", "b"}
    assert len(case.troubles) == 2


def test_those_who_have_gone_cost_no_run() -> None:
    case = Case()
    case.submit("gone", 1, alive=lambda: False)
    case.loop.turn()
    assert case.model.sizes == []
    assert case.reason("gone") == "client_gone"
    case.submit("b", 2)
    case.loop.turn()
    assert case.model.sizes == [1]
