"""What a recorded run says, in the words and within the limits of MLflow; no tracking server is asked here."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, TypeVar
from urllib.parse import urlsplit

from tidegate.core.redaction import REDACTED, redacted
from tidegate.errors import InputError

INPUTS_TAG = "tidegate.inputs"
FILE_TAG = "tidegate.model_file"
SECONDS_TAG = "tidegate.train_seconds"
_Value = TypeVar("_Value")
_LONGEST_NAME = 250
_LONGEST_VALUE = 5000
_NOT_IN_NAMES = re.compile(r"[^\w\-. :/]", re.ASCII)
_SCHEMES = re.compile(r"(?:https?|sqlite|postgresql|mysql|mssql|file|databricks|databricks-uc|uc|arn)(?:\+\w+)?")
_USER = re.compile(r"//[^/]*@")
_REQUIREMENT = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._-]*(?:\[[\w,. -]+\])?\s*==\s*[^\s\\;]+(?:\s*;[^\\]+)?")


@dataclass(frozen=True, kw_only=True)
class ModelFile:
    """The trained model: a file on disk, what its output is called, and what it needs to run."""

    path: str
    sha256: str
    output: str | None
    requirements: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Run:
    """One training for the record. `experiment` is the model's name; an equal `tidegate.inputs` tag is the same run."""

    experiment: str
    name: str
    params: Mapping[str, str]
    metrics: Mapping[str, float]
    tags: Mapping[str, str]
    model: ModelFile | None = None
    unless_recorded: bool = False

    def document(self) -> dict[str, Any]:
        """As JSON, with names that MLflow accepts and values cut to its limits."""
        return {
            **asdict(self),
            "params": {name: value[:_LONGEST_VALUE] for name, value in named(self.params).items()},
            "metrics": named(self.metrics),
            "tags": {name: value[:_LONGEST_VALUE] for name, value in self.tags.items()},
        }


@dataclass(frozen=True, kw_only=True)
class Recorded:
    """Where a run is on record; `tracking_uri` carries no credentials."""

    run_id: str
    tracking_uri: str
    model_uri: str | None = None

    def document(self) -> dict[str, str | None]:
        """As evidence."""
        return {"run_id": self.run_id, "tracking_uri": self.tracking_uri, "model_uri": self.model_uri}


def named(values: Mapping[str, _Value]) -> dict[str, _Value]:
    """`values` under names of the characters that MLflow allows; a name that would be taken gets a number."""
    found: dict[str, _Value] = {}
    for name, value in values.items():
        plain = stem = _NOT_IN_NAMES.sub("_", name)[:_LONGEST_NAME].strip() or "_"
        number = 2
        while plain in found:
            plain, number = f"{stem[: _LONGEST_NAME - 5]}_{number}", number + 1
        found[plain] = value
    return found


def requirements(lock: str) -> tuple[str, ...]:
    """The pinned requirements of a hash-locked file, markers kept, hashes and comments dropped."""
    found = (_REQUIREMENT.match(line) for line in lock.splitlines())
    return tuple(" ".join(match.group().split()) for match in found if match)


def checked_uri(uri: str) -> str:
    """`uri` itself. Raises InputError E-MLF-002 when no tracking server or store can have this address."""
    scheme = uri.split(":", 1)[0].lower()
    if uri.startswith("databricks") or (":" in uri and _SCHEMES.fullmatch(scheme) and _has_place(uri, scheme)):
        return uri
    raise InputError(
        "E-MLF-002",
        f"MLFLOW_TRACKING_URI {shown_uri(uri)[:120]!r} is not the address of a tracking server.",
        fix="Give it as https://host[:port] (credentials in MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD).",
    )


def _has_place(uri: str, scheme: str) -> bool:
    try:
        parts = urlsplit(uri)
        return bool(parts.hostname) and parts.port != 0 if scheme in ("http", "https") else bool(parts.path)
    except ValueError:
        return False


def shown_uri(uri: str) -> str:
    """`uri` without user, password, query and fragment; of one that is no address, nothing up to its last @."""
    told = redacted(_USER.sub("//", re.split(r"[?#]", uri, maxsplit=1)[0]))
    before, at, after = told.rpartition("@")
    return f"{before.partition(':')[0]}:{REDACTED}@{after}" if at else told


def without(text: str, secrets: Iterable[str]) -> str:
    """`text` with each of `secrets` (and every credential of a known form) replaced."""
    for secret in sorted((secret for secret in secrets if len(secret) > 3), key=len, reverse=True):
        text = text.replace(secret, REDACTED)
    return redacted(text)
