"""Git, spoken to through its command line: full object names in and out, nothing of the caller's work tree changed."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from tidegate.errors import InfrastructureError, InputError, SecurityRefusal

_TIMEOUT = 300


def _git(repository: Path, *arguments: str, timeout: int = _TIMEOUT, stdin: bytes = b"") -> str:
    """Standard output of one Git command. Raises InfrastructureError E-GIT-001 with Git's last line."""
    command = ["git", "-C", str(repository), "-c", "core.quotePath=false", *arguments]
    try:
        done = subprocess.run(command, input=stdin, capture_output=True, timeout=timeout, check=False)
    except FileNotFoundError:
        raise InputError("E-GIT-002", "git is not installed.", fix="Install git.") from None
    except subprocess.TimeoutExpired:
        raise InfrastructureError("E-GIT-003", f"git {arguments[0]} took more than {timeout} s.") from None
    if done.returncode:
        last = done.stderr.decode(errors="replace").strip().split("\n")[-1][:300]
        raise InfrastructureError("E-GIT-001", f"git {arguments[0]} failed: {last}")
    return done.stdout.decode(errors="surrogateescape")


def checked_ref(ref: str) -> str:
    """`ref` itself. Raises SecurityRefusal when Git could read it as an option or a range."""
    if not ref or ref.startswith("-") or re.search(r"[\s\x00-\x1f\x7f~^:?*\[\\]|\.\.", ref):
        raise SecurityRefusal("E-SEC-003", f"ref {ref[:80]!r} is not a plain branch, tag or commit.")
    return ref


def commit_of(repository: Path, ref: str) -> str | None:
    """The full id of the commit that `ref` names, or None when it is not here."""
    try:
        return _git(repository, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}").strip()
    except InfrastructureError:
        return None


def head(repository: Path) -> str:
    """The commit that is checked out. Raises InputError where there is none."""
    found = commit_of(repository, "HEAD")
    if found is None:
        raise InputError(
            "E-GIT-004", "is not a Git checkout with a commit.", where=str(repository), fix="Commit first."
        )
    return found


def ensure_commit(repository: Path, ref: str, *, remote: str = "origin") -> str:
    """The id of `ref`, fetched alone (depth 1) from `remote` when a shallow clone lacks it.

    Raises InfrastructureError E-GIT-005 naming the fix when it can be had nowhere.
    """
    checked_ref(ref)
    for candidate in (ref, f"refs/remotes/{remote}/{ref}"):
        if found := commit_of(repository, candidate):
            return found
    try:
        _git(repository, "fetch", "--quiet", "--no-tags", "--depth=1", remote, "--", ref)
    except InfrastructureError as error:
        raise InfrastructureError(
            "E-GIT-005",
            f"commit {ref[:80]!r} is not in this clone and {remote} did not give it ({error.message}).",
            fix="Check out with fetch-depth: 0, or let the runner read the repository.",
        ) from error
    return _git(repository, "rev-parse", "--verify", "FETCH_HEAD^{commit}").strip()


def merge_base(repository: Path, one: str, other: str) -> str | None:
    """The best common ancestor, or None when the history at hand (a shallow clone's, say) shows none."""
    try:
        return _git(repository, "merge-base", one, other).strip() or None
    except InfrastructureError:
        return None


def commit_time(repository: Path, commit: str) -> int:
    """When a commit was made as it says itself, in seconds since 1970. Its maker can write any time there."""
    return int(_git(repository, "show", "--no-patch", "--format=%ct", "--end-of-options", commit, "--").split()[-1])


def changed_paths(repository: Path, before: str, after: str | None) -> tuple[str, ...]:
    """Paths that differ between two commits, or between `before` and the work tree when `after` is None."""
    arguments = ["diff", "--name-only", "--no-renames", "-z", before, *([after] if after else []), "--"]
    tracked = [path for path in _git(repository, *arguments).split("\0") if path]
    if after is not None:
        return tuple(tracked)
    new = [path for path in _git(repository, "ls-files", "-z", "--others", "--exclude-standard").split("\0") if path]
    return tuple(sorted({*tracked, *new}))


def show(repository: Path, commit: str, path: str) -> bytes | None:
    """The bytes of `path` at `commit`, or None where that commit has no such file."""
    command = ["git", "-C", str(repository), "cat-file", "blob", f"{commit}:{path}"]
    done = subprocess.run(command, capture_output=True, timeout=_TIMEOUT, check=False)
    return done.stdout if done.returncode == 0 else None


def tree_ids(repository: Path, commit: str, paths: Sequence[str]) -> dict[str, str]:
    """Git object id of each of `paths` at `commit`; a path that is absent there has no entry."""
    listing = _git(repository, "ls-tree", "-z", "--full-tree", commit, "--", *[path.rstrip("/") for path in paths])
    rows = [row.split("\t", 1) for row in listing.split("\0") if row]
    return {path: description.split(" ")[2] for description, path in rows}


def blobs_at(repository: Path, commit: str, path: str) -> dict[str, str]:
    """Git object id of every file at or under `path` at `commit`, by path; none when there is nothing."""
    listing = _git(repository, "ls-tree", "-r", "-z", "--full-tree", commit, "--", path.rstrip("/"))
    rows = [row.split("\t", 1) for row in listing.split("\0") if row]
    return {name: description.split(" ")[2] for description, name in rows}


@contextmanager
def work_tree(repository: Path, commit: str) -> Iterator[Path]:
    """A temporary second work tree of `commit`, gone afterwards whatever happens."""
    with TemporaryDirectory(prefix="tidegate-tree-") as folder:
        tree = Path(folder) / "tree"
        _git(repository, "worktree", "add", "--quiet", "--detach", str(tree), commit)
        try:
            yield tree
        finally:
            _git(repository, "worktree", "remove", "--force", str(tree))


def is_ancestor(repository: Path, earlier: str, later: str) -> bool:
    """Whether `later` contains `earlier`, or is it; False where the history at hand does not show it."""
    try:
        _git(repository, "merge-base", "--is-ancestor", earlier, later)
    except InfrastructureError:
        return False
    return True


def tags(repository: Path, pattern: str) -> tuple[str, ...]:
    """Names of the tags that match a shell pattern."""
    listing = _git(repository, "for-each-ref", "--format=%(refname:strip=2)", f"refs/tags/{pattern}")
    return tuple(listing.split())


def tag_message(repository: Path, tag: str) -> str:
    """What an annotated tag says."""
    return _git(repository, "for-each-ref", "--format=%(contents)", f"refs/tags/{tag}").rstrip("\n")


def commits_of(repository: Path, path: str, *, most: int = 1_000) -> tuple[str, ...]:
    """Commits in HEAD's history that changed `path`, newest first; a shallow clone shows fewer."""
    listing = _git(repository, "log", f"--max-count={most}", "--format=%H", "HEAD", "--", path)
    return tuple(listing.split())


def described(repository: Path, commit: str) -> dict[str, str]:
    """A commit's ``author``, ``when`` (ISO 8601) and ``subject``, as its maker wrote them."""
    line = _git(repository, "show", "--no-patch", "--format=%an%x00%cI%x00%s", "--end-of-options", commit, "--")
    author, when, subject = line.rstrip("\n").split("\0", 2)
    return {"author": author, "when": when, "subject": subject}


def merged_with(repository: Path, commit: str) -> str | None:
    """The merge by which `commit` came into HEAD's history; None for one that was never merged, or in no merge."""
    try:
        onwards = ["rev-list", "--ancestry-path", "--merges", "--reverse", f"{commit}..HEAD", "--"]
        found = _git(repository, *onwards).split()
    except InfrastructureError:
        return None
    return next((merge for merge in found if not is_ancestor(repository, commit, f"{merge}^1")), None)


def tagged(repository: Path, tag: str) -> dict[str, str]:
    """``when`` (ISO 8601) an annotated tag was made, and ``who`` made it."""
    form = "--format=%(taggerdate:iso-strict)%09%(taggername)"
    when, _, who = _git(repository, "for-each-ref", form, f"refs/tags/{tag}").rstrip("\n").partition("\t")
    return {"when": when, "who": who}


def branch(repository: Path) -> str:
    """The branch that is checked out; empty for a commit that is none's."""
    try:
        return _git(repository, "symbolic-ref", "--quiet", "--short", "HEAD").strip()
    except InfrastructureError:
        return ""


def last_change(repository: Path, commit: str, paths: Sequence[str]) -> str | None:
    """The newest commit in the first-parent history of `commit` that changed any of `paths` (Git's pathspecs)."""
    found = _git(repository, "log", "--first-parent", "--max-count=1", "--format=%H", commit, "--", *paths)
    return found.strip() or None


def tags_at(repository: Path, commit: str, pattern: str) -> tuple[str, ...]:
    """Names of the tags that match a shell pattern and stand on `commit`."""
    listing = _git(
        repository, "for-each-ref", f"--points-at={commit}", "--format=%(refname:strip=2)", f"refs/tags/{pattern}"
    )
    return tuple(listing.split())


def add_file(repository: Path, path: str, data: bytes) -> None:
    """A file of the work tree and of the index; nothing is committed."""
    place = repository / path
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(data)
    _git(repository, "add", "--", path)


def move_refs(repository: Path, head: tuple[str, str] | None, tags: Mapping[str, str]) -> None:
    """The checked-out branch from one commit to another, and new tags by their objects: all of it or nothing."""
    orders = [f"update HEAD {head[1]} {head[0]}"] if head else []
    orders += [f"create refs/tags/{name} {identity}" for name, identity in tags.items()]
    _git(repository, "update-ref", "--stdin", stdin="\n".join(["start", *orders, "prepare", "commit", ""]).encode())


def fast_forward(repository: Path, commit: str) -> bool:
    """Bring the checked-out branch and the work tree to a descendant of HEAD; whether that was possible."""
    try:
        _git(repository, "merge", "--quiet", "--ff-only", commit)
    except InfrastructureError:
        return False
    return True


def annotate(repository: Path, tag: str, commit: str, message: str) -> None:
    """Make an annotated tag. Raises InfrastructureError where there is one of that name: tags are never moved."""
    checked_ref(tag)
    _git(
        repository, *_identity(repository), "tag", "--annotate", "--no-sign", f"--message={message}", "--", tag, commit
    )


def _identity(repository: Path) -> list[str]:
    """The caller's name where there is one, else that of the bot whose token an Actions job has."""
    try:
        _git(repository, "config", "user.email")
    except InfrastructureError:
        bot = "41898282+github-actions[bot]@users.noreply.github.com"
        return ["-c", "user.name=github-actions[bot]", "-c", f"user.email={bot}"]
    return []
