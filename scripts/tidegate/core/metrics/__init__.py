"""How each known metric is computed from rows; what each means stands in `metric_table`."""

from tidegate.core.metrics.counts import COUNTS
from tidegate.core.metrics.form import Metric
from tidegate.core.metrics.losses import LOSSES
from tidegate.core.metrics.ranking import RANKING

METRICS: dict[str, Metric] = {**LOSSES, **COUNTS, **RANKING}
