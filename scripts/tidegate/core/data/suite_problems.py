"""Every way in which a suite would check nothing, or not what its author meant.

Great Expectations accepts expectations that can never fail (no limit, `mostly` 0, an empty set) and drops others with a
log line. A check that checks nothing must not be counted as passed, so all of that is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Literal, get_args

from tidegate.core.near_miss import did_you_mean
from tidegate.errors import InputError

Rows = Literal["all", "each-file", "newest-file"]
Severity = Literal["block", "warn"]
ROWS: tuple[Rows, ...] = get_args(Rows)
SEVERITIES: Mapping[str, Severity] = {"critical": "block", "warning": "warn", "info": "warn"}
PARAMETERS = ("file_start", "file_end", "data_start", "data_end", "files")
NOTHING = "nothing was checked"
AT_BASE = " (base)"

_OURS = ("rows", "clock")
_KEYS = {"type", "kwargs", "severity", "description", "notes", "meta", "id"}
_LIMITS = {"min_value", "max_value", "quantile_ranges"}
_SETS = {"value_set", "type_list", "regex_list", "like_pattern_list", "column_set", "column_list"}
_WORD = re.compile(r"(?<![\w.])[A-Za-z_]\w*(\s*=)?")
_ARITHMETIC = {"timedelta", "datetime", "abs", "round", "trunc"}


def wrong(where: str, message: str, fix: str) -> InputError:
    """An E-DAT-020."""
    return InputError("E-DAT-020", message, where=where, fix=fix)


def head_problems(document: Mapping[str, Any], name: object, path: str) -> Iterator[InputError]:
    """What is wrong with a suite's name and `meta.tidegate`."""
    if not isinstance(name, str) or not name.strip():
        yield wrong(f"{path} /name", f"is {name!r:.80}; expected a text.", "Name the suite.")
    elif name.endswith(AT_BASE):
        yield wrong(f"{path} /name", f"ends in {AT_BASE!r}, as the base's suites are called.", "Name it otherwise.")
    meta = document.get("meta", {})
    ours = meta.get("tidegate", {}) if isinstance(meta, dict) else meta
    if not isinstance(ours, dict):
        yield wrong(f"{path} /meta", f"is {meta!r:.80}; expected an object.", 'Write {"tidegate": {"rows": "all"}}.')
        return
    for key in sorted(set(ours) - set(_OURS)):
        message = f"unknown key {key[:80]!r}; known: {', '.join(_OURS)}.{did_you_mean(key, _OURS)}"
        yield wrong(f"{path} /meta/tidegate", message, "Remove it.")
    if (rows := ours.get("rows", "all")) not in ROWS:
        hint = did_you_mean(rows, ROWS) if isinstance(rows, str) else ""
        yield wrong(f"{path} /meta/tidegate/rows", f"is {rows!r:.80}; one of {', '.join(ROWS)}.{hint}", "")


def expectation_problems(item: object, number: int, path: str, line: int | None) -> Iterator[InputError]:
    """What is wrong with the expectation of this number, which begins on this line."""
    where = f"{path}:{line}" if line else f"{path} /expectations/{number}"
    if not isinstance(item, dict) or not isinstance(item.get("type"), str):
        old = isinstance(item, dict) and "expectation_type" in item
        hint = 'It is written for Great Expectations before 1.0: rename "expectation_type" to "type".' if old else ""
        yield wrong(where, "is no expectation: it has no type.", hint or 'Write {"type": "expect_…", "kwargs": {…}}.')
        return
    kind = item["type"][:80]
    for key in sorted(set(item) - _KEYS):
        message = f"{kind}: unknown key {key[:80]!r}.{did_you_mean(key, _KEYS)}"
        yield wrong(where, message, "Remove it; arguments belong into kwargs.")
    if (severity := item.get("severity", "critical")) not in list(SEVERITIES):
        yield wrong(where, f"{kind}: severity is {severity!r:.80}; one of {', '.join(SEVERITIES)}.", "")
    if not isinstance(kwargs := item.get("kwargs", {}), dict):
        yield wrong(where, f"{kind}: kwargs is {kwargs!r:.80}; expected an object.", "")
        return
    for message in (*_vacuous(kind, kwargs), *_unknown_parameters(kwargs)):
        yield wrong(where, f"{kind}: {message}", "Mend the expectation.")


def _vacuous(kind: str, kwargs: Mapping[str, Any]) -> Iterator[str]:
    """Why the expectation could not fail whatever the data."""
    mostly = kwargs.get("mostly", 1)
    if isinstance(mostly, int | float) and mostly <= 0:
        yield f"mostly is {mostly}, so that no row has to comply: {NOTHING}."
    if kind.endswith("_to_be_between") and all(kwargs.get(name) is None for name in _LIMITS):
        yield f"has neither min_value nor max_value: {NOTHING}."
    yield from (f"{name} is empty: {NOTHING}." for name in sorted(_SETS & set(kwargs)) if not kwargs[name])


def _unknown_parameters(kwargs: Mapping[str, Any]) -> Iterator[str]:
    for name, value in kwargs.items():
        if not isinstance(value, dict) or "$PARAMETER" not in value:
            continue
        words = [match.group() for match in _WORD.finditer(str(value["$PARAMETER"])) if not match.group(1)]
        if "now" in words:
            yield f"{name} reads the clock; whether data is fresh is judged by the data's own time."
        for word in words:
            if word not in {*PARAMETERS, *_ARITHMETIC, "now"}:
                hint = did_you_mean(word, PARAMETERS)
                yield f"{name}: unknown parameter {word[:80]!r}; known: {', '.join(PARAMETERS)}.{hint}"
