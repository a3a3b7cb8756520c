"""A pipeline brought up to date in a second work tree, by training or from DVC's cache alone."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tidegate.adapters.dvc import outputs as dvc_outputs
from tidegate.adapters.dvc import program as dvc_program
from tidegate.adapters.dvc.pipeline import STAGE_FAILED, fetch, read_definition, read_records, reproduce
from tidegate.adapters.dvc.trees import WorkTree, digest_of
from tidegate.console import Console
from tidegate.core.training.freshness import doubts, leading_to, to_be_read
from tidegate.core.training.pipeline import PARAMETERS, Record, definitions, normal, stage_names
from tidegate.errors import InfrastructureError, InputError, SecurityRefusal, TidegateError


@dataclass(frozen=True, kw_only=True)
class Brought:
    """A file that the pipeline wrote in the tree, what is on record there now, and how many stages had to run."""

    path: Path
    records: Mapping[str, Record]
    ran: int


def bring(tree: Path, folder: str, output: str, environment: Mapping[str, str], console: Console) -> Brought:
    """Run what is stale on the way to `output` (DVC's run cache knows what ran before), and have it in `tree`.

    Raises what `reproduce` raises, InputError E-DVC-031 where no stage writes `output`, SecurityRefusal E-DVC-011 for
    other bytes than recorded.
    """
    before, needed = _before(tree, folder)
    done = reproduce(tree, folder, environment, console, targets=leading_to(before, output)[:1], needed=needed)
    records = read_records(tree, folder)
    if not (tree / output).exists():
        fetch(tree, [output], environment, console)
    return Brought(path=_checked(tree, output, records), records=records, ran=len(done.commands))


def from_cache(tree: Path, folder: str, output: str, environment: Mapping[str, str], console: Console) -> Brought | str:
    """As `bring`, with nothing trained and nothing fetched; why that is not possible where it is not.

    Stages are given a shell that refuses every command: what DVC cannot restore ends there.
    """
    before, needed = _before(tree, folder)
    refusing = {**environment, "SHELL": shutil.which("false") or "/bin/false"}
    if needed:
        dvc_program.run(["checkout", "--allow-missing", "--", *needed], tree, refusing, console)
    try:
        reproduce(tree, folder, refusing, console, targets=leading_to(before, output)[:1], pull=False)
    except (InputError, InfrastructureError) as error:
        return _not_cached(error)
    records = read_records(tree, folder)
    if not (tree / output).exists():
        return f"{output} is not in the cache"
    return Brought(path=_checked(tree, output, records), records=records, ran=0)


def _before(tree: Path, folder: str) -> tuple[Mapping[str, Record], list[str]]:
    """What is on record, and what stale stages will read that is not here."""
    defined, before, files = read_definition(tree, folder), read_records(tree, folder), WorkTree(tree)
    names = stage_names(defined)
    known = definitions(names, defined, folder, files.document(normal(folder, PARAMETERS)))
    reads = to_be_read(before, known, doubts(before, defined, folder, files))
    return before, dvc_outputs.fetchable(tree, reads, before)


def _not_cached(error: TidegateError) -> str:
    if error.code == STAGE_FAILED:
        stage = error.message.removeprefix("Stage ").partition(" ")[0]
        return f"stage {stage} never ran like that"
    return f"{error.code} {error.message.removesuffix('.')}"


def _checked(tree: Path, output: str, records: Mapping[str, Record]) -> Path:
    recorded = next((record.outs[output] for record in records.values() if output in record.outs), None)
    if recorded is None:
        raise InputError("E-DVC-031", "is written by no stage of that pipeline.", where=output)
    if digest_of(tree / output) != recorded:
        raise SecurityRefusal(
            "E-DVC-011",
            "has other bytes than dvc.lock records: the cache or the remote is damaged.",
            where=output,
            fix="Remove the object from DVC's cache, set `verify = true` on the remote, and push it again.",
        )
    return tree / output
