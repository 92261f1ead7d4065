"""The series that the chapters run on, found before any chapter is executed."""

from __future__ import annotations

import os

from tsadbook import datasets
from tsadbook.datasets import nab_results

SERIES = tuple(datasets.names())
STORED_SCORES = "nab-results"  # of NAB's detectors, which chapter 5 takes from a kept table else


def find() -> dict[str, str]:
    """Find or download every series; return its hash, or "stand-in".

    The archive of stored scores is too large to be downloaded: its hash, or "kept table".

    Where one cannot be had, stand-ins are allowed from here on, kernels included, and a notice says
    so. What is at hand is always used.
    """
    nab = [name for name in SERIES if "/" in name]
    missing = []
    for upstream in (["sp500"], nab):
        try:
            for name in upstream:
                datasets.load(name)
        except datasets.DataUnavailable as error:  # its other files are not to be had either
            missing.append(str(error))
    if missing:
        print("*** Some data could not be had; the book goes on with generated stand-ins:")
        print("".join(f"*** {reason}\n" for reason in missing), flush=True)
        os.environ["TSADBOOK_STAND_IN"] = "1"
    found = {name: datasets.load(name).sha256 or "stand-in" for name in SERIES}
    return found | {STORED_SCORES: nab_results.SHA256 if nab_results.at_hand() else "kept table"}
