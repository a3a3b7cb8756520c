"""A pipeline's output as it was at another commit: from Git, from DVC's cache, from its remote, or made again.

What `dvc.lock` of that commit records is believed only when it is proven to belong to that commit's code, data and
parameters; DVC hands out damaged objects without a word, so every byte is checked against the record.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tidegate.adapters.dvc import cache as dvc_cache
from tidegate.adapters.dvc import outputs as dvc_outputs
from tidegate.adapters.dvc.documents import parsed, recorded
from tidegate.adapters.dvc.pipeline import fetch, read_records, reproduce
from tidegate.adapters.dvc.trees import CommitTree, digest_of
from tidegate.console import Console
from tidegate.core.training.freshness import doubts, leading_to, to_be_read
from tidegate.core.training.pipeline import (
    DEFINITION,
    PARAMETERS,
    RECORD,
    Definition,
    Record,
    defined_only,
    definitions,
    normal,
    stage_names,
)
from tidegate.errors import InputError, SecurityRefusal


@dataclass(frozen=True, kw_only=True)
class Past:
    """A commit of the repository at `root`, through the eyes of Git.

    `read` gives a path's bytes at the commit or None, `listing` the files under a folder, `work_tree` a temporary
    second work tree, and `environment` the environment in which that work tree's pipeline runs.
    """

    root: Path
    read: Callable[[str], bytes | None]
    listing: Callable[[str], Iterable[str]]
    work_tree: Callable[[], AbstractContextManager[Path]]
    environment: Callable[[Path], Mapping[str, str]]


@dataclass(frozen=True, kw_only=True)
class _Lineage:
    """What the commit records of its pipeline; `stale` stages leading to an output are not proven to belong to it."""

    stages: Mapping[str, Record]
    known: Mapping[str, Definition]
    stale: Mapping[str, list[str]]
    recorded: bool

    @property
    def believed(self) -> bool:
        return self.recorded and not self.stale


def output_at(past: Past, folder: str, output: str, destination: Path, console: Console) -> str:
    """Put the file `output` of the pipeline in `folder`, as it was at the commit, at `destination`.

    Returns how it was had: ``git``, ``cache``, ``remote`` or ``reproduced``. Paths are from the repository's root.
    Raises InputError when no stage of that commit writes `output` (E-DVC-031) or making it again fails,
    SecurityRefusal E-DVC-011 when the bytes are not those recorded, InfrastructureError when the remote lacks them.
    """
    lineage = _lineage(past, folder, output)
    if not lineage.believed:
        reads = to_be_read(lineage.stages, lineage.known, lineage.stale)
        return _reproduced(past, folder, output, destination, console, reads)
    if how := _at_hand(past, folder, lineage, output, destination, console):
        return how
    with second_tree(past, folder) as (tree, environment):
        fetch(tree, [output], environment, console)
        _taken(tree, output, _digest(lineage.stages, output), destination)
    return "remote"


def at_hand(past: Past, folder: str, output: str, destination: Path, console: Console) -> str:
    """As `output_at` where neither DVC nor the pipeline has to be started for it; else nothing is done: ``""``."""
    lineage = _lineage(past, folder, output)
    return _at_hand(past, folder, lineage, output, destination, console) if lineage.believed else ""


def _lineage(past: Past, folder: str, output: str) -> _Lineage:
    defined = parsed(past.read(f"{folder}/{DEFINITION}"), f"{folder}/{DEFINITION}")
    stages = defined_only(recorded(past.read(f"{folder}/{RECORD}"), defined, folder), defined)
    files = CommitTree(read=past.read, listing=past.listing)
    known = definitions(stage_names(defined), defined, folder, files.document(normal(folder, PARAMETERS)))
    writers = leading_to(stages, output)
    if (
        not writers
        and len(known) == len(stage_names(defined))
        and not any(output in one.outs for one in known.values())
    ):
        raise _written_nowhere(output)
    stale = doubts(stages, defined, folder, files, output if writers else None)
    return _Lineage(stages=stages, known=known, stale=stale, recorded=bool(writers))


def _at_hand(past: Past, folder: str, lineage: _Lineage, output: str, destination: Path, console: Console) -> str:
    digest = _digest(lineage.stages, output)
    if _from_git(past, output, digest, destination):
        return "git"
    return "cache" if _from_cache(past, folder, digest, destination, console) else ""


def _digest(stages: Mapping[str, Record], output: str) -> str:
    found = next((record.outs[output] for record in stages.values() if output in record.outs), None)
    if found is None:
        raise _written_nowhere(output)
    if found.endswith(".dir"):
        raise InputError("E-DVC-032", "is a folder; one file is expected.", where=output)
    return found


def _written_nowhere(output: str) -> InputError:
    return InputError("E-DVC-031", "is written by no stage of that commit's pipeline.", where=output)


def _from_git(past: Past, output: str, digest: str, destination: Path) -> bool:
    content = past.read(output)
    if content is None:
        return False
    destination.parent.mkdir(parents=True, exist_ok=True)
    destination.write_bytes(content)
    return digest_of(destination) == digest


def _from_cache(past: Past, folder: str, digest: str, destination: Path, console: Console) -> bool:
    """A damaged object is removed: DVC would hand it out, and what its name promises can be had again."""
    place = dvc_cache.cached(dvc_cache.project(past.root, folder), digest)
    if place is None:
        return False
    _copy(place, destination)
    if digest_of(destination) == digest:
        return True
    console.say(f"The object {digest} in DVC's cache is damaged; removed.")
    place.unlink()
    return False


def _reproduced(past: Past, folder: str, output: str, destination: Path, console: Console, reads: Iterable[str]) -> str:
    with second_tree(past, folder) as (tree, environment):
        before = read_records(tree, folder)
        needed = dvc_outputs.fetchable(tree, reads, before)
        reproduce(tree, folder, environment, console, targets=_target(before, output), needed=needed)
        digest = _digest(read_records(tree, folder), output)
        if not (tree / output).exists():
            fetch(tree, [output], environment, console)
        _taken(tree, output, digest, destination)
    return "reproduced"


@contextmanager
def second_tree(past: Past, folder: str) -> Iterator[tuple[Path, dict[str, str]]]:
    """A work tree of the commit that uses the first one's cache and remotes, and the environment to run it in."""
    with past.work_tree() as tree:
        project = dvc_cache.project(past.root, folder)
        dvc_cache.share(project, tree / project.relative_to(past.root))
        yield tree, {**past.environment(tree), "DVC_SITE_CACHE_DIR": str(tree.parent / "state")}


def _taken(tree: Path, output: str, digest: str, destination: Path) -> None:
    if digest_of(tree / output) != digest:
        raise SecurityRefusal(
            "E-DVC-011",
            "has other bytes than its commit's dvc.lock records: the cache or the remote is damaged.",
            where=output,
            fix="Remove the object from DVC's cache, set `verify = true` on the remote, and push it again.",
        )
    _copy(tree / output, destination)


def _target(stages: Mapping[str, Record], output: str) -> list[str]:
    """The stage that writes `output`, or none (all stages) where that is not on record."""
    return list(leading_to(stages, output)[:1])


def _copy(source: Path, destination: Path) -> None:
    destination.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, destination)
