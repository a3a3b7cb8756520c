"""The verdict's schema holds for the verdicts that are really reached, of every kind, and for nothing else."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from jsonschema import Draft202012Validator

from fixtures.members import at, members
from tidegate.core.answer import Verdict
from tidegate.core.comparison.beside.behaviour import Behaviour, Behaviours, Example
from tidegate.core.comparison.beside.behaviour_verdict import behaviour_block
from tidegate.core.comparison.beside.cost import Costs, Pair, Series
from tidegate.core.comparison.beside.cost_block import cost_block
from tidegate.core.comparison.change.attribution import Attribution, Between, attribute
from tidegate.core.comparison.change.change_blocks import attribution_block
from tidegate.core.comparison.change.confirmation import Answers, Confirmation, HoldOut, Standing, confirmation_block
from tidegate.core.comparison.change.seed_noise import Repeats, Retrained
from tidegate.core.comparison.comparison import Comparison, compare, compare_totals
from tidegate.core.comparison.metrics.totals import Totals
from tidegate.core.comparison.samples.rescored import Rescored
from tidegate.core.comparison.samples.sample import Output, Predictions, coded
from tidegate.core.comparison.verdict import Policy, Side, result, verdict_bytes
from tidegate.core.contract import DataSource, Evaluation, Gate, Model, Tariff, Waiver
from tidegate.core.evidence import Subject, canonical_bytes
from tidegate.steps.comparison.own_metrics import Code, Own

SCHEMA = json.loads((Path(__file__).parents[2] / "scripts" / "tidegate" / "verdict.schema.json").read_text())
VALIDATOR = Draft202012Validator(SCHEMA)
ROWS, DAY = 600, date(2026, 11, 23)
SHA, MD5, COMMIT = f"sha256:{'0' * 64}", f"md5:{'0' * 32}", "0" * 40
RMSE = Gate(metric="rmse", kind="no_worse_by", limit=Decimal("0.01"), relative=True, text="1%")
MAE = Gate(metric="mae", kind="at_most", limit=Decimal(60), relative=False, text="60")
SLICED = replace(RMSE, text="5%", limit=Decimal("0.05"), severity="warn", slices=("weather",))
EXCUSED = Waiver(gate="rmse no_worse_by 1%", reason="new sensors", owner="@forecast", until=DAY)
GAP = Gate(metric="rmse", kind="at_most", limit=Decimal(90), relative=False, text="90", gap=("weather",))
GAP = replace(MAE, gap=("weather",), text="20", limit=Decimal(20))
ACCURACY = Gate(metric="accuracy", kind="no_worse_by", limit=Decimal("0.02"), relative=False, text="0.02")


def model(*gates: Gate, **more: Any) -> Model:
    columns = Evaluation(predictions="p", id="id", target="y", prediction="p", slices=("weather",))
    source = DataSource(tracked="data.dvc", expectations="suites")
    return Model(name="bike", path="model", data=source, evaluation=columns, gates=gates or (RMSE, MAE, SLICED), **more)


def predictions(scale: float = 1.0, rows: int = ROWS, noise: float = 0.0) -> Predictions:
    random = np.random.default_rng(0)
    truth, error = random.normal(200, 50, ROWS)[:rows], random.normal(0, 30, ROWS)[:rows]
    weather = coded([("clear", "mist", "rain")[row % 3] for row in range(rows)])
    said = Output(prediction=truth + scale * error + noise * np.random.default_rng(1).normal(0, 1, ROWS)[:rows])
    heat = {"heat": np.repeat([0.0, 1.0], rows // 2)}
    return Predictions(ids=np.arange(rows), truth=truth, output=said, slices={"weather": weather}, numbers=heat)


def cut() -> Model:
    """A contract whose column of numbers has fewer slices than asked for."""
    columns = replace(model().evaluation, slices=("weather", "heat"), bins={"heat": 4})
    return replace(model(), evaluation=columns)


def classes(wrong: int) -> Predictions:
    truth = np.array(["no", "yes"])[np.arange(ROWS) % 2]
    said = np.where(np.arange(ROWS) < wrong, "no", truth)
    weather = coded(["clear"] * ROWS)
    return Predictions(
        ids=np.arange(ROWS), truth=coded(truth), output=Output(prediction=coded(said)), slices={"weather": weather}
    )


def not_numbers() -> Predictions:
    return replace(predictions(), output=Output(prediction=np.full(ROWS, np.nan)))


KINDS: dict[str, tuple[Verdict, Callable[[], Comparison]]] = {
    "better": (Verdict.PASS, lambda: compare(model(), predictions(0.9), predictions())),
    "worse": (Verdict.FAIL, lambda: compare(model(), predictions(1.2), predictions())),
    "unsure": (Verdict.UNDECIDED, lambda: compare(model(), predictions(noise=5.0), predictions())),
    "gap": (Verdict.PASS, lambda: compare(model(GAP), predictions(), predictions())),
    "slices left out": (Verdict.PASS, lambda: compare(cut(), predictions(0.9), predictions())),
    "identical": (Verdict.PASS, lambda: compare(model(), predictions(), predictions())),
    "first": (Verdict.PASS, lambda: compare(model(), predictions(), None)),
    "other rows": (Verdict.INCOMPARABLE, lambda: compare(model(), predictions(), predictions(rows=500))),
    "not numbers": (Verdict.FAIL, lambda: compare(model(), not_numbers(), predictions())),
    "champion's no numbers": (Verdict.INCOMPARABLE, lambda: compare(model(), predictions(), not_numbers())),
    "waived": (Verdict.PASS, lambda: compare(model(waivers=(EXCUSED,)), predictions(1.2), predictions(), day=DAY)),
    "waived without a day": (Verdict.FAIL, lambda: compare(model(waivers=(EXCUSED,)), predictions(1.2), predictions())),
    "waiver unused": (Verdict.PASS, lambda: compare(model(waivers=(EXCUSED,)), predictions(0.9), predictions())),
    "flips": (Verdict.FAIL, lambda: compare(model(ACCURACY), classes(200), classes(20))),
    "two rows": (Verdict.UNDECIDED, lambda: compare(model(), predictions(rows=2), predictions(rows=2))),
    "numbers alone": (
        Verdict.FAIL,
        lambda: compare_totals(model(RMSE), Totals(candidate={"rmse": 2.0}, champion={"rmse": 1.0})),
    ),
}


def repeated() -> Comparison:
    """Both recipes trained twice more."""
    again = [Output(prediction=predictions(noise=noise).output.prediction) for noise in (0.1, 0.2)]
    seeds = Retrained(own=0, seeds=(1, 2), outputs=tuple(again), digests=(SHA, SHA))
    repeats = Repeats(parameter="seed", candidate=seeds, champion=seeds)
    return compare(model(), predictions(0.9), predictions(), repeats=repeats)


KINDS |= {
    "gap": (Verdict.PASS, lambda: compare(model(GAP), predictions(0.9), predictions())),
    "repeats": (Verdict.UNDECIDED, repeated),
}


def verdict(found: Comparison, **more: Any) -> dict[str, Any]:
    """The verdict through its bytes, with members that are there in a repository only."""
    ours = Side(kind="candidate", commit=COMMIT, predictions=SHA, artifacts={"model/model.onnx": MD5})
    theirs = Side(kind="release", commit=COMMIT, version="7", predictions=SHA, artifacts={"data/x": f"{MD5}.dir"})
    policy = Policy(source="base", digest=SHA, changed=True, edits=("gate removed: mae at_most 60 (block)",))
    document = {**result(found, ours, theirs, policy), **more}
    subject = Subject(commit=COMMIT, tree=SHA, data=f"{MD5}.dir+{MD5}", params=SHA, environment=None, policy=SHA)
    read = json.loads(verdict_bytes("bike", subject, found, document))
    assert isinstance(read, dict)
    return read


def test_the_schema_is_a_schema() -> None:
    Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("kind", KINDS)
def test_real_verdicts_have_the_form_of_the_schema(kind: str) -> None:
    expected, reached = KINDS[kind]
    found = reached()
    assert found.verdict is expected
    for document in (verdict(found), verdict(found, kept=SHA)):
        assert [error.message for error in VALIDATOR.iter_errors(document)] == []


COST = Costs(
    key=SHA,
    way="onnx",
    rows=100,
    runtime="onnxruntime",
    series={"predict_p50_ms": Series(candidate=(1.0, 2.0, 1.5), champion=(1.0, 1.0, 1.2))},
    pairs={"train_seconds": Pair(candidate=60.0, champion=50.0), "model_bytes": Pair(candidate=7.0)},
)
TARIFF = Tariff(price_per_hour=Decimal("0.35"), currency="EUR", watts=Decimal(65))
ASKED = Behaviours(
    folder="model/behaviour",
    findings=(
        Behaviour(
            name="test_more_rain_fewer_rides",
            kind="directional",
            severity="block",
            source="base",
            cases=10,
            failed=1,
            verdict=Verdict.FAIL,
            before=None,
            message="rides grew",
            examples=(Example(case="rain 3", observed="210", expected="at most 180"),),
        ),
    ),
    edited=("model/behaviour/test_rain.py",),
    tests={"model/behaviour/test_rain.py": SHA},
)
FORGED = Confirmation(
    hold_out=HoldOut(differs=Rescored(rows=9, new=1, gone=2, changed=3), file=True),
    answers=Answers(standing=Standing.DENIED, rows=9, differ=3, why="3 of 9 predictions"),
    edited=("model/train.py",),
)


def split() -> Attribution:
    between = Between(new_code=predictions(0.95), new_data=predictions(0.97))
    return attribute(model(), predictions(0.9), predictions(), between)


BLOCKS: dict[str, Callable[[], dict[str, Any]]] = {
    "behaviour": lambda: behaviour_block(ASKED),
    "cost": lambda: cost_block(model(), COST, TARIFF),
    "cost without a tariff": lambda: cost_block(model(), COST, None),
    "confirmation": lambda: confirmation_block(FORGED),
    "attribution": lambda: attribution_block(split()),
    "measured": lambda: Own(
        codes=(Code(metric="cost", source="metrics:cost", files={"m.py": SHA}, draws=200),)
    ).block(),
}


@pytest.mark.parametrize("kind", BLOCKS)
def test_what_stands_beside_the_gates_has_the_form_of_the_schema(kind: str) -> None:
    block = BLOCKS[kind]()
    assert block
    document = verdict(KINDS["better"][1](), **block)
    assert [f"{error.json_path} {error.message}" for error in VALIDATOR.iter_errors(document)] == []


def objects(schema: Any, place: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(schema, dict):
        if schema.get("type") == "object":
            yield place, schema
        for name, inner in schema.items():
            yield from objects(inner, f"{place}/{name}")
    for number, inner in enumerate(schema if isinstance(schema, list) else ()):
        yield from objects(inner, f"{place}/{number}")


@pytest.mark.parametrize(("place", "schema"), list(objects(SCHEMA)), ids=lambda value: value if value else "top")
def test_no_object_of_the_schema_is_open(place: str, schema: dict[str, Any]) -> None:
    closed = schema["additionalProperties"] is False or schema["additionalProperties"] != {}
    assert closed, place
    if schema["additionalProperties"] is False:
        assert set(schema["required"]) <= set(schema["properties"])


OPTIONAL = {"waiver", "waivers", "kept", "edits", "model/model.onnx", "data/x"}
WHOLE = verdict(KINDS["waived"][1](), kept=SHA)


@pytest.mark.parametrize("pointer", list(members(WHOLE)), ids=lambda pointer: "/".join(map(str, pointer)))
def test_a_member_that_is_missing_or_of_another_kind_is_seen(pointer: tuple[Any, ...]) -> None:
    without, other = copy.deepcopy(WHOLE), copy.deepcopy(WHOLE)
    del at(without, pointer[:-1])[pointer[-1]]
    at(other, pointer[:-1])[pointer[-1]] = {"an": "object"}
    assert VALIDATOR.is_valid(without) == (pointer[-1] in OPTIONAL)
    assert not VALIDATOR.is_valid(other) or pointer[-1] == "artifacts"


@pytest.mark.parametrize(
    "place", [(), ("subject",), ("result",), ("result", "gates", 0), ("result", "policy")], ids=str
)
def test_a_member_that_nobody_knows_is_seen(place: tuple[Any, ...]) -> None:
    document = copy.deepcopy(WHOLE)
    at(document, place)["praise"] = 1
    assert not VALIDATOR.is_valid(document)


@pytest.mark.parametrize("kind", KINDS)
def test_bytes_are_canonical_and_the_same_again(kind: str) -> None:
    reached = KINDS[kind][1]
    first, second = verdict(reached()), verdict(reached())
    assert canonical_bytes(first) == canonical_bytes(second)
    ours, policy = Side(kind="candidate"), Policy(source="base", digest=SHA, changed=False)
    found = reached()
    data = verdict_bytes("m", Subject(), found, result(found, ours, Side(kind="none"), policy))
    assert data == canonical_bytes(json.loads(data))
    assert data.endswith(b"}\n")
