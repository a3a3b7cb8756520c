"""MLflow's model registry: a version for each release, and aliases that say where it runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tidegate.adapters.mlflow import program
from tidegate.core.training.tracking import checked_uri, shown_uri
from tidegate.errors import InfrastructureError

_REGISTRAR = Path(__file__).with_name("registrar.py")


@dataclass(frozen=True, kw_only=True)
class State:
    """A registered model as it is: `version` stands for the release that was asked about."""

    version: str
    tags: Mapping[str, str]
    aliases: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Registry:
    """The registry at `uri`, and the model in it."""

    uri: str
    model: str
    environ: Mapping[str, str]

    def claim(self, tags: Mapping[str, str], *, run: str, folder: str, key: str) -> State:
        """Have a version with these tags stand for the release and say under `key` that it is wanted.

        `run` is the MLflow run of its training, which may be elsewhere; `folder` is logged where it is.
        Raises InfrastructureError E-MLF-003 where the registry cannot be used.
        """
        return self._asked({"tags": dict(tags), "run": run, "folder": folder, "claim": key})

    def move(self, version: str, aliases: Mapping[str, str], forget: Sequence[str] = ()) -> State:
        """Point aliases at versions, and forget tags of the model."""
        return self._asked({"version": version, "aliases": dict(aliases), "forget": list(forget)})

    def named(self, alias: str) -> str:
        """The release's version that an alias names, empty where there is no such alias. Nothing is changed."""
        version: str = self._answer({"named": alias})["version"]
        return version

    def _asked(self, request: Mapping[str, Any]) -> State:
        answer = self._answer(request)
        return State(version=answer["version"], tags=answer["tags"], aliases=answer["aliases"])

    def _answer(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        question = {"tracking_uri": self.uri, "model": self.model, **request}
        answer = program.asked(_REGISTRAR, question, self.environ)
        if "error" in answer:
            cause = program.cause(answer["error"], self.uri, self.environ)
            message = f"the registry at {shown_uri(self.uri)} does not say yet what runs: {cause}"
            fix = "Start it or mend MLFLOW_TRACKING_URI, then run deploy-model again: nothing is started anew."
            raise InfrastructureError("E-MLF-003", message, fix=fix)
        return answer


def of(model: str, environ: Mapping[str, str]) -> Registry | None:
    """The registry that the caller named; None where none was. Raises InputError E-MLF-002 for what is no address."""
    given = environ.get("MLFLOW_TRACKING_URI", "").strip()
    known = {name: value for name, value in environ.items() if name != "GITHUB_TOKEN"}
    return Registry(uri=checked_uri(given), model=model, environ=known) if given else None
