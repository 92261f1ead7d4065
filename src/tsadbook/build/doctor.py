"""make doctor: what this machine is, where its results lie, what is wrong and what mends it.

It imports nothing but Python's own library before it has seen that the rest is there, so it also
works where the environment is missing or broken.
"""

from __future__ import annotations

import json
import os
import platform
import re
import shutil
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import NamedTuple

from tsadbook.build.paths import RESULTS, ROOT

GIB = 2**30
MEMORY_GIB = 3  # free, for a build: two chapters run at a time, and the largest kernel takes one
DISK_GIB = {"with an environment": 1, "without": 6}
REMAKE = "rm -rf .venv && make book"


class Finding(NamedTuple):
    """One line: what was looked at and what is there; if it is wrong, why, and the remedy."""

    what: str
    there: str
    wrong: str = ""
    mend: str = ""


def main() -> int:
    """Print all findings; return 1 if something is wrong, else 0."""
    found = list(findings())
    width = max(len(finding.what) for finding in found)
    for finding in found:
        print(f"{'!' if finding.wrong else ' '} {finding.what:{width}}  {finding.there}")
        if finding.wrong:
            print(f"  {'':{width}}  {finding.wrong}\n  {'':{width}}  mend it: {finding.mend}")
    wrong = sum(bool(finding.wrong) for finding in found)
    print(f"\n{wrong or 'nothing'} to mend" + ("" if wrong else ", as far as this can tell"))
    return int(wrong > 0)


def findings() -> Iterator[Finding]:
    """Everything that is looked at, in order."""
    yield _python()
    yield Finding("system", f"{platform.system()} {platform.release()}, {platform.machine()}")
    yield Finding("processor", f"{_processor()}, {_cores()} cores for this process")
    yield _memory()
    yield _disk()
    yield from _libraries()
    yield _threads()
    yield _graphics()
    yield from _data()
    yield from _results()


def _python() -> Finding:
    there = f"{platform.python_version()} in {sys.prefix}"
    if (3, 11) <= sys.version_info[:2] < (3, 14):
        return Finding("Python", there)
    wrong = "the book needs Python 3.11 to 3.13"
    return Finding("Python", there, wrong, "make book PYTHON=/path/to/python3.12")


def _processor() -> str:
    try:
        named = re.search(r"model name\s*:\s*(.+)", Path("/proc/cpuinfo").read_text())
    except OSError:
        named = None
    return named[1] if named else platform.processor() or "unknown"


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _memory() -> Finding:
    try:
        text = Path("/proc/meminfo").read_text()
        total, free = (
            int(re.search(rf"{name}:\s*(\d+) kB", text)[1]) * 1024
            for name in ("MemTotal", "MemAvailable")
        )
    except (OSError, TypeError):
        return Finding("memory", "unknown on this system")
    there = f"{free / GIB:.1f} GiB free of {total / GIB:.1f}"
    if free >= MEMORY_GIB * GIB:
        return Finding("memory", there)
    wrong = f"a build needs about {MEMORY_GIB} GiB; with less a chapter may be killed"
    return Finding("memory", there, wrong, "close other programs, then make book")


def _disk() -> Finding:
    free = shutil.disk_usage(ROOT).free
    needed = DISK_GIB["with an environment" if (ROOT / ".venv").exists() else "without"]
    there = f"{free / GIB:.1f} GiB free at {ROOT}"
    if free >= needed * GIB:
        return Finding("disk", there)
    return Finding("disk", there, f"about {needed} GiB are needed", "free some, then make book")


def _libraries() -> Iterator[Finding]:
    """The direct dependencies against what constraints.txt pins."""
    project = (ROOT / "pyproject.toml").read_text()
    block = re.search(r"^dependencies = \[.*?^\[", project, re.S | re.M)[0]
    block += re.search(r"^\[project.optional-dependencies\].*?^\[", project, re.S | re.M)[0]
    wanted = {name.lower() for name in re.findall(r'"([A-Za-z0-9_.-]+)[\[><=]', block)}
    pins = dict(re.findall(r"^([A-Za-z0-9_.-]+)==(\S+)", _constraints(), re.M))
    pins = {name: pin for name, pin in pins.items() if name.lower() in wanted}
    there = {name: _version(name) for name in pins}
    missing = [name for name, found in there.items() if not found]
    other = [
        f"{n} {found}, not {pins[n]}" for n, found in there.items() if found not in ("", pins[n])
    ]
    build = f"torch {_version('torch', local=True) or 'missing'}"
    if missing:
        lacking = f"missing: {', '.join(missing)}"
        yield Finding("libraries", f"{len(pins) - len(missing)} of {len(pins)}", lacking, REMAKE)
    elif other:
        wrong = f"other versions than the book was proved with: {'; '.join(other)}"
        yield Finding("libraries", f"{len(pins)}, {build}", wrong, REMAKE)
    else:
        yield Finding("libraries", f"{len(pins)} in the versions of constraints.txt, {build}")


def _constraints() -> str:
    return (ROOT / "constraints.txt").read_text()


def _version(name: str, local: bool = False) -> str:
    try:
        return version(name) if local else version(name).split("+")[0]
    except PackageNotFoundError:
        return ""


def _threads() -> Finding:
    named = ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS")
    set_ = [f"{name}={os.environ[name]}" for name in named if name in os.environ]
    own = "chapters run with OMP_NUM_THREADS=1"
    return Finding("threads", f"{own}; set here: {', '.join(set_) or 'nothing'}")


def _graphics() -> Finding:
    if not shutil.which("nvidia-smi"):
        return Finding("GPU", "none seen; none is needed")
    return Finding("GPU", "NVIDIA; training on it rounds otherwise, inside the intervals")


def _data() -> Iterator[Finding]:
    if os.environ.get("TSADBOOK_STAND_IN", "0") not in ("", "0"):
        wrong = "generated stand-ins are asked for, and nothing is compared"
        yield Finding("stand-ins", "TSADBOOK_STAND_IN is set", wrong, "unset TSADBOOK_STAND_IN")
    try:
        from tsadbook.datasets import DataError, files
    except ImportError as error:
        yield Finding("data", "not looked at", f"the helpers cannot be imported: {error}", REMAKE)
        return
    try:
        folder = files.folder()
    except DataError as error:
        yield Finding("data", "TSADBOOK_DATA", str(error), "unset TSADBOOK_DATA, or correct it")
        return
    places = [place for place in (folder, files.cache_folder()) if place]
    paths = [f"data/{name}.csv" for name in files.nab_series()]
    counted = [_checked(files, places, path) for path in paths]
    sp500 = any((place / "sp500" / "spx.csv").is_file() for place in places)
    there = f"{counted.count('good')} of {len(paths)} NAB series"
    there += f", S&P 500 {'' if sp500 else 'not '}at hand, in {' and '.join(map(str, places))}"
    if "altered" in counted:
        wrong = f"{counted.count('altered')} NAB files are not the pinned ones"
        yield Finding("data", there, wrong, "copy them again, or unset TSADBOOK_DATA")
    elif "missing" in counted or not sp500:
        yield Finding("data", f"{there}; make book downloads the rest")
    else:
        yield Finding("data", there)


def _checked(files, places, path: str) -> str:
    for place in places:
        if (found := place / "nab" / path).is_file():
            return "good" if files.digest(found) == files.nab_sha256(path) else "altered"
    return "missing"


def _results() -> Iterator[Finding]:
    path = RESULTS / "reproduction.json"
    if not path.exists():
        yield Finding("results", "none", "the book is not built", "make book")
        return
    try:
        comparison = json.loads(path.read_text())
    except ValueError:
        yield Finding("results", "damaged", f"{path.name} cannot be read", "make book")
        return
    entries = comparison["entries"]
    if comparison["stand_in"]:
        wrong = "built on stand-ins: some of the data could not be had"
        yield Finding("results", "not compared", wrong, "see to the data above, then make book")
    bad = [e["id"] for e in entries if e["status"] in ("different", "changed", "missing")]
    there = f"{len(entries) - len(bad)} of {len(entries)} entries as the book has them"
    if bad:
        wrong = f"not as the book has them: {', '.join(bad)}"
        yield Finding("results", there, wrong, "read the book's page My numbers differ")
    else:
        yield Finding("results", there)
    for entry in entries:
        if entry["here"]:
            yield Finding(f"  {entry['id']}", _place(entry["here"], entry["interval"]))


def _place(here: dict[str, float | None], interval: dict) -> str:
    """This run's statistics, each beside the band of the seeds."""
    return "; ".join(
        f"{name} {value:.4g} (seeds {_end(low)} to {_end(high)})".strip()
        for name, value in here.items()
        for low, high in [interval[name]]
        if value is not None
    )


def _end(end: float | None) -> str:
    return "–" if end is None else f"{end:.4g}"


if __name__ == "__main__":
    sys.exit(main())
