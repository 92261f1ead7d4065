"""make book: data, chapters, comparison, site; each step only where something changed."""

from __future__ import annotations

import fcntl
import shutil
import sys
import time
from contextlib import contextmanager

from tsadbook.book import (
    bake_off,
    data,
    errata,
    execute,
    landing,
    reproduction,
    scoreboard,
    site,
    sweep,
    sync,
)
from tsadbook.book.execute import BuildFailed
from tsadbook.book.paths import BUILD, HTML, ROOT


def build() -> int:
    """Build the book; return the exit status.

    Raises
    ------
    BuildFailed : a step failed; what was finished before stays and is used next time.
    """
    started = time.monotonic()
    if out_of_step := sync.differences():
        raise BuildFailed("; ".join(out_of_step) + "; run `make sync`")
    if stale := sweep.stale():
        raise BuildFailed(
            f"the kept measurements of {', '.join(stale)} do not come from the present code and "
            "data; run `make sweep`, which measures what is missing"
        )
    with _alone():
        return _build(started)


def _build(started: float) -> int:
    _tidy()
    execute.execute_book(data.find())
    comparison = reproduction.compare_all()
    reproduction.write(comparison)
    errata.write(collected := errata.collect())
    landing.write(comparison, collected["errata"])
    scoreboard.write(scoreboard.collect())
    if bake_off.KEPT.exists():
        bake_off.write()
    if site.is_current():
        print(f"Nothing to do: {_shown(HTML)}/index.html is up to date.")
    else:
        print("  rendering the site", flush=True)
        site.render(comparison)
        print(f"{_shown(HTML)}/index.html, {time.monotonic() - started:.0f} s in all.")
    wrong = [r["id"] for r in comparison["entries"] if r["status"] in reproduction.FAILURES]
    if wrong:
        print(f"warning: not as published: {', '.join(wrong)}", file=sys.stderr)
    if comparison["stand_in"]:
        print("*** Built on stand-in data: see the banner on the site's pages.")
    return 0


@contextmanager
def _alone():
    """One build at a time: two would remove one another's work."""
    BUILD.mkdir(parents=True, exist_ok=True)
    with open(BUILD / "lock", "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BuildFailed("another `make book` is running in this checkout") from None
        yield


def _tidy() -> None:
    """Remove what a killed build left behind."""
    for folder in [*BUILD.glob("work-*"), *BUILD.glob("site.partial")]:
        shutil.rmtree(folder, ignore_errors=True)


def _shown(path) -> str:
    return str(path.relative_to(ROOT))
