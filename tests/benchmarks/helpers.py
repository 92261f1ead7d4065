"""Time the package's helpers beside the loops that the walkthroughs write: `make bench`."""

from __future__ import annotations

from timeit import repeat

import numpy as np
import pandas as pd

from tsadbook.evaluation import alerts
from tsadbook.thresholds import RollingThreshold
from tsadbook.windows import all_windows_agree, score_rows, sliding_windows

ROWS, SIZE = 22_695, 288


def main() -> None:
    rng = np.random.default_rng(0)
    values = rng.normal(size=ROWS)
    flags = rng.random(ROWS - SIZE + 1) < 0.99
    errors = rng.random(4_032)

    compare("windows", lambda: sliding_windows(values, SIZE), lambda: stack(values))
    compare("all windows agree", lambda: all_windows_agree(flags, SIZE, ROWS), lambda: agree(flags))
    compare("mean of windows by row", lambda: score_rows(flags, SIZE, ROWS), lambda: means(flags))
    compare(
        "rolling threshold", lambda: RollingThreshold().thresholds(errors), lambda: roll(errors)
    )
    index, flagged = pd.date_range("2014-01-01", periods=ROWS, freq="5min"), values > 0
    compare("alerts", lambda: alerts(index, flagged), lambda: merge(index[flagged]))


def compare(name: str, helper, loop) -> None:
    fast, slow = (min(repeat(f, number=1, repeat=3)) for f in (helper, loop))
    print(
        f"{name:24} helper {1e3 * fast:9.3f} ms   loop {1e3 * slow:9.1f} ms   {slow / fast:8.0f}x"
    )


def stack(values):
    return np.stack([values[i : i + SIZE] for i in range(len(values) - SIZE + 1)])


def agree(flags):
    return [i for i in range(SIZE - 1, ROWS - SIZE + 1) if flags[i - SIZE + 1 : i + 1].all()]


def means(flags):
    return [flags[max(0, i - SIZE + 1) : i + 1].mean() for i in range(ROWS)]


def roll(errors):
    return [
        errors[i - 40 : i].mean() + 6 * errors[i - 40 : i].std(ddof=1) for i in range(40, 4_032)
    ]


def merge(times):
    merged, silence = [], pd.Timedelta("24h")
    for time in times:
        if merged and time - merged[-1][0] <= silence:
            merged[-1] = (merged[-1][0], time)
        else:
            merged.append((time, time))
    return merged


if __name__ == "__main__":
    main()
