"""What stands beside quality in one comparison: the costs of both models, and the behavioural tests of both."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tidegate.core.answer import Annotation, Verdict
from tidegate.core.comparison.beside.behaviour_verdict import behaviour_block, sentence, with_behaviours
from tidegate.core.comparison.beside.cost_block import cost_block, decided_by
from tidegate.settings import Settings
from tidegate.steps.comparison import behaviour, cost, packaged
from tidegate.steps.comparison.champion import Judged

if TYPE_CHECKING:
    from tidegate.core.comparison.beside.behaviour import Behaviours
    from tidegate.core.comparison.beside.cost import Costs
    from tidegate.core.comparison.comparison import Comparison


@dataclass(frozen=True, kw_only=True)
class Beside:
    """Both are None where the contract does not ask for them."""

    judged: Judged
    costs: Costs | None
    behaviours: Behaviours | None

    def judge(self, comparison: Comparison) -> Comparison:
        """The comparison, held back where a behavioural test fails."""
        return with_behaviours(comparison, self.behaviours)

    def document(self, result: Mapping[str, Any]) -> dict[str, Any]:
        """The comparison's document with what was found here; nothing is added where nothing was asked."""
        costs = cost_block(self.judged.judge, self.costs, self.judged.model.tariff)
        return {**result, **behaviour_block(self.behaviours), **costs}

    def decided(self, document: Mapping[str, Any]) -> dict[str, Any]:
        """The part of the document that the verdict's bytes hold."""
        return decided_by(self.judged.judge, document)

    def notes(self) -> tuple[Annotation, ...]:
        """A line for each behavioural test that did not pass, for what kept tests from running, and for lost costs."""
        lost = "" if self.costs is None else self.costs.why_not
        unmeasured = (Annotation(level="notice", message=f"costs: {lost}"),) if lost else ()
        if self.behaviours is None:
            return unmeasured
        found = [
            Annotation(
                level="error" if one.blocks and one.verdict is Verdict.FAIL else "warning", message=sentence(one)
            )
            for one in self.behaviours.findings
            if one.verdict is not Verdict.PASS
        ]
        troubles = [
            Annotation(level="error", message=f"behavioural tests: {trouble}") for trouble in self.behaviours.troubles
        ]
        return (*troubles, *found, *unmeasured)


def of(
    settings: Settings,
    judged: Judged,
    base: str | None,
    champion: str | None,
    recorded: Mapping[str, str],
    output: packaged.Output,
    instruments: cost.Instruments | None = None,
) -> Beside:
    """Time and test the work tree's model and the one at the commit `champion`, by the contract of `base`.

    `recorded`: what the work tree's pipeline wrote, path → digest.
    """
    models = packaged.of(settings, judged, champion, recorded, output)
    asked = behaviour.of(settings, judged.judge, judged.model, base, models)
    timed = cost.of(settings, judged.model, models, instruments)
    return Beside(judged=judged, costs=timed, behaviours=asked)
