"""A whole GitHub with one repository: what people do to it, and the runs that come of it."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from tidegate.errors import InfrastructureError
from tidegate.simulator import happenings, keeper, rendering, repository, runner, schedule, servers, tools
from tidegate.simulator.act import Death
from tidegate.simulator.dispatch import Dispatcher, Tell
from tidegate.simulator.dispatches import Dispatch
from tidegate.simulator.front import VISITOR, GitHub, serve
from tidegate.simulator.happenings import Happening, PullRequest
from tidegate.simulator.mirror import Mirror
from tidegate.simulator.permissions import BOT
from tidegate.simulator.repository import Repository
from tidegate.simulator.run_record import RunRecord
from tidegate.simulator.runs import Run

OWNER = "harbour"
NAME = "bike-demand"
AUTHOR = "Ada"

Edits = Mapping[str, str | None]


@dataclass(kw_only=True)
class Hub:
    """A simulated GitHub; `origin` is its repository, `clones` every repository with its mirror in the API."""

    github: GitHub
    folder: Path
    origin: Repository
    dispatcher: Dispatcher
    clones: dict[str, tuple[Repository, Mirror]] = field(default_factory=dict)
    pulls: dict[int, PullRequest] = field(default_factory=dict)
    held: dict[int, tuple[Happening, list[Run]]] = field(default_factory=dict)
    _tips: dict[str, str] = field(default_factory=dict)
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def open_pull_request(
        self, branch: str, edits: Edits, *, title: str, from_fork: bool = False, death: Death | None = None
    ) -> tuple[PullRequest, list[RunRecord]]:
        """Push a branch with edits (texts by path, `None` deletes), open a pull request, run what that starts."""
        name = self._fork() if from_fork else self.github.repository
        head = self._commit(name, branch, edits, title)
        return self._opened(name, branch, head, title, death)

    def propose(self, branch: str, *, title: str) -> tuple[PullRequest, list[RunRecord]]:
        """Open a pull request from a branch that somebody has pushed, run what that starts."""
        self.pushed(self.github.repository)
        return self._opened(self.github.repository, branch, str(self.origin.tip(branch)), title, None)

    def _opened(
        self, name: str, branch: str, head: str, title: str, death: Death | None
    ) -> tuple[PullRequest, list[RunRecord]]:
        from_fork = name != self.github.repository
        with self._lock:
            number = self.github.open_pull_request(branch, title=title, from_fork=from_fork)
            pull = PullRequest(number=number, branch=branch, head=head, head_repository=name)
            self.pulls[number] = pull
        return pull, self._fire("opened", pull, None, death)

    def push(self, pull: PullRequest, edits: Edits, message: str, *, death: Death | None = None) -> list[RunRecord]:
        """Push another commit to a pull request's branch, and run what that starts."""
        before, pull.head = pull.head, self._commit(pull.head_repository, pull.branch, edits, message)
        return self._fire("synchronize", pull, before, death)

    def reopen(self, pull: PullRequest, *, death: Death | None = None) -> list[RunRecord]:
        """Run the workflows of a pull request's newest commit once more, without a push."""
        return self._fire("reopened", pull, None, death)

    def merge(self, pull: PullRequest) -> list[RunRecord]:
        """Squash and merge, as a person does with the button, and run what the push to `main` starts.

        Raises InfrastructureError E-SIM-033 for a pull request that conflicts.
        """
        return self.dispatcher.fire(self.squashed(pull))

    def squashed(self, pull: PullRequest) -> Happening:
        """Squash and merge: the push that this is, which has started nothing yet."""
        with self._lock:
            shown = self.github.pull_request(pull.number)
            before = str(self.origin.tip("main"))
            message = f"{shown['title']} (#{pull.number})"
            commit = self.origin.squash("main", pull.head, message, author=AUTHOR)
            if commit is None:
                raise InfrastructureError("E-SIM-033", f"#{pull.number} cannot be merged: it conflicts.")
            path = f"/repos/{self.github.repository}/pulls/{pull.number}/merge"
            self.github.ask("PUT", path, {"merge_method": "squash"})
            self.github.proxy.merges.commits[pull.number] = commit
            self._mirrored("main")
        files = self.origin.changed(before, commit)
        return happenings.push(self.github, "main", before, commit, message=message, files=files)

    def approve_runs(self, pull: PullRequest) -> list[RunRecord]:
        """A person lets the runs start that a bot's pull request has only registered."""
        happening, runs = self.held.pop(pull.number)
        for run in runs:
            self.github.runs.forget(run.id)
        return self.dispatcher.fire(happening)

    def pull_of(self, branch: str) -> PullRequest | None:
        """The newest open pull request from a branch (or one whose name begins like this) of the repository."""
        self.adopt()
        with self._lock:
            found = [pull for _, pull in sorted(self.pulls.items()) if pull.branch.startswith(branch)]
        still = [pull for pull in found if self.github.pull_request(pull.number)["state"] == "open"]
        return still[-1] if still else None

    def change_main(self, edits: Edits, message: str) -> None:
        """Commit to `main` before the story begins; no workflow runs."""
        self._commit(self.github.repository, "main", edits, message)

    def listen(self) -> None:
        """Hear of what jobs do: pushes, dispatched events, pull requests."""
        proxy = self.github.proxy
        self._tips = self.origin.tips()
        self.dispatcher.after = self.after
        proxy.merges.holds = self._holds
        proxy.deployments.resolve = self._resolved
        if proxy.git is not None:
            proxy.git.pushed = self.pushed

    def _holds(self, head: str, commit: str) -> bool:
        main = str(self.origin.tip("main"))
        return commit in self.origin.git("rev-list", f"{main}..{head}").split()

    def _resolved(self, ref: str) -> str | None:
        return self.origin.commit_of(ref)

    def pushed(self, name: str) -> None:
        """Somebody's Git has pushed: tell the emulator about every branch that is different now."""
        if name != self.github.repository:
            return
        with self._lock:
            tips = self.origin.tips()
            for branch in [branch for branch, tip in tips.items() if self._tips.get(branch) != tip]:
                self._mirrored(branch)
            for branch in self._tips.keys() - tips.keys():
                self.clones[name][1].delete(f"heads/{branch}")
            self._tips = tips

    def after(self, _run: Run) -> list[RunRecord]:
        """What a run left to be done: events that it ordered, and pull requests that it opened or pushed to."""
        self.adopt()
        return self.carry_out_orders()

    def carry_out_orders(self) -> list[RunRecord]:
        """Run the workflows that somebody dispatched."""
        orders = self.github.proxy.dispatches.taken()
        return [record for order in orders for record in self.dispatcher.fire(self._ordered(order))]

    def scheduled(self, moment: datetime) -> list[RunRecord]:
        """Run the workflows of `main` whose schedule is due in this minute of the story's own time."""
        commit = str(self.origin.tip("main"))
        lines = {line for workflow in self.dispatcher.workflows(commit) for line in schedule.lines(workflow)}
        due = sorted(line for line in lines if schedule.due(line, moment))
        happened = [happenings.scheduled(self.github, line, commit) for line in due]
        return [record for happening in happened for record in self.dispatcher.fire(happening)]

    def adopt(self) -> None:
        """Take note of pull requests that were opened by API; the runs of a bot's are held, as on GitHub."""
        path = f"/repos/{self.github.repository}/pulls?state=open&per_page=100"
        with self._lock:
            for shown in self.github.ask("GET", path):
                branch = shown["head"]["ref"]
                own = shown["head"]["repo"]["full_name"] == self.github.repository
                tip = self.origin.tip(branch) if own else None
                known = self.pulls.get(shown["number"])
                if tip is None or (known is not None and known.head == tip):
                    continue
                action = "opened" if known is None else "synchronize"
                pull = PullRequest(
                    number=shown["number"], branch=branch, head=tip, head_repository=self.github.repository
                )
                self.pulls[pull.number] = pull
                happening = self._happening(action, pull, None if known is None else known.head)
                if happening is not None and shown["user"]["login"] == BOT:
                    self.held[pull.number] = (happening, self.dispatcher.hold(happening))

    def file(self, path: str, branch: str = "main") -> str:
        """A file's text on a branch. Raises InputError where there is none."""
        return self.origin.read(f"refs/heads/{branch}", path)

    def _commit(self, name: str, branch: str, edits: Edits, message: str) -> str:
        clone, mirror = self.clones[name]
        author = AUTHOR if name == self.github.repository else VISITOR.title()
        with self._lock:
            clone.commit(branch, edits, message, author=author)
            if name == self.github.repository:
                return self._mirrored(branch)
            return mirror.push(f"heads/{branch}")

    def _mirrored(self, branch: str) -> str:
        commit = self.clones[self.github.repository][1].push(f"heads/{branch}")
        self._tips[branch] = commit
        return commit

    def _ordered(self, order: Dispatch) -> Happening:
        branch = order.ref.removeprefix("refs/heads/") if order.file else "main"
        return happenings.dispatched(self.github, order, branch, str(self.origin.tip(branch)))

    def _fork(self) -> str:
        name = self.github.fork()
        if name not in self.clones:
            clone = repository.fork(self.origin, self.folder / f"git/{name}.git")
            self.clones[name] = (clone, Mirror(clone, name, self.github))
            self.clones[name][1].push("heads/main")
        return name

    def _fire(self, action: str, pull: PullRequest, before: str | None, death: Death | None) -> list[RunRecord]:
        with self._lock:
            happening = self._happening(action, pull, before)
        # GitHub starts nothing for a pull request that conflicts.
        return [] if happening is None else self.dispatcher.fire(happening, death)

    def _happening(self, action: str, pull: PullRequest, before: str | None) -> Happening | None:
        """The event of a pull request, with its refs brought up to date; None where it conflicts."""
        base = str(self.origin.tip("main"))
        own = pull.head_repository == self.github.repository
        if not own:
            self.origin.fetch(self.clones[pull.head_repository][0], f"refs/heads/{pull.branch}")
        merge = self.origin.merge(pull.number, base, pull.head)
        self.clones[self.github.repository][1].push(f"pull/{pull.number}/head")
        if merge is None:
            return None
        files = self.origin.changed(base, pull.head)
        return happenings.pull_request(self.github, action, pull, merge, files=files, before=before)


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
    with (
        keeper.watching(folder),
        serve(environ, repository=f"{OWNER}/{NAME}", folder=folder, private=private) as github,
    ):
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
        hub = Hub(github=github, folder=folder, origin=origin, dispatcher=dispatcher, clones=clones)
        hub.listen()
        try:
            yield hub
        finally:
            dispatcher.live.end()
            servers.end(folder / servers.STATE)


def _toolkit(folder: Path) -> Path:
    """A rendered copy of the toolkit's own actions and workflows, for repositories that use them by name."""
    root = Path(__file__).resolve().parents[3]
    for name in rendering.SHIPPED:
        if name != rendering.LINKED and (root / name).is_dir():
            shutil.copytree(root / name, folder / name)
    (folder / rendering.LINKED).symlink_to(root / rendering.LINKED)
    rendering.render(folder, "tidegate/tidegate", "simulated")
    return folder
