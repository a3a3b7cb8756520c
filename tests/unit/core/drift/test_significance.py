"""p-values agree with scipy where rows are independent, and cells are joined until they hold enough."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest, chi2_contingency, false_discovery_control, fisher_exact

from tidegate.core.drift.cells import Reference, Sample
from tidegate.core.drift.significance import FEWEST_EXPECTED, benjamini_hochberg, distribution_p, pooled, rate_p
from tidegate.core.drift.spread import spread


def sample(*counts: float) -> Sample:
    return Sample(counts=np.array(counts, float), clusters=sum(counts))


def p_value(reference: Sample, window: Sample, *, ordered: bool = True) -> float | None:
    return distribution_p(reference, window, spread(Reference(whole=reference), reference, window), ordered=ordered)


@pytest.mark.parametrize(
    ("one", "other"),
    [((50, 30, 20), (48, 35, 17)), ((500, 300, 200), (40, 39, 21)), ((9, 8, 7, 6), (3, 8, 9, 14))],
)
def test_independent_rows_give_pearsons_p(one: tuple[int, ...], other: tuple[int, ...]) -> None:
    expected = chi2_contingency([one, other], correction=False).pvalue
    assert p_value(sample(*one), sample(*other)) == pytest.approx(expected, rel=1e-9)


def test_counts_that_are_all_in_one_cell_on_both_sides_are_the_same() -> None:
    assert p_value(sample(900, 0), sample(40, 0)) == 1.0


@pytest.mark.parametrize("rows", [1, 2, 4])
def test_too_few_rows_have_no_p(rows: int) -> None:
    assert p_value(sample(500, 500), sample(rows, 0)) is None


@given(st.lists(st.integers(0, 40), min_size=1, max_size=15).filter(sum), st.booleans())
def test_every_cell_is_in_one_group_that_holds_enough(counts: list[int], ordered: bool) -> None:
    reference = sample(*(10 * count for count in counts))
    window = sample(*counts)
    groups = pooled(reference, window, window.rows, ordered=ordered)
    held = groups @ (window.counts + reference.counts) / (window.rows + reference.rows) * window.rows
    if len(groups):
        assert (groups.sum(axis=0) == 1).all()
        assert (held >= FEWEST_EXPECTED - 1e-9).all()


def test_numbers_join_neighbours_and_categories_their_rarest() -> None:
    reference, window = sample(10, 400, 10, 580), sample(1, 40, 1, 58)
    assert pooled(reference, window, 100, ordered=True).tolist() == [[1, 1, 0, 0], [0, 0, 1, 1]]
    assert pooled(reference, window, 100, ordered=False).tolist() == [[0, 0, 0, 1], [1, 1, 1, 0]]


@pytest.mark.parametrize(("seen", "before"), [(8, 10), (0, 30), (3, 0), (5, 50), (20, 20)])
def test_a_rate_in_whole_rows_is_the_binomial_test(seen: int, before: int) -> None:
    share = 500 / 5_500
    upper, lower = (binomtest(seen, seen + before, share, way).pvalue for way in ("greater", "less"))
    assert rate_p(seen, 500, before, 5_000) == pytest.approx(min(1, 2 * min(upper, lower)), rel=1e-9)


@pytest.mark.parametrize(("seen", "before"), [(8, 10), (3, 0), (490, 4_000)])
def test_a_rate_is_never_more_certain_than_fishers_exact_test_doubled(seen: int, before: int) -> None:
    table = [[seen, 500 - seen], [before, 5_000 - before]]
    exact = min(fisher_exact(table, way).pvalue for way in ("greater", "less"))
    assert rate_p(seen, 500, before, 5_000) >= min(1, 2 * exact) * 0.999


def test_a_rate_and_its_absence_are_as_surprising() -> None:
    assert rate_p(40, 500, 100, 5_000) == pytest.approx(rate_p(460, 500, 4_900, 5_000))


def test_nothing_seen_anywhere_is_no_surprise() -> None:
    assert rate_p(0, 500, 0, 5_000) == 1.0


@given(st.lists(st.floats(0, 1), max_size=30))
def test_benjamini_hochberg_is_scipys(p: list[float]) -> None:
    expected = false_discovery_control(p) if p else []
    assert benjamini_hochberg(p) == pytest.approx(list(expected), abs=1e-12)
