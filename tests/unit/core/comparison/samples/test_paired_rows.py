"""Rows survive being kept, to the last bit, and their digest is of what they say."""

from __future__ import annotations

import math
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from tidegate.adapters import kept_rows
from tidegate.core.comparison.metrics.totals import Totals
from tidegate.core.comparison.replay import Context
from tidegate.core.comparison.samples.paired_rows import columns_of, rows_digest, sample_of
from tidegate.core.comparison.samples.sample import Coded, Output, Sample, coded
from tidegate.core.comparison.verdict import Policy, Side
from tidegate.core.evidence import Subject

FLOATS = arrays.arrays(np.float64, 5, elements=st.floats(allow_nan=False))
TEXTS = st.lists(st.text(st.characters(codec="utf-8"), max_size=6), min_size=5, max_size=5)


def sample(**changes: object) -> Sample:
    return replace(
        Sample(
            ids=np.arange(5),
            truth=np.linspace(0, 1, 5),
            candidate=Output(prediction=np.linspace(0, 2, 5)),
            champion=Output(prediction=np.linspace(1, 2, 5)),
            cluster=coded(list("aabbc")),
            weight=np.ones(5),
            slices={"weather": Coded(codes=np.zeros(5, dtype=np.int64), labels=("clear", "never"))},
            numbers={"temperature": np.array([0.5, np.nan, 1.0, 2.0, 3.0])},
        ),
        **changes,  # type: ignore[arg-type]
    )


def classes() -> Sample:
    said = Output(prediction=coded(list("xyxyx")), scores={"y": np.linspace(0, 1, 5), "x": np.linspace(1, 0, 5)})
    ids = np.array(["a", "b", "ç", "d", "☃"], dtype=np.dtypes.StringDType())
    return sample(ids=ids, truth=coded(list("xxyyx")), candidate=said, champion=None, positive="y", weight=None)


def context(positive: str | None = None) -> Context:
    return Context(
        model="m",
        contract="version: 1",
        subject=Subject(),
        candidate=Side(kind="candidate"),
        champion=Side(kind="none"),
        policy=Policy(source="base", digest="sha256:0", changed=False),
        day=None,
        positive=positive,
    )


def through_a_file(given: Sample, folder: Path) -> Sample:
    kept_rows.write(folder / "kept.arrow", kept_rows.kept(context(given.positive), given))
    found = kept_rows.read(folder / "kept.arrow", "kept.arrow").sample
    assert found is not None
    return found


def same(one: Sample, other: Sample) -> bool:
    mine, theirs = columns_of(one), columns_of(other)
    return list(mine) == list(theirs) and all(_equal(mine[name], theirs[name]) for name in mine)


def _equal(one: object, other: object) -> bool:
    if isinstance(one, Coded) and isinstance(other, Coded):
        return one.labels == other.labels and np.array_equal(one.codes, other.codes)
    assert isinstance(one, np.ndarray)
    assert isinstance(other, np.ndarray)
    return one.dtype == other.dtype and one.tolist().__repr__() == other.tolist().__repr__()


@pytest.mark.parametrize("given", [sample(), classes()], ids=["numbers", "classes"])
def test_rows_come_back_from_columns_and_from_a_file(given: Sample, tmp_path: Path) -> None:
    for back in (sample_of(columns_of(given), given.positive, given.labels), through_a_file(given, tmp_path)):
        assert same(given, back)
        assert (back.positive, back.champion is None) == (given.positive, given.champion is None)
        assert rows_digest(back) == rows_digest(given)


def test_numbers_that_are_none_are_kept_as_what_they_are(tmp_path: Path) -> None:
    totals = Totals(candidate={"revenue": math.inf}, champion={"revenue": -math.inf, "margin": math.nan})
    kept_rows.write(tmp_path / "kept.arrow", kept_rows.kept(replace(context(), totals=totals), sample()))
    back = kept_rows.read(tmp_path / "kept.arrow", "kept.arrow").context.totals
    assert (back.candidate, back.champion and back.champion["revenue"]) == ({"revenue": math.inf}, -math.inf)
    assert back.champion is not None
    assert math.isnan(back.champion["margin"])


def test_every_part_of_a_sample_is_kept() -> None:
    """A part that somebody adds must be kept too, or no verdict that rests on it can be reached again."""
    assert {field.name for field in fields(Sample)} == {
        *("ids", "truth", "candidate", "champion", "cluster", "weight", "slices", "numbers", "positive", "labels")
    }
    assert {field.name for field in fields(Output)} == {"prediction", "scores"}


@given(FLOATS, FLOATS)
def test_two_digests_are_equal_exactly_when_the_values_are(one: np.ndarray, other: np.ndarray) -> None:
    first, second = (rows_digest(sample(truth=values)) for values in (one, other))
    assert (first == second) == (one.tobytes() == other.tobytes())


@given(TEXTS, TEXTS)
def test_texts_cannot_run_into_one_another(one: list[str], other: list[str]) -> None:
    first, second = (rows_digest(sample(cluster=coded(values))) for values in (one, other))
    assert (first == second) == (one == other)


@pytest.mark.parametrize(
    "changed",
    [
        sample(ids=np.arange(1, 6)),
        sample(weight=None),
        sample(cluster=None),
        sample(champion=None),
        sample(candidate=sample().champion, champion=sample().candidate),
        sample(slices={}),
        sample(numbers={}),
        sample(slices={"wether": sample().slices["weather"]}),
        sample(slices={"weather": Coded(codes=np.zeros(5, dtype=np.int64), labels=("clear",))}),
    ],
    ids=["ids", "weight", "cluster", "champion", "swapped", "no slices", "no numbers", "another name", "no rows"],
)
def test_any_other_content_has_another_digest(changed: Sample) -> None:
    assert rows_digest(changed) != rows_digest(sample())


@pytest.mark.parametrize("missing", ["id", "truth"])
def test_columns_that_are_no_rows_are_refused(missing: str) -> None:
    columns = {name: column for name, column in columns_of(sample()).items() if name != missing}
    with pytest.raises(KeyError):
        sample_of(columns, None, ())


def test_columns_of_different_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="different lengths"):
        sample_of({**columns_of(sample()), "truth": np.zeros(4)}, None, ())
