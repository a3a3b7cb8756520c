"""The hold-out is later than everything trained on, in whole months, and nothing of the target's parts comes along."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features import FEATURES
from prepare import REQUEST, split
from unit.model.rows import hours


@given(st.integers(1, 5), st.integers(0, 2**32 - 1))
def test_split_is_by_whole_months_and_loses_nothing(holdout_months: int, seed: int) -> None:
    table = hours(190 * 24, start="2011-08-01")
    shuffled = table.take(np.random.default_rng(seed).permutation(table.num_rows))
    training, holdout = split(shuffled, holdout_months)
    early, late = training["timestamp"].to_numpy(), holdout["timestamp"].to_numpy()
    assert early[-1] < late[0]
    assert (np.diff(early) > np.timedelta64(0)).all()
    assert len(np.unique(late.astype("datetime64[M]"))) == holdout_months
    assert np.intersect1d(early.astype("datetime64[M]"), late.astype("datetime64[M]")).size == 0
    together = [*training["instant"].to_pylist(), *holdout["instant"].to_pylist()]
    assert together == table["instant"].to_pylist()


@pytest.mark.parametrize("holdout_months", [2, 3])
def test_no_month_left_to_train_on_is_an_error(holdout_months: int) -> None:
    with pytest.raises(ValueError, match="2 months of data cannot spare"):
        split(hours(40 * 24), holdout_months)


def test_what_is_carried_over_has_no_leak_and_serves_every_feature() -> None:
    assert {"casual", "registered"}.isdisjoint(REQUEST)
    assert {feature.column for feature in FEATURES.values()} <= set(REQUEST)
