"""One step of a job as its action sees it: inputs, outputs, workspace, and the simulator behind it."""

from __future__ import annotations

import os
import re
import secrets
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


class Failed(Exception):
    """The step fails with this message, as the real action's would."""


@dataclass(frozen=True, kw_only=True)
class Step:
    """`environ` is the step's environment; actions pass their inputs in it as `INPUT_<NAME>`."""

    environ: Mapping[str, str]

    @property
    def workspace(self) -> Path:
        """The job's working folder."""
        return Path(self.environ["GITHUB_WORKSPACE"])

    @property
    def simulator(self) -> Path:
        """The folder of the simulated GitHub."""
        return Path(self.environ["SIMULATOR"])

    def input(self, name: str) -> str:
        """An input's value, empty when not given."""
        return self.environ.get("INPUT_" + re.sub(r"[ -]", "_", name).upper(), "").strip()

    def flag(self, name: str) -> bool:
        """A boolean input. Raises Failed for anything but true and false."""
        value = self.input(name).lower()
        if value not in ("", "true", "false"):
            raise Failed(f"Input does not meet YAML 1.2 'Core Schema' specification: {name}")
        return value == "true"

    def lines(self, name: str) -> list[str]:
        """A multi-line input's lines without the empty ones."""
        return [line.strip() for line in self.input(name).splitlines() if line.strip()]

    def output(self, name: str, value: object) -> None:
        """Set one output of the step."""
        fence = secrets.token_hex(16)
        with Path(self.environ["GITHUB_OUTPUT"]).open("a", encoding="utf-8") as file:
            file.write(f"{name}<<{fence}\n{value}\n{fence}\n")

    def say(self, text: str) -> None:
        """One line of the step's log."""
        sys.stdout.write(text + "\n")


def current() -> Step:
    """The step that this process is."""
    return Step(environ=dict(os.environ))
