"""`python -m tsadbook.build` makes the book; the Makefile's targets call it."""

from __future__ import annotations

import argparse
import sys

from tsadbook.build import book, form, sweep, sync
from tsadbook.build.errors import BuildFailed
from tsadbook.datasets import DataError


def main(arguments: list[str] | None = None) -> int:
    """Run one command; return the exit status."""
    chosen = _parser().parse_args(arguments)
    try:
        return chosen.run(chosen) or 0
    except (BuildFailed, DataError) as error:
        print(f"\nfailed:\n{error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nstopped; what is finished is kept", file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tsadbook.build", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    making = commands.add_parser("book", help="execute what changed, compare, render the site")
    making.set_defaults(run=lambda a: book.build())

    sweeping = commands.add_parser("sweep", help="measure over seeds what is missing or stale")
    sweeping.add_argument("names", nargs="*", metavar="NAME", help="notebook or table; else all")
    sweeping.add_argument(
        "--scheduler",
        metavar="ADDRESS",
        help="dask scheduler for the bake-off, such as tcp://host:8786; else this machine",
    )
    sweeping.set_defaults(run=lambda a: sweep.sweep(a.names or None, scheduler=a.scheduler))

    fresh = commands.add_parser("release-check", help="refuse sweeps and tables that are stale")
    fresh.set_defaults(run=lambda a: sweep.refuse_stale())

    syncing = commands.add_parser("sync", help="bring each notebook's two files in step")
    syncing.set_defaults(run=lambda a: sync.sync())

    shape = commands.add_parser("form", help="count each notebook's words, cells and lines of code")
    shape.set_defaults(run=lambda a: print(form.table().to_string()))
    return parser


if __name__ == "__main__":
    sys.exit(main())
