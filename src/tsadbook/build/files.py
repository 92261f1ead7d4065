"""Files that are never half written, and folders that one process works in at a time."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from tsadbook.build.errors import BuildFailed


def replace(path: Path, content: str | bytes) -> None:
    """Write a file under another name beside it, then rename: it is there whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(
        dir=path.parent, prefix=f"{path.name}.", suffix=".partial", delete=False
    ) as partial:
        partial.write(content.encode() if isinstance(content, str) else content)
    os.chmod(partial.name, 0o644)
    os.replace(partial.name, path)


def replace_json(path: Path, value) -> None:
    """The same for what JSON can hold; NaN is refused."""
    replace(path, json.dumps(value, indent=1, allow_nan=False) + "\n")


@contextmanager
def alone(folder: Path, otherwise: str) -> Iterator[None]:
    """Work in a folder as the only process.

    Raises
    ------
    BuildFailed : with the text `otherwise`, where another process is at work there.
    """
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(folder / "lock", timeout=0):
            yield
    except Timeout:
        raise BuildFailed(otherwise) from None
