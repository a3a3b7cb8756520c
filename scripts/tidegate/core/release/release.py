"""`environments/<name>/release.yaml`: the one file that says what an environment is meant to run."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tidegate.core.contract import is_name
from tidegate.errors import InputError

COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_SUM = r"(?:md5:[0-9a-f]{32}(?:\.dir)?|sha256:[0-9a-f]{64})"
DIGEST = re.compile(rf"{_SUM}(?:\+{_SUM})*")
_NOT_TEXT = frozenset({"true", "false", "yes", "no", "on", "off", "null", "y", "n"})
_HEAD = "# Written by promote-model. To go back, revert the commit that wrote it.\n"


@dataclass(frozen=True, kw_only=True)
class Release:
    """The version of `model` that was trained at `commit`.

    `digests`: ``release`` (of everything that the server reads), ``model``, ``data``, ``verdict`` and others.
    `metrics`: what the verdict measured of the candidate. `origin`: pull request, run and MLflow run that it came from.
    A file that an older version wrote may have none of these.
    """

    model: str
    version: str
    commit: str
    digests: Mapping[str, str] = field(default_factory=dict)
    metrics: Mapping[str, float] = field(default_factory=dict)
    origin: Mapping[str, str] = field(default_factory=dict)


def text(release: Release) -> str:
    """The file: one value a line, in a fixed order, so that a diff shows what a promotion changes."""
    lines = [f"model: {release.model}", f"version: {_version(release.version)}", f"commit: {release.commit}"]
    for name, members in (("digests", release.digests), ("metrics", release.metrics), ("from", release.origin)):
        if members:
            lines += [f"{name}:", *(f"  {_key(key)}: {_scalar(members[key])}" for key in sorted(members))]
    return _HEAD + "\n".join(lines) + "\n"


def parsed(document: Any, where: str) -> Release:
    """A release from the file's values, which are all texts. Raises InputError E-REL-001 naming what is wrong."""
    if not isinstance(document, Mapping):
        raise broken(where, "it is no mapping")
    model, commit, version = (document.get(name) for name in ("model", "commit", "version"))
    if not isinstance(model, str) or not is_name(model):
        raise broken(where, "it names no model")
    if not isinstance(commit, str) or not COMMIT.fullmatch(commit):
        raise broken(where, f"commit {str(commit)[:80]!r} is no full commit id")
    if not isinstance(version, str) or not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", version):
        raise broken(where, "it has no version")
    if unknown := set(document) - {"model", "version", "commit", "digests", "metrics", "from"}:
        raise broken(where, f"it has {', '.join(sorted(map(repr, map(str, unknown))))}")
    return Release(
        model=model,
        version=version,
        commit=commit,
        digests=_digests(document.get("digests"), where),
        metrics=_metrics(document.get("metrics"), where),
        origin=_texts(document.get("from"), "from", where),
    )


def broken(where: str, reason: str) -> InputError:
    """The error for a file that no promotion wrote."""
    fix = "Restore it from Git; promotions write it."
    return InputError("E-REL-001", f"is not a release file: {reason}.", where=where, fix=fix)


def _digests(members: Any, where: str) -> dict[str, str]:
    found = _texts(members, "digests", where)
    for name, value in found.items():
        if not DIGEST.fullmatch(value):
            raise broken(where, f"the digest {name} is {value[:80]!r}")
    return found


def _metrics(members: Any, where: str) -> dict[str, float]:
    try:
        return {name: float(value) for name, value in _texts(members, "metrics", where).items()}
    except ValueError as error:
        raise broken(where, f"a metric is no number ({str(error)[:80]})") from None


def _texts(members: Any, name: str, where: str) -> dict[str, str]:
    if members is None:
        return {}
    if not isinstance(members, Mapping) or not all(isinstance(value, str) for value in members.values()):
        raise broken(where, f"{name} is no mapping of names to values")
    return {str(key): value for key, value in members.items()}


def _version(version: str) -> str:
    """A number as such, anything else in quotes: 1.0 must not come back as a number."""
    return version if re.fullmatch(r"0|[1-9][0-9]*", version) else f'"{version}"'


def _key(name: str) -> str:
    """A name in quotes unless it is plain: a metric's was chosen by somebody else, and must not end its line."""
    plain = re.fullmatch(r"[A-Za-z][A-Za-z0-9_.@+-]{0,100}", name) and name.lower() not in _NOT_TEXT
    return name if plain else _quoted(name)


def _quoted(text: str) -> str:
    """As YAML's double-quoted text, of plain ASCII."""
    return '"' + "".join(map(_escaped, text)) + '"'


def _escaped(character: str) -> str:
    if character.isascii() and character.isprintable():
        return f"\\{character}" if character in '"\\' else character
    return f"\\U{ord(character):08x}" if ord(character) > 0xFFFF else f"\\u{ord(character):04x}"


def _scalar(value: str | float) -> str:
    """Digests, ids and numbers need no quotes."""
    if not isinstance(value, str):
        return repr(float(value))
    return value if re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9+:._/@-]*", value) else _quoted(value)
