"""Any body gets a 2xx or 4xx, the two protocols and ONNX Runtime agree to the bit, and bugs stay inside."""

from __future__ import annotations

import struct
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fixtures.server_models import WORDS
from fixtures.server_wiring import Served, said
from tidegate.server.observation.prediction_log import Entry
from tidegate.server.release.folder import Release

COLUMNS = ["size", "count", "fresh", "colour"]
SHARED = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)

GETS = {
    "/v2": {"name": "tidegate"},
    "/v2/health/live": {"live": True},
    "/v2/health/ready": {"ready": True},
    "/ping": {"ready": True},
    "/v2/models/fruit/ready": {"ready": True},
    "/v2/models/fruit/versions/7/ready": {"ready": True},
    "/v2/models/fruit/versions/7": {"platform": "onnx_onnxv1"},
}


@pytest.mark.parametrize(("path", "part"), GETS.items(), ids=GETS.keys())
def test_get(served: Served, path: str, part: dict[str, Any]) -> None:
    response = served.ask(path, method="GET")
    assert response.status == 200
    assert part.items() <= said(response).items()


def test_version_names_the_digest_of_every_file(served: Served, fruit: Release) -> None:
    told = said(served.ask("/version", method="GET"))
    assert told["release"] == fruit.digest
    assert told["files"] == fruit.files
    assert (told["name"], told["version"], told["commit"]) == ("fruit", "7", fruit.commit)


def test_draining_is_not_ready_but_alive_and_still_answers(served: Served) -> None:
    served.application.draining = True
    assert served.ask("/v2/health/ready", method="GET").status == 503
    assert served.ask("/ping", method="GET").status == 503
    assert served.ask("/v2/health/live", method="GET").status == 200
    assert served.ask("/invocations", _body([[1.0, 1, True, "red"]])).status == 200


NOT_FOUND = [
    "/",
    "/nope",
    "/v2/",
    "/v2/models",
    "/v2/models/other",
    "/v2/models/fruit/versions/8/infer",
    "/v2/models/../../etc/passwd",
    "/v2/models/fruit/../fruit/infer",
    "/v2/models/%66ruit/infer",
    "//invocations",
    "/invocations/",
    "/v2/models/" + "x" * 500,
    "/\x1b[31m\n",
]


@pytest.mark.parametrize("path", NOT_FOUND, ids=lambda path: ascii(path[:30]))
def test_other_paths_are_not_found(served: Served, path: str) -> None:
    response = served.ask(path, b"{}")
    assert response.status == 404
    assert len(response.body) < 300
    assert b"\x1b" not in response.body


@pytest.mark.parametrize(
    ("path", "method", "allowed"),
    [
        ("/invocations", "GET", "POST"),
        ("/v2/models/fruit/infer", "DELETE", "POST"),
        ("/ping", "POST", "GET, HEAD"),
        ("/metrics", "PUT", "GET, HEAD"),
    ],
)
def test_other_methods_are_refused(served: Served, path: str, method: str, allowed: str) -> None:
    response = served.ask(path, method=method)
    assert response.status == 405
    assert ("Allow", allowed) in response.headers


def _body(rows: list[list[Any]]) -> dict[str, Any]:
    return {"dataframe_split": {"columns": COLUMNS, "data": rows}}


ROW = st.tuples(st.floats(0, 100), st.integers(-5, 50), st.booleans(), st.sampled_from(WORDS))


@SHARED
@given(rows=st.lists(ROW, min_size=1, max_size=20))
def test_both_protocols_and_the_runtime_agree_to_the_bit(served: Served, rows: list[tuple[Any, ...]]) -> None:
    columns = list(zip(*rows, strict=True))
    types = [np.float64, np.int64, np.bool_, object]
    fed = {
        name: np.array(values, kind).reshape(-1, 1) for name, values, kind in zip(COLUMNS, columns, types, strict=True)
    }
    expected = served.model.run(fed)[0].ravel().tolist()
    tensors = [
        {"name": name, "shape": [len(rows), 1], "datatype": kind, "data": list(values)}
        for name, values, kind in zip(COLUMNS, columns, ["FP64", "INT64", "BOOL", "BYTES"], strict=True)
    ]
    scored = said(served.ask("/invocations", _body([list(row) for row in rows])))["predictions"]
    inferred = said(served.ask("/v2/models/fruit/infer", {"inputs": tensors}))["outputs"][0]["data"]
    assert _bits(scored) == _bits(inferred) == _bits(expected)


def _bits(values: list[float]) -> bytes:
    return struct.pack(f"<{len(values)}d", *values)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
KEYS = st.sampled_from(["dataframe_split", "dataframe_records", "instances", "inputs", "outputs", "params", "id"])
INNER = st.sampled_from(["columns", "data", "index", "name", "shape", "datatype", "parameters", *COLUMNS])
NEAR = st.dictionaries(KEYS, st.dictionaries(INNER, JSON, max_size=5) | st.lists(st.dictionaries(INNER, JSON)) | JSON)
PATHS = st.sampled_from(["/invocations", "/v2/models/fruit/infer"])


@settings(SHARED, max_examples=300)
@given(path=PATHS, body=NEAR | JSON)
def test_any_json_gets_an_answer_or_a_reason(served: Served, path: str, body: Any) -> None:
    response = served.ask(path, body)
    assert 200 <= response.status < 500
    assert b"Traceback" not in response.body
    assert response.status == 200 or said(response)["error"]
    assert not served.troubles


@settings(SHARED, max_examples=300)
@given(
    path=PATHS, body=st.binary(max_size=200), kind=st.sampled_from(["text/csv", "application/json"]), length=st.text()
)
def test_any_bytes_get_an_answer_or_a_reason(served: Served, path: str, body: bytes, kind: str, length: str) -> None:
    response = served.ask(path, body, content_type=kind, inference_header_content_length=length)
    assert 400 <= response.status < 500
    assert said(response)["error"]
    assert not served.troubles


def test_a_bug_becomes_a_500_that_says_nothing(served: Served) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("secret path /etc/shadow")

    served.application.connect(type("Broken", (), {"submit": broken})())  # type: ignore[arg-type]
    response = served.ask("/invocations", _body([[1.0, 1, True, "red"]]))
    assert response.status == 500
    assert b"shadow" not in response.body
    assert len(served.troubles) == 1


def test_an_answer_that_cannot_be_written_is_a_500_too(fruit: Release) -> None:
    served = Served(fruit)
    served.model.run = lambda *_: [np.array([[b"no JSON"]], object)]  # type: ignore[method-assign]
    assert served.ask("/invocations", _body([[1.0, 1, True, "red"]])).status == 500
    assert len(served.troubles) == 1


class Log:
    """Remembers what it was given."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []

    def add(self, entry: Entry) -> None:
        self.entries.append(entry)


@pytest.mark.parametrize(
    ("headers", "identity", "logged"),
    [({}, None, "request-1"), ({}, "body", "body"), ({"x_request_id": "request-1"}, "body", "request-1")],
    ids=["made", "from the body", "from the header"],
)
def test_rows_are_logged_by_the_id_that_was_given(
    fruit: Release, headers: dict[str, str], identity: str | None, logged: str
) -> None:
    log = Log()
    served = Served(fruit, log=log)  # type: ignore[arg-type]
    tensors = [
        {"name": name, "shape": [1], "datatype": kind, "data": [value]}
        for name, kind, value in zip(COLUMNS, ["FP64", "INT64", "BOOL", "BYTES"], [1.5, 2, True, "blue"], strict=True)
    ]
    served.ask("/v2/models/fruit/infer", {"inputs": tensors, "id": identity}, **headers)
    (entry,) = log.entries
    assert [(name, rows) for _, name, rows in entry.requests] == [(logged, 1)]
    assert [list(column) for column in entry.columns] == [[1.5], [2], [True], ["blue"], [6.25]]


def test_questions_with_known_answers_are_answered_and_are_nobody_s_data(fruit: Release) -> None:
    log = Log()
    served = Served(fruit, log=log)  # type: ignore[arg-type]
    answers = [
        served.ask("/invocations", _body([[1.5, 2, True, "blue"]]), **more) for more in ({}, {"tidegate_check": "1"})
    ]
    assert answers[0].body == answers[1].body
    assert (len(log.entries), served.application.metrics.rows) == (1, 1)


def test_request_ids_are_kept_when_harmless(served: Served) -> None:
    identify = served.application.request_id
    assert identify("abc-1/Root=5") == "abc-1/Root=5"
    for given_id in (None, "", "a b", "a\nb", "x" * 129, "é"):
        made = identify(given_id)
        assert made not in (given_id, identify(given_id))
        assert made.isascii()
