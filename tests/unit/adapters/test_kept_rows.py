"""Everything that a verdict follows from comes back from its file, whatever of it there is."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from tidegate.adapters import kept_rows
from tidegate.core.answer import Verdict
from tidegate.core.comparison.beside.behaviour import Behaviour, Behaviours, Example
from tidegate.core.comparison.beside.cost import Costs, Pair, Series
from tidegate.core.comparison.change.seed_noise import Repeats, Retrained
from tidegate.core.comparison.metrics.measured import Measured
from tidegate.core.comparison.metrics.totals import Totals
from tidegate.core.comparison.replay import Context, Stop, repeats_of, trained
from tidegate.core.comparison.samples.rescored import Rescored
from tidegate.core.comparison.samples.sample import Output, Sample, coded
from tidegate.core.comparison.verdict import Policy, Side
from tidegate.core.evidence import Subject
from tidegate.errors import InputError

SHA = f"sha256:{'0' * 64}"
PLAIN = Context(
    model="m",
    contract="version: 1 # ü",
    subject=Subject(commit="0" * 40, data="md5:1+md5:2"),
    candidate=Side(kind="candidate", predictions=SHA, artifacts={"model.onnx": "md5:0"}),
    champion=Side(kind="release", version="7", rescored=Rescored(rows=9, new=1, gone=0, changed=2)),
    policy=Policy(source="base", digest=SHA, changed=True, edits=("gate removed: x",)),
    day=date(2026, 11, 23),
)
COSTS = Costs(
    key=SHA,
    way="onnx",
    series={"predict_p50_ms": Series(candidate=(1.0, 2.5), champion=(1.0, 1.5))},
    pairs={"model_bytes": Pair(candidate=7.0)},
)
BEHAVIOUR = Behaviour(
    name="test_rain",
    kind="directional",
    severity="warn",
    source="base",
    cases=3,
    failed=1,
    verdict=Verdict.FAIL,
    before=None,
    message="m",
    examples=(Example(case="c"),),
)


def sample() -> Sample:
    return Sample(
        ids=np.arange(4),
        truth=coded(list("abab")),
        candidate=Output(prediction=coded(list("abba")), scores={"a": np.linspace(0, 1, 4)}),
        champion=Output(prediction=coded(list("aaaa")), scores={"a": np.linspace(1, 0, 4)}),
        slices={"hour": coded(list("xyxy"))},
        numbers={"wind": np.array([1.0, np.nan, 2.0, 3.0])},
        positive="a",
    )


def repeats() -> Repeats:
    """Trainings that said something else of each row, classes and scores."""

    def said(shift: float) -> Output:
        return Output(prediction=coded(list("bbaa")), scores={"a": np.linspace(shift, 1, 4)})

    candidate = Retrained(own=1, seeds=(2, 3), outputs=(said(0.1), said(0.2)), digests=(SHA, SHA))
    return Repeats(parameter="seed", candidate=candidate, champion=replace(candidate, own=4))


@pytest.mark.parametrize(
    "context",
    [
        PLAIN,
        replace(PLAIN, day=None, beside=SHA, positive="a", labels=("x", "y")),
        replace(PLAIN, totals=Totals(candidate={"revenue": 0.1}, champion=None, name="m.json", costs=COSTS)),
        replace(
            PLAIN, totals=Totals(measured=(Measured(metric="own", rows=4, candidate=1, candidate_draws=(1, None)),))
        ),
        replace(PLAIN, behaviours=Behaviours(folder="t", findings=(BEHAVIOUR,), tests={"t.py": SHA})),
        replace(PLAIN, stop=Stop(verdict=Verdict.INCOMPARABLE, why="the hold-out changed")),
    ],
    ids=["plain", "members of rows", "costs", "measured", "behaviour", "stopped"],
)
def test_a_context_comes_back(context: Context, tmp_path: Path) -> None:
    rows = None if context.stop else sample()
    given = kept_rows.kept(context, rows)
    kept_rows.write(tmp_path / "kept.arrow", given)
    back = kept_rows.read(tmp_path / "kept.arrow", "kept.arrow")
    assert (back.context, back.digest) == (context, given.digest)
    assert (back.sample is None) == (rows is None)


def test_trainings_with_other_seeds_come_back(tmp_path: Path) -> None:
    given = kept_rows.kept(replace(PLAIN, trained=trained(repeats())), sample(), repeats())
    kept_rows.write(tmp_path / "kept.arrow", given)
    back = kept_rows.read(tmp_path / "kept.arrow", "kept.arrow")
    assert back.repeats is not None
    assert back.digest == given.digest
    for side, other in ((back.repeats.candidate, repeats().candidate), (back.repeats.champion, repeats().champion)):
        assert (side.own, side.seeds, side.digests) == (other.own, other.seeds, other.digests)
        for one, two in zip(side.outputs, other.outputs, strict=True):
            assert np.array_equal(one.scores["a"], two.scores["a"])


def test_a_training_that_is_missing_is_seen() -> None:
    with pytest.raises(ValueError, match="a training with another seed is missing"):
        repeats_of(replace(PLAIN, trained=trained(repeats())), {})


def test_the_digest_is_of_everything() -> None:
    contexts = [
        PLAIN,
        replace(PLAIN, day=date(2026, 11, 24)),
        replace(PLAIN, contract="version: 1"),
        replace(PLAIN, beside=SHA),
        replace(PLAIN, totals=Totals(candidate={"a": 1.0})),
        replace(PLAIN, policy=replace(PLAIN.policy, changed=False)),
        replace(PLAIN, tool="tidegate 0"),
    ]
    digests = {kept_rows.kept(context, sample()).digest for context in contexts}
    digests |= {kept_rows.kept(PLAIN, sample(), repeats()).digest, kept_rows.kept(PLAIN).digest}
    assert len(digests) == len(contexts) + 2


@pytest.mark.parametrize(
    "data", [b"", b"ARROW1", b"PAR1" * 10, b"\0" * 100], ids=["empty", "start", "Parquet", "zeros"]
)
def test_what_is_no_such_file_is_refused(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "kept.arrow").write_bytes(data)
    with pytest.raises(InputError) as caught:
        kept_rows.read(tmp_path / "kept.arrow", "kept.arrow")
    assert (caught.value.code, caught.value.where) == ("E-RPL-002", "kept.arrow")


def test_an_arrow_file_of_somebody_elses_is_refused(tmp_path: Path) -> None:
    import pyarrow as pa

    table = pa.table({"id": [1]})
    with pa.ipc.new_file(str(tmp_path / "kept.arrow"), table.schema) as writer:
        writer.write_table(table)
    with pytest.raises(InputError, match="it holds no rows that Tidegate kept"):
        kept_rows.read(tmp_path / "kept.arrow", "kept.arrow")
