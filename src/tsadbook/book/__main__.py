"""python -m tsadbook.book build | sweep [--scheduler=tcp://host:port] [chapter ...] | sync

The bake-off of a sweep runs on the dask cluster whose scheduler is named, else on this machine.
"""

from __future__ import annotations

import sys

from tsadbook.book import sweep, sync
from tsadbook.book.execute import BuildFailed
from tsadbook.datasets import DataError


def main(arguments: list[str]) -> int:
    command, *names = arguments or [""]
    try:
        if command == "build" and not names:
            from tsadbook.book import build

            return build.build()
        if command == "sweep":
            option = "--scheduler="
            scheduler = [name.removeprefix(option) for name in names if name.startswith(option)]
            names = [name for name in names if not name.startswith(option)]
            sweep.sweep(names or sweep.everything(), scheduler=next(iter(scheduler), None))
            return 0
        if command == "sync" and not names:
            sync.sync()
            return 0
    except (BuildFailed, DataError) as error:
        print(f"\nfailed:\n{error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nstopped; what is finished is kept", file=sys.stderr)
        return 130
    print(f"usage: {__doc__}", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
