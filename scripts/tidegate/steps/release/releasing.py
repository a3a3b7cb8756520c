"""A release built from a commit: the same commit gives the same folder, byte for byte, so none has to be stored.

The model comes from Git, DVC's cache or its remote, checked against `dvc.lock`; whoever deploys builds the folder again
and compares its digest with the one that `release.yaml` names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tidegate.adapters import files
from tidegate.adapters.dvc import trees as dvc_trees
from tidegate.core.contract import Model
from tidegate.core.deployment.target import Package
from tidegate.core.training.pipeline import normal
from tidegate.errors import InputError, SecurityRefusal
from tidegate.settings import Settings
from tidegate.steps.comparison import reference
from tidegate.steps.pipeline import past_output

FOLDER = "releases"
Outputs = Callable[[Settings, Model, str, Iterable[str]], Mapping[str, Path]]


@dataclass(frozen=True, kw_only=True)
class Built:
    """A release folder, and digests of what is in it.

    `recorded`: the model's as DVC names it, of the bytes that were built: `dvc.lock` may be older than its inputs.
    `outputs`: what else of the commit was asked for, by its path.
    """

    package: Package
    model: str
    recorded: str
    outputs: Mapping[str, Path] = field(default_factory=dict)


def build(
    settings: Settings,
    model: Model,
    commit: str,
    version: str,
    also: Sequence[str] = (),
    outputs: Outputs = past_output.together,
) -> Built:
    """The release folder of a version, made from what the pipeline of `commit` wrote; `also` is brought along.

    Raises InputError E-REL-010 when the pipeline writes no single model, E-REL-011 when it is no ONNX, and what
    `past_output.together` raises when its bytes cannot be had.
    """
    from tidegate.server.release.packing import pack

    pipeline = reference.pipeline_at(settings, model, commit)
    written = {path: digest for record in pipeline.stages.values() for path, digest in record.outs.items()}
    path, profile = model.evaluation.model or pipeline.produced.model, _profile(model)
    if path is None or path not in written:
        fix = "Name it as evaluation.model in the contract."
        raise InputError("E-REL-010", "the pipeline writes no file that is known as the model.", fix=fix)
    if not path.endswith(".onnx"):
        fix = "Export it to ONNX, or bring an image of your own."
        raise InputError("E-REL-011", "is no ONNX model; the server runs nothing else.", where=path, fix=fix)
    wanted = dict.fromkeys([path, *([profile] if profile in written else []), *also])
    found = outputs(settings, model, commit, wanted)
    folder = settings.evidence / FOLDER / model.name / version
    packed = pack(
        folder,
        model=found[path].read_bytes(),
        profile=found[profile].read_bytes() if profile in found else b"{}\n",
        name=model.name,
        version=version,
        commit=commit,
    )
    package = Package(release=packed.digest, version=version, commit=commit, folder=str(folder))
    recorded = f"md5:{dvc_trees.digest_of(found[path])}"
    return Built(package=package, model=files.sha256(found[path]), recorded=recorded, outputs=found)


def checked(built: Built, release: str) -> Package:
    """The package. Raises SecurityRefusal E-SEC-061 when it is not what `release.yaml` names, digest for digest."""
    if built.package.release != release:
        message = f"what commit {built.package.commit[:12]} gives is {built.package.release}, not {release}."
        raise SecurityRefusal("E-SEC-061", message, fix="Nothing was started. Find out which of the two was changed.")
    return built.package


def _profile(model: Model) -> str:
    return model.drift.profile if model.drift else normal(model.path, "artifacts/profile.json")
