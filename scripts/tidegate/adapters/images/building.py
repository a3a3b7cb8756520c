"""Building by an engine: the runtime once for a base, a lock and a server, and one small layer for every release."""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

from tidegate.adapters import files
from tidegate.adapters.images import layers, packages, registry
from tidegate.adapters.images.engine import Engine
from tidegate.adapters.images.layers import Entry
from tidegate.adapters.images.packages import Python
from tidegate.core.release import image
from tidegate.core.release.image import Contents
from tidegate.errors import InfrastructureError, InputError

_PACKAGE = Path(__file__).resolve().parents[2]
LOCK = _PACKAGE.parent / "requirements" / "serve-model.txt"
_SERVER = ("__init__.py", "errors.py", "server")
_DESCRIBE = "import platform as p; print('.'.join(p.python_version_tuple()[:2]), p.machine(), *p.libc_ver())"
_OLDEST = (3, 11)


def release_image(engine: Engine, contents: Contents, folder: Path, cache: Path, environ: Mapping[str, str]) -> str:
    """The id of a release's image on the engine, built from the release folder on the base that `contents` names.

    The same folder, base, lock and server give the same layers. What an engine has cached is not built again.
    Raises what `runtime_image` raises, and InfrastructureError E-IMG-005 when the build fails.
    """
    runtime = runtime_image(engine, contents.base, cache, environ)
    layer = layers.tarred(
        [
            *layers.tree(folder, image.FOLDER),
            Entry(name=image.PREDICTIONS.lstrip("/"), owner=image.OWNER),
        ]
    )
    recipe = image.release_recipe(runtime, contents)
    with layers.context(recipe, {"release.tar": layer}) as context:
        return _built(engine, context)


def runtime_image(engine: Engine, base: str, cache: Path, environ: Mapping[str, str]) -> str:
    """The id of the image below all releases; the cache folder remembers which one it is on which engine.

    Raises InputError E-IMG-002 for a base without a Python that can run the server.
    """
    server, base = layers.tarred(_server()), image.untagged(base)
    recipe = image.runtime_recipe(base)
    known = _Known(cache, engine, hashlib.sha256(recipe.encode() + LOCK.read_bytes() + server).hexdigest())
    found = known.image()
    if found is None:
        registry.pull(engine, base)
        found = _runtime(engine, recipe, server, _python(engine, base), environ)
        known.remember(found)
    return found


def _runtime(engine: Engine, recipe: str, server: bytes, python: Python, environ: Mapping[str, str]) -> str:
    with tempfile.TemporaryDirectory(prefix="tidegate-image-") as place:
        installed, packed = Path(place) / "packages", Path(place) / "packages.tar"
        packages.install(LOCK, python, installed, environ)
        with packed.open("wb") as stream:
            layers.write(stream, layers.tree(installed, image.CODE))
        with layers.context(recipe, {"packages.tar": packed, "server.tar": server}) as context:
            return _built(engine, context)


def _server() -> list[Entry]:
    """The modules that the server consists of, and none of the toolkit's others."""
    under = f"{image.CODE.lstrip('/')}/{_PACKAGE.name}"
    single = [Entry(name=f"{under}/{name}", data=_PACKAGE / name) for name in _SERVER if name.endswith(".py")]
    return [*single, *layers.tree(_PACKAGE / "server", f"{under}/server", "*.py")]


def _built(engine: Engine, context: IO[bytes]) -> str:
    """The id of the image that a context gives."""
    with engine.asked("building an image"):
        told = list(engine.client.api.build(fileobj=context, custom_context=True, decode=True, rm=True, forcerm=True))
    wrong = next((entry["error"] for entry in told if "error" in entry), None)
    found = [entry["aux"]["ID"] for entry in told if "ID" in entry.get("aux", {})]
    if wrong is not None or not found:
        said = " ".join(str(wrong or "it names no image").split())[:300]
        error = InfrastructureError("E-IMG-005", f"the image cannot be built: {said}", where=engine.host)
        raise engine.lacks(said) or error
    return str(found[-1])


def _python(engine: Engine, base: str) -> Python:
    """What `python3` is in the base."""
    try:
        code, said = _asked(engine, base)
    except InfrastructureError as error:
        if "executable file not found" in str(error):
            raise _unfit(base, "it has no python3") from error
        raise
    if code:
        raise _unfit(base, f"its python3 does not run: {said[:200]}")
    version, machine, *libc = said.split()
    if tuple(map(int, version.split("."))) < _OLDEST:
        raise _unfit(base, f"its Python is {version}; the server needs 3.11")
    if libc[:1] != ["glibc"]:
        raise _unfit(base, "its C library is not glibc, for which the wheels are made")
    return Python(version=version, machine=machine)


def _asked(engine: Engine, base: str) -> tuple[int, str]:
    """How a container that describes its Python ends, and what it says."""
    with engine.asked("asking the base image for its Python"):
        made = engine.client.containers.create(
            base, ["-I", "-c", _DESCRIBE], entrypoint="python3", network_mode="none", user=str(image.OWNER)
        )
        try:
            made.start()
            code = int(made.wait()["StatusCode"])
            said: bytes = made.logs()
        finally:
            made.remove(force=True)
    return code, said.decode(errors="replace").strip()


def _unfit(base: str, reason: str) -> InputError:
    fix = "Name one such as python:3.12-slim@sha256:… as image.base in the contract."
    return InputError("E-IMG-002", f"cannot be the base: {reason}.", where=base, fix=fix)


class _Known:
    """Which image on which engine was built here from what; an image's id is a digest, so a name is not needed."""

    def __init__(self, cache: Path, engine: Engine, key: str) -> None:
        self._engine = engine
        with engine.asked("asking the engine who it is"):
            name = hashlib.sha256(str(engine.client.info()["ID"]).encode()).hexdigest()[:16]
        self._file = cache / f"runtime-{key[:32]}-{name}.json"

    def image(self) -> str | None:
        import docker.errors

        try:
            found: Any = json.loads(self._file.read_text(encoding="utf-8"))["image"]
        except (OSError, ValueError, KeyError, TypeError):
            return None
        with self._engine.asked("looking for an image"):
            try:
                return str(self._engine.client.images.get(found).id)
            except docker.errors.ImageNotFound:
                return None

    def remember(self, found: str) -> None:
        files.write_atomically(self._file, json.dumps({"image": found}).encode() + b"\n")
