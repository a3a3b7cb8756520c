"""Write the tables of the READMEs from the files that they describe; `--check` only says which are out of date.

A table stands between `<!-- NAME -->` and `<!-- /NAME -->`: `inputs` and `outputs` in an action's README, `actions`
in the README, taken from action.yml; `metrics` in that of compare-models, taken from the table of known metrics.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import yaml

from tidegate.core.comparison.metric_table import KNOWN

_NEEDS = {
    "prediction": "a number per row",
    "quantiles": "quantiles of a number: `prediction: {p10: 0.1, p90: 0.9}`",
    "query": "a number per row that orders the rows of a query (`cluster`)",
    "labels": "a class per row, or a score and a `threshold`",
    "sets": "any number of `labels` per row",
    "score": "a score for the class `positive`, or one per class",
    "scores": "a score per class: `score: {ant: p_ant, bee: p_bee}`",
    "cost": "– (measured)",
}
ROOT = Path(__file__).resolve().parents[1]


def main(arguments: list[str]) -> int:
    """Write (or with `--check` compare) every README; 1 when something was out of date under `--check`."""
    stale = [path for path, text in wanted().items() if path.read_text(encoding="utf-8") != text]
    if "--check" in arguments:
        for path in stale:
            print(f"{path.relative_to(ROOT)} is out of date; run: make docs", file=sys.stderr)  # noqa: T201
        return int(bool(stale))
    for path in stale:
        path.write_text(wanted()[path], encoding="utf-8")
    return 0


def wanted() -> dict[Path, str]:
    """Every README with its tables as they should be."""
    actions = {path.parent.name: _load(path) for path in sorted(ROOT.glob("actions/*/action.yml"))}
    readmes = {
        ROOT / "actions" / name / "README.md": {"inputs": _inputs(action), "outputs": _outputs(action)}
        for name, action in actions.items()
    }
    readmes[ROOT / "actions" / "compare-models" / "README.md"]["metrics"] = _metrics()
    readmes[ROOT / "README.md"] = {"actions": _actions(actions)}
    return {path: _with_tables(path.read_text(encoding="utf-8"), tables) for path, tables in readmes.items()}


def _load(path: Path) -> dict[str, Any]:
    return dict(yaml.safe_load(path.read_text(encoding="utf-8")))


def _inputs(action: dict[str, Any]) -> str:
    rows = [
        f"| `{name}` | {item['description']} | {_code(item['default'])} |" for name, item in action["inputs"].items()
    ]
    return "\n".join(["| input | meaning | default |", "| --- | --- | --- |", *rows])


def _outputs(action: dict[str, Any]) -> str:
    rows = [f"| `{name}` | {item['description']} |" for name, item in action["outputs"].items()]
    return "\n".join(["| output | meaning |", "| --- | --- |", *rows])


def _actions(actions: dict[str, dict[str, Any]]) -> str:
    rows = [f"| [`{name}`](actions/{name}) | {action['description']} |" for name, action in actions.items()]
    return "\n".join(["| action and command | what it does |", "| --- | --- |", *rows])


def _metrics() -> str:
    rows = [f"| {what} | {_names(needs, 'higher')} | {_names(needs, 'lower')} |" for needs, what in _NEEDS.items()]
    return "\n".join(["| predictions are | higher is better | lower is better |", "| --- | --- | --- |", *rows])


def _names(needs: str, direction: str) -> str:
    found = [name for name, kind in KNOWN.items() if (kind.needs, kind.direction) == (needs, direction)]
    return " ".join(f"`{name}`" for name in found) or "–"


def _code(value: str) -> str:
    return f"`{value}`" if value else ""


def _with_tables(text: str, tables: dict[str, str]) -> str:
    for name, table in tables.items():
        pattern = re.compile(rf"(<!-- {name} -->\n).*?(\n<!-- /{name} -->)", re.DOTALL)
        text, count = pattern.subn(lambda found, table=table: found[1] + table + found[2], text)  # type: ignore[misc]
        if count != 1:
            raise SystemExit(f"expected one <!-- {name} --> block, found {count}")
    return text


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
