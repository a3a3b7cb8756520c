"""Prometheus text: counts come out as they went in, and what is no histogram is none."""

from __future__ import annotations

import pytest

from tidegate.adapters.targets.metrics_text import histogram, samples

TEXT = """\
# HELP seconds From the request to its answer.
# TYPE seconds histogram
seconds_bucket{endpoint="infer",le="0.1"} 3
seconds_bucket{endpoint="infer",le="0.2"} 5
seconds_bucket{endpoint="infer",le="+Inf"} 6
seconds_sum{endpoint="infer"} 1.5
seconds_bucket{endpoint="invocations",le="0.1"} 1
seconds_bucket{endpoint="invocations",le="0.2"} 1
seconds_bucket{endpoint="invocations",le="+Inf"} 1
seconds_bucket{endpoint="health",le="0.1"} 100
seconds_bucket{endpoint="health",le="0.2"} 100
seconds_bucket{endpoint="health",le="+Inf"} 100
up 1
"""


def test_buckets_become_counts_summed_over_the_wanted_endpoints() -> None:
    found = histogram(list(samples(TEXT)), "seconds", "endpoint", ("infer", "invocations"))
    assert found is not None
    assert (found.edges, found.counts) == ((0.1, 0.2), (4, 2, 1))


def test_the_first_value_of_a_label_is_taken_where_none_is_named() -> None:
    found = histogram(list(samples(TEXT)), "seconds", "endpoint")
    assert found is not None
    assert found.counts == (3, 2, 1)


def test_no_histogram_is_none() -> None:
    assert histogram(list(samples(TEXT)), "predictions", "column") is None
    assert histogram([], "seconds", "endpoint") is None


@pytest.mark.parametrize(
    "text",
    [
        'seconds_bucket{endpoint="infer",le="0.1"} 3\nseconds_bucket{endpoint="infer",le="+Inf"} 2\n',
        'seconds_bucket{endpoint="infer",le="0.1"} 3\n',
    ],
    ids=["falling", "no end"],
)
def test_half_a_histogram_is_an_error(text: str) -> None:
    with pytest.raises(ValueError, match="no whole histogram"):
        histogram(list(samples(text)), "seconds", "endpoint")


def test_another_format_is_an_error() -> None:
    with pytest.raises(ValueError, match="no Prometheus sample"):
        list(samples("<html>not here</html>"))
