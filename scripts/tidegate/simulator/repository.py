"""Bare Git repositories made from a folder, with commits, pull-request refs and forks; the same bytes every time."""

from __future__ import annotations

import os
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

from tidegate.errors import InfrastructureError, InputError

START = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
SECONDS = 300
# As on GitHub any commit can be fetched alone; and nothing is squeezed that only travels within this machine.
SETTINGS = {
    "uploadpack.allowReachableSHA1InWant": "true",
    "http.receivepack": "true",
    "gc.auto": "0",
    "receive.autogc": "false",
    "pack.window": "0",
    "pack.compression": "0",
    "core.compression": "0",
}
_PROTECTED = """\
#!/bin/sh
[ "$1" = refs/heads/{branch} ] || exit 0
echo "error: GH006: Protected branch update failed for $1." >&2
echo "error: Changes must be made through a pull request." >&2
exit 1
"""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One line of a Git tree."""

    name: str
    mode: str
    kind: str
    identity: str


Listing = dict[str, list[Entry]]


@dataclass(kw_only=True)
class Repository:
    """One bare repository. Every commit is an hour after the last one made here, by a fixed author."""

    path: Path
    made: int = 0

    def commit(self, branch: str, edits: Mapping[str, str | None], message: str, *, author: str) -> str:
        """Commit texts (`None` deletes) on top of a branch, or of `main` when the branch is new: the commit's id."""
        parent = self.tip(branch) or self.tip("main")
        with tempfile.TemporaryDirectory() as folder:
            index = {"GIT_INDEX_FILE": str(Path(folder) / "index")}
            self.git("read-tree", str(parent), environ=index)
            entries = [self._staged(str(parent), path, text) for path, text in edits.items()]
            self.git("update-index", "-z", "--index-info", environ=index, data="\0".join([*entries, ""]))
            tree = self.git("write-tree", environ=index)
        return self._record(f"refs/heads/{branch}", tree, [parent] if parent else [], message, author)

    def read(self, revision: str, path: str) -> str:
        """A file's text at a revision. Raises InputError where it has none."""
        return self.blob(revision, path).decode()

    def blob(self, revision: str, path: str) -> bytes:
        """A file's bytes at a revision. Raises InputError where it has none."""
        try:
            return self._run(["show", f"{revision}:{path}"])
        except InfrastructureError:
            raise InputError("E-SIM-010", f"{path} is not in the repository; this scenario needs it.") from None

    def message(self, commit: str) -> str:
        """A commit's message to the last character; not every program ends it with a newline."""
        return self._run(["cat-file", "commit", commit]).decode(errors="surrogateescape").partition("\n\n")[2]

    def tip(self, ref: str) -> str | None:
        """The commit that a branch or ref names."""
        name = ref if ref.startswith("refs/") else f"refs/heads/{ref}"
        return self.git("for-each-ref", "--format=%(objectname)", name) or None

    def commit_of(self, name: str) -> str | None:
        """The commit that a branch, a tag or an id names."""
        try:
            return self.git("rev-parse", "--verify", "--quiet", f"{name}^{{commit}}")
        except InfrastructureError:
            return None

    def merge(self, number: int, base: str, head: str) -> str | None:
        """Set ``refs/pull/<number>/head`` and, where both merge cleanly, ``…/merge`` as GitHub does: its id."""
        self.git("update-ref", f"refs/pull/{number}/head", head)
        try:
            tree = self.git("merge-tree", "--write-tree", base, head)
        except InfrastructureError:
            return None
        message = f"Merge {head} into {base}"
        return self._record(f"refs/pull/{number}/merge", tree, [base, head], message, "GitHub")

    def squash(self, branch: str, head: str, message: str, *, author: str) -> str | None:
        """What a squash merge makes of `head` on top of a branch: its id, None where both cannot be merged cleanly."""
        base = str(self.tip(branch))
        try:
            tree = self.git("merge-tree", "--write-tree", base, head)
        except InfrastructureError:
            return None
        return self._record(f"refs/heads/{branch}", tree, [base], message, author)

    def tips(self) -> dict[str, str]:
        """All branches with their commits."""
        rows = self.git("for-each-ref", "--format=%(refname:strip=2) %(objectname)", "refs/heads/").splitlines()
        return dict(row.split(" ") for row in rows)

    def protect(self, branch: str) -> None:
        """Let nobody push to a branch any more; what comes there comes by a merge."""
        hook = self.path / "hooks/update"
        hook.parent.mkdir(exist_ok=True)
        hook.write_text(_PROTECTED.format(branch=branch))
        hook.chmod(0o755)

    def changed(self, base: str, head: str) -> list[str]:
        """Paths that differ between the merge base of two commits and the second, as a pull request shows."""
        return [path for path in self.git("diff", "--name-only", "-z", f"{base}...{head}").split("\0") if path]

    def check_out(self, commit: str, folder: Path, paths: Sequence[str]) -> None:
        """A clone whose HEAD is a commit, with only some of its top-level names in the work tree."""
        self.git("clone", "--quiet", "--shared", "--no-checkout", "--template=", str(self.path), str(folder))
        clone = Repository(path=folder / ".git")
        clone.git("update-ref", "--no-deref", "HEAD", commit)
        there = [path for path in self.git("ls-tree", "--name-only", "-z", commit).split("\0") if path in paths]
        clone.git("--work-tree", str(folder), "checkout", "--quiet", commit, "--", *there)

    def link(self, commit: str, name: str, folder: Path, store: Path) -> None:
        """A link in `folder` to a top-level folder of a commit, of which `store` has one copy however often it is used.

        Nothing where the commit has no such folder.
        """
        kind, _, tree = self.git("ls-tree", "--format=%(objecttype) %(objectname)", commit, "--", name).partition(" ")
        if kind != "tree":
            return
        if not (store / tree).is_dir():
            with tarfile.open(fileobj=BytesIO(self._run(["archive", "--format=tar", tree]))) as archive:
                archive.extractall(store / tree, filter="tar")
        (folder / name).symlink_to(store / tree)

    def listing(self, tree: str) -> Listing:
        """All that is below a tree, by the folder it is in (``""``, ``a/``, ``a/b/``)."""
        found: Listing = {}
        for row in self.git("ls-tree", "-r", "-t", "-z", tree).split("\0"):
            description, tab, path = row.partition("\t")
            if tab:
                mode, kind, identity = description.split(" ")
                folder, _, name = path.rpartition("/")
                entry = Entry(name=name, mode=mode, kind=kind, identity=identity)
                found.setdefault(f"{folder}/" if folder else "", []).append(entry)
        return found

    def blobs(self, identities: Sequence[str]) -> Iterator[tuple[str, bytes]]:
        """Id and bytes of each of these files' contents."""
        if not identities:
            return
        output = self._run(["cat-file", "--batch=%(objectname) %(objectsize)"], data="\n".join(identities))
        while output:
            head, _, rest = output.partition(b"\n")
            identity, size = head.decode().split(" ")
            yield identity, rest[: int(size)]
            output = rest[int(size) + 1 :]

    def fetch(self, other: Repository, ref: str) -> str:
        """Bring a ref of another repository here: its commit."""
        self.git("fetch", "--quiet", str(other.path), ref)
        return self.git("rev-parse", "FETCH_HEAD")

    def git(self, *arguments: str, environ: Mapping[str, str] | None = None, data: str | None = None) -> str:
        """One Git command on this repository: its output. Raises InfrastructureError with Git's message."""
        return self._run(arguments, environ=environ, data=data).decode(errors="surrogateescape").strip()

    def _run(
        self, arguments: Sequence[str], *, environ: Mapping[str, str] | None = None, data: str | None = None
    ) -> bytes:
        command = ["git", "--git-dir", str(self.path), *arguments]
        done = subprocess.run(
            command,
            env={**_environ(), **(environ or {})},
            input=None if data is None else data.encode(errors="surrogateescape"),
            capture_output=True,
            timeout=SECONDS,
            check=False,
        )
        if done.returncode:
            said = done.stderr.decode(errors="replace").strip()[-300:]
            raise InfrastructureError("E-SIM-006", f"git {arguments[0]} failed: {said}")
        return done.stdout

    def _staged(self, parent: str, path: str, text: str | None) -> str:
        """One entry for `git update-index --index-info`; an edited file keeps its mode."""
        if text is None:
            return f"0 {'0' * 40}\t{path}"
        mode = self.git("ls-tree", "--format=%(objectmode)", parent, "--", path) or "100644"
        return f"{mode} {self.git('hash-object', '-w', '--stdin', data=text)}\t{path}"

    def _record(self, ref: str, tree: str, parents: list[str], message: str, author: str) -> str:
        date = (START + timedelta(hours=self.made)).isoformat()
        self.made += 1
        email = f"{author.lower()}@users.noreply.github.com"
        who = {
            f"GIT_{role}_{part}": value
            for role in ("AUTHOR", "COMMITTER")
            for part, value in (("NAME", author), ("EMAIL", email), ("DATE", date))
        }
        over = [option for parent in parents for option in ("-p", parent)]
        commit = self.git("commit-tree", tree, *over, "-m", message, environ=who)
        self.git("update-ref", ref, commit)
        return commit


def create(source: Path, path: Path, *, author: str) -> Repository:
    """A bare repository whose `main` is one commit of the tracked and the not ignored files of `source`.

    Raises InputError when `source` is no Git work tree or has no files.
    """
    listed = _files(source)
    repository = empty(path)
    with tempfile.TemporaryDirectory() as folder:
        index = {"GIT_INDEX_FILE": str(Path(folder) / "index")}
        work_tree = ("-C", str(source), "--work-tree", ".")
        repository.git(
            *work_tree,
            "add",
            "--force",
            "--pathspec-from-file=-",
            "--pathspec-file-nul",
            environ={**index, "GIT_LITERAL_PATHSPECS": "1"},
            data="\0".join(listed),
        )
        tree = repository.git("write-tree", environ=index)
    repository._record("refs/heads/main", tree, [], "The repository as it is", author)
    repository.git("repack", "--quiet", "-a", "-d")
    return repository


def empty(path: Path) -> Repository:
    """A bare repository that can be fetched from and pushed to."""
    path.parent.mkdir(parents=True, exist_ok=True)
    repository = Repository(path=path)
    repository.git("init", "--quiet", "--bare", "--initial-branch=main")
    for key, value in SETTINGS.items():
        repository.git("config", key, value)
    return repository


def fork(origin: Repository, path: Path) -> Repository:
    """A bare repository with the origin's `main`, which afterwards goes its own way."""
    copy = empty(path)
    copy.git("fetch", "--quiet", str(origin.path), "refs/heads/main:refs/heads/main")
    copy.made = origin.made
    return copy


def _files(source: Path) -> list[str]:
    command = ["git", "-C", str(source), "ls-files", "--cached", "--others", "--exclude-standard", "-z", "--", "."]
    done = subprocess.run(command, env=_environ(), capture_output=True, timeout=SECONDS, check=False)
    names = dict.fromkeys(name for name in done.stdout.decode(errors="surrogateescape").split("\0") if name)
    present = [name for name in names if os.path.lexists(source / name)]
    if done.returncode or not present:
        raise InputError(
            "E-SIM-011",
            "is not a Git work tree with files.",
            where=str(source),
            fix="Run git init, or name the folder with -C.",
        )
    return present


def _environ() -> dict[str, str]:
    """Nothing of the caller's Git settings, hooks or identity reaches the simulated repositories."""
    return {"PATH": os.defpath, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "LC_ALL": "C.UTF-8"}
