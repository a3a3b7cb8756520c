"""What DVC's last words mean for the person who has to act: its exit code is 255 for nearly everything.

The wording is that of DVC 3.67; anything else is passed on as it is.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from tidegate.errors import InfrastructureError, InputError, TidegateError

REMOTE_UNUSABLE = ("E-DVC-012", "E-DVC-023")
"""Codes of failures after which the work may still be done with what is in the cache."""
_BUSY = re.compile(r"Unable to acquire lock|is busy, it is being blocked by")
_LOST = re.compile(r"^md5: [0-9a-f]{32}")
_KNOWN: tuple[tuple[re.Pattern[str], type[TidegateError], str, str, str], ...] = (
    (
        re.compile(r"no remote specified|No remote provided and no default remote set"),
        InputError,
        "E-DVC-007",
        "The data is not here and no DVC remote is configured to get it from.",
        "Configure one (dvc remote add -d …) and push to it.",
    ),
    (
        re.compile(r"requires '(dvc-[a-z0-9]+)' to be installed"),
        InputError,
        "E-DVC-008",
        "The DVC remote needs the plugin {0}.",
        "Add dvc and {0} to the model's environment lock, or put a dvc that has it on the PATH.",
    ),
    (
        re.compile(r"(No space left on device|Disk quota exceeded|Read-only file system|Input/output error)"),
        InfrastructureError,
        "E-DVC-022",
        "The disk gave out: {0}.",
        "Free space or mend the disk, then run again.",
    ),
    (
        re.compile(
            r"((?i:unable to locate credentials|access ?denied|forbidden|unauthorized|permission denied|"
            r"authentication failed|invalid credentials|nosuchbucket)[^\n]{0,120})"
        ),
        InputError,
        "E-DVC-012",
        "The DVC remote refused: {0}.",
        "Give this job the remote's credentials and name an existing bucket.",
    ),
    (
        re.compile(
            r"((?i:connection (?:refused|reset|error|timed out)|timed out|name or service not known|"
            r"temporary failure in name resolution|could not connect|failed to connect)[^\n]{0,120})"
        ),
        InfrastructureError,
        "E-DVC-023",
        "The DVC remote cannot be reached: {0}.",
        "Run again later.",
    ),
)


def is_busy(lines: Sequence[str]) -> bool:
    """Whether another DVC process holds the project's lock, or the files of a stage."""
    return any(_BUSY.search(line) for line in lines)


def failure(lines: Sequence[str], code: int, where: str) -> TidegateError:
    """The error that DVC's output `lines` and exit `code` amount to; `where` is the pipeline's file."""
    text = "\n".join(lines)
    for pattern, kind, name, message, fix in _KNOWN:
        if match := pattern.search(text):
            return kind(name, message.format(*match.groups()), where=where, fix=fix.format(*match.groups()))
    if lost := len({line for line in lines if _LOST.match(line)}):
        return InfrastructureError(
            "E-DVC-010",
            f"{lost} object(s) that the pipeline needs are neither in DVC's cache nor to be had from its remote "
            "(lost there, damaged, or the remote is out of reach).",
            where=where,
            fix="Push them from where they are (dvc push), and check with dvc status --cloud.",
        )
    return InputError("E-DVC-009", f"dvc failed (exit code {code}): {_said(lines)}", where=where)


def _said(lines: Sequence[str]) -> str:
    """From DVC's last error line on, in one line; all of the output's end where it has none."""
    errors = [number for number, line in enumerate(lines) if line.startswith(("ERROR:", "'./"))]
    told = lines[errors[-1] :] if errors else lines[-5:]
    return " ".join(" ".join(told).removeprefix("ERROR:").split())[:500] or "it said nothing"
