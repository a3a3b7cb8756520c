"""/metrics is valid exposition text, agrees with what happened, and has no label that a client can choose."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixtures.server_models import PROFILE
from fixtures.server_wiring import Served
from tidegate.server.observation.distributions import FOLD, MOST_WORDS, Distributions, NumberColumn, WordColumn
from tidegate.server.observation.metrics import RequestMetrics, escaped
from tidegate.server.release import profile

LINE = re.compile(r"""(\w+)(?:\{((?:\w+="(?:[^"\\\n]|\\.)*",?)*)\})? (-?[0-9.e+-]+|NaN|\+Inf)""")
SPLIT = {"columns": ["size", "count", "fresh", "colour"]}


def scrape(served: Served) -> dict[str, float]:
    """Samples by their name with labels; every line must be valid."""
    response = served.ask("/metrics", method="GET")
    assert response.content_type.startswith("text/plain; version=0.0.4")
    samples, typed = {}, set()
    for line in response.body.decode().splitlines():
        if line.startswith("#"):
            _, word, name, *_ = line.split(" ")
            assert word in ("HELP", "TYPE")
            typed.add(name)
            continue
        match = LINE.fullmatch(line)
        assert match, line
        name = match.group(1)
        assert name in typed or re.sub(r"_(bucket|sum|count)$", "", name) in typed, line
        key = line.rpartition(" ")[0]
        assert key not in samples, f"twice: {key}"
        samples[key] = float(match.group(3))
    return samples


def predict(served: Served, *rows: list[Any]) -> int:
    return served.ask("/invocations", {"dataframe_split": {**SPLIT, "data": list(rows)}}).status


def test_requests_are_counted_by_endpoint_and_code(served: Served) -> None:
    assert predict(served, [1.0, 1, True, "red"], [2.0, 1, True, "red"]) == 200
    assert predict(served, [1.0, "x", True, "red"]) == 400
    assert predict(served, [1.0, 1, True, "violet"]) == 422
    served.ask("/nope", method="GET")
    samples = scrape(served)
    assert samples['tidegate_requests_total{endpoint="invocations",code="200"}'] == 1
    assert samples['tidegate_requests_total{endpoint="invocations",code="400"}'] == 1
    assert samples['tidegate_errors_total{reason="invalid_input"}'] == 1
    assert samples['tidegate_errors_total{reason="no_finite_answer"}'] == 1
    assert samples['tidegate_errors_total{reason="not_found"}'] == 1
    assert samples['tidegate_requests_total{endpoint="other",code="404"}'] == 1
    assert samples['tidegate_request_seconds_count{endpoint="invocations"}'] == 3
    assert samples['tidegate_request_seconds_bucket{endpoint="invocations",le="+Inf"}'] == 3
    assert samples["tidegate_model_runs_total"] == 2
    assert samples["tidegate_requests_in_flight"] == 1  # the scrape itself
    name = f'{{name="fruit",version="7",commit="{served.application._release.commit}"'
    assert any(key.startswith(f"tidegate_release_info{name}") for key in samples)


def test_a_client_that_left_is_counted_apart(served: Served) -> None:
    from tidegate.server.wire.message import Request

    request = Request("GET", "/ping", {}, b"", "id")
    served.application.serve(request, lambda _: None, lambda: False)
    assert scrape(served)['tidegate_requests_total{endpoint="health",code="499"}'] == 1


def test_hostile_requests_make_no_new_labels(served: Served) -> None:
    def labels() -> set[str]:
        return {re.sub(r'(le|code)="[^"]*"', "", key) for key in scrape(served)}

    predict(served, [1.0, 1, True, "red"])
    served.ask("/x", method="GET")
    labels()
    before = labels()
    for count in range(50):
        served.ask(f"/{count}", method="GET")
        served.ask("/x", method=f"M{count}")
        predict(served, [1.0, 1, True, f"word{count}"])
    assert labels() == before


def test_features_and_predictions_are_counted_in_the_bins_of_the_profile(served: Served) -> None:
    predict(served, [1.0, 1, True, "red"], [1.1, -5, True, "blue"], [10.5, 1, False, "red"])
    samples = scrape(served)
    buckets = [
        samples[f'tidegate_feature_bucket{{column="size",le="{edge}"}}'] for edge in ("1.0", "2.5", "10.0", "+Inf")
    ]
    assert buckets == [1, 2, 2, 3]
    assert samples['tidegate_feature_sum{column="size"}'] == pytest.approx(12.6)
    assert samples['tidegate_feature_category_total{column="colour",category="red"}'] == 2
    assert samples['tidegate_feature_category_total{column="fresh",category="true"}'] == 2
    assert samples['tidegate_prediction_bucket{column="price",le="0.0"}'] == 1
    assert samples['tidegate_prediction_count{column="price"}'] == 3
    assert not any("count" in key and 'column="count"' in key for key in samples)  # not in the profile


@given(st.lists(st.lists(st.floats(-5, 15) | st.none(), max_size=30), max_size=5))
def test_bins_are_those_of_numpy(parts: list[list[float | None]]) -> None:
    edges = [0.0, 2.5, 10.0]
    column = NumberColumn(edges)
    for part in parts:
        column.count(part)
    known = [value for part in parts for value in part if value is not None]
    places = np.searchsorted(edges, known, side="left")
    cumulative = np.cumsum(np.bincount(places, minlength=4)).tolist() if known else [0] * 4
    lines = [float(line.rpartition(" ")[2]) for line in column.lines("m", "c") if "_bucket" in line]
    assert lines == cumulative
    assert column.nulls == sum(len(part) for part in parts) - len(known)


def test_unknown_words_are_counted_together_and_few() -> None:
    column = WordColumn([f"w{place}" for place in range(500)])
    column.count([f"w{place}" for place in range(500)] + ["new", None])
    lines = list(column.lines("m", "c"))
    assert len(lines) == MOST_WORDS + 1
    assert lines[-1] == f'm_category_total{{column="c",category="(other)"}} {500 - MOST_WORDS + 1}'
    assert column.nulls == 1


def test_rows_are_folded_before_they_are_many() -> None:
    distributions = Distributions(profile.parse(PROFILE, ""), ["size", "count", "fresh", "colour"], ["price"])
    for _ in range(FOLD * 3 // 7 + 1):
        distributions.add([[1.0] * 7, [1] * 7, [True] * 7, ["red"] * 7, [1.0] * 7])
        assert len(distributions._gathered[0]) < FOLD
    rows = (FOLD * 3 // 7 + 1) * 7
    assert f'tidegate_feature_count{{column="size"}} {rows}' in list(distributions.lines())


@given(st.floats(0, 100))
def test_latency_falls_into_the_bucket_that_holds_it(seconds: float) -> None:
    metrics = RequestMetrics()
    metrics.answered("infer", 200, seconds)
    for line in metrics.lines():
        if match := re.match(r'tidegate_request_seconds_bucket\{endpoint="infer",le="([^"]+)"\} (\d)', line):
            assert int(match.group(2)) == (seconds <= float(match.group(1).replace("+Inf", "inf")))


def test_label_values_are_escaped() -> None:
    assert escaped('a"b\\c\nd') == 'a\\"b\\\\c\\nd'
