"""The hold-out changed: the champion is asked about the new rows, or it is said why it cannot be."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from pipelines import Project
from rescoring import KEYS, PREDICT, champions_value, compare, growing, grown, released, result
from tidegate.adapters import files
from tidegate.core.answer import Verdict
from tidegate.errors import InputError


@pytest.fixture
def here(tmp_path: Path) -> Project:
    return grown(tmp_path / "project")


def answers(here: Project) -> Path:
    (found,) = (here.root / ".tidegate" / "champion").rglob("answers/*.parquet")
    return found


def test_a_month_more_of_hold_out_is_compared_on_the_same_rows(here: Project) -> None:
    answer = compare(here)
    assert answer.verdict is Verdict.PASS, answer.sentence
    champion = result(here)["champion"]
    assert champion["rescored"] == {"rows": 252, "new": 84, "gone": 0, "changed": 0}
    assert champion["predictions"] == files.sha256(answers(here))
    assert result(here)["rows"] == 252
    said = pq.read_table(answers(here)).to_pydict()
    value = champions_value(here)
    assert said["predicted"] == [value] * 252
    assert said["id"] == list(range(252))
    mae = next(metric for metric in result(here)["metrics"] if metric["name"] == "mae")
    assert mae["champion"] == pytest.approx(sum(abs(sold - value) for sold in said["sold"]) / 252, abs=1e-12)
    assert mae["candidate"] != mae["champion"]


def test_the_same_comparison_is_not_asked_twice_and_has_the_same_bytes(here: Project) -> None:
    compare(here)
    first, when = (here.root / ".tidegate/verdict.json").read_bytes(), answers(here).stat().st_mtime_ns
    compare(here)
    assert (here.root / ".tidegate/verdict.json").read_bytes() == first
    assert answers(here).stat().st_mtime_ns == when


def test_the_verdict_is_reached_again_from_what_is_kept(here: Project) -> None:
    compare(here)
    answer = compare(here, "--replay", ".tidegate")
    assert answer.exit_code == 0, answer.sentence
    assert answer.sentence.startswith("1 run judged again: 1 as before")


def test_rows_that_only_lost_some_are_asked_anew_as_well(tmp_path: Path) -> None:
    here = growing(tmp_path / "project")
    here.forget("data/2024-02.csv")
    here.dvc("add", "--quiet", "data")
    here.dvc("repro", "--quiet", at="model")
    here.commit("a month less")
    compare(here)
    assert result(here)["champion"]["rescored"] == {"rows": 84, "new": 0, "gone": 84, "changed": 0}


def test_corrected_truth_is_asked_anew_as_well(tmp_path: Path) -> None:
    here = growing(tmp_path / "project")
    here.replace("data/2024-01.csv", "0,2024-01-01,10", "0,2024-01-01,90")
    here.dvc("add", "--quiet", "data")
    here.dvc("repro", "--quiet", at="model")
    here.commit("a corrected row")
    compare(here)
    assert result(here)["champion"]["rescored"] == {"rows": 168, "new": 0, "gone": 0, "changed": 1}


def test_unchanged_rows_ask_nobody(tmp_path: Path) -> None:
    here = growing(tmp_path / "project")
    here.replace("model/params.yaml", "offset: 0.5", "offset: 0.4")
    here.dvc("repro", "--quiet", at="model")
    here.commit("another offset")
    assert compare(here).verdict is not Verdict.INCOMPARABLE
    assert "rescored" not in result(here)["champion"]
    assert not list((here.root / ".tidegate").rglob("answers"))


def test_a_change_has_no_say_in_how_the_champion_is_asked(here: Project) -> None:
    here.write("model/predict.py", "raise SystemExit('not me')")
    here.replace("tidegate.yaml", "python3, model/predict.py", "python3, model/other.py")
    here.commit("another way to ask")
    assert compare(here).verdict is Verdict.PASS
    assert result(here)["policy"]["changed"]


def test_the_champions_command_sees_no_credential_of_ours(tmp_path: Path) -> None:
    spy = "import os; assert 'GITHUB_TOKEN' not in os.environ and 'AWS_SECRET_ACCESS_KEY' not in os.environ\n"
    here = released(tmp_path / "project", predict=spy + PREDICT)
    assert compare(here, GITHUB_TOKEN="t", AWS_SECRET_ACCESS_KEY="s").verdict is Verdict.PASS


def test_the_hold_out_may_have_moved_to_another_file(here: Project) -> None:
    here.replace("model/dvc.yaml", "build/prepared.csv", "build/hold_out.csv")
    here.replace("tidegate.yaml", "rows: model/build/prepared.csv", "rows: model/build/hold_out.csv")
    here.dvc("repro", "--quiet", at="model")
    here.commit("another name")
    here.forget("model/build/prepared.csv")
    assert compare(here).verdict is Verdict.PASS


def test_rows_that_the_pipeline_did_not_write_are_not_asked_about(here: Project) -> None:
    place = here.root / "model/build/prepared.csv"
    text = place.read_text()
    place.unlink()
    place.write_text(text.replace("2024-03-02", "2024-03-03", 1))
    told = compare(here)
    assert told.verdict is Verdict.INCOMPARABLE
    assert "is not the file that dvc.lock records. Run tidegate train-model" in told.sentence


CANNOT = {
    "no rows, model or predict in its contract": ("      cluster: day\n", PREDICT, "has no evaluation.predict"),
    "no predict in its contract": (
        KEYS.replace(KEYS.splitlines()[-1] + "\n", ""),
        PREDICT,
        "has no evaluation.predict. Merge rows, model and predict first",
    ),
    "its command fails": (KEYS, "raise ValueError('no onnx here')", "exit code 1): ValueError: no onnx here"),
    "it writes nothing": (KEYS, "print('done')", "E-MET-001 the predict command's output cannot be read"),
    "it writes half of the rows": (
        KEYS,
        PREDICT.replace("reversed(list(csv.DictReader(source)))", "list(csv.DictReader(source))[::2]"),
        "answers other ids: 126 ids not answered (first 1)",
    ),
    "it answers a row twice": (
        KEYS,
        PREDICT.replace("list(csv.DictReader(source))", "(lambda a: a[:-1] + a[:1])(list(csv.DictReader(source)))"),
        "answers other ids: 1 id not answered (first 251)",
    ),
    "it writes other columns": (KEYS, PREDICT.replace('"predicted"]', '"guess"]'), "has no column 'predicted'"),
    "it answers no numbers": (
        KEYS,
        PREDICT.replace('[row["id"], value]', '[row["id"], "much"]'),
        "expected numbers, got string",
    ),
    "it writes no CSV": (
        KEYS,
        PREDICT + "\nopen(predictions, 'wb').write(b'\\x00\\xff' * 9)",
        "the predict command's output",
    ),
    "its program is not there": (
        KEYS.replace("python3,", "no-such-python,"),
        PREDICT,
        "E-PRG-001 there is no program 'no-such-python'",
    ),
}


@pytest.mark.parametrize(("keys", "predict", "why"), CANNOT.values(), ids=CANNOT)
def test_what_keeps_the_champion_from_answering_is_said(tmp_path: Path, keys: str, predict: str, why: str) -> None:
    here = released(tmp_path / "project", keys=keys, predict=predict)
    answer = compare(here)
    assert answer.verdict is Verdict.INCOMPARABLE
    start = "incomparable: the hold-out changed: 84 ids only in the candidate's file (168, 169, 170, …); the champion "
    assert answer.sentence.startswith(f"{start}cannot be asked about the new rows: ")
    assert why in answer.sentence
    assert result(here)["champion"]["predictions"] is None


def test_an_environment_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    here = released(tmp_path / "project", lock="not a requirement\n")
    answer = compare(here)
    assert answer.verdict is Verdict.INCOMPARABLE
    assert "E-ENV-014 model/requirements.txt cannot be installed" in answer.sentence


def test_columns_that_the_new_rows_lack_are_named(tmp_path: Path) -> None:
    predict = PREDICT.replace('row["id"], value', 'row["id"], row["day"] and value')
    here = released(tmp_path / "project", predict=predict, of_base=KEYS.replace("      cluster: day\n", ""))
    without = "[{k: v for k, v in row.items() if k != 'day'} for row in rows(pathlib.Path(source))]"
    here.replace("model/steps.py", "write(pathlib.Path(target), rows(", f"write(pathlib.Path(target), {without} or (")
    here.dvc("repro", "--quiet", at="model")
    here.commit("without days")
    said = compare(here).sentence
    assert "KeyError: 'day'" in said
    assert "The new rows lack 'day', which its own have." in said


def test_one_model_scored_twice_is_seen_in_answers_as_well(here: Project) -> None:
    """The candidate's pipeline forgot to load its own model: it says what the champion says of every row."""
    value = champions_value(here)
    here.replace("model/steps.py", 'json.loads(pathlib.Path(model).read_text())["value"]', repr(value))
    here.dvc("repro", "--quiet", at="model")
    here.commit("the champion's value")
    answer = compare(here)
    assert answer.verdict is Verdict.INCOMPARABLE
    assert "model/artifacts/model.json changed: one model was scored twice" in answer.sentence


def test_the_candidates_own_faults_stay_errors(here: Project) -> None:
    place = here.root / "model/reports/predictions.csv"
    text = place.read_text()
    place.unlink()
    place.write_text(text.replace("0,", "00,", 1))
    with pytest.raises(InputError, match=r"not the file that dvc\.lock records"):
        compare(here)
