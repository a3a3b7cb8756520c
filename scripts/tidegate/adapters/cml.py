"""CML as the one who writes the comment, for teams whose reports CML already posts.

CML 0.20.6 is the last release and is installed by nobody but the caller. It is told everything by the environment and
gets nothing that it does not need: no event, no telemetry, an empty home (it would edit the global Git configuration).
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from tidegate.core.redaction import redacted
from tidegate.errors import InfrastructureError, InputError

_PUBLIC_API = "https://api.github.com"
_SECONDS = 120
_INHERITED = (
    "PATH",
    "LANG",
    "LC_ALL",
    "TMPDIR",
    "SYSTEMROOT",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "http_proxy",
    "https_proxy",
    "no_proxy",
    "NODE_EXTRA_CA_CERTS",
    "GITHUB_RUN_ID",
    "GITHUB_WORKFLOW",
    "GITHUB_SERVER_URL",
)


@dataclass(frozen=True, kw_only=True)
class Target:
    """The comment: pull request `number` of `repository` on `server`, found again by `title`, about `commit`."""

    server: str
    repository: str
    number: int
    title: str
    commit: str


def program(environ: Mapping[str, str]) -> str | None:
    """The CML program on the caller's PATH."""
    return shutil.which("cml", path=environ.get("PATH", ""))


def reaches(server: str, api: str) -> bool:
    """Whether the API is where CML looks for it: it makes the address up from the server's."""
    host = urlsplit(server).netloc
    return api == (_PUBLIC_API if host == "github.com" else f"https://{host}/api/v3")


def post(environ: Mapping[str, str], report: Path, target: Target, token: str) -> None:
    """Create or update the comment. Raises InputError where CML is missing, InfrastructureError where it fails."""
    found = program(environ)
    if found is None:
        raise InputError("E-CML-001", "cml is not on the PATH.", fix="Install CML, or use publisher: github.")
    with tempfile.TemporaryDirectory(prefix="tidegate-cml-") as home:
        command = [found, *arguments(report.resolve(), target)]
        try:
            done = subprocess.run(
                command,
                cwd=home,
                env=environment(environ, target, token, home),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise InfrastructureError("E-CML-002", f"cml took more than {_SECONDS} s.") from None
    if done.returncode:
        said = redacted(done.stderr.replace(token, "")).strip().split("\n")[-1][:200]
        raise InfrastructureError("E-CML-002", f"cml could not post the report: {said}", fix="Use publisher: github.")


def arguments(report: Path, target: Target) -> list[str]:
    """What follows the program's name."""
    return [
        "comment",
        "create",
        str(report),
        f"--target=pr/{target.number}",
        "--update",
        "--publish=false",
        f"--watermark-title={target.title}",
    ]


def environment(environ: Mapping[str, str], target: Target, token: str, home: str) -> dict[str, str]:
    """All that CML gets to know. Without an event it takes the commit from `GITHUB_SHA`."""
    kept = {name: environ[name] for name in _INHERITED if name in environ}
    return kept | {
        "CI": "true",
        "CML_REPO": f"{target.server}/{target.repository}",
        "GITHUB_REPOSITORY": target.repository,
        "GITHUB_SHA": target.commit,
        "GIT_CONFIG_NOSYSTEM": "1",
        "HOME": home,
        "ITERATIVE_DO_NOT_TRACK": "1",
        "REPO_TOKEN": token,
    }
