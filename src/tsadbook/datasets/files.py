"""Find a data file: a folder that the reader names, the cache, or the pinned upstream address.

NAB files are checked against their SHA-256 on every load, wherever they came from.
"""

from __future__ import annotations

import hashlib
import os
import sys
import warnings
from functools import cache
from importlib.resources import files as resource_files
from pathlib import Path

import requests

from tsadbook.datasets.errors import DataError, DataUnavailable
from tsadbook.datasets.stand_ins import allowed as stand_ins_allowed

with warnings.catch_warnings():  # tqdm, if it is there, asks for widgets that no page shows
    warnings.simplefilter("ignore")
    import pooch

NAB_COMMIT = "ea702d75cc2258d9d7dd35ca8e5e2539d71f3140"
NAB_URL = f"https://raw.githubusercontent.com/numenta/NAB/{NAB_COMMIT}/"
TIMEOUT_S = (5, 20)  # to connect, and between two parts of an answer

pooch.get_logger().setLevel("WARNING")  # our own messages name the file and the reason


def folder() -> Path | None:
    """The folder that ``TSADBOOK_DATA`` names, laid out as upstream lays its files out."""
    name = os.environ.get("TSADBOOK_DATA")
    if not name:
        return None
    if not Path(name).is_dir():
        raise DataError(f"TSADBOOK_DATA={name}: there is no such folder; correct or unset it")
    return Path(name)


def cache_folder() -> Path:
    """Where downloads are kept: ``TSADBOOK_CACHE``, else the user's cache."""
    return Path(os.environ.get("TSADBOOK_CACHE") or pooch.os_cache("tsadbook"))


@cache
def _registry() -> dict[str, str]:
    text = resource_files("tsadbook.datasets").joinpath("nab_sha256.txt").read_text()
    return {path: sha256 for sha256, path in (line.split() for line in text.splitlines())}


def nab_series() -> list[str]:
    """The names of NAB's 58 series, as "category/file"."""
    paths = (p for p in _registry() if p.startswith("data/"))
    return [p.removeprefix("data/").removesuffix(".csv") for p in paths]


def nab_sha256(path: str) -> str:
    """The SHA-256 of a file of NAB, by its path in the upstream repository."""
    return _registry()[path]


def nab_file(path: str) -> Path:
    """A checked file of NAB, by its path in the upstream repository.

    Raises
    ------
    DataError : the file in ``TSADBOOK_DATA`` is not the pinned one.
    DataUnavailable : it is in neither place and cannot be downloaded.
    """
    return nab_file_of(path, nab_sha256(path))


def nab_file_of(path: str, sha256: str, *also: str) -> Path:
    """A checked file of NAB's repository with a hash that the caller knows; see `nab_file`.

    Parameters
    ----------
    path : in the upstream repository.
    also : other places below ``nab/`` where a reader's folder may have it.
    """
    base = folder()
    for place in (path, *also) if base else ():
        if (found := base / "nab" / place).is_file():
            if digest(found) != sha256:
                raise DataError(
                    f"{found}: its SHA-256 is not that of NAB at commit {NAB_COMMIT[:8]}; "
                    "copy the file again, or unset TSADBOOK_DATA to download it"
                )
            return found
    cached = cache_folder() / "nab" / path
    if cached.is_file():
        if digest(cached) == sha256:
            return cached
        report(f"{cached} does not match its SHA-256; fetching it again")
    return download(NAB_URL + path, cached, sha256)


def download(url: str, target: Path, sha256: str | None) -> Path:
    """Download to a temporary name, check, then move to `target`.

    Raises
    ------
    DataUnavailable : stand-ins are asked for (then nothing is downloaded), the host cannot be
        reached, or what it sent does not match `sha256`; `target` is then left as it was.
    """
    if stand_ins_allowed():
        raise DataUnavailable("not at hand, and TSADBOOK_STAND_IN is set")
    try:
        fetched = pooch.retrieve(
            url,
            known_hash=sha256,
            fname=target.name,
            path=target.parent,
            downloader=pooch.HTTPDownloader(timeout=TIMEOUT_S),
        )
    except requests.ConnectionError as error:
        raise DataUnavailable(f"{url}: the host cannot be reached") from error
    except (requests.RequestException, OSError) as error:
        reason = (str(error) or "no reason given").splitlines()[0]
        raise DataUnavailable(f"{url}: {type(error).__name__}: {reason}") from error
    except ValueError as error:  # pooch: the hash of what came is another
        raise DataUnavailable(f"{url}: what came does not match its SHA-256") from error
    return Path(fetched)


def digest(path: Path) -> str:
    """The SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def report(message: str) -> None:
    print(f"tsadbook: {message}", file=sys.stderr)
