"""What a verdict says about seeds and about the parts of a change; absent where nobody asked."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from tidegate.core.comparison.change.attribution import Attribution, Share, Split
from tidegate.core.comparison.change.seed_noise import Repeats, Retrained, SeedNoise, Spread


def seed_block(repeats: Repeats | None, noises: tuple[SeedNoise, ...]) -> dict[str, Any]:
    """``{"seed_noise": …}``: the trainings, and each metric of both recipes over seeds, the compared model first."""
    if repeats is None:
        return {}
    return {
        "seed_noise": {
            "parameter": repeats.parameter,
            "same_recipe": repeats.same_recipe,
            "candidate": _retrained(repeats.candidate),
            "champion": _retrained(repeats.champion),
            "metrics": [
                {
                    "name": one.metric,
                    "candidate": _spread(one.candidate),
                    "champion": _spread(one.champion),
                    "rows": _number(one.noise.rows),
                    "seeds": _number(one.noise.seeds),
                }
                for one in noises
            ],
        }
    }


def attribution_block(found: Attribution | None) -> dict[str, Any]:
    """``{"attribution": …}``: each metric's difference split, or why not."""
    if found is None:
        return {}
    block: dict[str, Any] = {"changed": list(found.changed)}
    if found.why_not:
        return {"attribution": {**block, "why_not": found.why_not}}
    metrics = [_split(split) for split in found.splits]
    return {"attribution": {**block, "predictions": dict(found.digests), "level": found.level, "metrics": metrics}}


def proven(document: Mapping[str, Any]) -> dict[str, Any]:
    """Without an attribution that could not be had: what a cache happens to hold is no part of a verdict."""
    known = "metrics" in document.get("attribution", {})
    return {name: block for name, block in document.items() if name != "attribution" or known}


def _retrained(side: Retrained) -> dict[str, Any]:
    repeats = [{"seed": seed, "predictions": digest} for seed, digest in zip(side.seeds, side.digests, strict=True)]
    return {"seed": side.own, "repeats": repeats}


def _spread(spread: Spread) -> dict[str, Any]:
    return {"values": [_number(value) for value in spread.values], "deviation": _number(spread.deviation)}


def _split(split: Split) -> dict[str, Any]:
    return {
        "name": split.metric,
        "direction": split.direction,
        "difference": _number(split.difference),
        "new_code": _number(split.new_code),
        "new_data": _number(split.new_data),
        "code": _share(split.code),
        "data": _share(split.data),
        "interaction": _share(split.interaction),
    }


def _share(share: Share) -> dict[str, Any]:
    ends = share.interval
    return {
        "value": _number(share.value),
        "interval": None if ends is None or not ends.bounded else [ends.low, ends.high],
    }


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None
