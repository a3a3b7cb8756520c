"""Slices at quantiles, pairs and gaps through the command: judged, kept, replayed, drawn, and in the verdict's form."""

from __future__ import annotations

import argparse
import io
import json
from pathlib import Path

import numpy as np
import pytest
from jsonschema import Draft202012Validator

from comparisons import CONTRACT, DAYS, HOURS, Repository, table
from fixtures.evidence import MODEL, evidence_set
from fixtures.rendering import context
from tidegate.adapters import evidence as store
from tidegate.commands import compare_models
from tidegate.console import Console
from tidegate.core.answer import Answer, Verdict
from tidegate.core.report import build
from tidegate.settings import Settings

SCHEMA = json.loads((Path(__file__).parents[2] / "scripts" / "tidegate" / "verdict.schema.json").read_text())
FORM = Draft202012Validator({"$defs": SCHEMA["$defs"], "$ref": "#/$defs/gate"})
SLICED = CONTRACT.replace(
    "slices: [weather]", "slices: [weather, season, {column: heat, bins: 3}, {pair: [weather, season]}]"
)
GATES = """\
      - {metric: rmse, no_worse_by: 10%, slices: [heat, {pair: [weather, season]}]}
      - {metric: rmse, at_most: 8, gap: [weather]}
"""
HEAT = np.where(np.arange(DAYS * HOURS) % 50 == 0, np.nan, np.tile(np.arange(HOURS) * 1.5, DAYS))
SEASON = np.random.default_rng(3).choice(["fall", "winter"], DAYS * HOURS)


def hold_out(scale: float = 1.0) -> object:
    return table(scale, heat=HEAT, season=SEASON)


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    found = Repository(tmp_path)
    found.write("tidegate.yaml", SLICED + GATES)
    found.champion(hold_out())
    found.candidate(hold_out(0.97))
    return found


def test_all_kinds_are_judged_and_the_verdict_has_its_form(repository: Repository) -> None:
    answer = repository.compare()
    assert answer.verdict is Verdict.PASS, answer.sentence
    verdict = json.loads((repository.folder / ".tidegate" / "verdict.json").read_text())
    gates = verdict["result"]["gates"]
    for gate in gates:
        FORM.validate(gate)
    assert {gate["slice"]["value"] for gate in gates if gate["slice"] and gate["slice"]["column"] == "heat"} == {
        "up to 10.5", "10.5 to 22.5", "above 22.5", "",
    }  # fmt: skip
    gap = next(gate["gap"] for gate in gates if "gap" in gate)
    assert [group["value"] for group in gap["groups"]] == ["clear", "mist"]


def test_pictures_are_in_the_evidence_and_not_in_the_verdict(repository: Repository) -> None:
    repository.compare()
    assert repository.result["fit"]["kind"] == "residuals"
    assert "fit" not in json.loads((repository.folder / ".tidegate" / "verdict.json").read_text())["result"]


def test_the_report_draws_what_the_command_left(repository: Repository) -> None:
    repository.compare()
    left = store.read(repository.folder / ".tidegate", "compare-models")
    assert left is not None
    others = {name: found for name, found in evidence_set("pass").items() if name != "compare-models"}
    about = context(head=left.subject.commit, base=None, model="bike")
    found = {
        name: None if one is None else type(one)(**{**vars(one), "model": "bike", "subject": left.subject})
        for name, one in others.items()
    }
    report = build({**found, "compare-models": left}, about)
    assert report.verdict is Verdict.PASS, report.sentence
    page = report.html()
    assert "<bdi>heat</bdi> = <bdi>10.5 to 22.5</bdi>" in page
    assert "<bdi>weather × season</bdi> = <bdi>mist × winter</bdi>" in page
    assert page.count('class="panel') == 3  # the two panels and what holds them
    assert MODEL not in page


def test_the_same_verdict_is_reached_again_and_another_policy_may_cut_otherwise(repository: Repository) -> None:
    repository.compare()
    again = replay(repository, None)
    assert again.data is not None
    assert [run["changes"] for run in again.data["runs"]] == [[]]
    finer = replay(repository, (SLICED + GATES).replace("bins: 3", "bins: 6").replace("at_most: 8", "at_most: 0.01"))
    assert finer.data is not None
    changed = finer.data["runs"][0]["changes"]
    assert any("heat" in one for one in changed)


def test_a_column_that_was_not_kept_is_named(repository: Repository) -> None:
    repository.compare()
    answer = replay(repository, (SLICED + GATES).replace("column: heat", "column: cold").replace("[heat,", "[cold,"))
    assert answer.exit_code == 2
    assert answer.data is not None
    assert "without the column 'cold'" in json.dumps(answer.data)


def replay(repository: Repository, contract: str | None) -> Answer:
    config = "tidegate.yaml"
    if contract is not None:
        config = "other.yaml"
        (repository.folder / config).write_text(contract)
    settings = Settings(
        workspace=repository.folder,
        config=config,
        model=None,
        environ={},
        console=Console(stream=io.StringIO()),
        dry_run=False,
    )
    parser = argparse.ArgumentParser()
    compare_models.configure(parser)
    return compare_models.run(settings, parser.parse_args(["--replay", ".tidegate"]))
