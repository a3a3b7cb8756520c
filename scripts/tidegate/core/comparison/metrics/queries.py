"""Metrics of lists: how well the rows of each query are ordered, averaged over queries, which are the clusters.

The truth is a row's relevance, from 0 up. A query weighs what its rows weigh on average. Rows that tie are not in any
order: NDCG averages over their orders (McSherry and Najork 2008, as scikit-learn does), average precision takes them
all at once (as scikit-learn does), the reciprocal rank (Voorhees 1999) is that of their worst order. A query without a
relevant row is 0.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from tidegate.core.comparison.metrics.form import Form, Metric, Outcome, Units, numbers, ratio, unseen_of_mean
from tidegate.core.comparison.samples.sample import Floats, Ints, Mask
from tidegate.errors import InputError


@dataclass(frozen=True)
class _Lists:
    """Rows query by query, in each from the highest key down.

    `query`: the query of each row; `place`: its place there, from 0; `starts`: where each query starts; `group`: a
    number that rows with the same query and key share; `rows`: the rows themselves.
    """

    rows: Ints
    query: Ints
    starts: Ints
    place: Ints
    group: Ints

    def per_query(self, column: Floats) -> Floats:
        """Sum of a column (in this order) over each query."""
        return np.add.reduceat(column, self.starts)

    def up_to(self, column: Floats) -> Floats:
        """For each row, the sum over the rows of its query up to it and all that tie with it."""
        running = np.cumsum(column)
        before = np.concatenate([[0.0], running])[self.starts][self.query]
        last = np.searchsorted(self.group, self.group, side="right") - 1
        return np.asarray(running[last] - before)


def _lists(query: Ints, key: Floats) -> _Lists:
    rows = np.lexsort((-key, query))
    ordered, keys = query[rows], key[rows]
    fresh = np.concatenate([[True], ordered[1:] != ordered[:-1]])
    starts = np.flatnonzero(fresh)
    number = np.cumsum(fresh) - 1
    place = np.arange(len(rows)) - starts[number]
    changes = fresh | np.concatenate([[True], keys[1:] != keys[:-1]])
    return _Lists(rows=rows, query=number, starts=starts, place=place, group=np.cumsum(changes))


def ndcg(most: int | None = None) -> Metric:
    """Discounted gain of the first `most` rows over that of their best order; gain: the relevance itself."""

    def per_query(query: Ints, relevance: Floats, said: Floats) -> Floats:
        found = _gain(_lists(query, said), relevance, most)
        best = _gain(_lists(query, relevance), relevance, most)
        return ratio(found, best, 0.0)

    return _over_queries(per_query)


def _gain(lists: _Lists, relevance: Floats, most: int | None) -> Floats:
    """Every row of a tie gets the mean relevance of the tie."""
    gain = relevance[lists.rows]
    size = np.bincount(lists.group)
    mean = ratio(np.bincount(lists.group, weights=gain).astype(np.float64), size.astype(np.float64), 0.0)[lists.group]
    discount = 1 / np.log2(lists.place + 2.0)
    kept = np.ones(len(gain), dtype=bool) if most is None else lists.place < most
    return lists.per_query(mean * discount * kept)


def _mean_reciprocal_rank(query: Ints, relevance: Floats, said: Floats) -> Floats:
    lists = _lists(query, said)
    relevant = relevance[lists.rows] > 0
    ahead = lists.up_to((~relevant).astype(np.float64))
    return np.asarray(np.maximum.reduceat(np.where(relevant, 1 / (ahead + 1), 0.0), lists.starts))


def _mean_average_precision(query: Ints, relevance: Floats, said: Floats) -> Floats:
    lists = _lists(query, said)
    relevant = (relevance[lists.rows] > 0).astype(np.float64)
    precision = lists.up_to(relevant) / lists.up_to(np.ones(len(relevant)))
    return ratio(lists.per_query(relevant * precision), lists.per_query(relevant), 0.0)


def _over_queries(per_query: Callable[[Ints, Floats, Floats], Floats]) -> Metric:
    def metric(outcome: Outcome) -> Form:
        query, counted = _queries(outcome)
        relevance = numbers(outcome.truth)
        if (relevance < 0).any():
            raise InputError("E-MET-009", f"relevance reaches down to {relevance.min():g}; it starts at 0.")
        values = per_query(query[counted], relevance[counted], numbers(outcome.prediction)[counted])
        first = np.full(int(query.max()) + 1, -1)
        first[query[counted][::-1]] = np.flatnonzero(counted)[::-1]
        rows = first[first >= 0]
        size = np.bincount(query[counted])[np.flatnonzero(first >= 0)]
        heavy = np.bincount(query[counted], outcome.weights[counted])[np.flatnonzero(first >= 0)] / size

        def sums(units: Units) -> Floats:
            return units.totals((heavy, heavy * values), rows)

        def value(sums: Floats) -> Floats:
            return ratio(sums[..., 1], sums[..., 0])

        return Form(sums=sums, value=value, unseen=unseen_of_mean(0.0, 1.0))

    return metric


def _queries(outcome: Outcome) -> tuple[Ints, Mask]:
    """Each row's query, and which rows weigh anything. Raises InputError E-MET-005 when rows have no query."""
    if outcome.cluster is None:
        fix = "Name the column of queries as evaluation.cluster."
        raise InputError("E-MET-005", "this metric needs to know which rows belong to one query.", fix=fix)
    return outcome.cluster.codes, np.asarray(outcome.weights > 0)


QUERIES: dict[str, Metric] = {
    "ndcg": ndcg(),
    "mrr": _over_queries(_mean_reciprocal_rank),
    "map": _over_queries(_mean_average_precision),
}
