"""Execute chapters with papermill, each in a fresh kernel, and keep what is finished.

An execution works in a folder of its own and is moved into place when it is complete, so that a
build that was killed leaves nothing that could be taken for a finished one.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import nbformat

from tsadbook.build import fingerprint
from tsadbook.build.errors import BuildFailed
from tsadbook.build.files import replace
from tsadbook.build.paths import BUILD, EXECUTED, FAILED, NOTEBOOKS, RESULTS, chapters

HEARTBEAT_S = 15
PROBES = "probes"  # the tag of the cell that the build appends
RUNNING: set[subprocess.Popen] = set()


def execute_book(data: dict[str, str]) -> list[str]:
    """Execute every chapter that is out of date; return their names.

    Parameters
    ----------
    data : the hash of each dataset, or "stand-in".

    Raises
    ------
    BuildFailed : after the other chapters have ended.
    """
    names = chapters()
    prints = {name: fingerprint.of_execution(name, data) for name in names}
    todo = [name for name in names if not _is_current(name, prints[name])]
    if len(todo) < len(names):
        print(f"up to date: {', '.join(n for n in names if n not in todo)}", flush=True)
    failures = []
    workers = min(2, os.cpu_count() or 1)
    with ThreadPoolExecutor(workers) as pool, stopping_kernels():
        # The longest first: it decides when the last one ends.
        order = sorted(todo, key=lambda n: -_usual_seconds(n))
        jobs = {n: pool.submit(_execute_chapter, n, prints[n]) for n in order}
        try:
            for name, job in jobs.items():
                try:
                    job.result()
                except BuildFailed as error:
                    failures.append(f"{name}: {error}")
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    if failures:
        raise BuildFailed("\n".join(failures))
    return todo


@contextmanager
def stopping_kernels():
    """Where the block is left early, by Ctrl-C or SIGTERM, stop what it has running."""

    def stop(signal_number, frame):
        raise SystemExit(128 + signal_number)

    # In the background of a script a process starts with SIGINT ignored.
    handlers = {signal.SIGTERM: stop, signal.SIGINT: signal.default_int_handler}
    before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    try:
        yield
    except BaseException:
        for process in list(RUNNING):
            process.kill()  # its kernel notices, and ends too
        raise
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def run_notebook(
    notebook, folder: Path, label: str, parameters: dict | None = None, quiet: bool = False
) -> Path:
    """Execute a notebook in a folder; return the executed copy, with the record beside it.

    Raises
    ------
    BuildFailed : naming the cell and the error.
    """
    source, target = folder / "source.ipynb", folder / "executed.ipynb"
    nbformat.write(notebook, source)
    command = [sys.executable, "-m", "papermill", str(source), str(target), "--kernel", "python3"]
    command += ["--no-progress-bar", "--cwd", str(folder)]
    for name, value in (parameters or {}).items():
        command += ["-p", name, str(value)]
    environment = os.environ | fingerprint.kernel_settings()
    environment["TSADBOOK_RECORD"] = str(folder / "record.json")
    environment["KERAS_HOME"] = str(folder)  # no settings of the user's own
    for name in ("TSADBOOK_DATA", "TSADBOOK_CACHE"):  # the kernel works in another folder
        if environment.get(name):
            environment[name] = os.path.abspath(environment[name])
    with open(folder / "papermill.log", "w") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        RUNNING.add(process)
        started = time.monotonic()
        while True:
            try:
                process.wait(HEARTBEAT_S)
                break
            except subprocess.TimeoutExpired:
                if not quiet:
                    print(f"  {label}: {time.monotonic() - started:.0f} s ...", flush=True)
        RUNNING.discard(process)
    if process.returncode:
        raise BuildFailed(_reason(target, folder / "papermill.log"))
    return target


def with_probes(notebook, name: str):
    """The notebook with one cell more, in which it is asked what it found."""
    source = f'from tsadbook.registers import probes\n\nprobes.write("{name}", globals())'
    cell = nbformat.v4.new_code_cell(source, metadata={"tags": [PROBES]}, id=PROBES)
    notebook.cells = [*notebook.cells, cell]
    return notebook


def _execute_chapter(name: str, print_: str) -> None:
    notebook = with_probes(nbformat.read(NOTEBOOKS / f"{name}.ipynb", as_version=4), name)
    print(f"  {name}: started", flush=True)
    started = time.monotonic()
    BUILD.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="work-", dir=BUILD))
    try:
        executed = run_notebook(notebook, folder, name)
        seconds = time.monotonic() - started
        _publish(name, folder, executed, print_, seconds)
        (FAILED / f"{name}.ipynb").unlink(missing_ok=True)
        print(f"  {name}: done in {seconds:.0f} s", flush=True)
    except BuildFailed as error:
        if (folder / "executed.ipynb").exists():
            FAILED.mkdir(exist_ok=True)
            shutil.copy(folder / "executed.ipynb", FAILED / f"{name}.ipynb")
            raise BuildFailed(f"{error}\n  read it in {FAILED / name}.ipynb") from None
        raise
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _publish(name: str, folder: Path, executed: Path, print_: str, seconds: float) -> None:
    """Move a complete execution into place; the stamp comes last."""
    notebook = nbformat.read(executed, as_version=4)
    notebook.cells = [c for c in notebook.cells if PROBES not in fingerprint.tags(c)]
    _forget_times(notebook)
    for path in (EXECUTED, RESULTS):
        path.mkdir(exist_ok=True)
    (EXECUTED / f"{name}.stamp").unlink(missing_ok=True)
    record = json.loads((folder / "record.json").read_text())
    times = {"seconds": round(seconds, 1)} | record.pop("seconds")
    record["figures"] = figure_ids(notebook)
    replace(RESULTS / f"{name}.json", json.dumps(record, indent=1) + "\n")
    replace(RESULTS / f"{name}.times.json", json.dumps(times, indent=1) + "\n")
    replace(EXECUTED / f"{name}.ipynb", nbformat.writes(notebook))
    replace(EXECUTED / f"{name}.stamp", _stamp(name, print_))


def figure_ids(notebook) -> list[str]:
    """The ids of the figures among a notebook's outputs, in order."""
    return re.findall(r'<figure class="book-figure" id="([^"]+)"', "\n".join(_html(notebook)))


def _html(notebook):
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            yield output.get("data", {}).get("text/html", "")


# TensorFlow's native code says this when it is imported, whatever its log level is set to.
START_UP = re.compile(r"(WARNING: All log messages before absl|I\d{4} ).*\n?")


def _forget_times(notebook) -> None:
    """Drop what carries a time stamp: two executions that found the same are the same."""
    notebook.metadata.pop("papermill", None)
    for cell in notebook.cells:
        for key in ("papermill", "execution"):
            cell.metadata.pop(key, None)
        for output in cell.get("outputs", []):
            if output.get("name") == "stderr":
                output.text = START_UP.sub("", output.text)
        if "outputs" in cell:
            cell.outputs = [o for o in cell.outputs if o.get("text", "some").strip()]


def _is_current(name: str, print_: str) -> bool:
    """Whether what lies here, whole and unaltered, came from this."""
    try:
        return (EXECUTED / f"{name}.stamp").read_text() == _stamp(name, print_)
    except FileNotFoundError:
        return False


def _stamp(name: str, print_: str) -> str:
    """The hash of what went into an execution, and of what came out."""
    results = [RESULTS / f"{name}{end}.json" for end in ("", ".times")]
    made = b"".join(path.read_bytes() for path in (EXECUTED / f"{name}.ipynb", *results))
    return f"{print_} {hashlib.sha256(made).hexdigest()}"


def _usual_seconds(name: str) -> float:
    known = {"02_nab_next_step": 60, "01_sp500": 40}  # a first build has no times to go by
    try:
        return json.loads((RESULTS / f"{name}.times.json").read_text())["seconds"]
    except (FileNotFoundError, ValueError):  # or half of one
        return known.get(name, 10)


def _reason(executed: Path, log: Path) -> str:
    """Cell and error of an execution that stopped."""
    if executed.exists():
        cells = nbformat.read(executed, as_version=4).cells
        # papermill adds cells that point to the error; they are not the chapter's.
        own = [c for c in cells if "papermill-error-cell-tag" not in fingerprint.tags(c)]
        for number, cell in enumerate(own):
            for output in cell.get("outputs", []):
                if output.output_type == "error":
                    first = cell.source.strip().splitlines()[0]
                    return f"cell {number} ({first!r}): {output.ename}: {output.evalue}"
    return "papermill stopped: " + " ".join(log.read_text().splitlines()[-1:])
