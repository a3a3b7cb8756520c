"""`tidegate compare-models --replay`: a policy tried on what past runs left, and evidence that is not whole."""

from __future__ import annotations

import argparse
import io
import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from comparisons import CONTRACT, Repository, table
from tidegate.adapters import kept_rows
from tidegate.commands import compare_models
from tidegate.console import Console
from tidegate.core.answer import Answer, Verdict
from tidegate.core.comparison import replay
from tidegate.errors import InputError
from tidegate.settings import Settings
from tidegate.steps.comparison.kept_evidence import Folder, first_judge

FILES = ("verdict.json", "kept.arrow")


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Path]:
    """What runs of every kind left: two folders each, as artifacts are fetched."""
    found = {}
    kinds = {
        "better": (table(), table(0.9)),
        "worse": (table(), table(1.1)),
        "unsure": (table(), table(1.0, noise=7)),
        "other-rows": (table(), table(0.9).slice(24)),
    }
    for kind, (champion, candidate) in kinds.items():
        folder = tmp_path_factory.mktemp(kind)
        repository = Repository(folder)
        repository.champion(champion)
        repository.candidate(candidate)
        repository.compare()
        found[kind] = repository.folder / ".tidegate"
    first = Repository(tmp_path_factory.mktemp("first"))
    first.commit()
    first.commit()
    first.candidate(table())
    first.compare()
    return {**found, "first": first.folder / ".tidegate"}


@pytest.fixture
def folder(tmp_path: Path, runs: Mapping[str, Path]) -> Path:
    """`runs/<kind>/tidegate-bike/verdict.json` and `runs/<kind>/details-bike/kept.arrow`."""
    for kind, left in runs.items():
        for artifact, name in zip(("tidegate-bike", "details-bike"), FILES, strict=True):
            place = tmp_path / "runs" / kind / artifact
            place.mkdir(parents=True)
            shutil.copy(left / name, place / name)
    return tmp_path


def back_test(folder: Path, contract: str | None = None, *arguments: str) -> Answer:
    config = "tidegate.yaml"
    if contract is not None:
        config = "other.yaml"
        (folder / config).write_text(contract)
    settings = Settings(
        workspace=folder, config=config, model=None, environ={}, console=Console(stream=io.StringIO()), dry_run=False
    )
    parser = argparse.ArgumentParser()
    compare_models.configure(parser)
    return compare_models.run(settings, parser.parse_args(["--replay", "runs", *arguments]))


def by_run(answer: Answer) -> dict[str, dict[str, Any]]:
    assert answer.data is not None
    rows = answer.data["runs"]
    assert isinstance(rows, list)
    return {row["run"].split("/")[0]: row for row in rows}


def only(folder: Path, kind: str) -> Path:
    """The folder of one run, the others gone."""
    for path in (folder / "runs").iterdir():
        if path.name != kind:
            shutil.rmtree(path)
    return folder / "runs" / kind


def refusal(folder: Path) -> dict[str, Any]:
    answer = back_test(folder)
    assert answer.verdict is Verdict.ERROR
    assert answer.exit_code in (2, 4)
    (row,) = by_run(answer).values()
    return {"code": row["refused"].split()[0], "words": row["refused"], "exit": answer.exit_code}


def test_the_policy_that_judged_first_gives_the_same_bytes(folder: Path) -> None:
    found = Folder(folder / "runs")
    assert len(found.verdicts) == 5
    for path in found.verdicts:
        kept, document = found.evidence(path)
        judge = first_judge(kept)
        blocks = replay.beside(document["result"], replay.again(kept, judge), kept.context)
        assert replay.verdict_again(kept, judge, blocks) == path.read_bytes()


@pytest.mark.parametrize("contract", [None, CONTRACT], ids=["their own", "an equal one"])
def test_an_equal_policy_changes_nothing(folder: Path, contract: str | None) -> None:
    answer = back_test(folder, contract)
    assert (answer.verdict, answer.exit_code) == (Verdict.SKIPPED, 0)
    assert answer.sentence.split("\n")[0] == "5 runs judged again: 5 as before"
    assert {kind: row["now"] for kind, row in by_run(answer).items()} == {
        "better": "pass",
        "worse": "fail",
        "unsure": "undecided",
        "other-rows": "incomparable",
        "first": "pass",
    }


def test_another_policy_shows_what_it_would_have_changed_and_by_which_gates(folder: Path) -> None:
    answer = back_test(folder, CONTRACT.replace("no_worse_by: 1%", "no_worse_by: 20%").replace("60", "20"))
    rows = by_run(answer)
    assert {kind: (row["then"], row["now"]) for kind, row in rows.items()} == {
        "better": ("pass", "fail"),
        "worse": ("fail", "fail"),
        "unsure": ("undecided", "fail"),
        "other-rows": ("incomparable", "incomparable"),
        "first": ("pass", "fail"),
    }
    assert rows["worse"]["changes"] == ["rmse no_worse_by 1% fail → 20% pass", "mae at_most 60 pass → 20 fail"]
    table_of_runs = answer.sentence.split("\n")
    assert table_of_runs[0] == "5 runs judged again: 2 as before, 3 otherwise"
    assert table_of_runs[2].split() == ["run", "model", "commit", "then", "now", "changed", "by"]
    worse = next(line for line in table_of_runs if line.startswith("worse"))
    assert "fail" in worse
    assert worse.endswith("rmse no_worse_by 1% fail → 20% pass; mae at_most 60 pass → 20 fail")


def test_gates_that_come_and_go_are_named(folder: Path) -> None:
    only(folder, "better")
    answer = back_test(folder, CONTRACT.replace("mae, at_most: 60", "r2, at_least: 0.99"))
    assert by_run(answer)["better"]["changes"] == ["mae at_most 60 pass → no gate", "r2 at_least no gate → 0.99 fail"]


def test_a_waiver_can_be_tried_on_past_runs(folder: Path) -> None:
    only(folder, "worse")
    day = json.loads((folder / "runs/worse/tidegate-bike/verdict.json").read_text())
    assert "waivers" not in day["result"]
    kept = kept_rows.read(folder / "runs/worse/details-bike/kept.arrow", "k")
    waived = f'{{gate: "rmse no_worse_by 1%", reason: r, owner: "@o", until: {kept.context.day}}}'
    rows = by_run(back_test(folder, f"{CONTRACT}    waivers: [{waived}]\n"))
    assert (rows["worse"]["now"], rows["worse"]["changes"]) == ("pass", ["rmse no_worse_by 1% fail → 1% fail, waived"])


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (("slices: [weather]", "slices: [season]"), "the rows were kept without the column 'season'"),
        (("target: rentals", "target: other"), "evaluation.target was rentals when the rows were kept, and is other"),
        (("cluster: date", "cluster: hour"), "evaluation.cluster was date"),
        (("bike:", "taxi:"), "the contract has no model 'bike'"),
    ],
    ids=["slice", "target", "cluster", "model"],
)
def test_a_policy_that_needs_what_was_not_kept_is_refused_for_that_run(
    folder: Path, edit: tuple[str, str], words: str
) -> None:
    answer = back_test(folder, CONTRACT.replace(*edit))
    assert (answer.verdict, answer.exit_code) == (Verdict.ERROR, 2)
    assert words in by_run(answer)["better"]["refused"]
    assert by_run(answer)["first"]["refused"]


def test_a_policy_that_wants_trainings_nobody_made_is_refused_where_they_would_decide(folder: Path) -> None:
    asked = "    evaluation:\n      repeats: {times: 3, parameter: seed}\n"
    answer = back_test(folder, CONTRACT.replace("    evaluation:\n", asked))
    refused = {name: row.get("refused") for name, row in by_run(answer).items()}
    assert "repeats asks for 3 of 'seed'; 0 were kept" in refused["better"]
    assert not refused["first"]


def test_a_policy_may_do_without_clusters_slices_and_gates(folder: Path) -> None:
    only(folder, "better")
    edited = CONTRACT.replace("      cluster: date\n", "").replace("      slices: [weather]\n", "")
    assert by_run(back_test(folder, edited))["better"]["now"] == "pass"


def test_one_bad_run_does_not_hide_the_others(folder: Path) -> None:
    (folder / "runs/worse/details-bike/kept.arrow").write_bytes(b"ARROW1 and no more")
    answer = back_test(folder)
    assert answer.sentence.split("\n")[0] == "5 runs judged again: 4 as before, 1 refused"
    assert answer.exit_code == 2
    assert "E-RPL-002 worse/details-bike/kept.arrow is damaged" in answer.sentence


def test_files_are_known_by_what_they_hold_not_by_where_they_lie(folder: Path) -> None:
    moved = folder / "runs" / "elsewhere" / "deep"
    moved.mkdir(parents=True)
    (folder / "runs/worse/details-bike/kept.arrow").rename(moved / "kept.arrow")
    assert back_test(folder).sentence.startswith("5 runs judged again: 5 as before")


def test_rows_that_are_not_there_are_missed(folder: Path) -> None:
    run = only(folder, "worse")
    (run / "details-bike/kept.arrow").unlink()
    found = refusal(folder)
    assert (found["code"], found["exit"]) == ("E-RPL-005", 2)
    assert "Fetch the run's details too: they hold kept.arrow." in found["words"]


@pytest.mark.parametrize("keep", [0, 6, 100, 5_000, -8], ids=str)
def test_rows_that_were_cut_short_are_refused(folder: Path, keep: int) -> None:
    path = only(folder, "worse") / "details-bike/kept.arrow"
    path.write_bytes(path.read_bytes()[:keep])
    assert refusal(folder)["code"] == "E-RPL-002"


def rewritten(path: Path, change: Any) -> None:
    """The kept rows with some values or some context of another's making, and a file that is whole."""
    with pa.memory_map(str(path)) as source:
        whole = pa.ipc.open_file(source).read_all()
    document = json.loads(whole.schema.metadata[b"tidegate"])
    columns = {name: whole.column(name) for name in whole.column_names}
    change(document, columns)
    forged = pa.table(columns).replace_schema_metadata({b"tidegate": json.dumps(document).encode()})
    with pa.ipc.new_file(str(path), forged.schema) as writer:
        writer.write_table(forged)


def _other_numbers(document: dict[str, Any], columns: dict[str, Any]) -> None:
    columns["candidate.prediction"] = columns["truth"]


def _other_day(document: dict[str, Any], columns: dict[str, Any]) -> None:
    document["day"] = "2001-01-01"


def _other_policy(document: dict[str, Any], columns: dict[str, Any]) -> None:
    document["contract"] = document["contract"].replace("1%", "90%")


def _other_subject(document: dict[str, Any], columns: dict[str, Any]) -> None:
    document["subject"]["data"] = "md5:0"


@pytest.mark.parametrize("change", [_other_numbers, _other_day, _other_policy, _other_subject])
def test_rows_that_were_changed_since_are_refused(folder: Path, change: Any) -> None:
    run = only(folder, "worse")
    rewritten(run / "details-bike/kept.arrow", change)
    found = refusal(folder)
    assert (found["code"], found["exit"]) == ("E-RPL-004", 4)
    assert "was changed since" in found["words"]


def _pass(document: dict[str, Any]) -> None:
    document["verdict"] = "pass"


def _number(document: dict[str, Any]) -> None:
    document["result"]["gates"][0]["candidate"] = 1.0


def _commit(document: dict[str, Any]) -> None:
    document["subject"]["commit"] = "0" * 40


def _block(document: dict[str, Any]) -> None:
    document["result"]["praise"] = {"good": True}


def _champion(document: dict[str, Any]) -> None:
    document["result"]["champion"]["predictions"] = "sha256:0"


@pytest.mark.parametrize("change", [_pass, _number, _commit, _block, _champion])
def test_a_verdict_that_its_evidence_does_not_give_is_refused(folder: Path, change: Any) -> None:
    path = only(folder, "worse") / "tidegate-bike/verdict.json"
    document = json.loads(path.read_text())
    change(document)
    path.write_text(json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False) + "\n")
    found = refusal(folder)
    assert (found["code"], found["exit"]) == ("E-RPL-004", 4)


def test_a_verdict_and_rows_forged_together_are_refused_by_the_policys_digest(folder: Path) -> None:
    """Both files edited so that they name each other: the verdict's own digest is what is left, in the release."""
    run = only(folder, "worse")
    rewritten(run / "details-bike/kept.arrow", _other_policy)
    kept = kept_rows.read(run / "details-bike/kept.arrow", "k")
    path = run / "tidegate-bike/verdict.json"
    document = json.loads(path.read_text())
    document["result"]["kept"] = kept.digest
    path.write_text(json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False) + "\n")
    assert refusal(folder)["code"] == "E-RPL-004"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "E-EVD-001"),
        ("{", "E-EVD-001"),
        ("[]", "E-RPL-002"),
        ('{"kind": "verdict", "schema": 2}', "E-RPL-003"),
        ('{"kind": "verdict", "schema": 1}', "E-RPL-002"),
        ('{"kind": "verdict", "schema": 1, "schema": 1}', "E-EVD-003"),
        ('{"kind": "verdict", "schema": 1, "result": {}, "subject": {}}', "E-RPL-003"),
        ('{"kind": "verdict", "schema": NaN}', "E-EVD-002"),
    ],
    ids=["empty", "cut", "a list", "later schema", "no result", "twice", "before rows were kept", "nan"],
)
def test_a_verdict_that_is_none_is_refused(folder: Path, text: str, code: str) -> None:
    (only(folder, "worse") / "tidegate-bike/verdict.json").write_text(text)
    assert refusal(folder)["code"] == code


def _other_schema(document: dict[str, Any], columns: dict[str, Any]) -> None:
    document |= {"schema": 99, "tool": "tidegate 99.0"}


def _unknown_member(document: dict[str, Any], columns: dict[str, Any]) -> None:
    document["mood"] = "good"


@pytest.mark.parametrize(
    ("change", "code", "words"),
    [
        (_other_schema, "E-RPL-003", "was left by tidegate 99.0 in schema 99; this version reads schema 1"),
        (_unknown_member, "E-RPL-002", "it says more than this version knows"),
    ],
)
def test_rows_of_another_version_are_refused(folder: Path, change: Any, code: str, words: str) -> None:
    rewritten(only(folder, "worse") / "details-bike/kept.arrow", change)
    found = refusal(folder)
    assert found["code"] == code
    assert words in found["words"]


@pytest.mark.parametrize("made", [False, True], ids=["absent", "empty"])
def test_a_folder_without_runs_is_an_error(tmp_path: Path, made: bool) -> None:
    if made:
        (tmp_path / "runs").mkdir()
    with pytest.raises(InputError) as caught:
        back_test(tmp_path)
    assert caught.value.code == "E-RPL-001"


def test_two_questions_at_once_are_refused(folder: Path) -> None:
    with pytest.raises(InputError, match="do not go with it") as caught:
        back_test(folder, None, "--candidate", "a.parquet")
    assert caught.value.code == "E-ARG-015"


def test_links_are_not_followed(folder: Path) -> None:
    run = only(folder, "worse")
    elsewhere = folder / "outside.arrow"
    (run / "details-bike/kept.arrow").rename(elsewhere)
    (run / "details-bike/kept.arrow").symlink_to(elsewhere)
    assert refusal(folder)["code"] == "E-RPL-005"
