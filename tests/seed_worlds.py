"""Worlds in which two recipes are trained with several seeds and the truth about them is known."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from tidegate.core.comparison.change.seed_noise import Repeats, Retrained, seeds_for
from tidegate.core.comparison.samples.sample import Output, Predictions, Sample


@dataclass(frozen=True)
class Recipes:
    """How seeds move a model: its whole error by a factor (`luck`), and every row on its own (`jitter`).

    `worse` is what the candidate's recipe adds to the factor, on average over seeds; `same`: it is known to be the
    champion's.
    """

    luck: float = 0.1
    jitter: float = 0.5
    worse: float = 0.0
    rows: int = 100
    repeats: int = 5
    same: bool = False

    def drawn(self, random: Generator) -> tuple[Sample, Repeats]:
        """Fresh rows and fresh trainings."""
        truth, error = random.normal(100, 20, self.rows), random.normal(0, 5, self.rows)
        new = [self._model(random, truth, error, self.worse) for _ in range(self.repeats + 1)]
        old = [self._model(random, truth, error, 0.0) for _ in range(self.repeats + 1)]
        sample = Sample(ids=np.arange(self.rows), truth=truth, candidate=new[0], champion=old[0])
        candidate, champion = retrained(8, new[1:]), retrained(7, old[1:])
        return sample, Repeats(parameter="seed", candidate=candidate, champion=champion, same_recipe=self.same)

    def _model(self, random: Generator, truth: np.ndarray, error: np.ndarray, worse: float) -> Output:
        factor = 1 + worse + random.normal(0, self.luck)
        return Output(prediction=truth + error * factor + random.normal(0, self.jitter, self.rows))


def retrained(own: int, outputs: list[Output]) -> Retrained:
    seeds = seeds_for(own, len(outputs))
    return Retrained(own=own, seeds=seeds, outputs=tuple(outputs), digests=tuple(f"sha256:{one}" for one in seeds))


def tables(sample: Sample) -> tuple[Predictions, Predictions]:
    """The sample as the two files that it was paired from."""
    assert sample.champion is not None
    candidate, champion = (
        Predictions(ids=sample.ids, truth=sample.truth, output=output, digest=name)
        for name, output in (("new", sample.candidate), ("old", sample.champion))
    )
    return candidate, champion
