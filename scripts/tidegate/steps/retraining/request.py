"""A retraining asked for, put together: evidence and history in, one branch with more data and one pull request out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from tidegate.adapters import git
from tidegate.adapters.github.session import Connection
from tidegate.core.contract import Drift, Model, Retrain
from tidegate.core.retraining import marker, telling
from tidegate.core.retraining.data import Extension
from tidegate.core.retraining.decision import Decision, Request, decide
from tidegate.errors import InputError
from tidegate.settings import Settings
from tidegate.steps import github_connection, proposing
from tidegate.steps.proposing import Proposed
from tidegate.steps.retraining import data as retraining_data
from tidegate.steps.retraining import history as retraining_history
from tidegate.steps.retraining import news as retraining_news
from tidegate.steps.retraining.data import Extended, Where
from tidegate.steps.retraining.history import Checked
from tidegate.steps.retraining.news import News

ACTS = ("request", "update")


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What the caller asks for.

    `drift`: the folder of the drift check's evidence; `base`: the branch to retrain on; `live`, `labels`: where they
    are on this machine; `reason`: why a person wants it now; `workflow`: judges what GitHub holds back. Empty texts
    are left to the contract and the run. `link`: GitHub, None where Git alone is at hand. `seen` is called before each
    step that can be seen from outside: tests end the process there.
    """

    drift: str = ""
    base: str = ""
    live: str = ""
    labels: str = ""
    reason: str = ""
    workflow: str = ""
    link: Connection | None = None
    seen: Callable[[str], None] = lambda _step: None


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What was decided and done. `commit`: of the branch where there is no GitHub; `news`: what GitHub shows now."""

    base: str
    branch: str
    checked: Checked
    history: tuple[Request, ...]
    decision: Decision
    data: Extension | None = None
    commit: str = ""
    proposed: Proposed | None = None
    news: News = field(default_factory=News)


def ask(settings: Settings, model: Model, drift: Drift, retrain: Retrain, wish: Wish) -> Outcome:
    """Decide, and carry it out unless this is a dry run. Running it again changes nothing that is as it should be.

    Raises what the steps raise; whatever fails before the branch is pushed leaves nothing behind on the remote but
    objects of DVC's that nothing names.
    """
    result = retraining_history.evidence(settings, model, wish.drift)
    base = wish.base or _branch(settings)
    tip = _tip(settings, base)
    checked = retraining_history.checked(settings, model, drift, result, tip)
    history = retraining_history.requests(settings, wish.link, model.name, base, tip)
    decision = decide(retrain, checked.seen, history, checked.until, asked=wish.reason)
    found = Outcome(base=base, branch=marker.branch(model.name), checked=checked, history=history, decision=decision)
    acts = decision.action in ACTS and not settings.dry_run
    if checked.until is None or not (acts or decision.rows_matter):
        return found
    if decision.again and (stands := proposing.stands(settings, base, found.branch)):
        return _told_again(wish, model.name, found, stands)
    where = Where(base=tip, live=wish.live, labels=wish.labels)
    with retraining_data.extended(settings, model, drift, retrain, where, checked.until) as more:
        found = _with_data(retrain, wish, found, more.extension)
        if found.decision.action in ACTS and not settings.dry_run:
            found = _carried_out(settings, model, wish, found, more)
    return found


def _told_again(wish: Wish, model: str, found: Outcome, head: str) -> Outcome:
    """The same window once more: data and branch stay as they are; what GitHub shows beside them may be missing."""
    if wish.link is None:
        return replace(found, commit=head)
    proposed, workflow = retraining_news.open_request(wish.link, found.branch, found.base), wish.workflow
    news = retraining_news.tell(wish.link, model, found.branch, head, proposed, workflow, ())
    return replace(found, proposed=proposed, commit=head, news=news)


def _with_data(retrain: Retrain, wish: Wish, found: Outcome, data: Extension) -> Outcome:
    """The decision once the data is known."""
    decision, checked = found.decision, found.checked
    if decision.rows_matter:
        if data.gained is None:
            message = "rows of files that are neither .parquet nor .csv cannot be counted."
            raise InputError("E-RTR-007", message, where="drift.retrain.labelled_rows", fix="Leave it out.")
        decision = decide(retrain, checked.seen, found.history, checked.until, asked=wish.reason, gained=data.gained)
    if decision.action in ACTS and data.nothing_new:
        told = f"there is nothing to add to {data.pointer} that it does not have"
        decision = replace(decision, action="wait", sentence=f"{told} ({decision.sentence})")
    return replace(found, decision=decision, data=data)


def _carried_out(settings: Settings, model: Model, wish: Wish, found: Outcome, more: Extended) -> Outcome:
    """Data first, then the branch, then the pull request: nobody ever sees a pointer to data that is not there."""
    touched = proposing.of_others(settings, found.base, found.branch) & more.changes().keys()
    if touched:
        told = f"people have changed {', '.join(sorted(touched)[:3])} on {found.branch}, which is left to them"
        return replace(found, decision=replace(found.decision, action="wait", sentence=told))
    wish.seen("data")
    more.push()
    wish.seen("propose")
    if wish.link is None:
        return _on_branch(settings, model, found, more.changes())
    return _proposed(settings, wish, wish.link, found, more.changes(), telling_of(model, found))


def _on_branch(settings: Settings, model: Model, found: Outcome, changes: retraining_data.Changes) -> Outcome:
    told = telling.message(telling_of(model, found))
    commit = proposing.on_branch(settings, branch=found.branch, changes=changes, base=found.base, message=told)
    return replace(found, commit=commit or "")


def _proposed(
    settings: Settings,
    wish: Wish,
    link: Connection,
    found: Outcome,
    changes: retraining_data.Changes,
    words: telling.Wish,
) -> Outcome:
    issue = retraining_news.issue(link, words.model)
    held = retraining_news.holds(link)
    workflow = wish.workflow if held else ""
    words = replace(words, issue=None if issue is None else issue.number, evaluated_by=workflow)
    proposed = proposing.propose(
        settings,
        link,
        branch=found.branch,
        changes=changes,
        base=found.base,
        title=telling.title(words),
        body=telling.body(words),
        message=telling.message(words),
        again=bool(wish.reason),
    )
    if proposed is None or proposed.declined:
        return _not_proposed(found, proposed)
    wish.seen("news")
    head = _head(settings, found.branch)
    notes = _notes(settings, found, proposed)
    news = retraining_news.tell(link, words.model, found.branch, head, proposed, workflow, notes)
    return replace(found, proposed=proposed, commit=head, news=news)


def _notes(settings: Settings, found: Outcome, proposed: Proposed) -> tuple[str, ...]:
    """What a person has to do where the branch is not ours alone and has fallen behind."""
    if not proposed.shared or proposing.stands(settings, found.base, found.branch) is not None:
        return ()
    return (f"{found.branch} has commits of people and no longer fits: somebody has to merge {found.base} into it.",)


def _not_proposed(found: Outcome, proposed: Proposed | None) -> Outcome:
    """What the base has already, or somebody closed with the very same data."""
    closed = "" if proposed is None else f"#{proposed.number}, which somebody closed, had this very data"
    told = closed or f"{found.base} has the data of this retraining already"
    return replace(found, decision=replace(found.decision, action="wait", sentence=told), proposed=proposed)


def telling_of(model: Model, found: Outcome) -> telling.Wish:
    """The words' facts."""
    if found.data is None or found.checked.until is None:
        raise ValueError("nothing is told of a request without data")
    return telling.Wish(
        model=model.name,
        until=found.checked.until,
        reasons=found.decision.reasons,
        data=found.data,
        result=found.checked.result,
    )


def _branch(settings: Settings) -> str:
    """The branch that this run is for. Raises InputError E-RTR-008 where it is for none."""
    environ = settings.environ
    named = environ.get("GITHUB_REF_NAME", "") if environ.get("GITHUB_REF_TYPE", "branch") == "branch" else ""
    found = named or git.branch(settings.workspace)
    if not found:
        raise InputError("E-RTR-008", "no branch is checked out.", fix="Name the branch to retrain on with --base.")
    return found


def _tip(settings: Settings, base: str) -> str:
    """The branch's newest commit on the remote, which is here afterwards. Raises InputError E-PRP-001."""
    remote, ref = github_connection.origin(settings), f"refs/heads/{git.checked_ref(base)}"
    tip = remote.refs(ref).get(ref)
    if tip is None:
        raise InputError("E-PRP-001", f"the remote has no branch {base[:80]!r}.", fix="Name one that it has.")
    if git.commit_of(settings.workspace, tip) is None:
        remote.fetch(ref)
    return tip


def _head(settings: Settings, branch: str) -> str:
    ref = f"refs/heads/{branch}"
    return github_connection.origin(settings).refs(ref).get(ref, "")
