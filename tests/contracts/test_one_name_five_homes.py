"""Every action has a command, requirements, a test and a README row of the same name, and the other way round."""

from __future__ import annotations

from pathlib import Path

import pytest

from tidegate.cli import COMMANDS

ROOT = Path(__file__).parents[2]
ACTIONS = sorted(path.parent.name for path in ROOT.glob("actions/*/action.yml"))
LOCAL_ONLY = {"init", "lineage", "run", "simulate", "status"}


def test_there_are_actions() -> None:
    assert ACTIONS


def test_every_command_that_is_not_for_a_laptop_is_an_action() -> None:
    assert set(COMMANDS) - LOCAL_ONLY == set(ACTIONS)


@pytest.mark.parametrize("name", ACTIONS)
@pytest.mark.parametrize(
    "home",
    [
        "actions/{name}/README.md",
        "scripts/tidegate/commands/{module}.py",
        "scripts/requirements/{name}.in",
        "scripts/requirements/{name}.txt",
        "tests/integration/test_{module}.py",
    ],
)
def test_home_exists(name: str, home: str) -> None:
    assert (ROOT / home.format(name=name, module=name.replace("-", "_"))).is_file()


@pytest.mark.parametrize("name", ACTIONS)
def test_readme_has_a_row(name: str) -> None:
    rows = [line for line in (ROOT / "README.md").read_text(encoding="utf-8").splitlines() if line.startswith("|")]
    assert any(f"actions/{name}" in row for row in rows), f"README.md has no table row for {name}"
