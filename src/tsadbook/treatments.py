"""From a detector's scores to those that are scored: smoothing, and suppression of repeated alerts.

All but `centred` look at a row and those before it. NaN is a row that cannot be judged.
"""

from __future__ import annotations

import numpy as np
import pandas as pd


def smoothed(scores, rows: int) -> np.ndarray:
    """Mean of the score and those before it, `rows` in all, shape (n,)."""
    return pd.Series(scores).rolling(rows, min_periods=1).mean().to_numpy()


def centred(scores, share: float = 0.05) -> np.ndarray:
    """Mean of the scores around a row, over a share of the series; looks ahead by half of it."""
    rows = max(3, int(share * len(scores)))
    return pd.Series(scores).rolling(rows, center=True, min_periods=1).mean().to_numpy()


def suppressed(scores, rows: int) -> np.ndarray:
    """Keep a score only if it exceeds each of the `rows` scores before it; else -infinity.

    So a row is flagged, at any threshold, only if none of the rows before it scored as high. The
    first row of all has nothing to exceed and is never flagged.
    """
    scores = np.asarray(scores, dtype=float)
    if np.isnan(scores).all():
        return np.full(len(scores), -np.inf)
    filled = pd.Series(np.where(np.isnan(scores), np.nanmin(scores) - 1, scores))
    before = filled.shift().rolling(rows, min_periods=1).max().to_numpy()
    kept = (filled.to_numpy() > before) & ~np.isnan(scores)
    return np.where(kept, scores, -np.inf)


def excess(scores, warm_up: int) -> np.ndarray:
    """How far a score exceeds the highest one before it, as a share of that; 0 where it does not.

    Parameters
    ----------
    scores : shape (n,), not negative; NaN scores 0.
    warm_up : the first rows, which are left out.
    """
    later = pd.Series(np.asarray(scores, dtype=float)).where(np.arange(len(scores)) >= warm_up)
    highest = later.cummax().ffill().shift()
    return ((later - highest).clip(lower=0) / highest.where(highest > 0)).fillna(0).to_numpy()
