"""Requests that arrived in the same turn of the event loop run together: no request ever waits for company.

A run that the start-up measurement expects to be short happens on the loop itself, since handing it to a thread would
cost more than it takes; a longer one in the one worker thread, while the next requests gather. Then health checks
and refusals go on, and a run past its deadline is told to stop.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tidegate.server.inference.onnx_model import OnnxModel, RunFailed, Stop
from tidegate.server.inference.tensors import feed, joined, not_finite, plain
from tidegate.server.inference.worker import Apart
from tidegate.server.refusal import Reason, Refusal
from tidegate.server.release.signature import Signature
from tidegate.server.requests.rows import Answers, Rows

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Outputs = list[NDArray[Any]]

Watch = Callable[["Sequence[Work]", "Sequence[Sequence[Any]]"], None]
"""Called after a run with its requests and all columns: features, then answers."""
ON_THE_LOOP = 0.002
"""Seconds that a run may be expected to take, to be done there."""
SURPRISE = 0.02
"""Seconds after which a run on the loop shows that the expectation is wrong for such rows..."""
WARY = 60.0
"""...so that for so long all runs go to the thread."""
_FAILED = "the model failed on this input"


@dataclass(frozen=True, kw_only=True)
class BatchRules:
    """`together`: most rows of one run of several requests, 1 when the model must see requests alone.

    `waiting`: most rows that may wait; `deadline`: seconds from arrival to answer; `least` and `per_row`: seconds that
    a run takes.
    """

    together: int = 256
    waiting: int = 20_000
    deadline: float = 10.0
    least: float = 0.0
    per_row: float = 0.0

    def expected(self, rows: int) -> float:
        """Seconds that a run of so many rows is expected to take."""
        return self.least + self.per_row * rows


@dataclass(frozen=True, slots=True)
class Ran:
    """What a run was given, all requests below one another, and what it gave."""

    columns: list[Any]
    outputs: Outputs


@dataclass(slots=True, eq=False)
class Work:
    """One request's rows on their way; `done` is called once, with its answers or why there are none.

    `by_itself`: it runs alone. `seen`: whether it is shown to whoever watches what clients ask.
    """

    rows: Rows
    arrived: float
    done: Callable[[Answers | Refusal], None]
    alive: Callable[[], bool]
    id: str
    over: bool = field(default=False)
    by_itself: bool = field(default=False)
    seen: bool = True

    def finish(self, result: Answers | Refusal) -> None:
        """Hand the result over, unless a deadline was first."""
        if not self.over:
            self.over = True
            self.done(result)


class Batches:
    """The queue in front of the model."""

    def __init__(
        self,
        model: OnnxModel,
        signature: Signature,
        rules: BatchRules,
        loop: asyncio.AbstractEventLoop,
        apart: Apart,
        watch: Watch,
        trouble: Callable[[Exception], None],
    ) -> None:
        """`trouble` hears of errors that are ours and not the request's."""
        self._model, self._signature, self._rules, self._loop, self._apart = model, signature, rules, loop, apart
        self._watch, self._trouble = watch, trouble
        self._queue: deque[Work] = deque()
        self._rows = 0
        self._scheduled = False
        self._running: tuple[list[Work], Stop] | None = None
        self._wary_until = 0.0

    def submit(self, work: Work) -> None:
        """Take a request in. Raises Refusal when too many rows wait already."""
        if self._rows + work.rows.count > self._rules.waiting and self._queue:
            raise Refusal(Reason.OVERLOADED, "too many rows are waiting; try again", headers=(("Retry-After", "1"),))
        self._queue.append(work)
        self._rows += work.rows.count
        self._schedule()

    def _schedule(self) -> None:
        if self._queue and not self._scheduled and self._running is None:
            self._scheduled = True
            self._loop.call_soon(self._start)

    def _start(self) -> None:
        self._scheduled = False
        batch = self._take()
        if not batch:
            return
        rows, now = sum(work.rows.count for work in batch), self._loop.time()
        if self._rules.expected(rows) <= ON_THE_LOOP and now >= self._wary_until:
            self._finish(batch, self._compute(batch, None))
            if self._loop.time() - now > SURPRISE:
                self._wary_until = now + WARY
        else:
            stop = Stop()
            self._running = (batch, stop)
            self._apart.do(lambda: self._compute(batch, stop), lambda result: self._ran(batch, result))
        self._schedule()

    def _take(self) -> list[Work]:
        """As many waiting requests as may run together; those that nobody waits for any more are left out."""
        batch: list[Work] = []
        count = 0
        while self._queue and (not batch or self._fits(batch, count)):
            work = self._queue.popleft()
            self._rows -= work.rows.count
            if work.over or not work.alive():
                work.finish(Refusal(Reason.CLIENT_GONE, "the client has gone"))
                continue
            batch.append(work)
            count += work.rows.count
        return batch

    def _fits(self, batch: list[Work], count: int) -> bool:
        following = self._queue[0]
        apart = following.by_itself or batch[0].by_itself
        return not apart and count + following.rows.count <= self._rules.together

    def _ran(self, batch: list[Work], result: Ran | Refusal | None) -> None:
        self._running = None
        self._finish(batch, result)
        self._schedule()

    def _compute(self, batch: list[Work], stop: Stop | None) -> Ran | Refusal | None:
        """Run the batch; None means that it failed as a whole and its requests have to be tried one by one."""
        try:
            columns = joined([work.rows.columns for work in batch])
            return Ran(columns, self._model.run(feed(self._signature, columns), stop))
        except RunFailed:
            return Refusal(Reason.MODEL_FAILED, _FAILED) if len(batch) == 1 else None
        except Exception as error:  # noqa: BLE001 - a bug of ours must not leave a request without an answer
            self._trouble(error)
            return Refusal(Reason.BUG, "the server failed; its log says more")

    def _finish(self, batch: list[Work], result: Ran | Refusal | None) -> None:
        if result is None:
            for work in reversed(batch):
                work.by_itself = True
                self._queue.appendleft(work)
                self._rows += work.rows.count
        elif isinstance(result, Refusal):
            for work in batch:
                work.finish(result)
        else:
            self._hand_out(batch, result)

    def _hand_out(self, batch: list[Work], ran: Ran) -> None:
        bad = not_finite(ran.outputs)
        flat = [output.reshape(-1).tolist() for output in ran.outputs]
        widths = [output.width for output in self._signature.outputs]
        start = 0
        for work in batch:
            end = start + work.rows.count
            if bad is not None and bad[start:end].any():
                work.finish(_no_answer([row for row in range(end - start) if bad[start + row]]))
            else:
                work.finish([values[start * w : end * w] for values, w in zip(flat, widths, strict=True)])
            start = end
        if not batch[0].seen:
            return
        try:
            self._show(batch, ran, flat, widths)
        except Exception as error:  # noqa: BLE001 - counting and logging must not stop the queue
            self._trouble(error)

    def _show(self, batch: list[Work], ran: Ran, flat: list[list[Any]], widths: list[int]) -> None:
        answers = [values[place::w] for values, w in zip(flat, widths, strict=True) for place in range(w)]
        self._watch(batch, [*(plain(values) for values in ran.columns), *answers])

    def expire(self, now: float) -> None:
        """Called about once a second: answer for requests that have waited too long, and stop a run that has."""
        running = self._running[0] if self._running else []
        late = [work for work in (*running, *self._queue) if now - work.arrived > self._rules.deadline]
        for work in late:
            text = f"no prediction within {self._rules.deadline:g} seconds"
            work.finish(Refusal(Reason.INFERENCE_TIMEOUT, text, headers=(("Retry-After", "1"),)))
        if self._running and all(work.over for work in running):
            self._running[1].now()

    @property
    def waiting_rows(self) -> int:
        """Rows that have not been started."""
        return self._rows

    def close(self) -> None:
        """Nothing more will come: let go of a run that goes on."""
        if self._running:
            self._running[1].now()


def _no_answer(rows: list[int]) -> Refusal:
    which = ", ".join(str(row) for row in rows[:10]) + ("…" if len(rows) > 10 else "")
    text = f"the model has no finite answer for row {which}: a value may be unknown to it or outside what it has seen"
    return Refusal(Reason.NO_FINITE_ANSWER, text)
