"""The machine that jobs run on: an own home and PATH entry, warm package caches, none of the caller's secrets."""

from __future__ import annotations

import fnmatch
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from tidegate.errors import InputError
from tidegate.simulator import tools
from tidegate.simulator.git_server import JOB

INHERITED = (
    "PATH",
    "LANG",
    "LC_*",
    "TZ",
    "TMPDIR",
    "*_PROXY",
    "*_proxy",
    "PIP_*",
    "UV_*",
    "SSL_CERT_*",
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
    "NODE_EXTRA_CA_CERTS",
)
SHARED = (".cache/pip", ".cache/uv", ".config/pip", ".config/uv")
MACHINE = "machine"
LOOPBACK = "127.0.0.1,localhost"

# Every step's shell. It waits at the gate of the job's environment and concurrency groups, which act does not know;
# tells the front which job is asking, so that each job has its own `permissions:`; names the tool cache by its own
# path, because what is installed there remembers it; and takes away the terminal that act gives to steps and GitHub's
# runner does not.
SHELL = """\
#!{bash}
job="${{GITHUB_SERVER_URL}}/job/${{GITHUB_RUN_ID}}-${{GITHUB_JOB}}"
if [[ -n "${{SIMULATED_ENVIRONMENT:-}}${{SIMULATED_GROUPS:-}}" && ${{SIMULATED_GATE:-}} != "$job" ]]; then
  exec 9<>"/dev/tcp/127.0.0.1/${{GITHUB_SERVER_URL##*:}}"
  printf 'GET /job/%s/gate HTTP/1.0\r\nX-Environment: %s\r\nX-Groups: %s\r\n\r\n' \
    "${{job##*/}}" "${{SIMULATED_ENVIRONMENT:-}}" "${{SIMULATED_GROUPS:-}}" >&9
  read -r -u 9 _ status _
  exec 9>&-
  if [[ $status != 200 ]]; then
    echo "::error::The deployment to ${{SIMULATED_ENVIRONMENT:-}} was rejected."
    exit 1
  fi
  export SIMULATED_GATE="$job"
fi
export GIT_HTTP_USER_AGENT="git/simulated {job}${{job##*/}}"
export GITHUB_API_URL="$job/api/v3" GITHUB_GRAPHQL_URL="$job/api/graphql" RUNNER_TOOL_CACHE={tools}
if [[ -t 1 ]]; then
  set -o pipefail
  {bash} "$@" 2>&1 </dev/null | cat
else
  exec {bash} "$@"
fi
"""
STAND_IN = """\
#!/bin/sh
exec {python} -I -c '
import sys
sys.path.insert(0, sys.argv[1])
from tidegate.simulator.stand_ins import main
sys.exit(main(sys.argv[2]))
' {package} "$1"
"""


def prepare(folder: Path, environ: Mapping[str, str]) -> dict[str, str]:
    """Set the machine up in `folder`: the environment that jobs inherit."""
    bash = shutil.which("bash", path=environ.get("PATH"))
    if not bash:
        raise InputError("E-SIM-030", "bash is not installed; workflow steps run in it.", fix="Install bash.")
    package = Path(__file__).resolve().parents[2]
    warm = tools.cache(environ)
    _program(folder / "bin/bash", SHELL.format(bash=bash, job=JOB, tools=_quoted(str(warm.parent.resolve()))))
    _program(folder / "stand-in", STAND_IN.format(python=_quoted(sys.executable), package=_quoted(str(package))))
    (folder / "bin/node").symlink_to(tools.emulator(environ).node)
    home = folder / "home"
    for name in SHARED:
        _share(Path(environ.get("HOME") or Path.home()) / name, home / name)
    kept = {name: value for name, value in environ.items() if any(fnmatch.fnmatchcase(name, p) for p in INHERITED)}
    proxies = ",".join(filter(None, (environ.get("NO_PROXY") or environ.get("no_proxy"), LOOPBACK)))
    return {
        **kept,
        "PATH": f"{folder / 'bin'}:{environ.get('PATH', '')}",
        "HOME": str(home),
        "SIMULATOR": str(folder),
        "GIT_TERMINAL_PROMPT": "0",  # act's steps have a terminal, GitHub's have nobody to ask
        "NO_PROXY": proxies,
        "no_proxy": proxies,
    }


def _program(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)


def _share(real: Path, link: Path) -> None:
    link.parent.mkdir(parents=True, exist_ok=True)
    if real.exists():
        link.symlink_to(real.resolve())


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"
