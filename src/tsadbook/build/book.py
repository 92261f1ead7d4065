"""make book: data, chapters, comparison, site; each step only where something changed."""

from __future__ import annotations

import shutil
import sys
import time

from tsadbook.build import (
    bake_off,
    compare,
    data,
    errata_page,
    execute,
    landing,
    render,
    scoreboard,
    sync,
)
from tsadbook.build.errors import BuildFailed
from tsadbook.build.files import alone
from tsadbook.build.paths import BUILD, HTML, ROOT


def build() -> int:
    """Build the book; return the exit status.

    Raises
    ------
    BuildFailed : a step failed; what was finished before stays and is used next time.
    """
    started = time.monotonic()
    if out_of_step := sync.differences():
        raise BuildFailed("\n".join([*out_of_step, "`make sync` mends what is not a title"]))
    with alone(BUILD, "another `make book` is running in this checkout"):
        return _build(started)


def _build(started: float) -> int:
    _tidy()
    execute.execute_book(data.find())
    comparison = compare.compare_all()
    compare.write(comparison)
    errata_page.write(collected := errata_page.collect())
    landing.write(comparison, collected["errata"])
    scoreboard.write(scoreboard.collect())
    if bake_off.KEPT.exists():
        bake_off.write()
    if render.is_current():
        print(f"Nothing to do: {_shown(HTML)}/index.html is up to date.")
    else:
        print("  rendering the site", flush=True)
        render.render(comparison)
        print(f"{_shown(HTML)}/index.html, {time.monotonic() - started:.0f} s in all.")
    wrong = [r["id"] for r in comparison["entries"] if r["status"] in compare.FAILURES]
    if wrong:
        print(f"warning: not as published: {', '.join(wrong)}", file=sys.stderr)
    for notebook, ids in comparison["outside"].items():
        if ids:
            print(f"warning: {notebook}: outside its kept seeds: {', '.join(ids)}", file=sys.stderr)
    if comparison["stand_in"]:
        print("*** Built on stand-in data: see the banner on the site's pages.")
    return 0


def _tidy() -> None:
    """Remove what a killed build left behind."""
    for folder in [*BUILD.glob("work-*"), *BUILD.glob("site.partial")]:
        shutil.rmtree(folder, ignore_errors=True)


def _shown(path) -> str:
    return str(path.relative_to(ROOT))
