"""What decides about a model, as one digest and as sentences: a change that edits its own judge must say so.

Policy is the gates, how they are measured (`evaluation`, `alpha`, declared metrics) and which of them are waived. A
limit counts by its value, not by how it is written, and the order of gates and slices does not count.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from decimal import Decimal
from typing import Any

from tidegate.core.contract import Evaluation, Gate, Model, Waiver
from tidegate.core.evidence import canonical_bytes, digest

_LARGER_IS_WEAKER = {"no_worse_by": True, "at_most": True, "better_by": False, "at_least": False}
_WEAKENING = ("gate weakened", "gate removed", "waiver added", "waiver extended")
_LATER: Mapping[str, Any] = {
    **{name: {} for name in ("labels", "quantiles", "bins")},
    "threshold": None,
    "interval": "percentile",
}
"""Settings that came later: where they are not used, a policy keeps the digest that it had."""
_Key = tuple[str, str, tuple[str, ...], tuple[str, ...]]


def policy_digest(model: Model) -> str:
    """``sha256:…`` of the policy in canonical bytes; the same for two contracts that judge alike."""
    document = {
        "alpha": model.alpha,
        "evaluation": _evaluation(model.evaluation),
        "gates": sorted((_gate(gate) for gate in model.gates), key=canonical_bytes),
        "metrics": {name: asdict(metric) for name, metric in model.metrics.items()},
        **({"waivers": sorted(map(_waiver, model.waivers), key=canonical_bytes)} if model.waivers else {}),
    }
    return digest(canonical_bytes(document))


def policy_changes(before: Model | None, after: Model) -> list[str]:
    """One sentence for each gate and setting that differs, weakened gates first; empty when none does."""
    if before is None:
        count = len(after.gates)
        return [f"there was no policy for {after.name}: this change brings its own ({count} gate{'s' * (count != 1)})"]
    old, new = _by_key(before.gates), _by_key(after.gates)
    sentences = [
        *(f"gate removed: {_shown(old[key])}" for key in old if key not in new),
        *(f"gate added: {_shown(new[key])}" for key in new if key not in old),
        *(_gate_change(old[key], new[key]) for key in new if key in old and _gate(old[key]) != _gate(new[key])),
        *_waiver_changes(before.waivers, after.waivers),
        *_settings_changes(before, after),
    ]
    return sorted(sentences, key=lambda sentence: not sentence.startswith(_WEAKENING))


def _gate(gate: Gate) -> dict[str, Any]:
    return {
        "metric": gate.metric,
        "kind": gate.kind,
        "limit": _number(gate.limit),
        "relative": gate.relative,
        "severity": gate.severity,
        "slices": sorted(gate.slices),
        **({"gap": sorted(gate.gap), "measure": gate.measure} if gate.gap else {}),
    }


def _number(value: Decimal) -> str:
    """One text for one value: ``1``, ``1.0`` and ``1e0`` are the same limit, and so are ``0`` and ``-0``."""
    text = format(value, "f")
    return (text.rstrip("0").rstrip(".") if "." in text else text) if value else "0"


def _evaluation(evaluation: Evaluation) -> dict[str, Any]:
    """What is measured and how; `attribution` is told beside the verdict, and a pair of columns is in its name."""
    known = {**asdict(evaluation), "slices": sorted(evaluation.slices)}
    unused = {name for name, usual in _LATER.items() if known[name] == usual}
    return {name: value for name, value in known.items() if name not in ("attribution", "pairs", *unused)}


def _by_key(gates: Iterable[Gate]) -> dict[_Key, Gate]:
    return {(gate.metric, gate.kind, tuple(sorted(gate.slices)), _gap(gate)): gate for gate in gates}


def _gap(gate: Gate) -> tuple[str, ...]:
    return (gate.measure, *sorted(gate.gap)) if gate.gap else ()


def _shown(gate: Gate) -> str:
    slices = f" by {', '.join(gate.slices)}" if gate.slices else ""
    if gate.gap:
        slices = f" {'gap' if gate.measure == 'difference' else 'ratio'} across {', '.join(gate.gap)}"
    return f"{gate.metric}{slices} {gate.kind} {gate.text} ({gate.severity})"


def _gate_change(old: Gate, new: Gate) -> str:
    return f"gate {_tendency(old, new)}: {_shown(old)} is now {_shown(new)}"


def _tendency(old: Gate, new: Gate) -> str:
    """``weakened`` when anything about it lets more through; ``changed`` when the two cannot be ordered."""
    if old.relative != new.relative:
        return "changed"
    looser = (new.limit > old.limit) == _LARGER_IS_WEAKER[new.kind] and new.limit != old.limit
    return "weakened" if looser or (old.severity, new.severity) == ("block", "warn") else "tightened"


def _waiver(waiver: Waiver) -> dict[str, str]:
    return {**asdict(waiver), "until": waiver.until.isoformat()}


def _waiver_changes(before: Iterable[Waiver], after: Iterable[Waiver]) -> Iterator[str]:
    old, new = ({waiver.gate: waiver for waiver in waivers} for waivers in (before, after))
    yield from (f"waiver removed: {gate}" for gate in old if gate not in new)
    for gate, waiver in new.items():
        told = f"{gate} until {waiver.until} by {waiver.owner}"
        if gate not in old:
            yield f"waiver added: {told}"
        elif old[gate] != waiver:
            yield f"waiver {'extended' if waiver.until > old[gate].until else 'changed'}: {told}"


def _settings_changes(before: Model, after: Model) -> list[str]:
    old, new = _settings(before), _settings(after)
    names = dict.fromkeys([*old, *new])
    return [
        f"{name} was {_value(old.get(name))}, is now {_value(new.get(name))}"
        for name in names
        if old.get(name) != new.get(name)
    ]


def _settings(model: Model) -> dict[str, Any]:
    """Everything that decides but the gates, each under the name it has in the contract."""
    evaluation = _evaluation(model.evaluation)
    return {
        **{f"evaluation.{name}": value for name, value in evaluation.items()},
        "alpha": model.alpha,
        **{f"metrics.{name}": asdict(metric) for name, metric in model.metrics.items()},
    }


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {_value(inner)}" for key, inner in value.items() if inner is not None)
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value)) or "none"
    return "none" if value is None else str(value)
