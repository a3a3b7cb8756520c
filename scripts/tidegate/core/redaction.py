"""Secrets in text: found by their form, and shown to nobody.

A log, a report or an error message outlives the credential in it, so whatever prints foreign text asks here first.
Patterns start at a border and are bounded, so that their time grows with the text's length only.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

REDACTED = "[redacted]"
_BORDER = r"(?<![A-Za-z0-9_-])"
_TOKENS = (
    r"A(?:KIA|SIA)[A-Z0-9]{12,}",  # AWS access key
    r"gh[oprsu]_[A-Za-z0-9]{16,}",  # GitHub
    r"github_pat_[A-Za-z0-9_]{20,}",
    r"gl(?:pat|dt|rt|cbt|ptt|oas)-[A-Za-z0-9_-]{16,}",  # GitLab
    r"xox[abeprs]-[A-Za-z0-9-]{10,}",  # Slack
    r"hf_[A-Za-z0-9]{20,}",  # Hugging Face
    r"npm_[A-Za-z0-9]{30,}",
    r"pypi-[A-Za-z0-9_-]{16,}",
    r"sk-(?:[a-z0-9]{2,8}-)?[A-Za-z0-9_]{20,}",
    r"dapi[a-f0-9]{32}",  # Databricks
    r"AIza[A-Za-z0-9_-]{30,}",  # Google
    r"eyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}(?:\.[A-Za-z0-9_-]*)?",  # JSON Web Token
)
_PRIVATE_KEY = r"-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----[^-]*(?:-----END [A-Z ]{0,30}KEY-----)?"
_TOKEN = re.compile(rf"{_BORDER}(?:{'|'.join(_TOKENS)})|{_PRIVATE_KEY}")
_IN_ADDRESS = re.compile(r"(?<=://)[^\s/@:]{0,200}:[^\s/@]{1,200}(?=@)")
_NAME = r"(?:password|passwd|passphrase|pwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|credentials?)"
_ASSIGNED = re.compile(rf"(?i)({_NAME}=)(?!\$\{{)[^\s&,;]{{3,}}")
_SECRET_NAME = re.compile(rf"(?i)(?:^|.*[_.-]){_NAME}")


def secrets_in(text: str) -> Iterator[int]:
    """Where (characters from the start) credentials of a known form begin."""
    yield from sorted(found.start() for pattern in (_TOKEN, _IN_ADDRESS, _ASSIGNED) for found in pattern.finditer(text))


def names_a_secret(name: str) -> bool:
    """Whether a key such as ``db_password`` says that its value is a secret."""
    return _SECRET_NAME.fullmatch(name[:200]) is not None


def redacted(text: str) -> str:
    """`text` with every credential of a known form replaced; what stays has the same order."""
    text = _TOKEN.sub(REDACTED, text)
    text = _IN_ADDRESS.sub(REDACTED, text)
    return _ASSIGNED.sub(rf"\1{REDACTED}", text)
