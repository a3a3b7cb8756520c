"""The program that calls a model's own metric: the same numbers with and without numpy, and a word for every fault."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tidegate.adapters.own_metrics import asking
from tidegate.adapters.own_metrics.asking import Reply
from tidegate.core.comparison.inference.estimation import estimates
from tidegate.core.comparison.inference.seeds import seed_of
from tidegate.core.comparison.metrics.measured import task
from tidegate.core.comparison.samples.sample import Coded, Output, Sample, coded
from tidegate.errors import InputError

WEIGHTED = """\
def mae(truth, prediction, weight):
    total = sum(weight)
    return sum(w * abs(t - p) for t, p, w in zip(truth, prediction, weight)) / total
"""
PLAIN = """\
def mae(truth, prediction):
    return sum(abs(t - p) for t, p in zip(truth, prediction)) / len(truth)
"""
ROWS = 240


def sample(*, weight: bool = False, cluster: bool = False, champion: bool = True) -> Sample:
    random = np.random.default_rng(3)
    truth = random.normal(50, 9, ROWS)
    said = [Output(prediction=truth + random.normal(0, scale, ROWS)) for scale in (3, 4)]
    return Sample(
        ids=np.arange(ROWS),
        truth=truth,
        candidate=said[0],
        champion=said[1] if champion else None,
        weight=random.integers(1, 4, ROWS).astype(np.float64) if weight else None,
        cluster=coded([f"day {row // 8:02}" for row in range(ROWS)]) if cluster else None,
    )


def asked(
    folder: Path, code: str, rows: Sample, *, entry: str = "own:mae", draws: int = 20, numpy: bool = True
) -> Reply:
    tree = folder / "tree"
    tree.mkdir()
    (tree / "own.py").write_text(code)
    (folder / "files").mkdir()
    seed = seed_of(rows)
    part = np.flatnonzero(np.arange(ROWS) % 3 == 0)
    tasks = [task(rows, "", None, draws, seed), task(rows, "weather=mist", part, draws, seed + 1)]
    written = asking.written(folder / "files", rows, tasks)
    arguments = asking.request(written, entry, [tree])
    options = [] if numpy else ["-S"]  # no site-packages, no numpy
    done = subprocess.run([sys.executable, *options, *arguments], capture_output=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return asking.reply(written, "mae", "tidegate.yaml /models/a/metrics/mae")


@pytest.mark.parametrize("numpy", [True, False], ids=["numpy", "no numpy"])
@pytest.mark.parametrize("code", [WEIGHTED, PLAIN], ids=["weighted", "by rows"])
@pytest.mark.parametrize("cluster", [False, True], ids=["rows", "clusters"])
def test_a_metric_that_we_know_has_the_draws_that_we_know(
    tmp_path: Path, code: str, *, cluster: bool, numpy: bool
) -> None:
    rows = sample(cluster=cluster)
    reply = asked(tmp_path, code, rows, numpy=numpy)
    whole, part = reply.measured
    known = estimates(rows, ["mae"], 20, seed_of(rows))["mae"]
    assert (whole.part, whole.rows, whole.units) == ("", ROWS, known.units)
    assert whole.candidate == pytest.approx(known.candidate, rel=1e-12)
    assert whole.champion == pytest.approx(known.champion, rel=1e-12)
    np.testing.assert_allclose(np.array(whole.candidate_draws, dtype=float), known.candidate_draws, rtol=1e-9)
    difference = np.array(whole.candidate_draws, dtype=float) - np.array(whole.champion_draws, dtype=float)
    np.testing.assert_allclose(difference, known.difference_draws, rtol=1e-9, atol=1e-12)
    assert (part.part, part.rows) == ("weather=mist", ROWS // 3)
    assert reply.files == ((tmp_path / "tree/own.py").resolve(),)


def test_row_weights_reach_the_function(tmp_path: Path) -> None:
    rows = sample(weight=True)
    reply = asked(tmp_path, WEIGHTED, rows)
    assert reply.measured[0].candidate == pytest.approx(estimates(rows, ["mae"], 20, 0)["mae"].candidate, rel=1e-12)


def test_a_first_model_is_measured_alone(tmp_path: Path) -> None:
    (whole, _) = asked(tmp_path, WEIGHTED, sample(champion=False)).measured
    assert (whole.champion, whole.champion_draws) == (None, ())


def test_classes_come_as_texts_and_scores_by_name(tmp_path: Path) -> None:
    labels = Coded(codes=np.arange(ROWS) % 2, labels=("no", "yes"))
    output = Output(prediction=labels, scores={"yes": np.where(labels.codes == 1, 0.75, 0.25)})
    rows = Sample(ids=np.arange(ROWS), truth=labels, candidate=output, champion=output)
    code = "def mae(truth, prediction, scores):\n    assert set(truth) == {'no', 'yes'}\n"
    code += "    return sum(s for t, p, s in zip(truth, prediction, scores['yes']) if t == p == 'yes') / len(truth)\n"
    assert asked(tmp_path, code, rows).measured[0].candidate == 0.375


def test_quantiles_come_together_where_there_is_no_single_prediction(tmp_path: Path) -> None:
    truth = np.arange(float(ROWS))
    output = Output(scores={"0.1": truth - 2, "0.9": truth + 3})
    rows = Sample(ids=np.arange(ROWS), truth=truth, candidate=output, champion=output)
    code = "def mae(truth, prediction):\n    return float((prediction['0.9'] - prediction['0.1']).mean())\n"
    assert asked(tmp_path, code, rows).measured[0].candidate == 5.0


def test_a_resample_without_a_value_is_kept_as_such(tmp_path: Path) -> None:
    code = "calls = []\ndef mae(truth, prediction):\n    calls.append(1)\n"
    code += "    if len(calls) % 5 == 0: raise ValueError('one class only')\n"
    code += "    return 1.5 if len(calls) % 7 else float('nan')\n"
    whole, _ = asked(tmp_path, code, sample(champion=False), draws=30).measured
    assert whole.candidate_draws.count(None) == sum(n % 5 == 0 or n % 7 == 0 for n in range(2, 32))


FAULTS = {
    "import fails": ("import no_such_module", "cannot be imported: ModuleNotFoundError: No module named 'no_such"),
    "syntax": ("def mae(:", "cannot be imported: SyntaxError"),
    "exits on import": ("raise SystemExit(3)", "cannot be imported: SystemExit: 3"),
    "no such function": ("def other(): pass", "cannot be found: own has no 'mae'"),
    "no function": ("mae = 3", "is int, not a function"),
    "raises": ("def mae(t, p): raise KeyError('price')", "raises KeyError: 'price'"),
    "exits": ("def mae(t, p): raise SystemExit(0)", "raises SystemExit: 0"),
    "takes one argument": ("def mae(t): return 1", "raises TypeError"),
    "NaN": ("def mae(t, p): return float('nan')", "returned nan for the candidate"),
    "infinite": ("def mae(t, p): return float('inf')", "returned inf for the candidate"),
    "text": ("def mae(t, p): return '0.5'", "returned str '0.5', not a number"),
    "boolean": ("def mae(t, p): return True", "returned bool True, not a number"),
    "nothing": ("def mae(t, p): pass", "returned NoneType None, not a number"),
    "array": ("def mae(t, p): return abs(t - p)", "returned ndarray"),
    "fails on resamples": (
        "calls = []\ndef mae(t, p):\n    calls.append(1)\n    assert len(calls) == 1, 'only once'\n    return 1.0",
        "fails on 20 of 20 resamples: it raises AssertionError: only once",
    ),
    "credential": (f"def mae(t, p): raise ValueError('ghp_{'a' * 36}')", "raises ValueError: [redacted]"),
}


@pytest.mark.parametrize(("code", "why"), FAULTS.values(), ids=FAULTS)
def test_a_fault_is_told_in_a_sentence(tmp_path: Path, code: str, why: str) -> None:
    with pytest.raises(InputError) as error:
        asked(tmp_path, code, sample())
    assert error.value.code == "E-MTR-001"
    assert error.value.where == "tidegate.yaml /models/a/metrics/mae"
    assert not [line for line in error.value.log if "program.py" in line]
    assert why in error.value.message


def test_a_function_without_weights_is_refused_where_rows_have_some(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="takes no weight, and rows have weights"):
        asked(tmp_path, PLAIN, sample(weight=True))


def test_what_a_function_prints_disturbs_nothing(tmp_path: Path) -> None:
    code = "print('{\"values\": {}}')\n" + PLAIN.replace("    return", "    print('x' * 999)\n    return")
    assert asked(tmp_path, code, sample()).measured[0].candidate > 0


def test_the_tree_does_not_shadow_what_the_program_needs(tmp_path: Path) -> None:
    shadows = (
        "import sys\nfor name in ('json', 'array', 'numbers'):\n    assert 'tree' not in sys.modules[name].__file__\n"
    )
    assert asked(tmp_path, shadows + WEIGHTED, sample()).measured[0].candidate > 0


def test_a_function_of_an_installed_library_will_do(tmp_path: Path) -> None:
    rows = sample(weight=True)
    reply = asked(tmp_path, "", rows, entry="sklearn.metrics:mean_absolute_error")
    assert reply.measured[0].candidate == pytest.approx(estimates(rows, ["mae"], 20, 0)["mae"].candidate, rel=1e-12)
    assert reply.files == ()
