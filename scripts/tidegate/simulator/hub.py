"""A whole GitHub with one repository: what people do to it, and the runs that come of it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tidegate.simulator import events, rendering, repository, runner, tools
from tidegate.simulator.act import Death
from tidegate.simulator.dispatch import Dispatcher, Happening, RunRecord, Tell
from tidegate.simulator.front import VISITOR, GitHub, serve
from tidegate.simulator.mirror import Mirror
from tidegate.simulator.repository import Repository

OWNER = "harbour"
NAME = "bike-demand"
AUTHOR = "Ada"

Edits = Mapping[str, str | None]


@dataclass(kw_only=True)
class PullRequest:
    """An open pull request: its number, its branch, the newest commit, and the repository that holds them."""

    number: int
    branch: str
    head: str
    head_repository: str


@dataclass(kw_only=True)
class Hub:
    """A simulated GitHub; `origin` is its repository, `clones` every repository with its mirror in the API."""

    github: GitHub
    folder: Path
    origin: Repository
    dispatcher: Dispatcher
    clones: dict[str, tuple[Repository, Mirror]] = field(default_factory=dict)

    def open_pull_request(
        self, branch: str, edits: Edits, *, title: str, from_fork: bool = False, death: Death | None = None
    ) -> tuple[PullRequest, list[RunRecord]]:
        """Push a branch with edits (texts by path, `None` deletes), open a pull request, run what that starts."""
        name = self._fork() if from_fork else self.github.repository
        head = self._commit(name, branch, edits, title)
        number = self.github.open_pull_request(branch, title=title, from_fork=from_fork)
        pull = PullRequest(number=number, branch=branch, head=head, head_repository=name)
        return pull, self._fire("opened", pull, None, death)

    def push(self, pull: PullRequest, edits: Edits, message: str, *, death: Death | None = None) -> list[RunRecord]:
        """Push another commit to a pull request's branch, and run what that starts."""
        before, pull.head = pull.head, self._commit(pull.head_repository, pull.branch, edits, message)
        return self._fire("synchronize", pull, before, death)

    def reopen(self, pull: PullRequest, *, death: Death | None = None) -> list[RunRecord]:
        """Run the workflows of a pull request's newest commit once more, without a push."""
        return self._fire("reopened", pull, None, death)

    def change_main(self, edits: Edits, message: str) -> None:
        """Commit to `main` before the story begins; no workflow runs."""
        self._commit(self.github.repository, "main", edits, message)

    def file(self, path: str, branch: str = "main") -> str:
        """A file's text on a branch. Raises InputError where there is none."""
        return self.origin.read(f"refs/heads/{branch}", path)

    def _commit(self, name: str, branch: str, edits: Edits, message: str) -> str:
        clone, mirror = self.clones[name]
        author = AUTHOR if name == self.github.repository else VISITOR.title()
        clone.commit(branch, edits, message, author=author)
        return mirror.push(f"heads/{branch}")

    def _fork(self) -> str:
        name = self.github.fork()
        if name not in self.clones:
            clone = repository.fork(self.origin, self.folder / f"git/{name}.git")
            self.clones[name] = (clone, Mirror(clone, name, self.github))
            self.clones[name][1].push("heads/main")
        return name

    def _fire(self, action: str, pull: PullRequest, before: str | None, death: Death | None) -> list[RunRecord]:
        base = str(self.origin.tip("main"))
        own = pull.head_repository == self.github.repository
        if not own:
            self.origin.fetch(self.clones[pull.head_repository][0], f"refs/heads/{pull.branch}")
        merge = self.origin.merge(pull.number, base, pull.head)
        self.clones[self.github.repository][1].push(f"pull/{pull.number}/head")
        if merge is None:
            return []  # GitHub starts nothing for a pull request that conflicts.
        shown = self.github.pull_request(pull.number) | {"merge_commit_sha": merge}
        happening = Happening(
            event="pull_request",
            action=action,
            payload=events.pull_request(action, shown, repository=self.github.shown(), before=before),
            commit=merge,
            ref=f"refs/pull/{pull.number}/merge",
            head=pull.head,
            head_branch=pull.branch,
            head_repository=pull.head_repository,
            filter_branch="main",
            files=tuple(self.origin.changed(base, pull.head)),
            actor=shown["user"]["login"],
            pull_requests=(pull.number,) if own else (),
        )
        return self.dispatcher.fire(happening, death)


@contextmanager
def opened(
    source: Path,
    environ: Mapping[str, str],
    folder: Path,
    *,
    tell: Tell,
    disabled: frozenset[str] = frozenset(),
    private: bool = False,
) -> Iterator[Hub]:
    """A hub whose repository is the files of `source` (tracked, and new ones that are not ignored); kept in `folder`.

    `disabled` names workflow files that do not run. Raises InputError where act, npm or bash are missing.
    """
    program = tools.act(environ)
    inherited = runner.prepare(folder, environ)
    with serve(environ, repository=f"{OWNER}/{NAME}", folder=folder, private=private) as github:
        origin = repository.create(source, folder / f"git/{github.repository}.git", author=AUTHOR)
        mirror = Mirror(origin, github.repository, github)
        mirror.push("heads/main")
        dispatcher = Dispatcher(
            github=github,
            origin=origin,
            folder=folder,
            environ=inherited,
            program=program,
            toolkit=_toolkit(folder / "toolkit"),
            tell=tell,
            disabled=disabled,
        )
        clones = {github.repository: (origin, mirror)}
        yield Hub(github=github, folder=folder, origin=origin, dispatcher=dispatcher, clones=clones)


def _toolkit(folder: Path) -> Path:
    """A rendered copy of the toolkit's own actions and workflows, for repositories that use them by name."""
    root = Path(__file__).resolve().parents[3]
    for name in rendering.SHIPPED:
        if (root / name).is_dir():
            shutil.copytree(root / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    rendering.render(folder, "tidegate/tidegate", "simulated")
    return folder
