"""Everything a command may know about where it runs, read once at the start."""

from __future__ import annotations

import argparse
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tidegate.console import Console
from tidegate.errors import InputError

EVIDENCE = ".tidegate"


@dataclass(frozen=True, kw_only=True)
class Settings:
    """`workspace` is the repository's root, `config` the contract's path in it, `environ` the caller's environment."""

    workspace: Path
    config: str
    model: str | None
    environ: Mapping[str, str]
    console: Console
    dry_run: bool = False

    @property
    def evidence(self) -> Path:
        """The folder in which commands leave evidence for one another."""
        return self.workspace / EVIDENCE

    @property
    def in_actions(self) -> bool:
        """Whether a GitHub Actions runner started us."""
        return self.environ.get("GITHUB_ACTIONS") == "true"


def read(options: argparse.Namespace, environ: Mapping[str, str], console: Console) -> Settings:
    """Settings from the common options. Raises InputError when the workspace is no folder."""
    workspace = Path(options.directory).resolve()
    if not workspace.is_dir():
        raise InputError("E-ARG-001", f"-C {options.directory!r} is not a folder.", fix="Name the repository's root.")
    return Settings(
        workspace=workspace,
        config=options.config,
        model=options.model or None,
        environ=environ,
        console=console,
        dry_run=options.dry_run,
    )


def with_inputs(parser: argparse.ArgumentParser, environ: Mapping[str, str]) -> list[str]:
    """Arguments for the options that an action passes as `INPUT_<NAME>`; an empty input counts as not given.

    Raises InputError for a boolean that is neither ``true`` nor ``false``.
    """
    given: list[str] = []
    for action in parser._actions:
        flag = next((flag for flag in action.option_strings if flag.startswith("--")), None)
        value = environ.get("INPUT_" + flag[2:].upper().replace("-", "_"), "").strip() if flag else ""
        if not flag or not value:
            continue
        given += _flag(flag, value) if action.nargs == 0 else [f"{flag}={value}"]
    return given


def _flag(flag: str, value: str) -> list[str]:
    if not re.fullmatch(r"(?i)true|false", value):
        raise InputError("E-GH-020", f"input {flag[2:]!r} is {value[:80]!r}; expected true or false.")
    return [flag] if value.lower() == "true" else []
