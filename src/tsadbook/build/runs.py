"""Run notebooks with many seeds: several at a time, each kept as it ends."""

from __future__ import annotations

import datetime
import json
import shutil
import tempfile
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from importlib.metadata import version
from pathlib import Path
from threading import Lock

from tsadbook.build import fingerprint
from tsadbook.build.errors import BuildFailed
from tsadbook.build.execute import run_notebook, stopping_kernels
from tsadbook.build.paths import BUILD

LIBRARIES = ("keras", "tensorflow", "torch", "numpy", "pandas", "scikit-learn")


def run_all(tasks: list[tuple], run, keep, workers: int) -> None:
    """Run each task and keep its result as it ends.

    Parameters
    ----------
    tasks : the arguments of each run; the first is a notebook's name.
    run : function of these, returns what is kept.
    keep : function of these and of the result.

    Raises
    ------
    BuildFailed : naming each task that failed, after all others have ended.
    """
    lock, failures, done = Lock(), [], 0
    today()

    def code_of(notebook):
        with lock:  # Python 3.11 cannot parse in two threads at a time
            return fingerprint.of_measurement(notebook)

    def one(task):
        nonlocal done
        said = ", ".join(f"seed {part}" if isinstance(part, int) else part for part in task)
        before = code_of(task[0])
        try:
            found = run(*task)
            if code_of(task[0]) != before:
                raise BuildFailed("its code was changed meanwhile; sweep again")
        except BuildFailed as error:
            failures.append(f"{said}: {error}")
            return
        with lock:
            keep(*task, found)
            done += 1
            print(f"  {said}: done ({done} of {len(tasks)})", flush=True)

    with ThreadPoolExecutor(workers) as pool, stopping_kernels():
        jobs = [pool.submit(one, task) for task in tasks]
        try:
            for job in jobs:
                job.result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    if failures:
        raise BuildFailed("\n".join(failures))


def found_by(notebook, name: str, seed: int) -> dict:
    """What a notebook with a cell of probes finds with one seed.

    Raises
    ------
    BuildFailed : it stopped, or ran on stand-in data.
    """
    BUILD.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="sweep-", dir=BUILD))
    try:
        run_notebook(notebook, folder, name, {"SEED": seed}, quiet=True)
        record = json.loads((folder / "record.json").read_text())
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    if record["stand_in"]:
        raise BuildFailed("ran on stand-in data; a sweep needs the real data")
    return record["found"]


def versions() -> dict[str, str]:
    """Of the libraries that a result rests on."""
    return {library: version(library).split("+")[0] for library in LIBRARIES}


@cache
def today() -> dict[str, str]:
    """Day by commit, as both were when first asked for: what is kept makes a checkout differ."""
    return {fingerprint.commit(): datetime.date.today().isoformat()}
