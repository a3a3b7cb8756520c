"""What the report is told by those who may be trusted: the runner, the platform and our own options.

Everything else (evidence, sections, plots) comes from the pull request and is treated as hostile. Links are made from
the values here only, so they are checked once, here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from tidegate.errors import InputError

_SHA = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_REPOSITORY = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*/[A-Za-z0-9._-]+")
_URL = re.compile(r"https?://[A-Za-z0-9.-]+(?::[0-9]{1,5})?(?:/[A-Za-z0-9._~/?#&=%+:-]*)?")
_WATERMARK = re.compile(r"[A-Za-z0-9._/ -]{1,200}")
_LONGEST_KEY = 200


def is_commit(text: str) -> bool:
    """Whether `text` is a full commit id."""
    return _SHA.fullmatch(text) is not None


@dataclass(frozen=True, kw_only=True)
class Section:
    """Somebody else's part of the report, for example a `report.md` written for CML.

    `trusted` says that its Markdown may be rendered (the run had no fork's code in it); otherwise it is shown as text.
    """

    title: str
    markdown: str
    trusted: bool = False


@dataclass(frozen=True, kw_only=True)
class Context:
    """Where the report goes and what it is about.

    `head` is the pull request's newest commit. `measured` is the commit that the run checked out, where that is
    known for sure (usually the platform's test merge): evidence about another commit is then refused. `plots` are
    pictures by file name, SVG or PNG, bytes unchecked. `no_evidence` says, after "the run", why there is none at all
    (``left no evidence: it was cancelled``), where the platform knows.
    Raises InputError E-REP-002 for a value from which no safe link or marker can be made.
    """

    model: str
    repository: str | None = None
    pull_request: int | None = None
    head: str | None = None
    base: str | None = None
    measured: str | None = None
    run_id: int | None = None
    run_attempt: int = 1
    run_url: str | None = None
    artifact_url: str | None = None
    server_url: str = "https://github.com"
    cml_watermark: str | None = None
    verdict_digest: str | None = None
    from_fork: bool = False
    contract: str = "tidegate.yaml"
    no_evidence: str = ""
    sections: tuple[Section, ...] = ()
    plots: Mapping[str, bytes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        shapes = {
            "repository": (_REPOSITORY, self.repository),
            "head": (_SHA, self.head),
            "base": (_SHA, self.base),
            "measured": (_SHA, self.measured),
            "run_url": (_URL, self.run_url),
            "artifact_url": (_URL, self.artifact_url),
            "server_url": (_URL, self.server_url),
            "cml_watermark": (_WATERMARK, self.cml_watermark),
        }
        for name, (shape, value) in shapes.items():
            if value is not None and not shape.fullmatch(value):
                raise InputError("E-REP-002", f"{name} is {value[:80]!r}; no safe link can be made from it.")
        if not 0 < len(self.model) <= _LONGEST_KEY:
            raise InputError(
                "E-REP-002", f"model is {len(self.model)} characters long; 1 to {_LONGEST_KEY} can be shown."
            )

    def commit_url(self, commit: str | None) -> str | None:
        """The commit's page, None where there is no repository or `commit` is no full commit id."""
        if self.repository is None or commit is None or not is_commit(commit):
            return None
        return f"{self.server_url.rstrip('/')}/{self.repository}/commit/{commit}"
