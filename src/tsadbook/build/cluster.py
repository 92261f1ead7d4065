"""Run the tasks of the bake-off on dask workers, here or on a cluster, and keep what each returns.

A finished task is written the moment it ends, under a stamp of what it rests on, so a killed run
goes on where it was and what is out of date is computed again. A worker that dies is replaced and
its task tried again. Results travel back to the client: no shared file system is needed.
"""

from __future__ import annotations

import functools
import hashlib
import os
import platform
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import NamedTuple

import dask
import numpy as np
from distributed import (
    CancelledError,
    Client,
    KilledWorker,
    LocalCluster,
    WorkerPlugin,
    as_completed,
    get_worker,
)

from tsadbook.benchmark.tasks import Task
from tsadbook.build import fingerprint
from tsadbook.build.errors import BuildFailed
from tsadbook.build.execute import stopping_kernels
from tsadbook.build.files import alone
from tsadbook.build.paths import PACKAGE

CONNECT_S = 15
PROGRESS_S = 15
NAMED = 20  # failures that an error names; all of them stand in failures.txt
RESERVED = {"stamp", "file", "allow_pickle"}  # the first is ours, the others are numpy.savez's
LIBRARIES = (
    *("numpy", "scipy", "pandas", "scikit-learn", "statsmodels", "aeon", "pyod", "stumpy"),
    *("keras", "tensorflow", "torch"),
)


Compute = Callable[[Task], dict[str, np.ndarray | float | int | str]]
Stamp = Callable[[Task], str]


def run(
    tasks: Iterable[Task],
    compute: Compute,
    folder: Path,
    stamp: Stamp,
    scheduler: str | None = None,
    workers: int = 2,
) -> None:
    """Compute every task that is missing or out of date, and keep what it returns.

    Parameters
    ----------
    tasks : in the order in which they are to start; the longest first ends soonest.
    compute : is called on a worker, one task at a time in a process, and returns arrays, numbers
        and text by name. Let it be a function of the package: then it travels by its name, and what
        its module keeps in a `functools.cache`, such as a compiled network, lives as long as the
        worker does.
    folder : receives `<detector>/<category>--<file>.<seed>.npz`, as well as failures.txt and, from
        a cluster of this machine, workers.log: what the workers print.
    stamp : a hash of code, settings and data of a task; what is kept under another is out of date.
    scheduler : of a cluster, such as "tcp://host:8786"; None starts `workers` processes here.

    Raises
    ------
    BuildFailed : naming each task that failed, after all others have ended; or at once, where
        another run writes into the folder, the scheduler is out of reach or was lost, or a worker
        has other code, libraries or settings than this process.
    """
    tasks = list(dict.fromkeys(tasks))
    busy = f"another run is writing into {folder}; wait for its end"
    with alone(folder, busy), stopping_kernels():
        stamps = {task: stamp(task) for task in tasks}
        todo = [task for task in tasks if kept(task, folder, stamps[task]) is None]
        print(f"{len(todo):,} to run, {len(tasks) - len(todo):,} kept", flush=True)
        if todo:
            with _cluster(scheduler, workers, folder) as client:
                _Run(client, compute, folder, stamps).finish(todo)


def kept(task: Task, folder: Path, stamp: str) -> dict | None:
    """What a task returned; None where it is missing, damaged or out of date.

    Numbers and text come back as Python's own, arrays as they were.
    """
    try:
        with np.load(_path(task, folder), allow_pickle=False) as file:
            found = {name: file[name] for name in file.files}
    except Exception:  # whatever is wrong with it
        return None
    if found.pop("stamp", "") != stamp:
        return None
    return {name: value if value.ndim else value.item() for name, value in found.items()}


class _Run:
    """The tasks of one run: submitted, kept as they end, counted."""

    def __init__(self, client: Client, compute: Compute, folder: Path, stamps: dict[Task, str]):
        self.client, self.compute, self.folder, self.stamps = client, compute, folder, stamps
        self.conditions = conditions()
        self.failed: dict[Task, str] = {}

    def finish(self, tasks: list[Task]) -> None:
        self._refuse_other_conditions()
        (self.folder / "failures.txt").unlink(missing_ok=True)
        self.progress = _Progress(tasks)
        try:
            # A task that waited at a worker when another killed it is blamed as well. Alone, each
            # can only be struck by its own doing.
            for suspect in self._complete(tasks):
                for task in self._complete([suspect]):
                    self._fail(task, 0.0, "its worker died each time, as when memory runs out")
        finally:
            self.progress.close()
        if self.failed:
            named = [f"{task.name}: {why}" for task, why in list(self.failed.items())[:NAMED]]
            if len(self.failed) > NAMED:
                named.append(f"and {len(self.failed) - NAMED:,} more")
            where = self.folder / "failures.txt"
            raise BuildFailed("\n".join([*named, f"{len(self.failed):,} failed; read {where}"]))

    def _complete(self, tasks: list[Task]) -> list[Task]:
        """Keep what the tasks return; those that took their worker along each time are left."""
        futures = self.client.map(
            _execute, tasks, compute=self.compute, expected=self.conditions, pure=False
        )
        names = dict(zip((future.key for future in futures), tasks, strict=True))
        ended = as_completed(futures, loop=self.client.loop)
        del futures  # each is let go when it has ended, and its result with it
        suspects = []
        for future in ended:
            task = names[future.key]
            try:
                outcome = future.result()
            except KilledWorker:
                suspects.append(task)
            except (CancelledError, OSError) as error:
                raise BuildFailed(
                    "the scheduler was lost; what is finished is kept, and the same command goes on"
                ) from error
            except Exception as error:  # `_execute` itself could not be called
                why = f"{task.name}: no worker could run it: {_last_line(error)}"
                raise BuildFailed(why) from error
            else:
                self._take(task, outcome)
            future.release()
        return suspects

    def _take(self, task: Task, outcome: _Outcome) -> None:
        if outcome.refused:
            raise BuildFailed(outcome.refused)
        if outcome.error:
            self._fail(task, outcome.seconds, outcome.error)
        else:
            self._keep(task, outcome.found)
            self.progress.count(task, outcome.seconds, failed=False)

    def _keep(self, task: Task, found: dict[str, np.ndarray]) -> None:
        path = _path(task, self.folder)
        partial = path.with_suffix(".partial")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with open(partial, "wb") as file:
                np.savez_compressed(file, stamp=np.array(self.stamps[task]), **found)
            partial.replace(path)
        except OSError as error:
            raise BuildFailed(f"cannot keep {task.name}: {error}") from error

    def _fail(self, task: Task, seconds: float, why: str) -> None:
        self.failed[task] = why.strip().splitlines()[-1]
        with open(self.folder / "failures.txt", "a") as file:
            file.write(f"{task.name}\n{why}\n\n")
        self.progress.count(task, seconds, failed=True)

    def _refuse_other_conditions(self) -> None:
        """Look at every worker that is there; those that come later look at themselves."""

        def look():  # by value: a worker with other code may have no such module
            from tsadbook.build import cluster

            return cluster.conditions()

        found = self.client.run(look, on_error="return")
        if not found:
            print("the scheduler has no workers yet; waiting for the first", flush=True)
        for worker, there in found.items():
            if isinstance(there, Exception):
                raise BuildFailed(_refusal(worker, [_last_line(there)]))
            if differing := _differences(self.conditions, there):
                raise BuildFailed(_refusal(worker, differing))


class _Outcome(NamedTuple):
    """What comes back from a worker. An error is text: not every exception can be unpickled."""

    found: dict[str, np.ndarray]
    seconds: float
    error: str = ""
    refused: str = ""


def _execute(task: Task, compute: Compute, expected: dict[str, str]) -> _Outcome:
    if differing := _differences(expected, conditions()):
        return _Outcome({}, 0.0, refused=_refusal(get_worker().address, differing))
    _settle()
    started = time.perf_counter()
    try:
        found, error = _as_arrays(compute(Task(*task))), ""
    except (Exception, SystemExit):
        found, error = {}, traceback.format_exc()
    return _Outcome(found, time.perf_counter() - started, error)


@functools.cache
def _settle() -> None:
    """Once a worker: let its nanny see that it has started.

    One that dies within dask's interval of 0.05 s for this is not replaced.
    """
    time.sleep(0.5)


def _as_arrays(found: dict) -> dict[str, np.ndarray]:
    arrays = {name: np.asarray(value) for name, value in found.items()}
    if wrong := [name for name, array in arrays.items() if array.dtype.hasobject]:
        raise TypeError(f"{', '.join(wrong)}: only arrays, numbers and text can be kept")
    if wrong := RESERVED & set(arrays):
        raise ValueError(f"{', '.join(sorted(wrong))}: take another name for what is returned")
    return arrays


# ---- what a worker must have in common with the client


def settings() -> dict[str, str]:
    """The environment of every worker: that of the chapters' kernels, and one thread a process.

    The seed of Python's hashes is left to dask, which gives all workers the same.
    """
    threads = ("OPENBLAS", "MKL", "NUMBA")
    one = {f"{name}_NUM_THREADS": "1" for name in threads}
    one |= {"TF_NUM_INTRAOP_THREADS": "1", "TF_NUM_INTEROP_THREADS": "1"}
    kernels = fingerprint.kernel_settings()
    return {name: value for name, value in kernels.items() if name != "PYTHONHASHSEED"} | one


def conditions() -> dict[str, str]:
    """What results depend on beside the task, for this process.

    On the client the settings are those that its workers should have.
    """
    try:
        worker = get_worker()
    except ValueError:
        threads, environment = 1, settings()
    else:
        threads, environment = worker.state.nthreads, os.environ
    named = [name for name in settings() if name != "TF_CPP_MIN_LOG_LEVEL"]
    return {
        "the source of tsadbook": SOURCE,
        "Python": ".".join(platform.python_version_tuple()[:2]),
        **{library: _version(library) for library in LIBRARIES},
        "the number of threads": str(threads),
        **{name: environment.get(name, "unset") for name in named},
    }


def _differences(expected: dict[str, str], found: dict[str, str]) -> list[str]:
    return [
        f"{name} is {found.get(name, 'unknown')}, here {value}"
        for name, value in expected.items()
        if found.get(name) != value
    ]


def _refusal(worker: str, differing: list[str]) -> str:
    return (
        f"the worker {worker} would not compute what this process would: {'; '.join(differing)}. "
        "Start the workers anew as CONTRIBUTING.md says"
    )


@functools.cache
def _version(library: str) -> str:
    try:
        return version(library).split("+")[0]
    except PackageNotFoundError:
        return "missing"


def _source() -> str:
    digest = hashlib.sha256()
    for path in sorted(p for p in PACKAGE.rglob("*") if p.suffix in (".py", ".yml", ".txt")):
        digest.update(f"\0{path.relative_to(PACKAGE)}\0".encode() + path.read_bytes())
    return digest.hexdigest()[:12]


# Taken when the module is imported: a worker that runs since before the last change says so.
SOURCE = _source()


# ---- the cluster


@contextmanager
def _cluster(scheduler: str | None, workers: int, folder: Path) -> Iterator[Client]:
    if scheduler is None:
        with _local_cluster(workers, folder) as cluster, Client(cluster, set_as_default=False) as c:
            c.register_plugin(_Quiet(str(folder / "workers.log")))
            yield c
        return
    try:
        client = Client(scheduler, timeout=CONNECT_S, set_as_default=False)
    except (OSError, ValueError) as error:
        raise BuildFailed(
            f"no scheduler answers at {scheduler} ({_last_line(error)}); start one with "
            "`dask scheduler` and give the address that it prints, or leave SCHEDULER out to run "
            "on this machine"
        ) from error
    with client:
        yield client


@contextmanager
def _local_cluster(workers: int, folder: Path) -> Iterator[LocalCluster]:
    (folder / "workers.log").unlink(missing_ok=True)
    before = dict(os.environ)
    with (
        tempfile.TemporaryDirectory(prefix="tsadbook-") as scratch,
        dask.config.set(
            {
                "temporary-directory": scratch,
                "distributed.scheduler.worker-saturation": 1.0,  # no task waits at a busy worker
                "distributed.scheduler.allowed-failures": 1,  # then once more, alone
                "distributed.scheduler.no-workers-timeout": "1 minute",  # none could be started
                "distributed.worker.profile.enabled": False,
                # Without dask's MALLOC_TRIM_THRESHOLD_, which gives memory back at once and then
                # lets networks train half as fast; the threads are in `settings`.
                "distributed.nanny.pre-spawn-environ": {},
            }
        ),
    ):
        # Set for as long as the cluster runs: a worker that is replaced needs them too.
        os.environ.update(settings(), KERAS_HOME=scratch)
        try:
            with LocalCluster(
                n_workers=workers,
                threads_per_worker=1,
                processes=True,
                memory_limit=0,
                dashboard_address=None,
                silence_logs="CRITICAL",
            ) as cluster:
                yield cluster
        finally:
            os.environ.clear()
            os.environ.update(before)


class _Quiet(WorkerPlugin):
    """What a worker prints, TensorFlow's native code included, goes into a file."""

    name = "tsadbook-quiet"

    def __init__(self, path: str):
        self.path = path

    def setup(self, worker) -> None:
        log = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.dup2(log, 1)
        os.dup2(log, 2)
        os.close(log)


# ---- what is shown and where things are kept


class _Progress:
    """One line that is rewritten on a terminal; elsewhere, as in a log of CI, one now and then."""

    def __init__(self, tasks: list[Task]):
        self.total, self.failed = len(tasks), 0
        self.left = Counter(task.detector for task in tasks)
        self.ended, self.seconds = Counter(), Counter()
        self.started = self.shown = time.monotonic()
        self.terminal = sys.stdout.isatty()

    def count(self, task: Task, seconds: float, failed: bool) -> None:
        self.left[task.detector] -= 1
        self.ended[task.detector] += 1
        self.seconds[task.detector] += seconds
        self.failed += failed
        if self.terminal:
            print(f"\r{self}".ljust(72), end="", flush=True)
        elif time.monotonic() - self.shown >= PROGRESS_S:
            self.shown = time.monotonic()
            print(self, flush=True)

    def close(self) -> None:
        print(f"\r{self}".ljust(72) if self.terminal else self, flush=True)

    def __str__(self) -> str:
        done = self.ended.total()
        failed = f", {self.failed:,} failed" if self.failed else ""
        left = f", {self._time_left()} left" if 0 < done < self.total else ""
        return f"  {done:,} of {self.total:,} tasks{failed}{left}"

    def _time_left(self) -> str:
        """The tasks left of a detector take as long as those that ended.

        A detector of which none has ended comes late in the order, so its tasks are short.
        """
        means = {detector: self.seconds[detector] / n for detector, n in self.ended.items()}
        shortest = min(means.values())
        work = sum(n * means.get(detector, shortest) for detector, n in self.left.items())
        at_a_time = self.seconds.total() / (time.monotonic() - self.started)
        seconds = work / max(at_a_time, 1e-9)
        return f"about {seconds / 60:.0f} min" if seconds >= 90 else f"about {seconds:.0f} s"


def _path(task: Task, folder: Path) -> Path:
    return folder / task.detector / f"{task.series.replace('/', '--')}.{task.seed}.npz"


def _last_line(error: BaseException) -> str:
    return "".join(traceback.format_exception_only(error)).strip().splitlines()[-1]
