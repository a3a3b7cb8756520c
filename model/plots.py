"""Three pictures of the hold-out, as SVG that is the same bytes for the same numbers (no date, fixed identifiers)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    Times = NDArray[np.datetime64]
    Numbers = NDArray[np.float64]
    Draw = Callable[[Axes, Times, Numbers, Numbers], None]

# From the Okabe-Ito palette, told apart with every common colour blindness; line styles and labels say it once more.
BLACK, ORANGE, BLUE = "#000000", "#D55E00", "#0072B2"
WEEK = np.timedelta64(7, "D")
STYLE: Any = {
    "svg.fonttype": "none",  # text stays text: small, searchable, read aloud
    "font.size": 11,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#E5E5E5",
    "legend.frameon": False,
    "figure.figsize": (8, 3.6),
    "figure.constrained_layout.use": True,
}


def draw_all(folder: Path, time: Times, truth: Numbers, predicted: Numbers) -> None:
    """Write one SVG per picture. Rows are hours in order of time."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, draw in PICTURES.items():
        with mpl.rc_context(STYLE | {"svg.hashsalt": name}):
            figure = Figure()
            draw(figure.subplots(), time, truth, predicted)
            figure.savefig(folder / f"{name}.svg", metadata={"Date": None, "Creator": None})


def _week(axes: Axes, time: Times, truth: Numbers, predicted: Numbers) -> None:
    start = first_week(time)
    shown = (time >= start) & (time < start + WEEK)
    axes.plot(time[shown], truth[shown], color=BLACK, linewidth=1.8, label="rented")
    axes.plot(time[shown], predicted[shown], color=ORANGE, linewidth=1.8, linestyle="--", label="predicted")
    days = start + np.arange(8).astype("timedelta64[D]")
    axes.set_xticks(days, [f"{day.item():%a} {day.item().day} {day.item():%b}" for day in days])
    axes.set_xlim(days[0], days[-1])
    axes.set_ylim(bottom=0)
    axes.set_ylabel("rentals an hour")
    axes.set_title(f"One week of the hold-out, {start.item():%Y}", loc="left")
    axes.legend(ncols=2, loc="lower right", bbox_to_anchor=(1, 1))


def first_week(time: Times) -> np.datetime64:
    """The first Monday that a whole week of data follows; without one, the first day."""
    days = np.unique(time.astype("datetime64[D]"))
    mondays = days[days.astype(np.int64) % 7 == 4]  # day 0, 1970-01-01, was a Thursday
    whole = mondays[mondays + WEEK <= days[-1] + np.timedelta64(1, "D")]
    first: np.datetime64 = whole[0] if len(whole) else days[0]
    return first


def _error_by_hour(axes: Axes, time: Times, truth: Numbers, predicted: Numbers) -> None:
    error, hour = predicted - truth, (time.astype("datetime64[h]").astype(np.int64)) % 24
    hours = np.unique(hour)
    low, middle, high = np.array([np.quantile(error[hour == one], [0.1, 0.5, 0.9]) for one in hours]).T
    axes.fill_between(hours, low, high, color=BLUE, alpha=0.25, linewidth=0, label="8 of 10 days")
    axes.plot(hours, middle, color=BLUE, linewidth=2, marker="o", markersize=4, label="median day")
    axes.axhline(0, color=BLACK, linewidth=1)
    axes.set_xticks(range(0, 24, 3), [f"{tick:02}:00" for tick in range(0, 24, 3)])
    axes.set_xlim(-0.5, 23.5)
    axes.set_ylabel("predicted − rented")
    axes.set_title("Error by hour of the day (above 0: too many predicted)", loc="left")
    axes.legend(ncols=2, loc="upper left")


def _error_distribution(axes: Axes, time: Times, truth: Numbers, predicted: Numbers) -> None:
    error = predicted - truth
    edge = max(10.0, np.ceil(np.abs(error).max() / 10) * 10)
    axes.hist(error, bins=np.linspace(-edge, edge, 61).tolist(), color=BLUE, alpha=0.6)
    for share, words in ((0.1, "10 % are lower"), (0.5, "median"), (0.9, "10 % are higher")):
        value = float(np.quantile(error, share))
        axes.axvline(value, color=BLACK, linewidth=1.2, linestyle="-" if share == 0.5 else ":")
        _mark(axes, value, f"{words}\n{value:+.0f}".replace("-", "−"), share)
    axes.set_xlabel("predicted − rented")
    axes.set_ylabel("hours")
    axes.set_title(f"Errors of {len(time):,} hold-out hours", loc="left", pad=30)


def _mark(axes: Axes, value: float, words: str, share: float) -> None:
    side = {0.1: "right", 0.5: "center", 0.9: "left"}[share]
    axes.text(value, 1.01, words, transform=axes.get_xaxis_transform(), ha=side, va="bottom", fontsize=9)


PICTURES: dict[str, Draw] = {
    "week": _week,
    "error_by_hour": _error_by_hour,
    "error_distribution": _error_distribution,
}
