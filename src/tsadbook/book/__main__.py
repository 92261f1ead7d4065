"""python -m tsadbook.book build | sweep [chapter ...] | sync"""

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
            sweep.sweep(names or sweep.swept_chapters())
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
