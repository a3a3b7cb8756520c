"""Metrics of lists, query by query, equal scikit-learn's, and the definition where it has none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import sklearn.metrics as sk

from measured import value
from tidegate.core.comparison.inference.resampling import of_clusters, summed
from tidegate.core.comparison.metrics import METRICS
from tidegate.core.comparison.metrics.form import Outcome
from tidegate.core.comparison.samples.sample import coded
from tidegate.errors import InputError

QUERIES, SIZE = 60, 8


def lists(ties: bool, graded: bool = True) -> tuple[Any, Any, Any]:
    """Relevance and score of every row, and the number of its query; rows are in no order."""
    random = np.random.default_rng(6)
    query = random.permutation(np.repeat(np.arange(QUERIES), SIZE))
    relevance = random.integers(0, 4, len(query)) * (random.random(len(query)) < 0.6)
    relevance = relevance if graded else relevance > 0
    score = relevance + random.normal(0, 1.5, len(query))
    return relevance.astype(float), np.round(score) if ties else score, query


def outcome(relevance: Any, score: Any, query: Any, weight: Any = None) -> Outcome:
    named = coded([f"query {number:02}" for number in query])
    return Outcome(truth=relevance, prediction=score, cluster=named, weight=weight)


def reciprocal_rank(relevance: Any, score: Any) -> float:
    """One over the place of the first relevant row, every irrelevant one that ties with it being ahead."""
    order = np.lexsort((relevance > 0, -score))
    places = np.flatnonzero(relevance[order] > 0)
    return 1 / (places[0] + 1) if len(places) else 0.0


EXPECTED: dict[str, Callable[[Any, Any], float]] = {
    "ndcg": lambda relevance, score: sk.ndcg_score([relevance], [score]),
    "ndcg_at_3": lambda relevance, score: sk.ndcg_score([relevance], [score], k=3),
    "ndcg_at_10": lambda relevance, score: sk.ndcg_score([relevance], [score], k=10),
    "map": lambda relevance, score: sk.average_precision_score(relevance > 0, score) if relevance.any() else 0.0,
    "mrr": reciprocal_rank,
}


@pytest.mark.parametrize("weighing", ["equal", "weighted", "counts"])
@pytest.mark.parametrize("ties", [False, True], ids=["distinct", "tied"])
@pytest.mark.parametrize("name", EXPECTED)
def test_values(name: str, ties: bool, weighing: str) -> None:
    relevance, score, query = lists(ties)
    random = np.random.default_rng(1)
    kinds = {"equal": None, "weighted": random.uniform(0.1, 5, QUERIES), "counts": random.integers(0, 3, QUERIES) + 0.0}
    of_query = kinds[weighing]
    each = [EXPECTED[name](relevance[query == number], score[query == number]) for number in range(QUERIES)]
    found = outcome(relevance, score, query, None if of_query is None else of_query[query])
    assert value(name, found) == pytest.approx(np.average(each, weights=of_query), rel=1e-12)


def test_average_precision_is_that_of_label_rankings_too() -> None:
    relevance, score, query = lists(ties=True, graded=False)
    some = np.isin(query, [number for number in range(QUERIES) if relevance[query == number].any()])
    relevance, score, query = relevance[some], score[some], query[some]
    order = np.argsort(query, kind="stable")
    table = (relevance[order].reshape(-1, SIZE) > 0, score[order].reshape(-1, SIZE))
    expected = sk.label_ranking_average_precision_score(*table)
    assert value("map", outcome(relevance, score, query)) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("name", EXPECTED)
def test_queries_are_what_is_drawn(name: str) -> None:
    found = outcome(*lists(ties=True))
    assert found.cluster is not None
    by_cluster = summed(METRICS[name](found), of_clusters(found.cluster.codes, seed=0))
    assert by_cluster.sums.shape[0] == QUERIES
    assert by_cluster.point == pytest.approx(value(name, found), rel=1e-12)


@pytest.mark.parametrize("name", EXPECTED)
def test_a_list_without_anything_relevant_is_worth_nothing(name: str) -> None:
    score = np.arange(5.0)
    assert value(name, outcome(np.zeros(5), score, np.zeros(5, dtype=int))) == 0


@pytest.mark.parametrize("name", ["mrr", "map"])
def test_scores_that_all_tie_are_the_worst_order(name: str) -> None:
    relevance = np.array([1.0, 0, 0, 0])
    tied = value(name, outcome(relevance, np.zeros(4), np.zeros(4, dtype=int)))
    last = value(name, outcome(relevance, np.array([0.0, 1, 2, 3]), np.zeros(4, dtype=int)))
    assert tied == last == 0.25


def test_relevance_below_zero_is_refused() -> None:
    relevance, score, query = lists(ties=False)
    with pytest.raises(InputError, match="relevance reaches down to -1; it starts at 0") as caught:
        value("ndcg", outcome(relevance - 1, score, query))
    assert caught.value.code == "E-MET-009"


def test_rows_without_a_query_are_refused() -> None:
    relevance, score, _ = lists(ties=False)
    with pytest.raises(InputError, match="which rows belong to one query"):
        value("ndcg", Outcome(truth=relevance, prediction=score))
