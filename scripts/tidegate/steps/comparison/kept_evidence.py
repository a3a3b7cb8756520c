"""The evidence of past runs on disk: found by what it holds, and believed when it gives its own verdict again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tidegate import __version__
from tidegate.adapters import files, kept_rows
from tidegate.adapters.contract import file as contract_file
from tidegate.core.comparison import replay
from tidegate.core.comparison.replay import Kept
from tidegate.core.contract import Model
from tidegate.core.contract.policy import policy_digest
from tidegate.core.evidence import SCHEMA, strict_json
from tidegate.errors import InputError, SecurityRefusal, TidegateError

VERDICT = "verdict.json"
_LIMIT = 64 * 1024 * 1024
_AGAIN = "Fetch the run's artifacts again."
_OTHER = "Replay it with the version that left it."


@dataclass(frozen=True)
class _Summary:
    """What one file of kept rows is, or why it cannot be read."""

    digest: str = ""
    model: str = ""
    commit: str | None = None
    error: TidegateError | None = None


class Folder:
    """The verdicts and kept rows anywhere under a folder: artifacts land in folders of any name."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.verdicts = list(_files(folder, VERDICT))
        self._kept = {path: _summary(path, self.shown(path)) for path in _files(folder, kept_rows.NAME)}

    def shown(self, path: Path) -> str:
        """The path as messages show it."""
        return path.relative_to(self.folder).as_posix()

    def evidence(self, verdict: Path) -> tuple[Kept, dict[str, Any]]:
        """What was kept for a verdict, and the verdict itself, proven to follow from it.

        Raises InputError E-RPL-002 (damaged), -003 (another version's), -005 (not there), SecurityRefusal E-RPL-004.
        """
        shown = self.shown(verdict)
        text = files.read_text(verdict, limit=_LIMIT, shown=shown)
        document = _document(text, shown)
        kept = self._of(document, verdict)
        _require_proof(kept, document, text.encode(), shown)
        return kept, document

    def _of(self, document: Mapping[str, Any], verdict: Path) -> Kept:
        wanted, shown = document["result"].get("kept"), self.shown(verdict)
        if not isinstance(wanted, str):
            message = "names no rows that were kept: an older version reached it."
            raise InputError("E-RPL-003", message, where=shown, fix="Compare again in the repository.")
        for path, summary in self._kept.items():
            if summary.digest == wanted:
                return kept_rows.read(path, self.shown(path))
        raise self._why_not(document, wanted, verdict)

    def _why_not(self, document: Mapping[str, Any], wanted: str, verdict: Path) -> TidegateError:
        near = {verdict.parent, verdict.parent.parent} - {self.folder}
        beside = {path: one for path, one in self._kept.items() if near & {path.parent, path.parent.parent}}
        if error := next((one.error for one in beside.values() if one.error is not None), None):
            return error
        subject = (document.get("model"), document["subject"].get("commit"))
        for path, summary in (beside or self._kept).items():
            if (summary.model, summary.commit) == subject:
                message = f"is not what the verdict was reached from ({wanted[:19]}…): it was changed since."
                return SecurityRefusal("E-RPL-004", message, where=self.shown(path), fix=_AGAIN)
        message = f"the rows that it was reached from ({wanted[:19]}…) are not in this folder."
        fix = f"Fetch the run's details too: they hold {kept_rows.NAME}."
        return InputError("E-RPL-005", message, where=self.shown(verdict), fix=fix)


def first_judge(kept: Kept) -> Model:
    """The policy that judged first; a change's own waivers never counted."""
    contract = contract_file.parse(kept.context.contract, "the contract of the run")
    judge = contract.model(kept.context.model)
    return judge if kept.context.policy.source == "base" else replace(judge, waivers=())


def _files(folder: Path, name: str) -> Iterator[Path]:
    """Regular files of that name; links are not followed."""
    yield from (path for path in sorted(folder.rglob(name)) if path.is_file() and not path.is_symlink())


def _summary(path: Path, shown: str) -> _Summary:
    try:
        kept = kept_rows.read(path, shown)
    except TidegateError as error:
        return _Summary(error=error)
    return _Summary(kept.digest, kept.context.model, kept.context.subject.commit)


def _document(text: str, shown: str) -> dict[str, Any]:
    document = strict_json(text, shown)
    if not isinstance(document, dict) or document.get("kind") != "verdict":
        raise InputError("E-RPL-002", "is damaged: it is no verdict.", where=shown, fix=_AGAIN)
    if document.get("schema") != SCHEMA:
        message = f"is of schema {str(document.get('schema'))[:20]}; this version reads {SCHEMA}."
        raise InputError("E-RPL-003", message, where=shown, fix=_OTHER)
    if not all(isinstance(document.get(name), dict) for name in ("result", "subject")):
        raise InputError("E-RPL-002", "is damaged: it has no result or no subject.", where=shown, fix=_AGAIN)
    return document


def _require_proof(kept: Kept, document: Mapping[str, Any], data: bytes, shown: str) -> None:
    """Raise unless the kept evidence, judged by its own policy, gives the very bytes of the verdict."""
    if _proven(kept, document, data):
        return
    if kept.context.tool != f"tidegate {__version__}":
        message = f"was reached by {kept.context.tool[:60]}; this is {__version__}, and reaches another."
        raise InputError("E-RPL-003", message, where=shown, fix=_OTHER)
    message = "is not what its evidence says when it is judged again: one of the two was changed since."
    raise SecurityRefusal("E-RPL-004", message, where=shown, fix=_AGAIN)


def _proven(kept: Kept, document: Mapping[str, Any], data: bytes) -> bool:
    try:
        judge = first_judge(kept)
        blocks = replay.beside(document["result"], replay.again(kept, judge), kept.context)
        whole = (
            replay.beside_digest(blocks) == kept.context.beside and policy_digest(judge) == kept.context.policy.digest
        )
        return whole and replay.verdict_again(kept, judge, blocks) == data
    except (TidegateError, KeyError, TypeError, ValueError):
        return False  # what does not fit together was not left by us like this
