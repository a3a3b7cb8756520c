"""Whether what `dvc.lock` recorded still holds for a tree, provably.

Most changes do not touch a model, and starting DVC to learn that costs more than the rest of the toolkit together.
The proof errs to one side only: whatever it cannot show is left to DVC, which then decides.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Protocol

from tidegate.core.training.pipeline import (
    PARAMETERS,
    Definition,
    Record,
    Unsettled,
    defined_only,
    definition,
    lookup,
    normal,
    stage_names,
)


class Tree(Protocol):
    """The files of a commit or of the work tree."""

    def digest(self, path: str) -> str | None:
        """DVC's digest of a file or folder, taken from its pointer where its content is not here; None: unknown."""

    def document(self, path: str) -> Any:
        """A YAML or JSON file, parsed; None where it is absent or cannot be read."""


def doubts(
    recorded: Mapping[str, Record], defined: Any, folder: str, tree: Tree, output: str | None = None
) -> dict[str, list[str]]:
    """Stage -> why it is not proven that its record holds for `tree`; stages whose records hold are not in it.

    `recorded` and `defined` are the parsed `dvc.lock` and `dvc.yaml` of `folder`; with `output`, only the stages
    that lead to it are looked at.
    """
    stages = defined_only(recorded, defined)
    wanted = leading_to(stages, output) if output else tuple(stages)
    parameters = tree.document(normal(folder, PARAMETERS))
    found = {name: [*_stage_doubts(stages, name, defined, folder, parameters, tree)] for name in wanted}
    if output is None:
        known = {name.split("@", 1)[0] for name in stages}
        found |= {name: [f"stage {name} was never recorded"] for name in stage_names(defined) if name not in known}
    return {name: why for name, why in found.items() if why}


def to_be_read(stages: Mapping[str, Record], definitions: Mapping[str, Definition], stale: Iterable[str]) -> list[str]:
    """What the `stale` stages and all that follow from them will read and none of them writes."""
    rerun = set(stale)
    reads = {name: set(record.deps) for name, record in stages.items()}
    writes = {name: set(record.outs) for name, record in stages.items()}
    for name, wanted in definitions.items():
        reads[name], writes[name] = set(wanted.deps), set(wanted.outs)
    while more := {
        name
        for name, paths in reads.items()
        if name not in rerun and any(paths & writes.get(one, set()) for one in rerun)
    }:
        rerun |= more
    read = {path for name in rerun for path in reads.get(name, ())}
    return sorted(read - {path for name in rerun for path in writes.get(name, ())})


def leading_to(stages: Mapping[str, Record], output: str) -> tuple[str, ...]:
    """Names of the stage that writes `output` and of all before it; none when no stage writes it."""
    writers = {path: record.name for record in stages.values() for path in record.outs}
    found: list[str] = []
    open_paths = [output]
    while open_paths:
        name = writers.get(open_paths.pop())
        if name is not None and name not in found:
            found.append(name)
            open_paths += stages[name].deps
    return tuple(found)


def _stage_doubts(
    stages: Mapping[str, Record], name: str, defined: Any, folder: str, parameters: Any, tree: Tree
) -> Iterator[str]:
    record = stages[name]
    try:
        wanted = definition(name, defined, folder, parameters)
    except Unsettled:
        yield f"stage {name} is defined in a way that only DVC resolves"
        return
    if wanted.cmd != record.cmd:
        yield f"stage {name} has another command"
    if wanted.deps != set(record.deps) or wanted.outs != set(record.outs):
        yield f"stage {name} has other dependencies or outputs"
    yield from _param_doubts(wanted, record, tree)
    produced = {path: digest for other in stages.values() for path, digest in other.outs.items()}
    for path, digest in record.deps.items():
        if (produced[path] if path in produced else tree.digest(path)) != digest:
            yield f"{path} differs from what stage {name} read"


def _param_doubts(wanted: Definition, record: Record, tree: Tree) -> Iterator[str]:
    if set(wanted.params) != set(record.params):
        yield f"stage {record.name} has other parameter files"
        return
    for file, keys in wanted.params.items():
        document = tree.document(file)
        try:
            now = {key: lookup(document, key) for key in keys} if keys else document
        except Unsettled:
            now = None
        if not same(now, record.params[file]):
            yield f"{file} differs from what stage {record.name} read"


def same(one: Any, other: Any) -> bool:
    """Equal in value and in type: 1, 1.0 and true are three things to a training script."""
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return set(one) == set(other) and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return type(one) is type(other) and bool(one == other)
