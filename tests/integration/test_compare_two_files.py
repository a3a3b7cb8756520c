"""`tidegate compare-models` as people use it without our pipeline: two files, outside any repository."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyarrow import csv

from comparisons import CONTRACT, table
from fixtures.plain import compared
from tidegate.core.answer import Verdict
from tidegate.core.evidence import canonical_bytes
from tidegate.errors import InputError

MAIN = Path(__file__).parents[2] / "scripts" / "tidegate" / "__main__.py"


def command(folder: Path, *arguments: str) -> tuple[int, dict[str, Any]]:
    """Exit code and the answer as `--json -` prints it."""
    given = [sys.executable, str(MAIN), "compare-models", "-C", str(folder), "--json", "-", *arguments]
    done = subprocess.run(given, capture_output=True, text=True, timeout=120, check=False, cwd=folder)
    return done.returncode, json.loads(done.stdout)


COLUMNS = ("--id", "instant", "--target", "rentals", "--prediction", "predicted")


@pytest.fixture
def files(tmp_path: Path) -> Callable[[pa.Table, pa.Table], tuple[str, ...]]:
    def write(candidate: pa.Table, champion: pa.Table) -> tuple[str, ...]:
        pq.write_table(candidate, tmp_path / "new.parquet")
        pq.write_table(champion, tmp_path / "old.parquet")
        return "--candidate", str(tmp_path / "new.parquet"), "--champion", str(tmp_path / "old.parquet")

    return write


Files = Callable[[pa.Table, pa.Table], tuple[str, ...]]


def test_two_files_are_compared_outside_any_repository(files: Files, tmp_path: Path) -> None:
    named = files(table(1.1), table())
    gate = ("--metric", "rmse", "--no-worse-by", "1%", "--cluster", "date", "--slices", "weather")
    code, answer = command(tmp_path, *named, *COLUMNS, *gate)
    assert (code, answer["verdict"]) == (1, "fail")
    assert answer["sentence"] == "not promotable: rmse is worse by 4.2, limit 1% (0.4)"
    assert {part["value"] for part in answer["slices"]} == {"clear", "mist"}
    assert answer["champion"]["kind"] == "file"
    assert not (tmp_path / ".tidegate").exists()


def test_two_files_are_compared_by_a_contract(files: Files, tmp_path: Path) -> None:
    (tmp_path / "tidegate.yaml").write_text(CONTRACT)
    code, answer = command(tmp_path, *files(table(0.9), table()))
    assert (code, answer["sentence"]) == (0, "ready to promote")
    assert [gate["metric"] for gate in answer["gates"]] == ["rmse", "mae"]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("--metric", "rsme", "--at-most", "1"), "E-ARG-010"),
        (("--metric", "rmse"), "E-ARG-011"),
        (("--metric", "rmse", "--no-worse-by", "much"), "E-ARG-012"),
        (("--metric", "rmse", "--no-worse-by", "-1"), "E-ARG-012"),
        (("--metric", "rmse", "--at-most", "5%"), "E-ARG-012"),
        (("--metric", "rmse", "--at-most", "nan"), "E-ARG-012"),
    ],
    ids=["unknown metric", "no limit", "no number", "negative", "percent of nothing", "nan"],
)
def test_options_that_make_no_gate_are_refused(
    files: Files, tmp_path: Path, arguments: tuple[str, ...], code: str
) -> None:
    exit_code, answer = command(tmp_path, *files(table(), table(1.1)), *COLUMNS, *arguments)
    assert exit_code == 2
    assert answer["sentence"].startswith(code)


def test_one_file_given_twice_is_refused(files: Files, tmp_path: Path) -> None:
    new = files(table(), table())[1]
    arguments = ("--candidate", new, "--champion", new, "--metric", "rmse", "--no-worse-by", "1%")
    code, answer = command(tmp_path, *arguments, *COLUMNS)
    assert code == 2
    assert answer["sentence"].startswith("E-ARG-014")


def test_one_file_without_the_other_is_refused(files: Files, tmp_path: Path) -> None:
    code, answer = command(tmp_path, *files(table(), table())[:2])
    assert code == 2
    assert answer["sentence"].startswith("E-ARG-013")


GATE = ("--metric", "rmse", "--no-worse-by", "1%")


def written(path: Path, rows: pa.Table) -> Path:
    match path.suffix:
        case ".parquet":
            pq.write_table(rows, path)
        case ".csv" | ".tsv":
            separator = "," if path.suffix == ".csv" else "\t"
            csv.write_csv(rows, path, csv.WriteOptions(delimiter=separator, quoting_style="needed"))
        case ".stream":
            with pa.ipc.new_stream(str(path), rows.schema) as writer:
                writer.write_table(rows)
        case _:
            with pa.ipc.new_file(str(path), rows.schema) as writer:
                writer.write_table(rows)
    return path


@pytest.mark.parametrize("candidate", [".parquet", ".csv", ".tsv", ".arrow", ".feather"])
@pytest.mark.parametrize("champion", [".parquet", ".csv"])
def test_every_format_gives_the_same_answer_as_any_other(tmp_path: Path, candidate: str, champion: str) -> None:
    new, old = written(tmp_path / f"new{candidate}", table(1.1)), written(tmp_path / f"old{champion}", table())
    found = compared(tmp_path, "--candidate", new.name, "--champion", old.name, *COLUMNS, *GATE)
    assert found.sentence == "not promotable: rmse is worse by 4.2, limit 1% (0.4)"


@pytest.mark.parametrize("form", [".parquet", ".csv", ".tsv", ".arrow", ".stream"])
def test_one_of_the_two_may_come_on_standard_input_in_any_format(tmp_path: Path, form: str) -> None:
    piped = written(tmp_path / f"new{form}", table(1.1)).read_bytes()
    written(tmp_path / "old.parquet", table())
    arguments = ("--candidate", "-", "--champion", "old.parquet", *COLUMNS, *GATE)
    assert compared(tmp_path, *arguments, stdin=piped).sentence.startswith("not promotable: rmse is worse by 4.2")
    turned = ("--candidate", "old.parquet", "--champion", "-", *COLUMNS, *GATE)
    assert compared(tmp_path, *turned, stdin=piped).verdict is Verdict.PASS


def test_standard_input_of_a_real_process(tmp_path: Path) -> None:
    piped = written(tmp_path / "new.parquet", table(1.1))
    written(tmp_path / "old.parquet", table())
    given = [sys.executable, str(MAIN), "compare-models", "--candidate", "-", "--champion", "old.parquet"]
    with piped.open("rb") as stream:
        done = subprocess.run(
            [*given, *COLUMNS, *GATE, "--json", "-"],
            stdin=stream,
            capture_output=True,
            cwd=tmp_path,
            timeout=120,
            check=False,
        )
    assert (done.returncode, json.loads(done.stdout)["verdict"]) == (1, "fail")


@pytest.mark.parametrize(
    ("piped", "code"),
    [
        (b"", "E-MET-002"),
        (b"PAR1 and no more", "E-MET-003"),
        (b"\xff\xff\xff\xff\x10", "E-MET-003"),
        (b"a;b\n1;2\n", "E-MET-012"),
    ],
    ids=["nothing", "half a Parquet", "half a stream", "semicolons"],
)
def test_standard_input_that_is_no_table_is_refused(tmp_path: Path, piped: bytes, code: str) -> None:
    written(tmp_path / "old.parquet", table())
    with pytest.raises(InputError) as caught:
        compared(tmp_path, "--candidate", "-", "--champion", "old.parquet", *COLUMNS, *GATE, stdin=piped)
    assert (caught.value.code, caught.value.where) == (code, "standard input")


def test_standard_input_cannot_be_both(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        compared(tmp_path, "--candidate", "-", "--champion", "-", *COLUMNS, *GATE, stdin=b"x")
    assert caught.value.code == "E-ARG-014"


@pytest.mark.parametrize(
    ("arguments", "labels"),
    [
        (("--metric=rmse", "--no-worse-by=1%", "--metric=mae", "--at-most=60"), ["rmse no_worse_by", "mae at_most"]),
        (("--metric=rmse", "--metric=mae", "--no-worse-by=1%"), ["rmse no_worse_by", "mae no_worse_by"]),
        (("--no-worse-by=1%", "--metric=rmse"), ["rmse no_worse_by"]),
        (("--metric=mae", "--no-worse-by=1%", "--at-most=60"), ["mae no_worse_by", "mae at_most"]),
        (
            ("--metric=rmse", "--metric=mae", "--no-worse-by=1%", "--metric=r2", "--at-least=0.5"),
            ["rmse no_worse_by", "mae no_worse_by", "r2 at_least"],
        ),
    ],
    ids=["each its own", "one limit for two", "limit first", "two limits for one", "both"],
)
def test_several_metrics_have_each_the_limits_after_it(
    files: Files, tmp_path: Path, arguments: tuple[str, ...], labels: list[str]
) -> None:
    answer = compared(tmp_path, *files(table(0.9), table()), *COLUMNS, *arguments)
    assert answer.verdict is Verdict.PASS
    assert answer.data is not None
    assert [f"{gate['metric']} {gate['kind']}" for gate in answer.data["gates"]] == labels  # type: ignore[attr-defined]
    assert len(answer.data["family"]) == len(labels)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (
            ("--at-most=1", "--metric=rmse", "--at-most=2", "--metric=mae", "--at-most=3"),
            "E-ARG-011",
            "before the first",
        ),
        (("--metric=rmse", "--at-most=1", "--metric=mae"), "E-ARG-011", "--metric mae needs a limit"),
        (("--at-most=1",), "E-ARG-011", "before the first"),
        (("--metric=rmse", "--at-most=1", "--metric=rmse", "--at-most=2"), "E-ARG-011", "two limits of one kind"),
        (("--metric=rmse", "--direction=lower", "--at-most=1"), "E-ARG-010", "is lower-is-better"),
        (("--metric=revenue", "--at-most=1"), "E-ARG-010", "--direction higher or lower"),
        (("--metric=predict_p95_ms", "--at-most=1"), "E-ARG-010", "is unknown"),
        (("--metric=a/b", "--direction=lower", "--at-most=1"), "E-ARG-010", "is unknown"),
    ],
    ids=["limit of none", "no limit", "no metric", "twice", "turned round", "no direction", "cost", "no name"],
)
def test_metrics_and_limits_that_do_not_fit_are_refused(
    files: Files, tmp_path: Path, arguments: tuple[str, ...], code: str, words: str
) -> None:
    with pytest.raises(InputError) as caught:
        compared(tmp_path, *files(table(), table(1.1)), *COLUMNS, *arguments)
    assert caught.value.code == code
    assert words in str(caught.value)


TWO_MODELS = CONTRACT + CONTRACT.split("models:\n")[1].replace("bike:", "taxi:").replace("at_most: 60", "at_most: 1")


@pytest.mark.parametrize(("model", "code"), [("bike", 0), ("taxi", 1)])
def test_a_contract_of_several_models_is_told_which(files: Files, tmp_path: Path, model: str, code: int) -> None:
    (tmp_path / "gates.yaml").write_text(TWO_MODELS)
    named = files(table(0.9), table())
    assert command(tmp_path, *named, "--config", "gates.yaml", "--model", model)[0] == code


def test_a_contract_of_several_models_has_to_be_told_which(files: Files, tmp_path: Path) -> None:
    (tmp_path / "tidegate.yaml").write_text(TWO_MODELS)
    code, answer = command(tmp_path, *files(table(0.9), table()))
    assert (code, answer["sentence"].split()[0]) == (2, "E-CFG-026")


def test_files_lie_where_the_folder_says(files: Files, tmp_path: Path) -> None:
    files(table(0.9), table())
    arguments = ("--candidate", "new.parquet", "--champion", "old.parquet", *COLUMNS, *GATE)
    assert compared(tmp_path, *arguments).verdict is Verdict.PASS


@pytest.mark.parametrize(
    ("candidate", "verdict", "code"),
    [
        (table(0.9), "pass", 0),
        (table(1.1), "fail", 1),
        (table(1.0, noise=7), "undecided", 1),
        (table(0.9).slice(24), "incomparable", 1),
        (table(0.9).drop_columns(["rentals"]), "error", 2),
    ],
    ids=["better", "worse", "unsure", "other rows", "no truth"],
)
def test_exit_codes_say_what_to_do(files: Files, tmp_path: Path, candidate: pa.Table, verdict: str, code: int) -> None:
    exit_code, answer = command(tmp_path, *files(candidate, table()), *COLUMNS, "--cluster=date", *GATE)
    assert (exit_code, answer["verdict"]) == (code, verdict)


def test_waivers_of_a_contract_excuse_nothing_where_nothing_says_which_day_it_is(files: Files, tmp_path: Path) -> None:
    excuse = '    waivers: [{gate: "rmse no_worse_by 1%", reason: r, owner: "@o", until: 2026-12-31}]\n'
    (tmp_path / "tidegate.yaml").write_text(CONTRACT + excuse)
    code, answer = command(tmp_path, *files(table(1.1), table()))
    assert code == 1
    assert "does not count: nothing says which day this is" in answer["sentence"]


@pytest.mark.parametrize(
    "variables", [{"PYTHONHASHSEED": "1"}, {"PYTHONHASHSEED": "2", "OMP_NUM_THREADS": "1"}], ids=str
)
def test_the_same_files_give_the_same_bytes_in_every_process(
    files: Files, tmp_path: Path, variables: Mapping[str, str]
) -> None:
    arguments = (*files(table(1.05), table()), *COLUMNS, *GATE, "--slices=weather", "--cluster=date")
    given = [sys.executable, str(MAIN), "compare-models", "-C", str(tmp_path), "--json", "-", *arguments]
    outputs = {
        subprocess.run(given, capture_output=True, timeout=120, check=False, env={**os.environ, **more}).stdout
        for more in ({"PYTHONHASHSEED": "0", "OMP_NUM_THREADS": "4", "OPENBLAS_NUM_THREADS": "4"}, variables)
    }
    assert len(outputs) == 1
    assert json.loads(outputs.pop())["verdict"] == "fail"


def test_the_order_of_rows_in_either_file_changes_nothing_but_the_files_digests(files: Files, tmp_path: Path) -> None:
    def shuffled(rows: pa.Table, seed: int) -> pa.Table:
        return rows.take(np.random.default_rng(seed).permutation(len(rows)))

    results = []
    for one, other in ((table(1.05), table()), (shuffled(table(1.05), 1), shuffled(table(), 2))):
        answer = compared(tmp_path, *files(one, other), *COLUMNS, *GATE, "--slices=weather", "--cluster=date")
        results.append({**(answer.data or {})})
    for side in ("candidate", "champion"):
        digests = [document.pop(side)["predictions"] for document in results]
        assert len(set(digests)) == 2
    assert canonical_bytes(results[0]) == canonical_bytes(results[1])
