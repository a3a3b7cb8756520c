"""Rows that changed hands: counts, and the p-value of their balance, against McNemar's test as others compute it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.contingency_tables import mcnemar

from tidegate.core.comparison.pictures.flips import Flips, flips, flips_by_slice, regressions
from tidegate.core.comparison.samples.sample import Coded, Floats, Output, Sample, coded
from tidegate.core.comparison.samples.slices import Slice

COUNTS = st.integers(0, 60)


def sample(right: list[bool], before: list[bool], days: list[str] | None = None) -> Sample:
    """Rows that the candidate and the champion classify rightly or not."""
    truth = np.arange(len(right)) % 2
    said = [Output(prediction=_said(truth, np.array(one, dtype=bool))) for one in (right, before)]
    return Sample(
        ids=np.arange(len(right)),
        truth=Coded(codes=truth, labels=("no", "yes")),
        candidate=said[0],
        champion=said[1],
        cluster=None if days is None else coded(days),
    )


def _said(truth: np.ndarray, right: np.ndarray) -> Coded:
    return Coded(codes=np.where(right, truth, 1 - truth), labels=("no", "yes"))


def counted(gained: int, lost: int, kept: int = 5, missed: int = 5) -> Flips:
    right = [True] * (gained + kept) + [False] * (lost + missed)
    before = [False] * gained + [True] * kept + [True] * lost + [False] * missed
    found = flips(sample(right, before))
    assert found is not None
    return found


@given(COUNTS, COUNTS, COUNTS, COUNTS)
def test_every_row_is_counted_once_and_p_is_mcnemars(gained: int, lost: int, kept: int, missed: int) -> None:
    found = counted(gained, lost, kept + 1, missed)
    assert (found.became_right, found.became_wrong) == (gained, lost)
    assert (found.stayed_right, found.stayed_wrong) == (kept + 1, missed)
    theirs = mcnemar([[kept + 1, lost], [gained, missed]], exact=True).pvalue if gained + lost else 1.0
    assert found.p == pytest.approx(min(theirs, 1.0), rel=1e-5)


@given(COUNTS, COUNTS)
def test_swapped_models_swap_the_flips_and_leave_p(gained: int, lost: int) -> None:
    there, back = counted(gained, lost), counted(lost, gained)
    assert (there.became_right, there.became_wrong, there.p) == (back.became_wrong, back.became_right, back.p)


def test_p_of_very_many_rows_is_a_number() -> None:
    found = counted(400_000, 401_500)
    assert found.p == pytest.approx(0.0939, abs=0.001)


def test_rows_of_one_day_are_one_piece_of_evidence() -> None:
    """Ten days that each lose or win as a whole are no hundred rows: p is that of ten."""
    days = [f"d{row // 30:02}" for row in range(600)]
    lost = [row // 30 < 13 for row in range(600)]
    gained = [row // 30 >= 13 and row // 30 < 18 for row in range(600)]
    right = [not one for one in lost]
    before = [not one for one in gained]
    alone, together = flips(sample(right, before)), flips(sample(right, before, days))
    assert alone is not None
    assert together is not None
    assert alone.p is not None
    assert alone.p < 1e-6
    assert together.p == pytest.approx(0.0593, abs=0.001)  # chi-square of (13 - 5)^2 / 18


def test_where_days_are_as_single_rows_both_tests_agree() -> None:
    random = np.random.default_rng(0)
    right, before = (list(random.random(4_000) < share) for share in (0.8, 0.82))
    whole = sample(right, before)
    days = replace(whole, cluster=coded([str(row) for row in range(4_000)]))
    one, other = flips(whole), flips(days)
    assert one is not None
    assert other is not None
    assert other.p == pytest.approx(one.p, abs=0.02)


def test_few_days_say_nothing() -> None:
    found = flips(sample([True] * 40, [False] * 40, ["d1"] * 20 + ["d2"] * 20))
    assert found is not None
    assert found.p is None


def test_days_without_a_change_say_that_nothing_changed() -> None:
    found = flips(sample([True] * 40, [True] * 40, [f"d{row}" for row in range(40)]))
    assert found is not None
    assert (found.became_right, found.became_wrong, found.p) == (0, 0, 1.0)


def test_equal_balances_are_no_evidence_for_equal_models_of_different_seeds() -> None:
    """Models that are equally good are called different about as often as 5 in 100."""
    random, called = np.random.default_rng(1), 0
    for _ in range(400):
        luck = np.repeat(random.normal(0, 1, 40), 15)
        right, before = (list(luck + random.normal(0, 1, 600) < 0.8) for _ in range(2))
        found = flips(sample(right, before, [f"d{row // 15:02}" for row in range(600)]))
        assert found is not None
        assert found.p is not None
        called += found.p < 0.05
    assert called / 400 <= 0.05 + 0.033


def test_slices_add_up() -> None:
    whole = sample([True, False, True, True] * 50, [True, True, False, True] * 50)
    masks = {Slice("a", value): np.arange(200) % 2 == code for code, value in enumerate("xy")}
    found = flips_by_slice(whole, {**masks, Slice("a", "none"): np.zeros(200, dtype=bool)})
    assert list(found) == list(masks)
    total = flips(whole)
    assert total is not None
    assert sum(part.became_wrong for part in found.values()) == total.became_wrong


def test_nothing_flips_without_a_champion_or_without_classes() -> None:
    whole = sample([True], [False])
    assert flips(replace(whole, champion=None)) is None
    assert flips(replace(whole, truth=np.zeros(1))) is None


def off(errors: Floats) -> Output:
    return Output(prediction=errors)


def test_the_worst_rows_are_named_by_id_in_a_fixed_order() -> None:
    truth = np.zeros(30)
    new, old = np.zeros(30), np.zeros(30)
    new[[3, 5, 9]] = [4.0, -7.0, 4.0]
    old[7] = 9.0
    ids = np.array([f"row {row:02}" * 20 for row in range(30)], dtype=np.dtypes.StringDType())
    found = regressions(Sample(ids=ids, truth=truth, candidate=off(new), champion=off(old)))
    assert [(row.id[:6], row.before, row.after) for row in found] == [
        ("row 05", 0.0, 7.0),
        ("row 03", 0.0, 4.0),
        ("row 09", 0.0, 4.0),
    ]
    assert max(len(row.id) for row in found) == 80
