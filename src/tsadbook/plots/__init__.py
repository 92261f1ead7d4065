"""Draw what the other stages made; nothing is computed here.

The same thing has the same colour in every figure: the series and a score of it blue, a prediction
orange, a threshold red and dashed, a label green, a flag a red ring.

A kind of figure takes data, an id and a caption, and writes the alternative text from what it has
drawn. `show` is for a figure of one's own; `marks` has what the kinds are made of.
"""

from tsadbook.plots.compared import (
    comparison,
    critical_difference,
    found_over_cost,
    over_k,
)
from tsadbook.plots.figure import Shown, image, show, table
from tsadbook.plots.learnt import distribution, losses, seeds, window
from tsadbook.plots.marks import (
    FLAG,
    LABEL,
    PREDICTION,
    SERIES,
    THRESHOLD,
    line,
    mark_flags,
    mark_instants,
    mark_labels,
    mark_threshold,
    mark_windows,
    use_style,
)
from tsadbook.plots.over_time import parts, score, scores, series
from tsadbook.plots.related import lines, scatter

__all__ = [
    "FLAG",
    "LABEL",
    "PREDICTION",
    "SERIES",
    "THRESHOLD",
    "Shown",
    "comparison",
    "critical_difference",
    "distribution",
    "found_over_cost",
    "image",
    "line",
    "lines",
    "losses",
    "mark_flags",
    "mark_instants",
    "mark_labels",
    "mark_threshold",
    "mark_windows",
    "over_k",
    "parts",
    "scatter",
    "score",
    "scores",
    "seeds",
    "series",
    "show",
    "table",
    "use_style",
    "window",
]

use_style()
