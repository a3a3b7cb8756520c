"""The hidden line by which a request is known again: which model, with data until when. People's edits do not matter.

It stands in the pull request's text and, where Git alone is at hand, at the end of the commit's message.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime

from tidegate.core.github.proposals import Proposal
from tidegate.core.retraining.decision import Request, Standing

_LINE = re.compile(r"^<!-- tidegate:retraining until=(?P<until>[0-9T:.-]{10,32}) -->\r?$", re.MULTILINE)


def branch(model: str) -> str:
    """The one branch on which a model's retraining is asked for."""
    return f"tidegate/retrain/{model}"


def line(until: datetime) -> str:
    """For the pull request."""
    return f"<!-- tidegate:retraining until={until.isoformat()} -->"


def trailer(model: str, until: datetime) -> str:
    """For the commit."""
    return f"Retrained: {model} until {until.isoformat()}"


def of_proposals(proposals: Iterable[Proposal], base: str) -> tuple[Request, ...]:
    """Requests among the pull requests of the model's branch into `base`; one that people opened has no such line."""
    found = ((one, _moment(_LINE, one.body)) for one in proposals if one.base == base)
    return tuple(
        Request(until=until, standing=_standing(one), name=f"#{one.number}")
        for one, until in found
        if until is not None
    )


def of_messages(model: str, messages: Iterable[str], *, merged: bool) -> tuple[Request, ...]:
    """The request that the commits of the model's branch are, the newest of them first."""
    form = re.compile(rf"^Retrained: {re.escape(model)} until (?P<until>[0-9T:.-]{{10,32}})$", re.MULTILINE)
    moments = (_moment(form, message) for message in messages)
    until = next((moment for moment in moments if moment is not None), None)
    standing: Standing = "merged" if merged else "open"
    return () if until is None else (Request(until=until, standing=standing, name=branch(model)),)


def _standing(proposal: Proposal) -> Standing:
    if proposal.open:
        return "open"
    return "merged" if proposal.merged else "closed"


def _moment(form: re.Pattern[str], text: str) -> datetime | None:
    found = form.search(text)
    try:
        return None if found is None else datetime.fromisoformat(found["until"]).replace(tzinfo=None)
    except ValueError:
        return None
