"""The schema that editors read agrees with the reader, and the example's contract agrees with both."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from tidegate.adapters.contract import file as contract_file
from tidegate.adapters.contract import schema as contract_schema
from tidegate.errors import TidegateError

ROOT = Path(__file__).parents[2]
SCHEMA = ROOT / "scripts" / "tidegate" / "contract.schema.json"
EXAMPLE = ROOT / "tidegate.yaml"
GOOD = """\
version: 1
models:
  m:
    path: model
    data: {tracked: data.dvc, expectations: suites}
    evaluation: {predictions: p.csv, id: id, target: y, prediction: p, slices: [s]}
    gates: [{metric: rmse, no_worse_by: 1%}]
"""


@pytest.fixture(scope="module")
def validator() -> Any:
    return Draft202012Validator(json.loads(SCHEMA.read_text(encoding="utf-8")))


def reads(text: str) -> bool:
    try:
        contract_file.parse(text, "c.yaml")
    except TidegateError:
        return False
    return True


def test_schema_is_what_the_model_says() -> None:
    """Made by `python -m tidegate.adapters.contract_schema > scripts/tidegate/contract.schema.json`."""
    assert SCHEMA.read_text(encoding="utf-8") == contract_schema.schema_text()


def test_schema_is_a_schema() -> None:
    Draft202012Validator.check_schema(json.loads(SCHEMA.read_text(encoding="utf-8")))


def test_every_key_says_what_it_is_for() -> None:
    document = json.loads(SCHEMA.read_text(encoding="utf-8"))
    for shape in (document, *document["$defs"].values()):
        for name, key in shape["properties"].items():
            assert "$ref" in key or key["description"].endswith((".", "7d.", "2 of 3.")), name


def test_example_is_a_contract_for_both(validator: Any) -> None:
    assert list(contract_file.load(EXAMPLE, ROOT).models) == ["bike-demand"]
    validator.validate(yaml.safe_load(EXAMPLE.read_text(encoding="utf-8")))


def test_example_points_editors_to_the_schema() -> None:
    first = EXAMPLE.read_text(encoding="utf-8").split("\n")[0]
    found = re.fullmatch(r"# yaml-language-server: \$schema=(\S+)", first)
    assert found is not None
    assert (ROOT / found.group(1)).samefile(SCHEMA)


def test_example_names_what_exists() -> None:
    model = contract_file.load(EXAMPLE, ROOT).model(None)
    assert (ROOT / model.path / "dvc.yaml").is_file()
    assert (ROOT / model.data.tracked).is_file()
    assert (ROOT / model.data.expectations).is_dir()
    assert (ROOT / (model.environment.lock or "")).is_file()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("1%", "0.01"),
        ("1%", "'2.5 %'"),
        ("no_worse_by: 1%", "at_most: 1000.5, severity: warn, slices: [s]"),
        ("prediction: p,", "score: {a: pa}, prediction: p, positive: 1,"),
        ("prediction: p,", "score: pa, prediction: p, minimum_rows: 5,"),
        ("prediction: p,", "prediction: {p10: 0.1, p50: 0.5}, interval: bca,"),
        (
            "target: y, prediction: p, slices: [s]}\n    gates: [{metric: rmse,",
            "labels: {a: {target: t1, prediction: p1}, b: {target: t2, score: s2}}, threshold: 0.5}\n"
            "    gates: [{metric: 'f1:a',",
        ),
        ("    gates", "    alpha: 0.2\n    environment: {lock: a.txt}\n    gates"),
        ("slices: [s]", "slices: [s, t, {column: u, bins: 4}, {pair: [s, t]}, {column: v}]"),
        ("no_worse_by: 1%", "at_most: 5, gap: [s]"),
        ("no_worse_by: 1%", "at_most: 1.5, gap: [s], measure: ratio, severity: warn"),
        ("    gates", "    metrics: {own: {direction: lower, minimum: -1.5}}\n    gates"),
        (
            "    gates",
            "    drift: {profile: a.json, live: {path: a/*, time: t, window: 7d}, "
            "fire_when: {columns: 1, windows: 2 of 3}, retrain: {cooldown: 30m, command: [a, 1]}}\n    gates",
        ),
    ],
)
def test_what_is_right_is_right_for_both(validator: Any, old: str, new: str) -> None:
    text = GOOD.replace(old, new)
    assert text != GOOD
    assert reads(text)
    assert validator.is_valid(yaml.safe_load(text))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("version: 1", "version: 2"),
        ("version: 1", "version: '1'"),
        ("version: 1\n", ""),
        ("  m:", "  'a b':"),
        ("path: model", "path: /model"),
        ("path: model", "path: ~/model"),
        ("path: model", "path: 5"),
        ("path: model", "path:"),
        ("data.dvc", "data.csv"),
        ("target: y", "target: [y]"),
        ("target: y,", ""),
        ("target: y", "tagret: y"),
        ("target: y,", "target: y, labels: {a: {target: t, prediction: p1}, b: {target: u, prediction: p2}},"),
        ("prediction: p,", "prediction: {p10: 10},"),
        ("prediction: p,", "prediction: p, interval: studentized,"),
        ("prediction: p,", "prediction: p, threshold: high,"),
        ("gates:", "gate:"),
        ("[{metric: rmse, no_worse_by: 1%}]", "[]"),
        ("[{metric: rmse, no_worse_by: 1%}]", "{metric: rmse, no_worse_by: 1%}"),
        (", no_worse_by: 1%", ""),
        ("no_worse_by: 1%", "no_worse_by: 1%, at_most: 5"),
        ("no_worse_by: 1%", "no_worse_by: '0.01'"),
        ("no_worse_by: 1%", "no_worse_by: -0.01"),
        ("no_worse_by: 1%", "at_most: 1%"),
        ("no_worse_by: 1%", "no_worse_by: 1%, severity: blok"),
        ("    gates", "    alpha: 0.5\n    gates"),
        ("    gates", "    metrics: {own: {direction: up}}\n    gates"),
        ("    gates", "    metrics: {own: {}}\n    gates"),
        ("    gates", "    drift: {profile: a.json}\n    gates"),
        ("slices: [s]", "minimum_rows: 0"),
        ("slices: [s]", "slices: [{column: s, bins: 1}]"),
        ("slices: [s]", "slices: [{column: s, bins: 4, pair: [s, s]}]"),
        ("slices: [s]", "slices: [s, {pair: [s]}]"),
        ("slices: [s]", "slices: [s, {bins: 4}]"),
        ("no_worse_by: 1%", "at_most: 5, gap: [s], measure: quotient"),
        ("no_worse_by: 1%", "at_most: 5, gap: [{column: s, bins: 4}]"),
    ],
)
def test_what_is_wrong_is_wrong_for_both(validator: Any, old: str, new: str) -> None:
    text = GOOD.replace(old, new)
    assert text != GOOD
    assert not reads(text)
    assert not validator.is_valid(yaml.safe_load(text))
