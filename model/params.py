"""Read params.yaml once, into types, with every mistake named: a typo must not train the model it did not ask for."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import yaml

from features import FEATURES

FILE = Path(__file__).with_name("params.yaml")


@dataclass(frozen=True, kw_only=True)
class Train:
    """How the trees are grown; the names say it in words, train.py maps them to scikit-learn's."""

    seed: int
    trees: int
    learning_rate: float
    leaves: int
    min_rows_per_leaf: int


@dataclass(frozen=True, kw_only=True)
class Params:
    """The whole of params.yaml."""

    holdout_months: int
    features: tuple[str, ...]
    train: Train


def load(path: Path = FILE) -> Params:
    """Stops the stage with everything that is wrong, one line each."""
    try:
        return parse(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (ValueError, yaml.YAMLError) as error:
        raise SystemExit(f"{path.name}: {error}") from error


def parse(document: Any) -> Params:
    """Raises ValueError listing everything that is wrong."""
    sections = _section(document, {"split", "features", "train"}, "params.yaml")
    split = _section(sections["split"], {"holdout_months"}, "split")
    train = _section(sections["train"], {field.name for field in fields(Train)}, "train")
    problems = [
        *_number(split["holdout_months"], "split.holdout_months", whole=True, low=1, high=120),
        *_features(sections["features"]),
        *_number(train["seed"], "train.seed", whole=True, low=0, high=2**32 - 1),
        *_number(train["trees"], "train.trees", whole=True, low=1, high=10_000),
        *_number(train["learning_rate"], "train.learning_rate", whole=False, low=1e-4, high=1),
        *_number(train["leaves"], "train.leaves", whole=True, low=2, high=1_000),
        *_number(train["min_rows_per_leaf"], "train.min_rows_per_leaf", whole=True, low=1, high=100_000),
    ]
    if problems:
        raise ValueError("\n".join(problems))
    return Params(holdout_months=split["holdout_months"], features=tuple(sections["features"]), train=Train(**train))


def _section(value: Any, names: set[str], where: str) -> dict[str, Any]:
    if not isinstance(value, dict) or set(value) != names:
        found = sorted(map(str, value)) if isinstance(value, dict) else type(value).__name__
        raise ValueError(f"{where}: expected exactly {sorted(names)}, found {found}")
    return value


def _number(value: Any, where: str, *, whole: bool, low: float, high: float) -> list[str]:
    kinds = (int,) if whole else (int, float)
    if isinstance(value, bool) or not isinstance(value, kinds) or not low <= value <= high:
        kind = "a whole number" if whole else "a number"
        return [f"{where}: expected {kind} from {low:g} to {high:g}, found {value!r}"]
    return []


def _features(value: Any) -> list[str]:
    if not isinstance(value, list) or not value or len(set(map(str, value))) != len(value):
        return [f"features: expected a list of different names, found {value!r}"]
    return [
        f"features: unknown {name!r}; known are {', '.join(FEATURES)}"
        + (" (casual and registered are parts of the target)" if name in ["casual", "registered"] else "")
        for name in value
        if name not in list(FEATURES)
    ]
