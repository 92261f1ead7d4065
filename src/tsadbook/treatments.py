"""From a detector's scores to those that are scored: smoothing, and suppression of repeated alerts.

All but `centred` look at a row and those before it. NaN is a row that cannot be judged. Infinity is
the most anomalous score: it stays infinite, and is left out of means that other rows take.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from tsadbook.checks import check_numbers


def smoothed(scores, rows: int) -> np.ndarray:
    """Mean of the score and those before it, `rows` in all, shape (n,)."""
    return _means(scores, window=rows)


def centred(scores, share: float = 0.05) -> np.ndarray:
    """Mean of the scores around a row, over a share of the series; looks ahead by half of it."""
    return _means(scores, window=max(3, int(share * len(scores))), center=True)


def _means(scores, **rolling) -> np.ndarray:
    scores = check_numbers(scores)
    means = pd.Series(scores).rolling(**rolling, min_periods=1).mean()  # infinity is left out
    return np.where(np.isinf(scores), scores, means)


def suppressed(scores, rows: int) -> np.ndarray:
    """Keep a score only if it exceeds each of the `rows` scores before it; else -infinity.

    So a row is flagged, at any threshold, only if none of the rows before it scored as high. The
    first row of all has nothing to exceed and is never flagged.
    """
    scores = check_numbers(scores)
    # The order in place of the scores: a rolling maximum of pandas would leave out infinity.
    _, order = np.unique(np.where(np.isnan(scores), -np.inf, scores), return_inverse=True)
    before = pd.Series(order).shift().rolling(rows, min_periods=1).max()
    return np.where((order > before) & ~np.isnan(scores), scores, -np.inf)


def excess(scores, warm_up: int) -> np.ndarray:
    """How far a score exceeds the highest one before it, as a share of that; 0 where it does not.

    Parameters
    ----------
    scores : shape (n,), not negative; NaN scores 0. Infinity stays, and is no height to exceed.
    warm_up : the first rows, which are left out.
    """
    later = pd.Series(check_numbers(scores)).where(np.arange(len(scores)) >= warm_up)
    infinite = np.isposinf(later)
    later = later.mask(infinite)
    highest = later.cummax().ffill().shift()
    shares = (later - highest).clip(lower=0) / highest.where(highest > 0)
    return shares.fillna(0).mask(infinite, np.inf).to_numpy()
