"""The JSON Schema of the contract, for editors.

`python -m tidegate.adapters.contract.schema` prints what `contract.schema.json` holds.
"""

from __future__ import annotations

import json
import sys
from typing import Any

_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schema_text() -> str:
    """The schema as the file holds it."""
    from tidegate.adapters.contract.model import ContractShape

    document = {"$schema": _DIALECT, **_told(ContractShape.model_json_schema()), "title": "Tidegate contract"}
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _told(schema: dict[str, Any]) -> dict[str, Any]:
    """Only what a person may write: a key that is not needed is left out, it is never null; generated titles go."""
    schema = {key: value for key, value in schema.items() if key != "title" and (key, value) != ("default", None)}
    if isinstance(schema.get("default"), dict):
        del schema["default"]
    options = [option for option in schema.pop("anyOf", []) if option != {"type": "null"}]
    if len(options) == 1:
        schema = {**options[0], **schema}
    elif options:
        schema["anyOf"] = options
    for pattern, values in schema.pop("patternProperties", {}).items():
        schema |= {"propertyNames": {"pattern": pattern}, "additionalProperties": values}
    return {key: _inside(key, value) for key, value in schema.items()}


def _inside(key: str, value: Any) -> Any:

    if key in ("properties", "$defs"):
        return {name: _told(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_told(item) if isinstance(item, dict) else item for item in value]
    return _told(value) if isinstance(value, dict) else value


if __name__ == "__main__":
    sys.stdout.write(schema_text())
