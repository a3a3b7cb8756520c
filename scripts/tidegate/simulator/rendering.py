"""A copy of the workflows and actions that `act` can read.

Three things of 2026 are unknown to it and are rewritten: `concurrency.queue` and `cache-mode` are left out, and
``uses: $/path`` (this repository at the running commit) is written with the repository's name and commit. Two more it
reads and ignores, `environment` and `concurrency`: each job gets them as variables, which its steps' shell shows at the
gate (`gates`). Nothing else differs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tidegate.errors import InputError
from tidegate.simulator import workflow_yaml

STAND_INS = Path(__file__).with_name("stand_ins")
SELF = "$/"
WORKFLOWS = ".github/workflows"
# All that an action of the repository finds beside itself: act copies it for every step that uses one, and once more
# after the step. The largest of it, in which nothing is rewritten, is a link: 7 MB less to copy each time, and Python
# compiles it once.
SHIPPED = (".github", "actions", "scripts", "action.yml", "action.yaml")
LINKED = "scripts"


def render(folder: Path, repository: str, commit: str) -> None:
    """Rewrite, in place, every workflow and action file of a checked-out commit."""
    for file in sources(folder):
        value = workflow_yaml.load(file.read_text(encoding="utf-8"), str(file.relative_to(folder)))
        value = gated(rendered(value, f"{repository}/{{}}@{commit}"))
        file.write_text(workflow_yaml.dump(value), encoding="utf-8")


def sources(folder: Path) -> Iterator[Path]:
    """The workflow and action files below a folder."""
    for pattern in (f"{WORKFLOWS}/*.y*ml", "actions/*/action.y*ml", ".github/actions/*/action.y*ml", "action.y*ml"):
        yield from sorted(folder.glob(pattern))


def rendered(value: Any, own: str) -> Any:
    """A workflow's or action's mapping without what act cannot read; `own` is a format for ``$/`` paths."""
    if isinstance(value, list):
        return [rendered(item, own) for item in value]
    if not isinstance(value, dict):
        return value
    kept = {key: _readable(key, item, own) for key, item in value.items() if key != "cache-mode"}
    uses = kept.get("uses")
    if isinstance(uses, str) and uses.startswith(SELF):
        kept["uses"] = own.format(uses.removeprefix(SELF))
    return kept


def gated(workflow: dict[str, Any]) -> dict[str, Any]:
    """A workflow whose jobs know the environment and the concurrency groups that they have to wait for.

    A group that cancels what runs in it makes nobody wait.
    """
    jobs = workflow.get("jobs")
    if not isinstance(jobs, dict):
        return workflow
    shared = _group(workflow.get("concurrency"))
    return {**workflow, "jobs": {name: _gated(job, shared) for name, job in jobs.items()}}


def _gated(job: Any, shared: str) -> Any:
    if not isinstance(job, dict) or "steps" not in job:
        return job
    environment = job.get("environment", "")
    name = environment.get("name", "") if isinstance(environment, dict) else environment
    groups = ",".join(filter(None, (shared, _group(job.get("concurrency")))))
    shown = {"SIMULATED_ENVIRONMENT": name, "SIMULATED_GROUPS": groups}
    wanted = {key: value for key, value in shown.items() if value}
    return {**job, "env": {**(job.get("env") or {}), **wanted}} if wanted else job


def _group(concurrency: Any) -> str:
    if not isinstance(concurrency, dict):
        return str(concurrency or "")
    return "" if concurrency.get("cancel-in-progress") is True else str(concurrency.get("group", ""))


def _readable(key: Any, item: Any, own: str) -> Any:
    if key == "concurrency" and isinstance(item, dict):
        item = {name: value for name, value in item.items() if name != "queue"}
    return rendered(item, own)


def used(value: Any) -> Iterator[str]:
    """Every `uses:` in a workflow or action."""
    if isinstance(value, dict):
        if isinstance(value.get("uses"), str):
            yield value["uses"]
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from used(item)


def local_repositories(folder: Path, repository: str, commit: str, toolkit: Path) -> dict[str, Path]:
    """Where act finds each ``owner/name@ref`` that the rendered files use, without a network.

    `toolkit` stands for any ``<owner>/tidegate``. Raises InputError for an action that has no stand-in.
    """
    places = {f"{repository}@{commit}": folder}
    for file in (*sources(folder), *sources(toolkit)):
        for uses in used(workflow_yaml.load(file.read_text(encoding="utf-8"), file.name)):
            name, ref = _reference(uses)
            if name and f"{name}@{ref}" not in places:
                places[f"{name}@{ref}"] = _place(name, uses, file.name, toolkit)
    return places


def called_workflow(uses: str, folder: Path, toolkit: Path) -> Path | None:
    """The file of a reusable workflow that a job calls, `None` for anything else."""
    path = uses.removeprefix("./").partition("@")[0]
    name, _ = _reference(uses)
    if f"{WORKFLOWS}/" not in path:
        return None
    return (toolkit if name.endswith("/tidegate") else folder) / path[path.index(WORKFLOWS) :]


def _reference(uses: str) -> tuple[str, str]:
    """``owner/name`` and ref; empty for a local path or an image."""
    found = re.fullmatch(r"([\w.-]+/[\w.-]+)(?:/[^@]*)?@(.+)", uses)
    return (found[1], found[2]) if found and not uses.startswith((".", "docker:")) else ("", "")


def _place(name: str, uses: str, where: str, toolkit: Path) -> Path:
    if name.rpartition("/")[2] == "tidegate":
        return toolkit
    stand_in = STAND_INS / name
    if stand_in.is_dir():
        return stand_in
    known = ", ".join(sorted(f"{path.parent.name}/{path.name}" for path in STAND_INS.glob("*/*") if path.is_dir()))
    raise InputError("E-SIM-021", f"{where} uses {uses}, for which there is no stand-in (known: {known}).", where=where)
