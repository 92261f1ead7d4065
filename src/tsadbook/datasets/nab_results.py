"""What NAB publishes of 16 detectors: the scores they left on every series, and the scoreboard.

The stored scores are some 300 MB of CSV in upstream's source archive. They are read from one
compressed file with just upstream's ``results/`` in it, ``nab/nab-results-ea702d75.tar.xz`` in the
folder that ``TSADBOOK_DATA`` names (without one, in the cache), and a parsed copy is kept in the
cache.
"""

from __future__ import annotations

import json
import os
import tarfile
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

import numpy as np
import pandas as pd

from tsadbook.datasets import files
from tsadbook.datasets.errors import DataError, DataUnavailable

ARCHIVE = "nab-results-ea702d75.tar.xz"
SHA256 = "7696438a83199e48131da631b05ba4494be2cf74d73f1079af44d5a8b5101e2a"
PUBLISHED = "results/final_results.json"
THRESHOLDS = "config/thresholds.json"
JSON_SHA256 = {
    PUBLISHED: "079a91e5c7d27337d7e242ed642f20c4901d40189c5f96d2f8e9a345edc15223",
    THRESHOLDS: "b0bd47854e33fede1a774b2c30d8e41c27e3f6cf1fc1f35a95b92beead315e69",
}


def stored_scores(rows: Mapping[str, int]) -> dict[str, dict[str, np.ndarray]]:
    """The stored anomaly score of every detector on every series.

    Parameters
    ----------
    rows : how many rows each series has, by its name.

    Returns
    -------
    Detector to series name to scores, float64, shape (rows[name],). In full precision: a threshold
    is one of the scores, and ties count.

    Raises
    ------
    DataUnavailable : the archive is not at hand, and no parsed copy is.
    DataError : the archive is not the pinned one, or lacks a series or rows of one.
    """
    scores = _read_parsed()
    if scores is None:
        scores = read_archive(find_archive())
        _keep(scores)
    for detector, mine in scores.items():
        for name, n in rows.items():
            if name not in mine:
                raise DataError(f"{ARCHIVE}: {detector} has no scores of {name}; copy it again")
            if len(mine[name]) != n:
                raise DataError(
                    f"{ARCHIVE}: {detector} has {len(mine[name])} scores of {name}, whose rows are "
                    f"{n}; copy the archive and the series again"
                )
    return scores


def at_hand() -> bool:
    """Whether `stored_scores` has something to read."""
    return _parsed().is_file() or _archive().is_file()


def find_archive() -> Path:
    """The checked archive.

    Raises
    ------
    DataUnavailable : it is not there.
    DataError : it is another file.
    """
    found = _archive()
    if not found.is_file():
        raise DataUnavailable(
            f"the stored scores of NAB's detectors: put {ARCHIVE}, upstream's results/ at commit "
            f"{files.NAB_COMMIT[:8]}, into nab/ of the folder that TSADBOOK_DATA names"
        )
    if files.digest(found) != SHA256:
        raise DataError(f"{found}: its SHA-256 is not the pinned one; copy the file again")
    return found


def read_archive(path: Path) -> dict[str, dict[str, np.ndarray]]:
    """Every ``results/DETECTOR/CATEGORY/DETECTOR_FILE.csv`` of an archive, in one pass over it."""
    scores: dict[str, dict[str, np.ndarray]] = {}
    with tarfile.open(path, "r:xz") as archive:
        for member in archive:
            _, *parts = PurePosixPath(member.name).parts
            if len(parts) != 4 or parts[0] != "results" or member.isdir():
                continue
            _, detector, category, file = parts
            name = f"{category}/{file.removeprefix(detector + '_').removesuffix('.csv')}"
            column = pd.read_csv(
                archive.extractfile(member),
                usecols=["anomaly_score"],
                dtype=float,
                float_precision="round_trip",
            )
            scores.setdefault(detector, {})[name] = column["anomaly_score"].to_numpy()
    return scores


def published() -> dict[str, dict[str, float]]:
    """NAB's scoreboard: the score of each detector, by profile."""
    return _json(PUBLISHED)


def stored_thresholds() -> dict[str, dict[str, dict[str, float]]]:
    """The threshold (and raw score) that upstream keeps for each detector and profile."""
    return _json(THRESHOLDS)


def _json(path: str) -> dict:
    # A folder of data may have the scoreboard beside the archive rather than under results/.
    found = files.nab_file_of(path, JSON_SHA256[path], PurePosixPath(path).name)
    return json.loads(found.read_text())


def _archive() -> Path:
    return (files.folder() or files.cache_folder()) / "nab" / ARCHIVE


def _parsed() -> Path:
    return files.cache_folder() / "nab" / f"stored-scores-{SHA256[:16]}.npz"


def _read_parsed() -> dict[str, dict[str, np.ndarray]] | None:
    """The parsed copy; None where there is none, or a spoilt one."""
    path, scores = _parsed(), {}
    try:
        with np.load(path) as kept:  # a zip file, whose checksums are verified
            for key in kept.files:
                detector, name = key.split("/", 1)
                scores.setdefault(detector, {})[name] = kept[key]
    except FileNotFoundError:
        return None
    except (zipfile.BadZipFile, ValueError, EOFError, OSError) as error:
        files.report(f"{path} cannot be read ({error}); reading the archive again")
        return None
    return scores


def _keep(scores: dict[str, dict[str, np.ndarray]]) -> None:
    """Write to a temporary name, then rename: a killed run leaves no half a copy."""
    path = _parsed()
    path.parent.mkdir(parents=True, exist_ok=True)
    flat = {f"{d}/{name}": values for d, mine in scores.items() for name, values in mine.items()}
    with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".partial", delete=False) as partial:
        try:
            np.savez(partial, **flat)
            partial.close()
            os.replace(partial.name, path)
        except BaseException:
            Path(partial.name).unlink(missing_ok=True)
            raise
