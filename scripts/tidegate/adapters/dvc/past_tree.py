"""A commit's own work tree with outputs of its pipeline in place, for programs of that commit to run in."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tidegate.adapters.dvc import cache as dvc_cache
from tidegate.adapters.dvc import outputs as dvc_outputs
from tidegate.adapters.dvc.past import Past, second_tree
from tidegate.adapters.dvc.pipeline import fetch, read_definition, read_records, reproduce
from tidegate.adapters.dvc.trees import CommitTree, digest_of
from tidegate.console import Console
from tidegate.core.training.freshness import doubts, leading_to, to_be_read
from tidegate.core.training.pipeline import PARAMETERS, Record, defined_only, definitions, normal, stage_names
from tidegate.errors import InputError, Problems, SecurityRefusal


@contextmanager
def tree_at(past: Past, folder: str, outputs: Iterable[str] | None, console: Console) -> Iterator[Path]:
    """A temporary work tree of the commit with `outputs` (files or folders that the pipeline in `folder` writes) in it.

    None restores everything that its stages wrote. Outputs whose record does not provably belong to the commit are made
    again. Raises what `past.output_at` raises.
    """
    with second_tree(past, folder) as (tree, environment):
        records = defined_only(read_records(tree, folder), read_definition(tree, folder))
        wanted = [path for one in records.values() for path in one.outs] if outputs is None else list(outputs)
        _make_again(past, tree, folder, wanted, records, environment, console)
        after = {path: digest for one in read_records(tree, folder).values() for path, digest in one.outs.items()}
        if unknown := next((path for path in wanted if path not in after and not (tree / path).exists()), None):
            raise InputError("E-DVC-031", "is written by no stage of that commit's pipeline.", where=unknown)
        kept = {path: after[path] for path in wanted if path in after}
        missing = [path for path, digest in kept.items() if not _from_cache(past, tree, folder, path, digest)]
        fetch(tree, missing, environment, console)
        _verify(tree, folder, kept)
        yield tree


def _make_again(
    past: Past,
    tree: Path,
    folder: str,
    wanted: list[str],
    records: Mapping[str, Record],
    environment: Mapping[str, str],
    console: Console,
) -> None:
    """Run the stages that lead to any of `wanted` and are not proven to be up to date."""
    defined = read_definition(tree, folder)
    files = CommitTree(read=past.read, listing=past.listing)
    known = definitions(stage_names(defined), defined, folder, files.document(normal(folder, PARAMETERS)))
    written = {path for one in known.values() for path in one.outs}
    unrecorded = [path for path in wanted if path in written and not leading_to(records, path)]
    found = {path: doubts(records, defined, folder, files, path) for path in wanted if leading_to(records, path)}
    stale = [name for stages in found.values() for name in stages]
    if not stale and not unrecorded:
        return
    writers = [name for path, stages in found.items() if stages for name in leading_to(records, path)[:1]]
    needed = dvc_outputs.fetchable(tree, to_be_read(records, known, known if unrecorded else stale), records)
    targets = [] if unrecorded else list(dict.fromkeys(writers))
    reproduce(tree, folder, environment, console, targets=targets, needed=needed)


def _from_cache(past: Past, tree: Path, folder: str, path: str, digest: str) -> bool:
    """Whether `path` is in the tree now: from Git or a stage that just ran, or as one file from the cache."""
    place = tree / path
    if place.exists():
        return True
    stored = dvc_cache.cached(dvc_cache.project(past.root, folder), digest)
    if stored is None or digest.endswith(".dir") or digest_of(stored) != digest:
        return False
    place.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(stored, place)
    return True


def _verify(tree: Path, folder: str, recorded: Mapping[str, str]) -> None:
    dvc_outputs.verify(tree, folder, recorded)
    if lost := [path for path in recorded if not (tree / path).exists()]:
        raise Problems([SecurityRefusal("E-DVC-011", "was not handed out by DVC.", where=path) for path in lost])
