"""`tidegate init`: a contract that is valid as it stands, in an empty repository, and never over one that is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tidegate.adapters.contract import file as contract_file
from tidegate.cli import main

ROOT = Path(__file__).parents[2]


def init(folder: Path, *arguments: str) -> int:
    return main(["init", "-C", str(folder), *arguments], {})


def test_the_first_contract_is_valid_and_points_to_its_schema(tmp_path: Path) -> None:
    assert init(tmp_path) == 0
    contract = contract_file.load(tmp_path / "tidegate.yaml", tmp_path)
    assert list(contract.models) == ["my-model"]
    modeline = (tmp_path / "tidegate.yaml").read_text().split("\n")[0]
    assert modeline == "# yaml-language-server: $schema=.github/tidegate.schema.json"
    schema = ROOT / "scripts" / "tidegate" / "contract.schema.json"
    assert (tmp_path / ".github" / "tidegate.schema.json").read_bytes() == schema.read_bytes()


def test_what_is_in_comments_is_valid_too(tmp_path: Path) -> None:
    init(tmp_path)
    lines = (tmp_path / "tidegate.yaml").read_text().split("\n")
    text = "\n".join(re.sub(r"^( {4,6})# ", r"\1", line) for line in lines)
    model = contract_file.parse(text, "tidegate.yaml").model(None)
    assert (model.environment.lock, model.evaluation.cluster) == ("model/requirements.txt", "user")
    assert [gate.kind for gate in model.gates] == ["no_worse_by", "at_most", "no_worse_by"]


def test_the_model_can_be_named(tmp_path: Path) -> None:
    assert init(tmp_path, "--model", "churn") == 0
    assert list(contract_file.load(tmp_path / "tidegate.yaml", tmp_path).models) == ["churn"]


def test_a_name_that_no_contract_allows_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert init(tmp_path, "--model", "a b") == 2
    assert "E-CFG-019" in capsys.readouterr().err
    assert not (tmp_path / "tidegate.yaml").exists()


def test_a_contract_that_is_there_stays(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "tidegate.yaml").write_text("mine")
    assert init(tmp_path) == 2
    assert "E-CFG-030 tidegate.yaml is there already" in capsys.readouterr().err
    assert (tmp_path / "tidegate.yaml").read_text() == "mine"
    assert not (tmp_path / ".github").exists()


def test_a_dry_run_writes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert init(tmp_path, "--dry-run") == 0
    assert "would be written" in capsys.readouterr().out
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_written_outside_the_repository(tmp_path: Path) -> None:
    (tmp_path / "repository").mkdir()
    assert init(tmp_path / "repository", "--config", "../tidegate.yaml") == 4
    assert not (tmp_path / "tidegate.yaml").exists()
