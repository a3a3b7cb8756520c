"""Workflow files as data: YAML where `on` is a word and only `true` and `false` are booleans, as GitHub reads it."""

from __future__ import annotations

import re
from typing import Any

import yaml

from tidegate.errors import InputError


class _Loader(yaml.SafeLoader):
    """YAML 1.2's booleans instead of 1.1's."""


class _Dumper(yaml.SafeDumper):
    """Writes what `_Loader` reads; no aliases."""

    def ignore_aliases(self, _data: Any) -> bool:
        """Every value is written out."""
        return True


for _kind in (_Loader, _Dumper):
    _kind.yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:bool"]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }
    _kind.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(?:true|false)$"), list("tf"))


def load(text: str, name: str) -> dict[str, Any]:
    """A workflow's or action's mapping. Raises InputError naming the file where it is none."""
    try:
        value = yaml.load(text, Loader=_Loader)  # noqa: S506 - a SafeLoader
    except yaml.YAMLError as error:
        raise InputError("E-SIM-020", f"is not YAML: {str(error)[:200]}", where=name) from None
    if not isinstance(value, dict):
        raise InputError("E-SIM-020", "is not a YAML mapping.", where=name)
    return value


def dump(value: dict[str, Any]) -> str:
    """The YAML text of a mapping, keys in their order."""
    return yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=10**6)
