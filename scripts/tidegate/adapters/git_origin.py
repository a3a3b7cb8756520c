"""Git's other half: commits and tags made as objects alone, and sent to the remote all together or not at all.

Nothing of the work tree, the index or a local branch is touched, so whoever is killed on the way leaves nothing behind.
The token travels in Git's configuration by environment, where no list of processes shows it.
"""

from __future__ import annotations

import re
import subprocess
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory

from tidegate.core.redaction import redacted
from tidegate.errors import InfrastructureError, InputError

_TIMEOUT = 300
_FEW = 30
_BOT = {"NAME": "github-actions[bot]", "EMAIL": "41898282+github-actions[bot]@users.noreply.github.com"}
_RACE = (
    "fetch first",
    "non-fast-forward",
    "stale info",
    "already exists",
    "cannot lock ref",
    "failed to update ref",
    "incorrect old value",
)
_ATOMIC = ("atomic push fail", "atomic transaction failed")


class Sent(Enum):
    """What became of a push: taken, overtaken by somebody else's, or refused by a rule of the remote."""

    TAKEN = "taken"
    OVERTAKEN = "overtaken"
    REFUSED = "refused"


@dataclass(frozen=True, kw_only=True)
class Reply:
    """The remote's answer; `said` is why not, in its own words."""

    sent: Sent
    said: str = ""


@dataclass(frozen=True, kw_only=True)
class Written:
    """Who wrote a commit, by address, and what its message says."""

    commit: str
    author: str
    committer: str
    message: str


@dataclass(frozen=True, kw_only=True)
class Origin:
    """The remote of `repository`; `environ` is what Git is started with, credentials included."""

    repository: Path
    environ: Mapping[str, str]
    name: str = "origin"

    def refs(self, *patterns: str) -> dict[str, str]:
        """Object ids of the remote's refs of these names or patterns, now; of annotated tags the tags' own."""
        rows = (line.split("\t") for line in self._git("ls-remote", "--refs", self.name, *patterns).splitlines())
        return {ref: identity for identity, ref in rows}

    def fetch(self, *refs: str) -> None:
        """Have the objects of refs or commits here; no ref of ours changes."""
        self._git("fetch", "--quiet", "--no-tags", "--no-write-fetch-head", self.name, "--", *refs)

    def commit(self, parent: str, changes: Mapping[str, bytes | None], message: str) -> str:
        """A commit on `parent` in which each path has these bytes, or is gone where they are None."""
        with TemporaryDirectory(prefix="tidegate-index-") as folder:
            index = {"GIT_INDEX_FILE": str(Path(folder) / "index")}
            self._git("read-tree", parent, variables=index)
            for path, data in changes.items():
                if data is None:
                    self._git("update-index", "--force-remove", "--", path, variables=index)
                    continue
                blob = self._git("hash-object", "-w", "--stdin", stdin=data).strip()
                self._git("update-index", "--add", "--cacheinfo", f"100644,{blob},{path}", variables=index)
            tree = self._git("write-tree", variables=index).strip()
        return self._git("commit-tree", tree, "-p", parent, "-F", "-", stdin=f"{message}\n".encode()).strip()

    def tag(self, name: str, commit: str, message: str) -> str:
        """The object of an annotated tag; it has its name on the remote once it was sent."""
        who = self._git("var", "GIT_COMMITTER_IDENT").strip()
        text = f"object {commit}\ntype commit\ntag {name}\ntagger {who}\n\n{message}\n"
        return self._git("mktag", stdin=text.encode()).strip()

    def send(self, *updates: str, lease: str = "") -> Reply:
        """Push ``object:ref`` updates, all or none. `lease` (``ref:object``) lets that ref lose commits if it is so.

        Raises InputError E-GIT-006 where the token may not write, InfrastructureError E-GIT-001 where the remote
        cannot be reached.
        """
        leases = [f"--force-with-lease={lease}"] if lease else []
        done = self._run("push", "--porcelain", "--atomic", *leases, self.name, "--", *updates)
        if done.returncode == 0:
            return Reply(sent=Sent.TAKEN)
        refused = list(_refused(done.stdout.decode(errors="replace")))
        if not refused:
            raise _failed("push", done)
        rules = [said for said in refused if not any(word in said for word in (*_RACE, *_ATOMIC))]
        if rules:
            return Reply(sent=Sent.REFUSED, said=_told(done, rules[0]))
        return Reply(sent=Sent.OVERTAKEN, said=next((said for said in refused if "atomic" not in said), refused[0]))

    def email(self) -> str:
        """The address that commits made here carry."""
        return self._git("var", "GIT_COMMITTER_IDENT").partition("<")[2].partition(">")[0]

    def written(self, base: str, tip: str) -> tuple[Written, ...]:
        """Commits that `tip` has and `base` has not, newest first; with no base the newest few of all."""
        which = [f"{base}..{tip}"] if base else [f"--max-count={_FEW}", tip]
        listing = self._git("log", "-z", "--format=%H%n%ae%n%ce%n%B", *which, "--")
        found = (entry.split("\n", 3) for entry in listing.split("\0") if entry)
        return tuple(Written(commit=one[0], author=one[1], committer=one[2], message=one[3]) for one in found)

    def _git(self, *arguments: str, stdin: bytes | None = None, variables: Mapping[str, str] | None = None) -> str:
        """Standard output of one Git command. Raises InfrastructureError E-GIT-001 with Git's last line."""
        done = self._run(*arguments, stdin=stdin, variables=variables)
        if done.returncode:
            raise _failed(arguments[0], done)
        return done.stdout.decode(errors="surrogateescape")

    def _run(
        self, *arguments: str, stdin: bytes | None = None, variables: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[bytes]:
        command = ["git", "-C", str(self.repository), "-c", "core.quotePath=false", *arguments]
        environ = {**self.environ, **self._identity, **(variables or {}), "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}
        try:
            return subprocess.run(
                command, input=stdin or b"", env=environ, capture_output=True, timeout=_TIMEOUT, check=False
            )
        except FileNotFoundError:
            raise InputError("E-GIT-002", "git is not installed.", fix="Install git.") from None
        except subprocess.TimeoutExpired:
            raise InfrastructureError("E-GIT-003", f"git {arguments[0]} took more than {_TIMEOUT} s.") from None

    @cached_property
    def _identity(self) -> dict[str, str]:
        """The caller's name where there is one, else that of the bot whose token an Actions job has."""
        if self.environ.get("GIT_COMMITTER_EMAIL"):
            return {}
        asked = ["git", "-C", str(self.repository), "config", "user.email"]
        done = subprocess.run(asked, env=dict(self.environ), capture_output=True, timeout=_TIMEOUT, check=False)
        if done.returncode == 0:
            return {}
        return {f"GIT_{role}_{part}": value for role in ("AUTHOR", "COMMITTER") for part, value in _BOT.items()}


def credentials(environ: Mapping[str, str], server: str, token: str) -> dict[str, str]:
    """`environ` with the token for Git's requests to `server` alone, in place of what a checkout left behind."""
    given = environ.get("GIT_CONFIG_COUNT", "0")
    count = int(given) if given.isascii() and given.isdigit() else 0
    key = f"http.{server.rstrip('/')}/.extraheader"
    basic = b64encode(f"x-access-token:{token}".encode()).decode()
    settings = ["", f"AUTHORIZATION: basic {basic}"]  # the empty one forgets all earlier ones
    added = {f"GIT_CONFIG_KEY_{count + number}": key for number in range(2)}
    added |= {f"GIT_CONFIG_VALUE_{count + number}": value for number, value in enumerate(settings)}
    return {**environ, **added, "GIT_CONFIG_COUNT": str(count + 2)}


def _refused(report: str) -> Iterator[str]:
    """The reasons in a porcelain report: ``!<tab>from:to<tab>[remote rejected] (why)``."""
    for line in report.splitlines():
        found = re.fullmatch(r"!\t[^\t]*\t\[(?:remote )?rejected\] \((.*)\)", line)
        if found:
            yield found[1]


def _told(done: subprocess.CompletedProcess[bytes], reason: str) -> str:
    """The reason with the remote's own first line about it, which names the rule."""
    lines = done.stderr.decode(errors="replace").splitlines()
    errors = [line.removeprefix("remote:").strip() for line in lines if line.startswith("remote:")]
    first = next((line for line in errors if re.match(r"(?i)error", line)), "")
    return redacted(f"{reason}: {first}" if first else reason)[:300]


def _failed(verb: str, done: subprocess.CompletedProcess[bytes]) -> InfrastructureError | InputError:
    text = done.stderr.decode(errors="replace").strip()
    last = redacted(_last(text.split("\n")))[:300]
    if verb == "push" and re.search(r"returned error: 40[13]|Permission to .* denied|Authentication failed", text):
        fix = "Add `contents: write` to the job's permissions, and pass its token."
        return InputError("E-GIT-006", f"git push is not permitted ({last}).", fix=fix)
    return InfrastructureError("E-GIT-001", f"git {verb} failed: {last}")


def _last(lines: Sequence[str]) -> str:
    """What was fatal, else the last line."""
    return next((line for line in reversed(lines) if line.startswith(("fatal:", "error:"))), lines[-1])
