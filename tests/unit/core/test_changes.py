"""A change touches the models whose inputs or rules it edits, and no others."""

from __future__ import annotations

import pytest

from tidegate.core.changes import touched_models
from tidegate.core.contract import Contract, DataSource, Environment, Evaluation, Model


def model(name: str, folder: str) -> Model:
    return Model(
        name=name,
        path=folder,
        data=DataSource(tracked=f"{name}.dvc", expectations=f"rules/{name}"),
        environment=Environment(lock=f"locks/{name}.txt"),
        evaluation=Evaluation(predictions="p.parquet", id="id", target="y"),
        gates=(),
    )


CONTRACT = Contract(version=1, models={"bike": model("bike", "model"), "bikes": model("bikes", "models/bikes")})


@pytest.mark.parametrize(
    ("paths", "touched"),
    [
        pytest.param([], (), id="nothing changed"),
        pytest.param(["README.md", "docs/x.png"], (), id="prose elsewhere"),
        pytest.param(["model/README.md", "model/notes.txt"], (), id="prose in the model's folder"),
        pytest.param(["locks/bike.txt"], ("bike",), id="the lock, although it ends in .txt"),
        pytest.param(["bike.dvc"], ("bike",), id="data"),
        pytest.param(["model/deep/train.py"], ("bike",), id="code"),
        pytest.param(["model"], ("bike",), id="the folder became a link"),
        pytest.param(["models/bikes/params.yaml"], ("bikes",), id="the other model"),
        pytest.param(["model2/train.py"], (), id="a folder whose name only begins alike"),
        pytest.param(["rules/bikes/hourly.json"], ("bikes",), id="expectations"),
        pytest.param(["tidegate.yaml"], ("bike", "bikes"), id="the contract touches all"),
        pytest.param(["bikes.dvc", "bike.dvc"], ("bike", "bikes"), id="in the contract's order"),
    ],
)
def test_touched_models(paths: list[str], touched: tuple[str, ...]) -> None:
    assert touched_models(CONTRACT, "tidegate.yaml", paths) == touched
