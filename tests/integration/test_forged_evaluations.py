"""A change writes the file that it is judged by: what of that it can forge, and what shows."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipelines import Project
from rescoring import PREDICT, compare, growing, grown, result
from tidegate.core.answer import Verdict
from tidegate.steps.comparison.kept_evidence import Folder

PREDICTIONS = "model/reports/predictions.csv"
MODEL = "model/artifacts/model.json"


@pytest.fixture
def here(tmp_path: Path) -> Project:
    return growing(tmp_path / "project")


def confirmation(project: Project) -> dict[str, Any]:
    return dict(result(project)["confirmation"])


def rewritten(project: Project, path: str, change: Callable[[dict[str, str]], None]) -> None:
    """A predictions file of the change's own making, with the record in dvc.lock to match: no stage is run."""
    rows = list(csv.DictReader(io.StringIO(project.read(path))))
    for row in rows:
        change(row)
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    replaced(project, path, text.getvalue())


def replaced(project: Project, path: str, text: str) -> None:
    old = project.recorded(path.removeprefix("model/"))
    (project.root / path).unlink()  # it may be a link into DVC's cache
    project.write(path, text)
    project.replace("model/dvc.lock", old, hashlib.md5(text.encode(), usedforsecurity=False).hexdigest())


def perfect(row: dict[str, str]) -> None:
    row["predicted"] = row["sold"]


def easier(row: dict[str, str]) -> None:
    row["sold"] = str(float(row["predicted"]))


def test_a_change_of_parameters_is_confirmed_by_the_bases_code(here: Project) -> None:
    here.replace("model/params.yaml", "offset: 0.5", "offset: 0.25")
    here.dvc("repro", "--quiet", at="model")
    here.commit()
    assert compare(here).verdict is Verdict.PASS
    found = confirmation(here)
    assert found["answers"] == {"standing": "confirmed", "rows": 168, "differ": 0, "why": ""}
    assert found["hold_out"]["altered"] is False
    assert found["edited"] == []


def test_perfect_predictions_that_no_model_made_are_no_pass(here: Project) -> None:
    """Only dvc.lock and the file that it names are edited: DVC itself would call the pipeline up to date."""
    rewritten(here, PREDICTIONS, perfect)
    replaced(here, MODEL, '{"value": 16.5}')
    here.commit()
    answer = compare(here)
    assert answer.verdict is Verdict.INCOMPARABLE
    assert answer.sentence == (
        "incomparable: 168 of 168 predictions are not what the packaged model answers (ids 0, 1, 2, …)"
    )
    assert confirmation(here)["answers"]["standing"] == "denied"


def test_one_forged_row_among_many_is_found(here: Project) -> None:
    rewritten(here, PREDICTIONS, lambda row: perfect(row) if row["id"] == "7" else None)
    replaced(here, MODEL, here.read(MODEL).replace("}", " }"))
    here.commit()
    answer = compare(here)
    assert answer.verdict is Verdict.INCOMPARABLE
    assert "1 of 168 predictions are not what the packaged model answers (ids 7)" in answer.sentence


@pytest.mark.parametrize("model", ["{", '{"worth": 1}', ""], ids=["cut short", "of another form", "empty"])
def test_a_model_that_does_not_answer_confirms_nothing(here: Project, model: str) -> None:
    rewritten(here, PREDICTIONS, perfect)
    replaced(here, MODEL, model)
    here.commit()
    answer = compare(here)
    assert answer.verdict is Verdict.INCOMPARABLE
    assert "the packaged model does not answer the base's predict command" in answer.sentence


def test_code_that_writes_perfect_predictions_is_judged_and_shown_as_the_changes_own_claim(here: Project) -> None:
    here.replace("model/steps.py", '"predicted": value}', '"predicted": row["sold"]}')
    here.dvc("repro", "--quiet", at="model")
    here.commit()
    compare(here)
    found = confirmation(here)
    assert found["answers"]["standing"] == "claimed"
    assert found["answers"]["differ"] == 168
    assert found["edited"] == ["model/steps.py"]


def test_the_code_that_a_change_brings_is_not_what_it_is_asked_by(here: Project) -> None:
    """Its own predict command would look the truth up; the base's is run instead."""
    cheat = PREDICT.replace("value] for row", 'row["sold"]] for row')
    here.write("model/predict.py", cheat)
    rewritten(here, PREDICTIONS, perfect)
    replaced(here, MODEL, '{"value": 16.5}')
    here.commit()
    compare(here)
    assert confirmation(here)["answers"]["standing"] == "claimed"
    assert confirmation(here)["edited"] == ["model/predict.py"]


def test_a_contract_that_names_another_command_is_not_followed(here: Project) -> None:
    here.write("model/cheat.py", PREDICT.replace("value] for row", 'row["sold"]] for row'))
    here.replace("tidegate.yaml", "model/predict.py", "model/cheat.py")
    rewritten(here, PREDICTIONS, perfect)
    replaced(here, MODEL, '{"value": 16.5}')
    here.commit()
    compare(here)
    assert confirmation(here)["answers"]["standing"] == "claimed"
    assert result(here)["policy"]["changed"] is True


def test_a_forged_truth_shows_as_a_changed_hold_out(here: Project) -> None:
    """Predictions that are honest, and a truth that was bent towards them."""
    rewritten(here, PREDICTIONS, easier)
    replaced(here, MODEL, here.read(MODEL).replace("}", " }"))
    here.commit()
    compare(here)
    found = confirmation(here)
    assert found["answers"]["standing"] == "confirmed"
    assert found["hold_out"]["altered"] is True
    assert found["hold_out"]["changed"] > 100


def test_rows_that_were_left_out_show_as_a_changed_hold_out(here: Project) -> None:
    lines = here.read(PREDICTIONS).splitlines(keepends=True)
    replaced(here, PREDICTIONS, "".join(lines[:100]))
    replaced(here, MODEL, here.read(MODEL).replace("}", " }"))
    here.commit()
    compare(here)
    assert confirmation(here)["hold_out"]["gone"] == 69


def test_inputs_that_give_the_truth_away_show_as_a_changed_hold_out(here: Project) -> None:
    """The same ids and truth, in rows whose columns were edited."""
    rows = "model/build/prepared.csv"
    old = here.recorded("build/prepared.csv")
    text = here.read(rows).replace("day", "day,hint", 1)
    (here.root / rows).unlink()
    here.write(rows, text)
    here.replace("model/dvc.lock", old, hashlib.md5(text.encode(), usedforsecurity=False).hexdigest())
    here.commit()
    compare(here)
    hold_out = confirmation(here)["hold_out"]
    assert (hold_out["altered"], hold_out["file"], hold_out["changed"]) == (True, True, 0)


def test_new_data_is_an_altered_hold_out_and_its_predictions_are_confirmed(tmp_path: Path) -> None:
    here = grown(tmp_path / "project")
    compare(here)
    found = confirmation(here)
    assert (found["hold_out"]["altered"], found["hold_out"]["new"]) == (True, 84)
    assert found["answers"]["standing"] == "confirmed"


def test_a_base_that_names_no_command_confirms_nothing_and_is_silent(tmp_path: Path) -> None:
    here = growing(tmp_path / "project", keys="      cluster: day\n")
    compare(here)
    assert "confirmation" not in result(here)


def test_one_model_scored_under_two_names_is_found_out_although_the_bytes_differ(here: Project) -> None:
    """The classic mistake in its modern form: the champion's model, whose answers are written anew."""
    replaced(here, PREDICTIONS, here.read(PREDICTIONS).replace("\n", "\r\n"))
    replaced(here, MODEL, '{"value": 99.0}')
    here.commit()
    answer = compare(here)
    assert answer.verdict is Verdict.INCOMPARABLE


def test_what_a_real_pipeline_leaves_gives_its_verdict_again(tmp_path: Path) -> None:
    """A champion that was asked anew, a confirmation beside the gates: all of it is in the files that are left."""
    here = grown(tmp_path / "project")
    verdict = compare(here).verdict
    folder = Folder(here.root / ".tidegate")
    kept, document = folder.evidence(here.root / ".tidegate" / "verdict.json")
    assert kept.context.champion.rescored is not None
    assert document["verdict"] == verdict
    assert "confirmation" in document["result"]
