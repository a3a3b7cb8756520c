"""What a drift check leaves: the same document whenever it reads the same data, without a clock in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

import numpy as np

from tidegate.core.contract import Drift
from tidegate.core.drift import cells
from tidegate.core.drift.distances import shares
from tidegate.core.drift.finding import Finding, State, WindowFindings
from tidegate.core.drift.performance import Comparison, Measured
from tidegate.core.drift.profile import Column, Part, Profile
from tidegate.core.drift.verdict import Judgement
from tidegate.core.drift.window import Window

MOST_WORDS = 20
"""Words of a category that are drawn one by one; the rarest others are drawn together."""
MOST_COLUMNS = 1_000
"""Columns that are drawn, those that drifted first; every one is judged."""


@dataclass(frozen=True, kw_only=True)
class Against:
    """Where the reference comes from: a release of an environment, or the profile that the contract names."""

    kind: Literal["release", "contract"]
    profile: str
    digest: str
    environment: str | None = None
    version: str | None = None
    commit: str | None = None

    def with_digest(self, digest: str) -> Against:
        """The same, once the profile's bytes are known."""
        return replace(self, digest=digest)


@dataclass(frozen=True, kw_only=True)
class Seen:
    """Everything that a check rests on and found; `notes` is what is told beside it."""

    judgement: Judgement
    windows: Sequence[Window]
    profile: Profile
    against: Against
    notes: tuple[str, ...] = ()


def result(drift: Drift, seen: Seen) -> dict[str, Any]:
    """The document of a check that found something out, or found out that it cannot be."""
    judgement = seen.judgement
    return {
        **_rules(drift),
        "state": judgement.state.value,
        "sentence": judgement.sentence,
        "against": asdict(seen.against),
        "reference_rows": seen.profile.total.rows,
        "windows": [_window(window) for window in judgement.windows],
        "performance": [_comparison(item) for item in judgement.performance],
        "columns": _columns(seen),
        "records": [record.document() for record in judgement.records],
        "notes": [*seen.notes],
        "unread": None,
    }


def unread(drift: Drift, sentence: str, error: dict[str, str]) -> dict[str, Any]:
    """The document of a check that could not be made."""
    return {
        **_rules(drift),
        "state": State.UNKNOWN.value,
        "sentence": sentence,
        "against": None,
        "reference_rows": 0,
        "windows": [],
        "performance": [],
        "columns": [],
        "records": [],
        "notes": [],
        "unread": error,
    }


def _rules(drift: Drift) -> dict[str, Any]:
    fires = drift.fire_when
    return {
        "rules": {
            "alpha": drift.alpha,
            "min_effect": drift.min_effect,
            "columns": fires.columns,
            "windows": fires.windows,
            "of": fires.of,
            "importance": dict(drift.importance),
        },
        "live": {
            "path": drift.live.place,
            "source": drift.live.source,
            "time": drift.live.time,
            "window_seconds": int(drift.live.window.total_seconds()),
            "labels": None if drift.live.labels is None else drift.live.labels.place,
        },
    }


def _window(window: WindowFindings) -> dict[str, Any]:
    return {
        "start": window.start.isoformat(),
        "end": window.end.isoformat(),
        "rows": window.rows,
        "found": window.found.value,
        "fires_at_once": window.fires_at_once,
        "share": window.share,
        "worse": window.worse,
        "sentence": window.sentence,
        "notes": list(window.notes),
        "findings": [_finding(item) for item in window.findings],
    }


def _finding(item: Finding) -> dict[str, Any]:
    return {
        "column": item.column,
        "role": item.role,
        "subject": item.subject,
        "found": item.found.value,
        "against": item.against,
        "effect": item.effect,
        "floor": item.floor,
        "p": item.p,
        "q": item.q,
        "measures": dict(item.measures),
        "sentence": item.sentence,
    }


def _comparison(item: Comparison) -> dict[str, Any]:
    return {
        "metric": item.performance.metric,
        "slice": item.performance.slice,
        "better": item.performance.better,
        "found": item.found.value,
        "released": _measured(item.performance.released),
        "live": _measured(item.performance.live),
        "worse": item.worse,
        "least": item.least,
        "sentence": item.sentence,
    }


def _measured(measured: Measured | None) -> dict[str, Any] | None:
    if measured is None or not np.isfinite([measured.value, measured.low, measured.high]).all():
        return None
    return asdict(measured)


def _columns(seen: Seen) -> list[dict[str, Any]]:
    """The latest window's columns over the reference's cells, drifted ones first."""
    if not seen.judgement.windows:
        return []
    drifted = seen.judgement.windows[-1].drifted
    names = [*drifted, *(name for name in seen.profile.columns if name not in drifted)]
    latest = max(seen.windows, key=lambda window: (window.start, window.end))
    drawn = (_column(seen.profile, latest.part_of(name), name) for name in names if name in seen.profile.columns)
    return [column for column in drawn if column is not None][:MOST_COLUMNS]


def _column(profile: Profile, part: Part, name: str) -> dict[str, Any] | None:
    column, before, now = profile.columns[name], profile.total.columns[name], part.columns.get(name)
    if now is None or not cells.comparable(before):
        return None
    pair = [cells.counts(summary, column.words) for summary in (before, now)]
    if not pair[0].sum():
        return None
    labels, counts = _labelled(column, *pair)
    return {
        "name": name,
        "role": column.role,
        "kind": column.kind,
        "edges": list(column.edges),
        "cells": labels,
        "reference": _shares(counts[0]),
        "window": _shares(counts[1]),
        "missing": [_share(before.nulls, profile.total.rows), _share(now.nulls, part.rows)],
    }


def _labelled(column: Column, before: cells.Counts, now: cells.Counts) -> tuple[list[str], list[cells.Counts]]:
    """Cells with their names; of a category the most frequent words, and all others as one."""
    if column.kind == "number":
        edges = [f"{edge:.4g}" for edge in column.edges]
        names = [f"≤ {edges[0]}", *(f"… {edge}" for edge in edges[1:]), f"> {edges[-1]}"] if edges else ["all values"]
        return names, [before, now]
    order = np.argsort(-before[:-1], kind="stable")[:MOST_WORDS]
    names, rest = [column.words[place] for place in order], [side.sum() - side[order].sum() for side in (before, now)]
    if not any(rest):
        return names, [before[order], now[order]]
    return [*names, "other words"], [
        np.append(side[order], other) for side, other in zip((before, now), rest, strict=True)
    ]


def _shares(counts: cells.Counts) -> list[float]:
    return [float(share) for share in shares(counts)] if counts.sum() else [0.0] * len(counts)


def _share(number: int, rows: int) -> float:
    return number / rows if rows else 0.0
