"""Retraining asked for on evidence that is none, or by a policy that cannot be meant: told, and nothing is written."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bad_inputs.cases import CONTRACT, DRIFT, Case, contract_and, files
from tidegate.core.answer import Verdict
from tidegate.core.evidence import Evidence, canonical_bytes

ASK = ("request-retraining",)
RETRAIN = "{cooldown: 7d, command: [python, model/extend_data.py]}"
WINDOW = {
    "start": "2024-03-04T00:00:00", "end": "2024-03-11T00:00:00", "rows": 9, "found": "drifted", "fires_at_once": False,
    "share": 1.0, "worse": None, "sentence": "", "notes": [], "findings": [],
}  # fmt: skip
RESULT: dict[str, Any] = {
    "rules": {"windows": 2, "of": 3}, "state": "drift", "sentence": "it drifts", "against": None, "reference_rows": 9,
    "windows": [WINDOW], "performance": [], "columns": [], "records": [], "notes": [], "unread": None,
}  # fmt: skip


def _policy(name: str, written: str, code: str, *mentions: str) -> Case:
    """Something else where the contract says when to retrain."""
    return Case(
        id=f"C15-retrain-{name}",
        title=written,
        exit=2,
        code=code,
        mentions=("drift.retrain", *mentions),
        **contract_and(DRIFT.replace(RETRAIN, written)),
    )


def _built(text: str | None) -> Callable[[Path], None]:
    def build(folder: Path) -> None:
        files(tidegate_dot_yaml=CONTRACT + DRIFT)(folder)
        if text is not None:
            (folder / ".tidegate").mkdir()
            (folder / ".tidegate" / "detect-drift.json").write_text(text)

    return build


def _evidence(model: str = "bike", **changes: Any) -> str:
    result = {name: value for name, value in {**RESULT, **changes}.items() if value != "(absent)"}
    found = Evidence(command="detect-drift", model=model, outcome=Verdict.FAIL, result=result)
    return canonical_bytes(found.document()).decode()


def _asked(row: str, title: str, text: str | None, code: str, *mentions: str, arguments: tuple[str, ...] = ()) -> Case:
    return Case(
        id=row, title=title, build=_built(text), exit=2, code=code, mentions=mentions, arguments=(*ASK, *arguments)
    )


_WHOLE = _evidence()
CASES = (
    _policy("cooldown", RETRAIN.replace("7d", '§"a week"'), "E-CFG-005", "7d"),
    _policy("cooldown-missing", "{command: [python, model/extend_data.py]}", "E-CFG-023", "cooldown"),
    _policy("older", RETRAIN.replace("}", ", older_than: §90}"), "E-CFG-005", "older_than"),
    _policy("rows", RETRAIN.replace("}", ", labelled_rows: §0}"), "E-CFG-025", "labelled_rows"),
    _policy("budget", RETRAIN.replace("}", ", at_most: {requests: §0, per: 90d}}"), "E-CFG-025", "requests"),
    _policy("budget-per", RETRAIN.replace("}", ", at_most: {requests: 4}}"), "E-CFG-023", "per"),
    _policy("typo", RETRAIN.replace("cooldown", "§cool_down"), "E-CFG-006", "cooldown"),
    _asked("D11-retrain-none", "no drift check was made", None, "E-RTR-001", "Run tidegate detect-drift first"),
    _asked("D11-retrain-empty", "an empty file", "", "E-EVD-001", "detect-drift.json"),
    _asked("D11-retrain-cut", "half a file", _WHOLE[: len(_WHOLE) // 2], "E-EVD-001", "detect-drift.json:1:"),
    _asked("D11-retrain-nan", "a share of NaN", _WHOLE.replace('"share":1.0', '"share":NaN'), "E-EVD-002"),
    _asked("D11-retrain-schema", "another schema", _WHOLE.replace('"schema":1', '"schema":9'), "E-EVD-004"),
    _asked("D11-retrain-model", "another model's", _evidence("boats"), "E-RTR-002", "boats"),
    _asked("D11-retrain-state", "no state that there is", _evidence(state="fine"), "E-RTR-002", "fine"),
    _asked("D11-retrain-part", "no windows", _evidence(windows="(absent)"), "E-RTR-002", "windows"),
    _asked("D11-retrain-end", "a window without an end", _evidence(windows=[{}]), "E-RTR-002", "end"),
    _asked(
        "D11-retrain-commit",
        "a commit that is an option of Git's",
        _evidence(against={"kind": "release", "commit": "--upload-pack=x", "version": "1"}),
        "E-RTR-002",
        "upload-pack",
    ),
    _asked("D11-retrain-folder", "no such folder", None, "E-RTR-001", arguments=("--drift", "nowhere")),
    Case(
        id="C15-no-retrain",
        title="a contract that says nothing of retraining",
        build=files(tidegate_dot_yaml=CONTRACT),
        arguments=ASK,
        exit=2,
        code="E-RTR-000",
        mentions=("no drift section",),
    ),
    Case(
        id="D11-retrain-json-list",
        title="a list for a check",
        build=_built(json.dumps([1])),
        arguments=ASK,
        exit=2,
        code="E-EVD-004",
    ),
)
