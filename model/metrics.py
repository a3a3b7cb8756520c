"""How wrong the predictions are, in a few numbers; exact sums, so that neither row order nor CPU changes a digit."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def measure(truth: NDArray[np.float64], predicted: NDArray[np.float64]) -> dict[str, float]:
    """Metrics of a regression, in units of the target except `r2` and `wape`.

    `rmse` root of the mean squared error; `mae` mean absolute error; `bias` mean of prediction - truth; `r2` share of
    the truth's variance that is explained; `wape` sum of absolute errors over the sum of the truth: a percentage
    error that single hours without rentals cannot blow up. Raises ValueError where one of them is not defined.
    """
    rows = len(truth)
    if rows == 0 or len(predicted) != rows:
        raise ValueError(f"{rows} truths and {len(predicted)} predictions cannot be compared")
    errors = (predicted - truth).tolist()
    total = math.fsum(truth.tolist())
    spread = math.fsum((value - total / rows) ** 2 for value in truth.tolist())
    squares = math.fsum(error * error for error in errors)
    absolute = math.fsum(map(abs, errors))
    if spread == 0 or total <= 0 or not math.isfinite(squares):
        raise ValueError("r2 and wape need a truth that varies and is not zero, and finite predictions")
    return {
        "rmse": math.sqrt(squares / rows),
        "mae": absolute / rows,
        "r2": 1 - squares / spread,
        "wape": absolute / total,
        "bias": math.fsum(errors) / rows,
        "rows": rows,
    }
