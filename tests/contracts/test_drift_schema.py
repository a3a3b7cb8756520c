"""The schema of drift evidence holds for what is left, and is shut; test_detect_drift.py asks it of real checks."""

from __future__ import annotations

import copy
import json
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from jsonschema import Draft202012Validator

from fixtures import drift
from fixtures.members import at, members
from tidegate.core.answer import Verdict
from tidegate.core.contract import Drift, FireWhen, Live
from tidegate.core.drift.evidence import Against, Seen, result
from tidegate.core.drift.verdict import judge
from tidegate.core.evidence import Evidence, Subject

SCHEMA = json.loads((Path(__file__).parents[2] / "scripts" / "tidegate" / "drift.schema.json").read_text())
VALIDATOR = Draft202012Validator(SCHEMA)
RULES = Drift(
    profile="p.json",
    live=Live(path="live", time="time", window=timedelta(days=7)),
    alpha=0.01,
    min_effect=0.1,
    fire_when=FireWhen(columns=0.3, windows=2, of=3),
    importance={"size": 2.0},
)


def document() -> dict[str, Any]:
    """The evidence of one window with a finding, a column and a comparison."""
    values = {"size": [float(number % 17) for number in range(300)], "city": ["Oslo", "Rome"] * 150}
    columns = {"size": np.asarray(values["size"]), "city": values["city"]}
    profile = drift.profile(columns)
    window = drift.window(profile, columns)
    window = type(window)(**{**vars(window), "measured": (drift.rmse(50, 60),)})
    seen = Seen(
        judgement=judge(profile, [window], drift.RULES),
        windows=[window],
        profile=profile,
        against=Against(kind="contract", profile="p.json", digest=f"sha256:{'0' * 64}"),
        notes=("note",),
    )
    evidence = Evidence(
        command="detect-drift", model="m", outcome=Verdict.PASS, subject=Subject(), result=result(RULES, seen)
    )
    read = json.loads(json.dumps(evidence.document()))
    assert isinstance(read, dict)
    assert asdict(evidence.subject) == read["subject"]
    return read


WHOLE = document()


def test_the_schema_is_a_schema_and_holds() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    assert [f"{error.json_path} {error.message}" for error in VALIDATOR.iter_errors(WHOLE)] == []


FREE = {"measures", "importance"}


@pytest.mark.parametrize("pointer", list(members(WHOLE)), ids=lambda pointer: "/".join(map(str, pointer)))
def test_a_member_that_is_missing_unknown_or_of_another_kind_is_seen(pointer: tuple[Any, ...]) -> None:
    without, other, more = copy.deepcopy(WHOLE), copy.deepcopy(WHOLE), copy.deepcopy(WHOLE)
    del at(without, pointer[:-1])[pointer[-1]]
    at(other, pointer[:-1])[pointer[-1]] = {"an": "object"}
    at(more, pointer[:-1])["praise"] = "much"
    assert VALIDATOR.is_valid(without) == bool(FREE & set(pointer[:-1]))
    assert not VALIDATOR.is_valid(other)
    assert not VALIDATOR.is_valid(more)
