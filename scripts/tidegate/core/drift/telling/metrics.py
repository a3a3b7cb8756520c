"""A check as Prometheus's text, for a pushgateway or node_exporter's textfile collector."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from tidegate.core.drift.finding import State

METRICS = {
    "state": "1 for what the check found: calm, watch, drift or unknown.",
    "checked_timestamp_seconds": "When the check was made.",
    "window_end_timestamp_seconds": "End of the latest window of live data, in the data's own time.",
    "window_rows": "Rows in the latest window.",
    "drifted_share": "Share of the features that drifted in the latest window, by importance.",
    "column_distance": "Jensen-Shannon distance of a column from the reference, 0 to 1.",
    "column_floor": "The distance from which on it counts.",
    "column_drifted": "1 where anything about the column drifted in the latest window.",
    "performance": "A metric of the latest labelled window, and at release.",
    "performance_worse": "1 where it is certainly worse than at release.",
}
Sample = tuple[str, dict[str, str], float]


def text(model: str, result: Mapping[str, Any], now: float) -> str:
    """All metrics of one model; `now` in seconds since 1970."""
    lines: list[str] = []
    samples = list(_samples(result, now))
    for name, told in METRICS.items():
        mine = [(labels, value) for of, labels, value in samples if of == name]
        if mine:
            lines += [f"# HELP tidegate_drift_{name} {told}", f"# TYPE tidegate_drift_{name} gauge"]
            lines += [line(name, {"model": model, **labels}, value) for labels, value in mine]
    return "\n".join(lines) + "\n"


def _samples(result: Mapping[str, Any], now: float) -> Iterator[Sample]:
    for state in State:
        yield "state", {"state": state.value}, float(result["state"] == state.value)
    yield "checked_timestamp_seconds", {}, now
    if result["windows"]:
        yield from _of_window(result["windows"][-1])
    for item in result["performance"]:
        yield from _of_performance(item)


def _of_window(window: Mapping[str, Any]) -> Iterator[Sample]:
    end = datetime.fromisoformat(window["end"]).replace(tzinfo=UTC).timestamp()
    yield "window_end_timestamp_seconds", {}, end
    yield "window_rows", {}, window["rows"]
    yield "drifted_share", {}, window["share"]
    drifted: dict[str, bool] = {}
    for item in window["findings"]:
        drifted[item["column"]] = drifted.get(item["column"], False) or item["found"] == "drifted"
        if item["subject"] == "distribution" and item["effect"] is not None:
            yield "column_distance", {"column": item["column"]}, item["effect"]
            yield "column_floor", {"column": item["column"]}, item["floor"]
    for column, moved in drifted.items():
        yield "column_drifted", {"column": column}, float(moved)


def _of_performance(item: Mapping[str, Any]) -> Iterator[Sample]:
    labels = {"metric": item["metric"], "slice": item["slice"]}
    for side in ("released", "live"):
        if item[side] is not None:
            yield "performance", {**labels, "side": side}, item[side]["value"]
    if item["found"] != "unknown":
        yield "performance_worse", labels, float(item["found"] == "drifted")


def line(name: str, labels: Mapping[str, str], value: float) -> str:
    """One sample, its labels escaped."""
    inside = ",".join(f'{label}="{_escaped(words)}"' for label, words in labels.items())
    return f"tidegate_drift_{name}{{{inside}}} {value:.10g}"


def _escaped(words: str) -> str:
    """As the text format wants it; a carriage return would end the line for some readers."""
    safe = words.encode("utf-8", "backslashreplace").decode().replace("\\", "\\\\").replace('"', '\\"')
    return safe.replace("\n", "\\n").replace("\r", " ")
