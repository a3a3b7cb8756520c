"""What a contract may waive: one gate that blocks, as reports print it, once; an edit of it is an edit of policy."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from tidegate.adapters.contract import file as contract_file
from tidegate.core.contract import DataSource, Evaluation, Gate, Model, Waiver
from tidegate.core.contract.policy import policy_changes, policy_digest
from tidegate.core.contract.waivers import about_waivers, may_be

RMSE = Gate(metric="rmse", kind="no_worse_by", limit=Decimal("0.01"), relative=True, text="1%")
WARNS = Gate(metric="mae", kind="at_most", limit=Decimal(60), relative=False, text="60", severity="warn")
WEATHER = replace(RMSE, text="5%", limit=Decimal("0.05"), slices=("season", "weather"))
GAP = Gate(metric="rmse", kind="at_most", limit=Decimal(10), relative=False, text="10", gap=("season",))
GATES = (RMSE, WARNS, WEATHER, GAP)
UNTIL = date(2026, 12, 31)


def waiver(gate: str, **more: object) -> Waiver:
    return Waiver(**{"gate": gate, "reason": "r", "owner": "@o", "until": UNTIL, **more})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("label", "fits"),
    [
        ("rmse no_worse_by 1%", True),
        ("rmse[weather=mist] no_worse_by 5%", True),
        ("rmse[season=a=b] c] no_worse_by 5%", True),
        ("rmse no_worse_by 5%", False),
        ("rmse no_worse_by 1", False),
        ("rmse[weather=] no_worse_by 5%", False),
        ("rmse[hour=9] no_worse_by 5%", False),
        ("rmse[weather=mist] no_worse_by 1%", False),
        ("rmse gap[season] at_most 10", True),
        ("rmse gap[weather] at_most 10", False),
        ("rmse", False),
    ],
)
def test_a_label_is_a_gates_own_or_one_slices(label: str, fits: bool) -> None:
    assert any(may_be(gate, label) for gate in GATES) is fits


@pytest.mark.parametrize(
    ("labels", "codes", "words"),
    [
        (["rmse no_worse_by 1%"], [], ""),
        (["rmse no_worse_by 2%"], ["E-CFG-031"], "no gate is called"),
        (["rmse no_worse_by 5%"], ["E-CFG-031"], "rmse[season=…] no_worse_by 5%"),
        (["mae at_most 60"], ["E-CFG-031"], "only warns"),
        (["rmse no_worse_by 1%"] * 2, ["E-CFG-029"], "waivers[0] is about the same gate"),
    ],
    ids=["known", "unknown", "slices as a whole", "only warns", "twice"],
)
def test_what_is_wrong_with_a_waiver(labels: list[str], codes: list[str], words: str) -> None:
    found = list(about_waivers(dict(enumerate(map(waiver, labels))), GATES))
    assert [problem.code for problem in found] == codes
    assert all(problem.path[-1] == "gate" for problem in found)
    assert words in "".join(f"{problem.message} {problem.fix}" for problem in found)


def model(*waivers: Waiver) -> Model:
    return Model(
        name="m",
        path="model",
        data=DataSource(tracked="data.dvc", expectations="s"),
        evaluation=Evaluation(predictions="p", id="i", target="y", prediction="p"),
        gates=GATES,
        waivers=waivers,
    )


def test_an_edit_of_a_waiver_is_an_edit_of_the_policy() -> None:
    one = waiver("rmse no_worse_by 1%")
    later, sooner = (replace(one, until=UNTIL.replace(day=day, month=month)) for month, day in ((11, 1), (12, 30)))
    assert policy_changes(model(), model(one)) == ["waiver added: rmse no_worse_by 1% until 2026-12-31 by @o"]
    assert policy_changes(model(one), model()) == ["waiver removed: rmse no_worse_by 1%"]
    assert policy_changes(model(later), model(one))[0].startswith("waiver extended: ")
    assert policy_changes(model(one), model(sooner))[0].startswith("waiver changed: ")
    assert len({policy_digest(model(*waivers)) for waivers in ((), (one,), (later,))}) == 3


def test_the_order_of_waivers_does_not_count() -> None:
    one, other = waiver("rmse no_worse_by 1%"), waiver("rmse[weather=mist] no_worse_by 5%")
    assert policy_digest(model(one, other)) == policy_digest(model(other, one))


def test_a_waiver_is_read_from_the_contract() -> None:
    text = """\
version: 1
models:
  m:
    path: model
    data: {tracked: data.dvc, expectations: s}
    evaluation: {predictions: p.csv, id: i, target: y, prediction: p}
    gates: [{metric: rmse, no_worse_by: 1%}]
    waivers:
      - {gate: "rmse  no_worse_by 1%", reason: new sensors, owner: "@forecast", until: 2026-12-31}
"""
    assert contract_file.parse(text, "c").models["m"].waivers == (
        Waiver(gate="rmse no_worse_by 1%", reason="new sensors", owner="@forecast", until=UNTIL),
    )
