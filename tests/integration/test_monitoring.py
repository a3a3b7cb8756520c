"""Alert rules and dashboard against the metrics that are really written, judged by Prometheus's own tool."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tidegate.core.drift.telling.follow_metrics import COUNTERS, GAUGES
from tidegate.core.drift.telling.metrics import METRICS

ROOT = Path(__file__).parents[2]
MONITORING = ROOT / "environments" / "base" / "monitoring"
RULES = MONITORING / "drift-rules.yaml"
DASHBOARD = json.loads((MONITORING / "drift-dashboard.json").read_text(encoding="utf-8"))
WRITTEN = {f"tidegate_drift_{name}" for name in (*METRICS, *GAUGES, *COUNTERS)}
promtool = pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not installed (Debian: prometheus)")


def expressions(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield from (inner for key, inner in value.items() if key == "expr" and isinstance(inner, str))
        for inner in value.values():
            yield from expressions(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from expressions(inner)


def asked(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["promtool", *arguments], cwd=folder, capture_output=True, text=True, check=False)


@promtool
@pytest.mark.parametrize("name", ["drift_rules.test.yaml", "follow_rules.test.yaml"])
def test_alerts_come_when_they_should_and_only_then(name: str, tmp_path: Path) -> None:
    shutil.copy(RULES, tmp_path)
    shutil.copy(ROOT / "tests" / "integration" / "monitoring" / name, tmp_path)
    found = asked("test", "rules", name, folder=tmp_path)
    assert found.returncode == 0, found.stdout + found.stderr


@promtool
def test_every_query_of_the_dashboard_is_one(tmp_path: Path) -> None:
    queries = [query.replace("$model", ".*") for query in expressions(DASHBOARD)]
    rules = [{"record": f"query:{place}", "expr": query} for place, query in enumerate(queries)]
    (tmp_path / "queries.yaml").write_text(yaml.safe_dump({"groups": [{"name": "dashboard", "rules": rules}]}))
    found = asked("check", "rules", "queries.yaml", folder=tmp_path)
    assert len(queries) >= len(DASHBOARD["panels"])
    assert found.returncode == 0, found.stdout + found.stderr


@pytest.mark.parametrize(
    "document", [yaml.safe_load(RULES.read_text(encoding="utf-8")), DASHBOARD], ids=["rules", "dashboard"]
)
def test_only_metrics_that_are_written_are_asked_for(document: Any) -> None:
    names = {name for query in expressions(document) for name in re.findall(r"\btidegate_drift_\w+(?!:)", query)}
    assert names
    assert names <= WRITTEN


def test_panels_do_not_lie_on_one_another() -> None:
    places = [panel["gridPos"] for panel in DASHBOARD["panels"]]
    cells = [
        (x, y) for at in places for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])
    ]
    assert len(set(cells)) == len(cells)
    assert max(x for x, _ in cells) < 24
    assert len({panel["id"] for panel in DASHBOARD["panels"]}) == len(places)
