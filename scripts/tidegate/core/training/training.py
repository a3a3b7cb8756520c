"""What a training did, from DVC's own records before and after it: which stages ran, which were restored, and why."""

from __future__ import annotations

import json
import posixpath
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from tidegate.core.training.pipeline import Record

_REASONS_SHOWN = 2


class State(StrEnum):
    """How a stage got to where it is."""

    RAN = "ran"
    RESTORED = "restored"
    UNCHANGED = "unchanged"


@dataclass(frozen=True)
class Reason:
    """Why a stage was out of date; `within`: another stage's new output is the reason, so the cause lies there."""

    text: str
    within: bool = False


@dataclass(frozen=True, kw_only=True)
class Stage:
    """One stage's report; `seconds` is None unless it ran."""

    name: str
    state: State
    why: tuple[Reason, ...] = ()
    seconds: float | None = None

    def document(self) -> dict[str, Any]:
        """As evidence."""
        why = [reason.text for reason in self.why]
        return {"name": self.name, "state": self.state.value, "why": why, "seconds": self.seconds}


@dataclass(frozen=True, kw_only=True)
class Change:
    """One parameter's value at the base and now, as text; None where it did not exist."""

    name: str
    before: str | None
    after: str | None

    def __str__(self) -> str:
        if self.before is None:
            return f"{self.name} is new: {self.after}"
        return f"{self.name} is gone" if self.after is None else f"{self.name} {self.before} -> {self.after}"


@dataclass(frozen=True, kw_only=True)
class Outputs:
    """Outputs that the work tree did not hold as recorded."""

    changed: Collection[str] = ()
    missing: Collection[str] = ()


def report(
    before: Mapping[str, Record],
    after: Mapping[str, Record],
    seconds: Mapping[str, float],
    outputs: Outputs,
    order: Sequence[str] = (),
) -> tuple[Stage, ...]:
    """Every stage after a training, in the order of the definition.

    `seconds` has the stages whose commands were started, `outputs` what the work tree held before, `order` the names
    in `dvc.yaml`.
    """
    ranked = sorted(after, key=lambda name: _rank(name, order))
    elsewhere = [Stage(name=name, state=State.RAN, seconds=seconds[name]) for name in seconds if name not in after]
    writers = {path: record.name for record in after.values() for path in record.outs}
    stages = [
        _stage(after[name], tuple(reasons(before.get(name), after[name], writers)), seconds.get(name), outputs)
        for name in ranked
    ]
    return (*elsewhere, *stages)


def _rank(name: str, order: Sequence[str]) -> int:
    """A stage of a foreach or a matrix is called after it: `name@value`."""
    base = name.split("@", 1)[0]
    return order.index(base) if base in order else len(order)


def _stage(record: Record, why: tuple[Reason, ...], seconds: float | None, outputs: Outputs) -> Stage:
    why = why or tuple(Reason(f"its output {path} had been changed") for path in record.outs if path in outputs.changed)
    if seconds is not None:
        lost = tuple(Reason(f"its output {path} was missing") for path in record.outs if path in outputs.missing)
        why = why or lost or (Reason("it runs every time"),)
        return Stage(name=record.name, state=State.RAN, why=why, seconds=round(seconds, 3))
    return Stage(name=record.name, state=State.RESTORED if why else State.UNCHANGED, why=why)


def reasons(before: Record | None, after: Record, writers: Mapping[str, str]) -> Iterator[Reason]:
    """Why a stage recorded as `before` was out of date, now that it is recorded as `after`; parameters first.

    `writers` is output -> stage that writes it.
    """
    if before is None:
        yield Reason("it never ran before")
        return
    found = [*_param_reasons(before, after)]
    yield from found
    if before.cmd != after.cmd and not found:
        yield Reason("its command changed")
    yield from _dep_reasons(before.deps, after.deps, writers)
    if set(before.outs) != set(after.outs):
        yield Reason("it has other outputs")


def _param_reasons(before: Record, after: Record) -> Iterator[Reason]:
    for file in sorted({*before.params, *after.params}):
        for change in changes(before.params.get(file, {}), after.params.get(file, {})):
            yield Reason(f"{posixpath.basename(file)}: {change}")


def _dep_reasons(before: Mapping[str, str], after: Mapping[str, str], writers: Mapping[str, str]) -> Iterator[Reason]:
    for path in sorted({*before, *after}):
        if path not in after:
            yield Reason(f"{path} is no dependency any more")
        elif path not in before:
            yield Reason(f"{path} is a new dependency")
        elif before[path] != after[path]:
            by = f" (by stage {writers[path]})" if path in writers else ""
            yield Reason(f"{path} changed{by}", within=path in writers)


def changes(before: Any, after: Any) -> list[Change]:
    """Which values differ between two parameter documents, by dotted name."""
    old, new = flat(before), flat(after)
    return [
        Change(name=name, before=old.get(name), after=new.get(name))
        for name in [*new, *(name for name in old if name not in new)]
        if old.get(name) != new.get(name)
    ]


def flat(document: Any, prefix: str = "") -> dict[str, str]:
    """Dotted name -> value as text. A list is one value; an empty mapping has no values."""
    if isinstance(document, Mapping):
        return {
            name: text
            for key, value in document.items()
            for name, text in flat(value, f"{prefix}.{key}" if prefix else str(key)).items()
        }
    return {prefix: _text(document)} if prefix else {}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def sentence(stages: Sequence[Stage], seconds: float) -> str:
    """What happened, in one sentence."""
    ran = [stage for stage in stages if stage.state is State.RAN]
    restored = [stage for stage in stages if stage.state is State.RESTORED]
    if not ran and not restored:
        return f"nothing to train: {_all(len(stages))}"
    why = _shortened(causes([*ran, *restored]))
    if not ran:
        return f"restored: {len(restored)} of {_stages(len(stages))} came from the run cache{why} in {seconds:.1f} s"
    also = f", {len(restored)} restored" if restored else ""
    return f"trained: {len(ran)} of {_stages(len(stages))} ran{also}{why} in {seconds:.1f} s"


def causes(stale: Sequence[Stage]) -> list[str]:
    """The reasons of `stale` stages that come from outside the pipeline; all of them where none does."""
    found = [reason for stage in stale for reason in stage.why]
    outside = [reason.text for reason in found if not reason.within]
    return list(dict.fromkeys(outside or [reason.text for reason in found]))


def _shortened(found: Sequence[str]) -> str:
    if not found:
        return ""
    more = f"; and {len(found) - _REASONS_SHOWN} more" if len(found) > _REASONS_SHOWN else ""
    return f" ({'; '.join(found[:_REASONS_SHOWN])}{more})"


def _all(count: int) -> str:
    few = {0: "the pipeline has no stages", 1: "the one stage is up to date"}
    return few.get(count, f"all {count} stages are up to date")


def _stages(count: int) -> str:
    return "1 stage" if count == 1 else f"{count} stages"
