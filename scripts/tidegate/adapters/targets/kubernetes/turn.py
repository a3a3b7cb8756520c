"""Whose turn it is to deploy, kept by the cluster: runs of machines that know nothing of one another take turns too.

The workflow's concurrency group keeps runs of one repository apart; a run that was started again by hand a week later,
from an older commit and on a new machine, is stopped here.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial

from tidegate.adapters.targets.kubernetes.api import LEASES, Api, Object
from tidegate.adapters.targets.kubernetes.clock import Clock
from tidegate.core.deployment.kubernetes import lease
from tidegate.core.deployment.kubernetes.lease import SECONDS, Said
from tidegate.core.deployment.kubernetes.settings import Kubernetes
from tidegate.errors import InfrastructureError, Superseded, TidegateError

_PAUSE = 2.0
_TRIES = 50


class LeaseTurn:
    """The turn of `commit` in an environment. `contains(newer, older)`: whether one's history contains the other."""

    def __init__(
        self, api: Api, place: Kubernetes, commit: str, contains: Callable[[str, str], bool], clock: Clock
    ) -> None:
        self._api, self._place, self._commit = api, place, commit
        self._contains, self._clock = contains, clock
        self._who = secrets.token_hex(8)

    @contextmanager
    def held(self, patience: float) -> Iterator[None]:
        """Claim the turn, wait for it, and keep it until the block ends. A run that dies loses it within a minute.

        Raises Superseded when a newer commit has claimed it, InfrastructureError E-DEP-031 after `patience` seconds.
        """
        self._change(self._claimed)
        self._take(patience)
        ended = threading.Event()
        keeper = threading.Thread(target=self._keep, args=(ended,), daemon=True)
        keeper.start()
        try:
            yield
        finally:
            ended.set()
            keeper.join(_PAUSE)  # a renewal that is still under way finds that nothing is held any more
            with suppress(TidegateError):  # it ends by itself
                self._change(lambda said: replace(said, holder="") if said.holder == self._who else None)

    def check(self) -> None:
        """Raises Superseded when another commit has claimed the turn since, or another run has taken it over."""
        said = lease.read(self._found())
        if said.claimed != self._commit or said.holder != self._who:
            raise self._superseded(said)

    def _claimed(self, said: Said) -> Said | None:
        if said.claimed and said.claimed != self._commit and not self._contains(self._commit, said.claimed):
            raise self._superseded(said)
        return replace(said, claimed=self._commit) if said.claimed != self._commit else None

    def _take(self, patience: float) -> None:
        """As soon as nobody has it, or whoever has it was not heard of for as long as a Lease lasts."""
        began = since = self._clock.now()
        before = Said()
        while True:
            said = lease.read(self._found())
            if said.claimed != self._commit:
                raise self._superseded(said)
            if said != before:
                before, since = said, self._clock.now()
            if not said.holder or self._clock.now() - since > SECONDS:
                self._change(partial(self._taken, said))
                if lease.read(self._found()).holder == self._who:
                    return
                continue
            if self._clock.now() - began > patience:
                message = f"another deployment, {said.holder}, did not end within {patience:g} s."
                raise InfrastructureError("E-DEP-031", message, fix="Look at its job, then run again.")
            self._clock.sleep(_PAUSE)

    def _taken(self, expected: Said, now: Said) -> Said | None:
        return self._mine(now) if now == expected else None

    def _keep(self, ended: threading.Event) -> None:
        while not ended.wait(SECONDS / 4):
            with suppress(TidegateError):  # whether it was lost is found out by the next check
                self._change(lambda said: self._mine(said) if said.holder == self._who else None)

    def _mine(self, said: Said) -> Said:
        return replace(said, holder=self._who, renewed=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"))

    def _change(self, wish: Callable[[Said], Said | None]) -> None:
        """Write what is wished for what is there; None changes nothing. Where somebody else was faster, ask again."""
        for _ in range(_TRIES):
            found = self._found()
            wanted = wish(lease.read(found))
            if wanted is None or self._api.put(LEASES, lease.written(self._place, wanted, found)):
                return
            self._clock.sleep(secrets.randbelow(100) / 1000)
        raise InfrastructureError("E-DEP-031", "too many deployments want to begin at once.", fix="Run again.")

    def _found(self) -> Object | None:
        return self._api.get(LEASES, lease.name_of(self._place.route))

    def _superseded(self, said: Said) -> Superseded:
        if said.claimed == self._commit:
            return Superseded("E-DEP-030", f"another run of commit {self._commit[:12]} has taken the deployment over.")
        name = lease.name_of(self._place.route)
        message = f"commit {self._commit[:12]} is not newer than {said.claimed[:12]}, which is or was deployed here."
        fix = (
            "Revert on the branch to go back: that is a newer commit. Where its history was rewritten:"
            f" kubectl delete lease {name} -n {self._place.namespace}."
        )
        return Superseded("E-DEP-030", message, fix=fix)
