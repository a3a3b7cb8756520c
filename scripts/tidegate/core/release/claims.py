"""Who may say what an alias of a registry stands for: the newest commit's claim, whoever writes last.

A registry keeps the last write and compares nothing. So every deployment adds a claim of its own, which no other
overwrites, and only then moves the alias to what the newest of all claims says; each looks again after it wrote.
Whichever of two ends last has seen both claims.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

_PREFIX = "tidegate.wanted"


def key(environment: str, commit: str) -> str:
    """The name of a claim."""
    return f"{_PREFIX}.{environment}.{commit}"


def claims(tags: Mapping[str, str], environment: str) -> dict[str, str]:
    """Commit → version, as far as tags of the model are claims on the environment."""
    start = f"{_PREFIX}.{environment}."
    return {name.removeprefix(start): version for name, version in tags.items() if name.startswith(start)}


def newest(commits: Mapping[str, str], own: str, contains: Callable[[str, str], bool]) -> str:
    """The commit whose claim stands: `own`, unless another one's history contains it.

    `contains(newer, older)`: whether the history of one commit contains the other.
    """
    found = own
    for commit in sorted(commits):
        if commit != found and contains(commit, found):
            found = commit
    return found


def outlived(commits: Mapping[str, str], standing: str, contains: Callable[[str, str], bool]) -> list[str]:
    """Commits whose claims a newer one has taken the place of."""
    return [commit for commit in sorted(commits) if commit != standing and contains(standing, commit)]
