"""Time the package's helpers beside the loops that the walkthroughs write: `make bench`.

The scorers stand beside what they replace. The NAB score of one detector on a corpus of NAB's size,
every threshold in three profiles, stands beside a loop over its rows at one single threshold, the
median; the volume under the surface beside aeon's own step of 1.
"""

from __future__ import annotations

from timeit import repeat

import numpy as np
import pandas as pd

from tsadbook.evaluation import nab
from tsadbook.evaluation.events import alerts
from tsadbook.evaluation.ranges import volume_under_surface
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

    index = pd.date_range("2014-01-01", periods=6_302, freq="5min")  # NAB's mean length
    spans = [(2_000, 2_300), (4_000, 4_300)]
    windows = [(index[start], index[end]) for start, end in spans]
    scores = {f"{'abcdefg'[i % 7]}/{i}": rng.random(6_302) for i in range(58)}
    corpus = nab.Corpus(dict.fromkeys(scores, (index, windows)))
    compare(
        "NAB score, one detector",
        lambda: three_profiles(corpus.rank(scores)),
        lambda: [one_threshold(spans, s, 0.5) for s in scores.values()],
    )
    for name, raw in corpus.rank(scores).raw(0.5).items():
        assert abs(raw - one_threshold(spans, scores[name], 0.5)) < 1e-9
    labelled, score = np.arange(4_032) // 400 == 5, rng.random(4_032)
    compare(
        "VUS, step 5",
        lambda: volume_under_surface(labelled, score, 125),
        lambda: volume_under_surface(labelled, score, 125, step=1),
    )


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


def three_profiles(ranking):
    return [ranking.best(profile) for profile in nab.PROFILES]


def one_threshold(spans, scores, threshold):
    best, behind = [-1.0] * len(spans), 0.0
    for i in range(nab.probation(len(scores)), len(scores)):
        if scores[i] < threshold:
            continue
        far = np.inf
        for k, (start, end) in enumerate(spans):
            if start <= i <= end:
                best[k] = max(best[k], sigma((i - end - 1) / (end - start + 1)) / sigma(-1))
                break
            if end < i:
                far = (i - end) / (end - start)
        else:
            behind += 0.11 * (sigma(far) if far <= 3 else -1)
    return behind + sum(best)


def sigma(y):
    return 2 / (1 + np.exp(5 * y)) - 1


if __name__ == "__main__":
    main()
