"""A release becomes a container image: built from its folder, held against its digests, pushed and found by digest."""

from __future__ import annotations

import json
from pathlib import Path

from tidegate.adapters import files
from tidegate.adapters.images import building, registry
from tidegate.adapters.images.engine import Engine, connect
from tidegate.core.contract import Image, Model
from tidegate.core.deployment.environment import Docker
from tidegate.core.deployment.target import Package
from tidegate.core.release.image import Contents, differing
from tidegate.errors import InputError, SecurityRefusal
from tidegate.settings import Settings

_LIMIT = 1 << 20


def image_of(settings: Settings, model: Model, package: Package, *, push: bool) -> str | None:
    """The digest by which the model's repository gives the image of a release, which is built and pushed for it.

    None where nothing is pushed: without `push`, and without an image or a repository in the contract. An engine that
    runs such a release builds the same layers for itself. The engine is `DOCKER_HOST`'s, or this machine's.
    Raises what building and pushing raise; a registry that has not confirmed the digest raises.
    """
    if model.image is None or model.image.repository is None or not push:
        return None
    engine = connect(settings.environ.get("DOCKER_HOST") or Docker.host, settings.environ)
    try:
        with settings.console.group(f"The image of version {package.version}"):
            contents = contents_of(model.image, package)
            built = building.release_image(engine, contents, Path(package.folder), _cache(settings), settings.environ)
            tag = f"v{package.version}-{package.release.removeprefix('sha256:')[:12]}"
            digest = registry.push(engine, built, model.image.repository, tag)
            settings.console.say(f"{model.image.repository}@{digest}")
    finally:
        engine.close()
    return digest


def on_engine(settings: Settings, engine: Engine, model: Model, package: Package) -> str:
    """The id of the release's image on an engine: pulled by digest where one was pushed, built otherwise.

    Raises InputError E-IMG-001 without an image in the contract, SecurityRefusal E-SEC-062 for a pushed image that is
    another release's.
    """
    if model.image is None:
        fix = "Name a base by digest as models.NAME.image.base in the contract."
        raise InputError("E-IMG-001", f"{model.name} has no image, and the target docker runs nothing else.", fix=fix)
    contents = contents_of(model.image, package)
    if not package.image:
        return building.release_image(engine, contents, Path(package.folder), _cache(settings), settings.environ)
    found = registry.pull(engine, package.image)
    with engine.asked("reading the labels of an image"):
        labels = engine.client.images.get(found).labels
    if wrong := differing(labels, contents):
        message = f"is no image of release {package.release[:19]}: {', '.join(wrong[:3])} differ."
        fix = "Nothing was started. Find out who wrote that digest into release.yaml."
        raise SecurityRefusal("E-SEC-062", message, where=package.image, fix=fix)
    return found


def reference(model: Model, digest: str | None) -> str:
    """``repository@sha256:…`` of a pushed image; empty where none was pushed or the contract names no repository."""
    repository = model.image.repository if model.image else None
    return f"{repository}@{digest}" if repository and digest else ""


def contents_of(image: Image, package: Package) -> Contents:
    """What the image of a release holds, from its folder."""
    manifest = json.loads(files.read_text(Path(package.folder) / "release.json", limit=_LIMIT))
    return Contents(
        model=manifest["name"],
        version=package.version,
        commit=package.commit,
        release=package.release,
        files=manifest["files"],
        base=image.base,
    )


def _cache(settings: Settings) -> Path:
    """Where it is remembered which image is which: beside the toolkit's and the models' environments."""
    environ = settings.environ
    if named := environ.get("TIDEGATE_CACHE"):
        return Path(named) / "images"
    if tools := environ.get("RUNNER_TOOL_CACHE"):
        return Path(tools) / "tidegate" / "images"
    home = environ.get("XDG_CACHE_HOME") or str(Path(environ.get("HOME") or "/tmp") / ".cache")  # noqa: S108
    return Path(home) / "tidegate" / "images"
