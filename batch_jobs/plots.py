"""The plots of a model's card, as small SVG files that can be read on a light and on a dark page."""

from collections.abc import Callable
from io import BytesIO
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter

from batch_jobs.card import group_name
from batch_jobs.evaluating.ranking_metrics import POPULARITY_EDGES
from batch_jobs.evaluation import Evaluation

# Nothing is drawn behind the plot, and each colour has a contrast of at least 3 (the grey of the text: 4.5)
# on white as well as on black.
_TEXT, _FAINT = "#767676", "#76767640"
_FIRST, _SECOND, _THIRD = "#2f7fd6", "#c2611f", "#8a63d2"
_SIZE = (5.6, 3.4)
_STYLE: Any = {
    "svg.fonttype": "none",
    "svg.hashsalt": "card",
    "font.family": "sans-serif",
    "font.size": 10,
    "text.color": _TEXT,
    "axes.labelcolor": _TEXT,
    "axes.edgecolor": _TEXT,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": _FAINT,
    "xtick.color": _TEXT,
    "ytick.color": _TEXT,
    "legend.frameon": False,
    "lines.linewidth": 1.8,
}


def draw_plots(evaluation: Evaluation) -> dict[str, bytes]:
    """Every plot by its file name."""
    return {f"{name}.svg": _svg(draw, evaluation) for name, draw in _PLOTS.items()}


def _svg(draw: Callable[[Axes, Evaluation], None], evaluation: Evaluation) -> bytes:
    buffer = BytesIO()
    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=_SIZE, layout="constrained")
        draw(figure.subplots(), evaluation)
        figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None})
    return buffer.getvalue()


def _learning_curve(axes: Axes, evaluation: Evaluation) -> None:
    curve = evaluation.learning_curve
    epochs = range(1, len(curve.train_rmse) + 1)
    axes.plot(epochs, curve.held_out_rmse, color=_FIRST, label="held out")
    axes.plot(epochs, curve.train_rmse, color=_SECOND, label="learnt from")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set(xlabel="epoch", ylabel="RMSE")
    axes.legend()


def _calibration(axes: Axes, evaluation: Evaluation) -> None:
    bins = evaluation.calibration.bins
    ends = [bins[0].low, bins[-1].high]
    axes.plot(ends, ends, color=_TEXT, linestyle=":", linewidth=1, label="perfect")
    most = max(one.ratings for one in bins)
    axes.scatter(
        [one.predicted for one in bins],
        [one.actual for one in bins],
        [20 + 160 * one.ratings / most for one in bins],
        color=_FIRST,
        label="held-out ratings",
    )
    axes.set(xlabel="predicted rating", ylabel="mean rating given")
    axes.legend(loc="upper left")


def _error_by_ratings(axes: Axes, evaluation: Evaluation) -> None:
    groups = evaluation.by_ratings
    names = [f"{group_name(one)}\n{one.people:,} people" for one in groups]
    values = [one.rmse for one in groups]
    below = [one.rmse - one.intervals["rmse"][0] for one in groups]
    above = [one.intervals["rmse"][1] - one.rmse for one in groups]
    axes.errorbar(names, values, [below, above], fmt="o", color=_FIRST, capsize=4)
    axes.set(xlabel="ratings a person had given", ylabel="RMSE")
    axes.margins(x=0.1)


def _popularity(axes: Axes, evaluation: Evaluation) -> None:
    shown = evaluation.popularity_of_shown
    starts = (0.0, *POPULARITY_EDGES)
    names = [f"{low:.0%}–{high:.0%}" for low, high in zip(starts, POPULARITY_EDGES, strict=False)]
    sides = (
        (shown.suggested, _FIRST, "suggested"),
        (shown.liked, _SECOND, "liked later"),
        (shown.popularity, _THIRD, "most popular"),
    )
    for place, (values, colour, label) in enumerate(sides):
        places = [group + 0.27 * (place - 1) for group in range(len(names))]
        axes.bar(places, values, 0.25, color=colour, label=label)
    axes.set_xticks(range(len(names)), names)
    axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    axes.set(xlabel="movies, the most rated first", ylabel="share of the movies shown")
    axes.legend()


_PLOTS: dict[str, Callable[[Axes, Evaluation], None]] = {
    "learning-curve": _learning_curve,
    "calibration": _calibration,
    "error-by-ratings": _error_by_ratings,
    "popularity": _popularity,
}
