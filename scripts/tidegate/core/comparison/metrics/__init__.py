"""How each known metric is computed from rows; what each means stands in `metric_table`."""

from tidegate.core.comparison.metrics.counts import COUNTS
from tidegate.core.comparison.metrics.form import Metric
from tidegate.core.comparison.metrics.losses import LOSSES
from tidegate.core.comparison.metrics.ranking import RANKING

METRICS: dict[str, Metric] = {**LOSSES, **COUNTS, **RANKING}
