"""Paths to answers. Every path is known at the start, so a request's path is looked up and never interpreted."""

from __future__ import annotations

import itertools
import re
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tidegate import __version__
from tidegate.server.inference.batches import Batches, Work
from tidegate.server.mirroring.outlet import Outlet
from tidegate.server.observation.distributions import Distributions
from tidegate.server.observation.metrics import GONE, RequestMetrics, head, sample
from tidegate.server.observation.prediction_log import Entry, PredictionLog, to_stderr
from tidegate.server.refusal import Reason, Refusal, shown
from tidegate.server.release.folder import Release
from tidegate.server.requests.invocations import Invocations
from tidegate.server.requests.json_body import dumps
from tidegate.server.requests.open_inference import OpenInference
from tidegate.server.requests.rows import Answers, Judge, Rows
from tidegate.server.wire.budget import Budget
from tidegate.server.wire.connection import Connection
from tidegate.server.wire.limits import Limits
from tidegate.server.wire.message import CHECK, JSON, Request, Response
from tidegate.server.wire.service import Reply

_ID = re.compile(r"[!-~]{1,128}")
_TEXT = "text/plain; version=0.0.4; charset=utf-8"

Read = Callable[[Request], Rows]
Say = Callable[[], Response]


class Application:
    """What connections call; see `wire/service.py`."""

    def __init__(
        self,
        release: Release,
        limits: Limits,
        most_rows: int,
        log: PredictionLog | None,
        outlet: Outlet | None = None,
    ) -> None:
        self.limits = limits
        self.connections: set[Connection] = set()
        self.draining = False
        self.budget = Budget(limits.bodies)
        self.metrics = RequestMetrics()
        self.clock = time.monotonic
        self._release, self._log, self._outlet = release, log, outlet
        self._last_trouble: float | None = None
        self._ids = itertools.count(1)
        self._prefix = secrets.token_hex(8)
        signature = release.signature
        self._distributions = Distributions(release.profile, signature.names, signature.answers)
        judge = Judge(signature, most_rows)
        invocations = Invocations(judge)
        protocol = OpenInference(judge, release.name, release.version)
        self._reads: Mapping[str, tuple[str, Read]] = {
            "/invocations": ("invocations", lambda request: invocations.read(request.body, request.headers)),
            **{
                f"{model}/infer": ("infer", lambda request: protocol.read(request.body, request.headers))
                for model in self._model_paths()
            },
        }
        self._says = self._spoken()
        self.tick()

    def connect(self, batches: Batches) -> None:
        """The model's queue, which needs the running loop and so comes later."""
        self._batches = batches

    def _model_paths(self) -> tuple[str, str]:
        model = f"/v2/models/{self._release.name}"
        return model, f"{model}/versions/{self._release.version}"

    def _spoken(self) -> Mapping[str, tuple[str, Say]]:
        """The paths that are read with GET: endpoint for the metrics, and what makes the response."""
        says: dict[str, tuple[str, Say]] = {
            "/v2": ("metadata", _always(_server_metadata())),
            "/v2/health/live": ("health", _always({"live": True})),
            "/v2/health/ready": ("health", self._ready),
            "/ping": ("health", self._ready),
            "/version": ("version", _always(self._release.identity)),
            "/metrics": ("metrics", self._metrics),
        }
        for model in self._model_paths():
            says[model] = ("metadata", _always(_model_metadata(self._release)))
            says[f"{model}/ready"] = ("health", self._ready)
        return says

    # What connections call.

    def request_id(self, given: str | None) -> str:
        """The client's own id where it is fit to be repeated, otherwise a new one."""
        if given is not None and _ID.fullmatch(given):
            return given
        return f"{self._prefix}-{next(self._ids):x}"

    def serve(self, request: Request, reply: Reply, alive: Callable[[], bool]) -> None:
        """Answer, now or later, exactly once."""
        self.metrics.in_flight += 1
        start = time.perf_counter()
        endpoint = self._endpoint(request.path)

        def answer(response: Response) -> None:
            self.metrics.in_flight -= 1
            code = response.status if alive() else GONE
            reply(response)
            self.metrics.answered(endpoint, code, time.perf_counter() - start)

        try:
            self._dispatch(request, answer, alive)
        except Refusal as refusal:
            answer(self._refused(request.path, refusal))
        except Exception as error:  # noqa: BLE001 - nothing of our insides may reach a client
            answer(self._bug(request.path, error))

    def refuse(self, path: str, refusal: Refusal) -> Response:
        """The response to a request that was not read to its end."""
        self.metrics.answered(self._endpoint(path), refusal.status, 0.0)
        return self._refused(path, refusal)

    def _endpoint(self, path: str) -> str:
        found = self._reads.get(path) or self._says.get(path)
        return found[0] if found else "other"

    def _dispatch(self, request: Request, answer: Callable[[Response], None], alive: Callable[[], bool]) -> None:
        found = self._reads.get(request.path)
        if found is None:
            answer(self._said(request))
            return
        if request.method != "POST":
            raise Refusal(Reason.METHOD, f"{request.method} is not POST", headers=(("Allow", "POST"),))
        rows, check = found[1](request), CHECK in request.headers

        def done(result: Answers | Refusal) -> None:
            response = self._written(request, rows, result)
            answer(response)
            if self._outlet is not None and not check:
                self._outlet.offer(request, response)

        work = Work(rows, self.clock(), done, alive, _logged_id(request, rows), by_itself=check, seen=not check)
        self._batches.submit(work)

    def _said(self, request: Request) -> Response:
        found = self._says.get(request.path)
        if found is None:
            raise Refusal(Reason.NOT_FOUND, f"there is nothing at {shown(request.path)}; {self._hint()}")
        if request.method not in ("GET", "HEAD"):
            raise Refusal(Reason.METHOD, f"{request.method} is not GET", headers=(("Allow", "GET, HEAD"),))
        return found[1]()

    def _hint(self) -> str:
        return f"this server runs {self._release.name} version {self._release.version}"

    def _written(self, request: Request, rows: Rows, result: Answers | Refusal) -> Response:
        if isinstance(result, Refusal):
            return self._refused(request.path, result)
        try:
            written = rows.written(result)
        except Exception as error:  # noqa: BLE001 - one answer that cannot be written must not take others with it
            return self._bug(request.path, error)
        return Response(200, written.body, written.content_type, written.headers)

    def _bug(self, path: str, error: Exception) -> Response:
        self.trouble(error)
        return self._refused(path, Refusal(Reason.BUG, "the server failed; its log says more"))

    def _refused(self, path: str, refusal: Refusal) -> Response:
        """MLflow's clients look for `error_code` and `message`, the protocol's for `error`."""
        self.metrics.refused(refusal.reason)
        body: dict[str, str] = {"error": refusal.message, "reason": refusal.reason.value}
        if path == "/invocations":
            body = {"error_code": _mlflow_code(refusal.status), "message": refusal.message} | body
        return Response(refusal.status, dumps(body), headers=refusal.headers)

    # What the paths say.

    def _ready(self) -> Response:
        return Response(503 if self.draining else 200, dumps({"ready": not self.draining}))

    def _metrics(self) -> Response:
        identity = self._release.identity
        labels = {key: str(identity[key]) for key in ("name", "version", "commit", "release")}
        lines = [
            *head("tidegate_release_info", "gauge", "The release that runs here."),
            sample("tidegate_release_info", labels, 1),
            *head("tidegate_connections", "gauge", "Open connections."),
            sample("tidegate_connections", {}, len(self.connections)),
            *head("tidegate_rows_waiting", "gauge", "Rows of requests that the model has not begun."),
            sample("tidegate_rows_waiting", {}, self._batches.waiting_rows),
            *self.metrics.lines(),
            *self._distributions.lines(),
            *(self._log.lines() if self._log else ()),
            *(self._outlet.lines() if self._outlet else ()),
        ]
        return Response(200, ("\n".join(lines) + "\n").encode(), _TEXT)

    # What the model's queue calls.

    def watch(self, works: Sequence[Work], columns: Sequence[Sequence[Any]]) -> None:
        """Count and log the rows of one run."""
        self.metrics.runs += 1
        self.metrics.rows += len(columns[0])
        self._distributions.add(columns)
        if self._log:
            now = self.clock()
            requests = [(now - work.arrived, work.id, work.rows.count) for work in works]
            self._log.add(Entry(time.time_ns() // 1000, requests, columns))

    def trouble(self, error: Exception) -> None:
        """A bug of ours: into the log of the process, one a second at most, and never to a client."""
        import traceback

        now = self.clock()
        if self._last_trouble is None or now - self._last_trouble >= 1:
            self._last_trouble = now
            for line in "".join(traceback.format_exception(error)).splitlines():
                to_stderr(line)

    def tick(self) -> None:
        """Called about once a second: what takes too long ends, and the date moves on."""
        date = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime())
        self.standing = (
            f"Date: {date}\r\nX-Content-Type-Options: nosniff\r\nCache-Control: no-store\r\n"
            f"X-Model-Version: {self._release.version}\r\n"
        )
        now = self.clock()
        for connection in tuple(self.connections):
            connection.check(now)


def _logged_id(request: Request, rows: Rows) -> str:
    """The header's id where one was given, otherwise the protocol's, otherwise the one that was made."""
    if rows.id is None or request.headers.get("x-request-id") == request.id:
        return request.id
    return rows.id


def _always(document: Mapping[str, Any]) -> Say:
    response = Response(200, dumps(document), JSON)
    return lambda: response


def _server_metadata() -> dict[str, Any]:
    return {"name": "tidegate", "version": __version__, "extensions": ["binary_tensor_data"]}


def _model_metadata(release: Release) -> dict[str, Any]:
    signature = release.signature
    tensors = {
        kind: [{"name": one.name, "datatype": one.datatype.name, "shape": one.shape} for one in found]
        for kind, found in (("inputs", signature.inputs), ("outputs", signature.outputs))
    }
    return {"name": release.name, "versions": [release.version], "platform": "onnx_onnxv1", **tensors}


def _mlflow_code(status: int) -> str:
    return "BAD_REQUEST" if status < 500 else "TEMPORARILY_UNAVAILABLE" if status == 503 else "INTERNAL_ERROR"
