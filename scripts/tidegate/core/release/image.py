"""What a release's container image is made of: two recipes, and the labels that say what is in it.

Nothing is run while an image is built. Every layer is a tar that is unpacked, so the same bytes give the same layers,
and a base needs neither a shell nor pip.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

PORT = 8080
OWNER = 65532
"""The number of the user `nonroot` of distroless images; it exists nowhere else."""
CODE = "/opt/tidegate"
FOLDER = "/release"
PREDICTIONS = "/predictions"
RELEASE = "io.tidegate.release"
MODEL = "io.tidegate.model"
_FILE = "io.tidegate.file."
_SERVER, _MIRROR = "tidegate.server.__main__", "tidegate.server.mirroring.__main__"
_START = (
    "import signal, sys; "
    "signal.signal(signal.SIGTERM, lambda *_: sys.exit(143)); "
    f"sys.path.insert(0, '{CODE}'); "
    "from {program} import main; sys.exit(main())"
)
"""A container's first process ignores a signal that it has no handler for; the server has its own once it is loaded."""
_ASK = (
    "import http.client as h, sys; "
    f"c = h.HTTPConnection('127.0.0.1', {PORT}, timeout=4); c.request('GET', '/v2/health/ready'); "
    "sys.exit(c.getresponse().status != 200)"
)


@dataclass(frozen=True, kw_only=True)
class Contents:
    """What a release's image holds. `release`: digest of ``release.json``; `files`: of the files that it names.

    `base`: ``name@sha256:…`` of the image below.
    """

    model: str
    version: str
    commit: str
    release: str
    files: Mapping[str, str]
    base: str


def runtime_recipe(base: str) -> str:
    """The Dockerfile of everything but the release: the server and its packages, and how it is started and asked."""
    return (
        f"FROM {base}\n"
        "ADD packages.tar /\n"
        "ADD server.tar /\n"
        f"USER {OWNER}:{OWNER}\n"
        f"EXPOSE {PORT}\n"
        "STOPSIGNAL SIGTERM\n"
        "HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 "
        f"CMD {json.dumps(['python3', '-I', '-S', '-c', _ASK])}\n"
        f"ENTRYPOINT {json.dumps(_python(_SERVER))}\n"
    )


def release_recipe(runtime: str, contents: Contents) -> str:
    """The Dockerfile of a release on top of the runtime image with this id."""
    told = "".join(f"LABEL {json.dumps(name)}={json.dumps(value)}\n" for name, value in labels(contents).items())
    return f"FROM {runtime}\nADD release.tar /\n{told}CMD {json.dumps(arguments(contents.release))}\n"


def arguments(release: str) -> list[str]:
    """How the server is started in the image: it refuses a folder that is not this release."""
    return ["--release", FOLDER, "--digest", release, "--host", "0.0.0.0", "--port", str(PORT)]  # noqa: S104


def comparing(champion: str, shadow: str) -> list[str]:
    """The command by which a release's image compares a shadow's answers with its champion's; ``host:port`` each."""
    told = ["--of", champion, "--to", shadow, "--host", "0.0.0.0", "--port", str(PORT)]  # noqa: S104
    return [*_python(_MIRROR), *told]


def mirroring(shadow: str, port: int, socket: str) -> list[str]:
    """The command by which a release's image takes copies at a socket and asks a shadow at ``host:port``, or several.

    Its counts are told on `port` of the loopback.
    """
    return [*_python(_MIRROR), "--to", shadow, "--port", str(port), "--socket", socket]


def _python(program: str) -> list[str]:
    return ["python3", "-I", "-c", _START.format(program=program)]


def untagged(reference: str) -> str:
    """``name:tag@sha256:…`` without the tag, which says nothing beside a digest."""
    name, at, digest = reference.partition("@")
    path, slash, last = name.rpartition("/")
    return f"{path}{slash}{last.partition(':')[0]}{at}{digest}"


def labels(contents: Contents) -> dict[str, str]:
    """Labels in a fixed order; those of the Open Container Initiative are what registries show."""
    name, _, digest = contents.base.partition("@")
    return {
        "org.opencontainers.image.title": contents.model,
        "org.opencontainers.image.version": contents.version,
        "org.opencontainers.image.revision": contents.commit,
        "org.opencontainers.image.base.name": name,
        "org.opencontainers.image.base.digest": digest,
        MODEL: contents.model,
        RELEASE: contents.release,
        **{f"{_FILE}{file}": contents.files[file] for file in sorted(contents.files)},
    }


def differing(found: Mapping[str, str], contents: Contents) -> list[str]:
    """Labels of an image that do not say what they must about a release; its base may be another one."""
    wanted = {name: value for name, value in labels(contents).items() if ".base." not in name}
    return [name for name, value in wanted.items() if found.get(name) != value]
