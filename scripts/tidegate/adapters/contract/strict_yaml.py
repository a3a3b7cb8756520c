"""YAML read as strictly as a decision needs: nothing is resolved, expanded or guessed, and every value has its place.

Built on the parser's events, so that depth and size are bounded before anything is built from them, and an alias,
an anchor or a tag is refused where it stands. What a plain scalar means follows YAML 1.2 (`no` is a text), but words
that other readers take for booleans are pointed out by whoever needs a text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from typing import Any, Never

import yaml

from tidegate.adapters.contract.document import LINE_BREAK, Document, Scalar, Tree, line_and_column
from tidegate.core.contract.problem import Path, Problem, shown
from tidegate.core.redaction import names_a_secret, secrets_in

DEEPEST = 32
MOST_VALUES = 10_000
_MOST_SECRETS = 20
_UNEXPANDED = "expression {} was not expanded; the contract is read as it stands."
_EXPAND = "Write the value itself."
# The parser in C where PyYAML has it: the same events, and a file at the limit takes a tenth of the time.
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
# Control characters, line borders that not every tool counts, and what makes a reviewer see another order than we do.
_UNREADABLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufeff\ufffe\uffff]"
)


class _Stop(Exception):
    """Nothing after this can be read."""


def read(text: str) -> Document:
    """Everything that `text` says, and everything wrong with how it says it. Raises nothing, whatever the text."""
    document = Document(problems=[*_credentials(text), *_unreadable(text)])
    if any(problem.code == "E-CFG-010" for problem in document.problems):
        return document
    try:
        document.tree = _Composer(text, document).compose()
    except _Stop:
        return document
    if document.tree is None:
        document.problems.append(_empty())
    return document


def _empty() -> Problem:
    return Problem(code="E-CFG-002", path=(), message="is empty.", fix='Run "tidegate init".', line=1, column=1)


def _credentials(text: str) -> Iterator[Problem]:
    """Also in comments and in files that are no YAML: it has leaked either way."""
    for offset in islice(secrets_in(text), _MOST_SECRETS):
        yield _credential(*line_and_column(text, offset))


def _credential(line: int, column: int, path: Path = ()) -> Problem:
    return Problem(
        code="E-SEC-004",
        path=path,
        message=f"looks like a secret at line {line}.",
        fix="Revoke it, and let the workflow pass secrets through the environment.",
        line=line,
        column=column,
    )


def _unreadable(text: str) -> Iterator[Problem]:
    if found := _UNREADABLE.search(text):
        line, column = line_and_column(text, found.start())
        number = ord(found.group())
        message = f"control character U+{number:04X}{'' if number else ' (NUL)'} in the file."
        fix = "Save it as UTF-8 text without invisible characters."
        yield Problem(code="E-CFG-010", path=(), message=message, fix=fix, line=line, column=column)


class _Composer:
    """One pass over the events of one text."""

    def __init__(self, text: str, document: Document) -> None:
        self._text = text
        self._document = document
        self._events: Iterator[Any] = yaml.parse(text, Loader=_LOADER)
        self._count = 0
        self._referred = False

    def compose(self) -> Tree | None:
        """The only document's tree, None when there is nothing in it."""
        self._next()
        if isinstance(self._next(), yaml.StreamEndEvent):
            return None
        tree = self._node(self._next(), ())
        self._next()
        if not isinstance(event := self._next(), yaml.StreamEndEvent):
            self._stop("E-CFG-003", "a second document starts here; the file is one document.", event)
        return None if isinstance(tree, Scalar) and tree.kind == "nothing" else tree

    def _next(self) -> Any:
        try:
            return next(self._events)
        except yaml.YAMLError as error:
            self._not_yaml(error)

    def _node(self, event: Any, path: Path) -> Tree:
        self._count += 1
        if self._count > MOST_VALUES:
            self._stop("E-CFG-009", f"holds more than {MOST_VALUES:,} values.", event)
        if isinstance(event, yaml.CollectionStartEvent) and len(path) >= DEEPEST:
            self._stop("E-CFG-011", f"is nested deeper than {DEEPEST}.", event)
        self._document.values[path] = _place(event)
        self._refuse_references_and_tags(event, path)
        if isinstance(event, yaml.MappingStartEvent):
            return self._mapping(path)
        if isinstance(event, yaml.SequenceStartEvent):
            return self._sequence(path)
        scalar = Scalar("", True) if isinstance(event, yaml.AliasEvent) else _scalar(event)
        self._refuse_content(scalar, event, path)
        return scalar

    def _sequence(self, path: Path) -> list[Any]:
        items: list[Any] = []
        while not isinstance(event := self._next(), yaml.SequenceEndEvent):
            items.append(self._node(event, (*path, len(items))))
        return items

    def _mapping(self, path: Path) -> dict[str, Any]:
        mapping: dict[str, Any] = {}
        while not isinstance(event := self._next(), yaml.MappingEndEvent):
            key = self._key(event, path)
            inner = (*path, key)
            if key in mapping:
                self._twice(event, inner)
            else:
                self._document.keys[inner] = _place(event)
                mapping[key] = self._node(self._next(), inner)
        return mapping

    def _key(self, event: Any, path: Path) -> str:
        self._refuse_references_and_tags(event, path)
        if not isinstance(event, yaml.ScalarEvent):
            self._stop("E-CFG-005", "a key must be a text.", event)
        key = _scalar(event)
        if key.kind in ("boolean", "nothing"):
            what = "a boolean" if key.kind == "boolean" else "nothing"
            self._note("E-CFG-016", f"key {shown(key.text)} is read as {what}; quote it.", event, (*path, key.text))
            self._document.broken.add((*path, key.text))
        self._refuse_content(key, event, (*path, key.text), is_key=True)
        return key.text

    def _twice(self, event: Any, path: Path) -> None:
        """The first one stays; the second is read only to find what else is wrong in it."""
        lines = f"{self._document.keys[path][0]} and {_place(event)[0]}"
        self._note("E-CFG-007", f"key {shown(str(path[-1]))} is given twice (lines {lines}).", event, path[:-1])
        kept = self._document.values, self._document.keys
        self._document.values, self._document.keys = {}, {}
        self._node(self._next(), path)
        self._document.values, self._document.keys = kept

    def _refuse_references_and_tags(self, event: Any, path: Path) -> None:
        if isinstance(event, yaml.AliasEvent) or event.anchor is not None:
            if not self._referred:
                message = "YAML aliases are not allowed, nor the anchors they refer to."
                self._note("E-CFG-008", message, event, path, fix="Write the value out in each place.")
            self._referred = True
            self._document.broken.add(path)
        if getattr(event, "tag", None) is not None:
            message = f"YAML tag {shown(event.tag)} is not allowed."
            self._note("E-SEC-001", message, event, path, fix="Remove it.")
            self._document.broken.add(path)

    def _refuse_content(self, scalar: Scalar, event: Any, path: Path, *, is_key: bool = False) -> None:
        if "${" in scalar.text:
            self._note("E-CFG-022", _UNEXPANDED.format(shown(scalar.text)), event, path, fix=_EXPAND)
            self._document.broken.add(path)
        elif _is_hidden_secret(scalar) or (not is_key and _is_secret_by_name(scalar, path)):
            self._document.problems.append(_credential(*_place(event), path))

    def _note(self, code: str, message: str, event: Any, path: Path, *, fix: str = "") -> None:
        line, column = _place(event)
        self._document.problems.append(
            Problem(code=code, path=path, message=message, fix=fix, line=line, column=column)
        )

    def _stop(self, code: str, message: str, event: Any) -> Never:
        self._note(code, message, event, ())
        raise _Stop

    def _not_yaml(self, error: yaml.YAMLError) -> Never:
        mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
        lines = LINE_BREAK.split(self._text)
        line = min(mark.line, len(lines) - 1) if mark else 0
        column = min(mark.column, len(lines[line])) if mark else 0
        reason = str(getattr(error, "problem", None) or "it cannot be read")
        code, message, fix, column = _why(reason, lines[line], column)
        problem = Problem(code=code, path=(), message=message, fix=fix, line=line + 1, column=column + 1)
        self._document.problems.append(problem)
        raise _Stop from None


def _why(reason: str, line: str, column: int) -> tuple[str, str, str, int]:
    """Code, message, fix and column for what the parser complains about at `column` of `line`."""
    if indentation := re.match(r" *\t", line):
        message = "tab character in indentation; YAML needs spaces."
        return "E-CFG-003", message, "Indent with spaces.", indentation.end() - 1
    if (expression := line.rfind("${", 0, column + 2)) >= 0:
        return "E-CFG-022", _UNEXPANDED.format("in this line"), _EXPAND, expression
    if "tag" in reason:
        return "E-SEC-001", "YAML tag is not allowed.", "Remove it.", column
    return "E-CFG-003", f"is not YAML: {reason}.", "", column


def _is_hidden_secret(scalar: Scalar) -> bool:
    """Escapes in quotes can spell what the text of the file does not show."""
    return not scalar.plain and next(secrets_in(scalar.text), None) is not None


def _is_secret_by_name(scalar: Scalar, path: Path) -> bool:
    """Under `score` the keys are classes of the user's own, and say nothing about their columns."""
    own_words = len(path) > 1 and path[-2] == "score"
    return bool(path) and not own_words and scalar.kind != "nothing" and names_a_secret(str(path[-1]))


def _scalar(event: Any) -> Scalar:
    return Scalar(event.value, plain=not event.style)


def _place(event: Any) -> tuple[int, int]:
    return event.start_mark.line + 1, event.start_mark.column + 1
