"""Commits and branches of a bare repository, told to the emulator through GitHub's own git API, object by object.

Both sides compute the same ids, so the emulator's answers about commits, files and comparisons are true.
"""

from __future__ import annotations

import base64
import threading
from collections.abc import Mapping
from typing import Any, Protocol

from tidegate.errors import InfrastructureError
from tidegate.simulator.repository import Listing, Repository

COMMIT_FIELDS = "%P%x00%an%x00%ae%x00%aI%x00%cn%x00%ce%x00%cI"


class Api(Protocol):
    """Someone who may write to the emulator."""

    def ask(self, method: str, path: str, body: Mapping[str, Any] | None = None, *, login: str | None = None) -> Any:
        """One call of the REST API."""


class Mirror:
    """What of one repository the emulator knows already."""

    def __init__(self, repository: Repository, name: str, api: Api) -> None:
        self._repository = repository
        self._root = f"/repos/{name}"
        self._login = name.split("/")[0]
        self._api = api
        self._known: set[str] = set()
        self._lock = threading.Lock()

    def push(self, ref: str) -> str:
        """Make a ref (``heads/main``, ``pull/1/head``) of the emulator the repository's: the commit it names."""
        with self._lock:
            return self._push(ref)

    def delete(self, ref: str) -> None:
        """The ref is gone."""
        self._api.ask("DELETE", f"{self._root}/git/refs/{ref}", login=self._login)

    def _push(self, ref: str) -> str:
        commit = self._repository.tip(f"refs/{ref}")
        if commit is None:
            raise InfrastructureError("E-SIM-006", f"refs/{ref} is not there.")
        for identity in self._repository.git("rev-list", "--topo-order", "--reverse", commit).split():
            if identity not in self._known:
                self._commit(identity)
        self._point(ref, commit)
        return commit

    def _commit(self, identity: str) -> None:
        tree = self._repository.git("rev-parse", f"{identity}^{{tree}}")
        listed = self._repository.listing(tree)
        self._tree(tree, "", listed, self._texts(listed))
        fields = self._repository.git("show", "-s", f"--format={COMMIT_FIELDS}", identity)
        parents, name, email, date, committer, committer_email, committed = fields.split("\0")
        made = self._post(
            "commits",
            message=self._repository.message(identity),
            tree=tree,
            parents=parents.split(),
            author={"name": name, "email": email, "date": date},
            committer={"name": committer, "email": committer_email, "date": committed},
        )
        self._check(identity, made)

    def _texts(self, listed: Listing) -> dict[str, str]:
        """New files of a listing, read by one Git process: texts, to be sent with their trees; others are sent here."""
        new = dict.fromkeys(entry.identity for rows in listed.values() for entry in rows if entry.kind == "blob")
        texts: dict[str, str] = {}
        for identity, data in self._repository.blobs([blob for blob in new if blob not in self._known]):
            try:
                texts[identity] = data.decode()
            except UnicodeDecodeError:
                made = self._post("blobs", content=base64.b64encode(data).decode(), encoding="base64")
                self._check(identity, made)
        return texts

    def _tree(self, identity: str, folder: str, listed: Listing, texts: Mapping[str, str]) -> None:
        """One tree and what is below it, deepest first."""
        if identity in self._known:
            return
        entries = []
        for entry in listed.get(folder, []):
            child = entry.identity
            if entry.kind == "tree":
                self._tree(child, f"{folder}{entry.name}/", listed, texts)
            content = {"content": texts[child]} if child in texts else {"sha": child}
            entries.append({"path": entry.name, "mode": entry.mode, "type": entry.kind, **content})
        self._check(identity, self._post("trees", tree=entries))

    def _check(self, identity: str, made: Any) -> None:
        if made["sha"] != identity:
            raise InfrastructureError("E-SIM-007", f"the emulator computes {made['sha']} for the object {identity}.")
        self._known.add(identity)

    def _point(self, ref: str, commit: str) -> None:
        known = self._api.ask("GET", f"{self._root}/git/matching-refs/{ref}")
        if any(row["ref"] == f"refs/{ref}" for row in known):
            self._api.ask("PATCH", f"{self._root}/git/refs/{ref}", {"sha": commit, "force": True}, login=self._login)
        else:
            self._post("refs", ref=f"refs/{ref}", sha=commit)

    def _post(self, kind: str, **body: Any) -> Any:
        return self._api.ask("POST", f"{self._root}/git/{kind}", body, login=self._login)
