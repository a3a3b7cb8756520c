"""A first contract: a file that is valid as it stands and says what to put where."""

from __future__ import annotations

import argparse
from importlib.resources import files as package_files

from tidegate.adapters import files
from tidegate.core.answer import Answer, Verdict
from tidegate.core.contract import is_name
from tidegate.errors import InputError
from tidegate.settings import Settings

SUMMARY = "Write a first contract, and its schema for editors, into a repository that has none."
SCHEMA = ".github/tidegate.schema.json"
_NAME = "my-model"


def configure(parser: argparse.ArgumentParser) -> None:
    """`tidegate init` has the common options only."""


def run(settings: Settings, _: argparse.Namespace) -> Answer:
    """Write both files. Raises InputError E-CFG-030 where a contract is there already, E-CFG-019 for a bad name."""
    contract, schema = (files.inside(settings.workspace, name) for name in (settings.config, SCHEMA))
    if contract.exists():
        fix = "Edit it, or remove it first."
        raise InputError("E-CFG-030", "is there already; it is not overwritten.", where=settings.config, fix=fix)
    text = _starter(settings.model or _NAME)
    if not settings.dry_run:
        files.write_atomically(schema, _packaged("contract.schema.json").encode())
        files.write_atomically(contract, text.encode())
    done = "would be" if settings.dry_run else "is"
    sentence = f"{settings.config} {done} written; put your own names in, then run: tidegate run"
    return Answer(verdict=Verdict.PASS, sentence=sentence)


def _starter(name: str) -> str:
    if not is_name(name):
        message = f"--model {name[:80]!r} cannot be a name: use letters, digits, - _ . only."
        raise InputError("E-CFG-019", message)
    return _packaged("starter.yaml").replace(_NAME, name)


def _packaged(name: str) -> str:
    return (package_files("tidegate") / name).read_text(encoding="utf-8")
