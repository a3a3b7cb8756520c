"""What runs in an environment: which versions, which of them answers how many of the requests."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Instance:
    """One running version. `release`: digest of its release; `weight`: percent of the requests that it answers.

    `ready`: it says itself that it can answer. `trouble`: why it never will, as far as the place that it runs in knows;
    empty while it may. `mirrored`: percent of the champion's requests that it gets copies of. `whole`: as many of
    it run as the place wants.
    """

    release: str
    version: str
    commit: str
    weight: int = 0
    ready: bool = False
    trouble: str = ""
    mirrored: int = 0
    whole: bool = True


@dataclass(frozen=True, kw_only=True)
class Fleet:
    """All versions that run, in the order in which they were started; no release twice."""

    instances: tuple[Instance, ...] = ()

    def of(self, release: str) -> Instance | None:
        """The instance of a release, if it runs."""
        return next((instance for instance in self.instances if instance.release == release), None)

    def others(self, release: str) -> tuple[Instance, ...]:
        """Every instance of another release."""
        return tuple(instance for instance in self.instances if instance.release != release)

    @property
    def serving(self) -> tuple[Instance, ...]:
        """Instances that are asked."""
        return tuple(instance for instance in self.instances if instance.weight > 0)

    def champion_beside(self, release: str) -> Instance | None:
        """The other version that answers most, or could answer: where a rollback of `release` leads.

        One that answers clients is it even while it does not say that it is ready: a health check that came back late
        is no reason to give everything to a release that was not judged.
        """
        able = [instance for instance in self.others(release) if instance.ready or instance.weight]
        return max(able, key=lambda instance: (instance.ready, instance.weight), default=None)
