"""The runner: what is finished is kept, what fails is named, what dies is tried again."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import numpy as np
import psutil
import pytest
from distributed import Client, LocalCluster

from tsadbook.benchmark.tasks import Task
from tsadbook.build import cluster
from tsadbook.build.cluster import kept, run
from tsadbook.build.execute import BuildFailed

TASKS = [Task(d, s, seed) for d in ("slow", "fast") for s in ("c/one", "c/two") for seed in (1, 2)]


def stamp(task):
    return f"stamp of {task.name}"


def computing(marks: Path, before="pass"):
    """A function for the workers, which cannot import this module: it leaves a mark a call.

    `before` is done first, with `task` and `first`, whether the task is called for the first time.
    """
    marks.mkdir(exist_ok=True)
    code = f"""
    def compute(task):
        import os, signal, tempfile
        from pathlib import Path
        import numpy as np
        mark = f"{{task.detector}}-{{task.series[2:]}}-{{task.seed}}."
        first = not list(Path({str(marks)!r}).glob(mark + "*"))
        tempfile.mkstemp(prefix=f"{{mark}}{{os.getpid()}}.", dir={str(marks)!r})
        exec({textwrap.dedent(before)!r})
        scores = np.arange(4.0) + 10 * task.seed + len(task.detector + task.series)
        return {{"scores": scores, "process": os.getpid(), "note": "text"}}
    """
    names: dict = {}
    exec(textwrap.dedent(code), names)
    return names["compute"]


def calls(marks: Path) -> dict[str, int]:
    """How often each task was called."""
    names = [path.name.split(".")[0] for path in marks.iterdir()]
    return {name: names.count(name) for name in names}


def scores(folder: Path, tasks=TASKS) -> list:
    found = [kept(task, folder, stamp(task)) for task in tasks]
    return [f and f["scores"].tolist() for f in found]


RIGHT = [(np.arange(4.0) + 10 * t.seed + len(t.detector + t.series)).tolist() for t in TASKS]


def children() -> set[int]:
    """The processes below this one, but Python's tracker of shared resources, which stays."""
    below = psutil.Process().children(recursive=True)
    return {p.pid for p in below if "resource_tracker" not in " ".join(p.cmdline())}


def test_two_workers_share_the_tasks_and_one_that_is_killed_is_replaced(tmp_path, capfd):
    """Two tasks wait for one another; one kills its worker the first time; another fails."""
    environment, processes = dict(os.environ), children()
    marks, folder = tmp_path / "marks", tmp_path / "kept"
    before = f"""
        import time
        deadline = time.monotonic() + 30
        while len(os.listdir({str(marks)!r})) < 2:
            assert time.monotonic() < deadline, "the second worker never came"
            time.sleep(0.02)
        if task == ("slow", "c/two", 1) and first:
            while len(list(Path({str(folder)!r}).glob("slow/c--one.*.npz"))) < 2:
                assert time.monotonic() < deadline, "the first two tasks were not kept"
                time.sleep(0.02)
            os.kill(os.getpid(), signal.SIGKILL)
        if task == ("fast", "c/one", 2):
            raise ValueError("on purpose")
        os.write(2, b"noise")
    """
    with pytest.raises(BuildFailed, match="fast, c/one, seed 2: ValueError: on purpose") as failed:
        run(TASKS, computing(marks, before), folder, stamp)
    assert str(failed.value).splitlines()[1].startswith("1 failed")
    assert "Traceback" in (folder / "failures.txt").read_text()
    bad = TASKS.index(Task("fast", "c/one", 2))
    assert scores(folder) == [None if i == bad else right for i, right in enumerate(RIGHT)]
    called = calls(marks)
    assert called["slow-two-1"] == 2
    assert called["fast-one-2"] == 1  # an error is not tried again
    # What had ended at the killed worker and was not fetched yet is computed again.
    assert set(called.values()) <= {1, 2}
    assert called["slow-one-1"] == called["slow-one-2"] == 1
    one, other = (kept(task, folder, stamp(task)) for task in TASKS[:2])
    assert one["process"] != other["process"]
    assert one["note"] == "text"
    shown = capfd.readouterr()
    assert "8 to run, 0 kept" in shown.out
    assert "8 of 8 tasks, 1 failed" in shown.out
    assert shown.err == ""  # neither the workers' noise nor dask's
    assert dict(os.environ) == environment
    assert children() == processes


def test_a_task_that_kills_every_worker_is_named_and_takes_no_other_along(tmp_path):
    strike = "os.kill(os.getpid(), signal.SIGKILL) if task == ('slow', 'c/one', 2) else 0"
    tasks = TASKS[1:4]
    compute = computing(tmp_path / "marks", strike)
    with pytest.raises(BuildFailed) as failed:
        run(tasks, compute, tmp_path / "kept", stamp)
    assert str(failed.value).startswith("slow, c/one, seed 2: its worker died each time")
    assert scores(tmp_path / "kept", tasks) == [None, *RIGHT[2:4]]


def test_what_is_missing_damaged_or_out_of_date_is_computed_again_and_nothing_else(tmp_path):
    marks, folder = tmp_path / "marks", tmp_path / "kept"
    run(TASKS, computing(marks), folder, stamp, workers=1)
    assert scores(folder) == RIGHT
    assert calls(marks) == dict.fromkeys(calls(marks), 1)
    paths = sorted(folder.glob("slow/*.npz"))
    assert [p.name for p in paths] == [f"c--{s}.{n}.npz" for s in ("one", "two") for n in (1, 2)]
    whole = paths[0].read_bytes()
    paths[0].write_bytes(whole[: len(whole) // 2])
    middle = whole.index(b"scores.npy") + 40
    paths[1].write_bytes(whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :])
    paths[2].unlink()

    def changed(task):
        return stamp(task) + (" and more" if task == ("fast", "c/one", 2) else "")

    assert kept(TASKS[0], folder, stamp(TASKS[0])) is None
    assert kept(TASKS[1], folder, stamp(TASKS[1])) is None
    run(TASKS, computing(marks), folder, changed, workers=1)
    again = {name for name, n in calls(marks).items() if n == 2}
    assert again == {"slow-one-1", "slow-one-2", "slow-two-1", "fast-one-2"}
    assert sum(calls(marks).values()) == len(TASKS) + 4
    assert kept(TASKS[5], folder, changed(TASKS[5]))["scores"].tolist() == RIGHT[5]
    run(TASKS, None, folder, changed)  # nothing to do, so no cluster either


SCRIPT = """
import signal, sys
from pathlib import Path
sys.path.insert(0, {here!r})
from test_cluster import TASKS, computing, stamp
from tsadbook.build.cluster import run
if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # as in the background of a script
    run(TASKS, computing(Path({marks!r}), {before!r}), Path({folder!r}), stamp)
"""


@pytest.fixture
def interrupted(tmp_path):
    """A run in a process of its own, waiting in its fifth and sixth task; its family."""
    marks, folder = tmp_path / "marks", tmp_path / "kept"
    wait = "import time\nwhile task.detector == 'fast': time.sleep(0.1)"
    words = {"here": str(Path(__file__).parent), "marks": str(marks), "folder": str(folder)}
    script = tmp_path / "script.py"
    script.write_text(SCRIPT.format(before=wait, **words))
    (tmp_path / "tmp").mkdir()
    environment = os.environ | {"TMPDIR": str(tmp_path / "tmp")}
    process = subprocess.Popen([sys.executable, script], env=environment, start_new_session=True)
    until(lambda: len(list(folder.glob("slow/*.npz"))) == 4 and len(list(marks.iterdir())) == 6)
    family = [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]
    yield process, family, marks, folder
    for member in family:
        if member.is_running():
            member.kill()
    process.wait()


def until(condition) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline, "it did not come about within a minute"
        time.sleep(0.05)


def test_a_killed_run_leaves_no_process_and_goes_on_where_it_was(interrupted):
    process, family, marks, folder = interrupted
    with pytest.raises(BuildFailed, match="another run is writing"):
        run(TASKS, None, folder, stamp)
    os.kill(process.pid, signal.SIGKILL)
    _, alive = psutil.wait_procs(family[1:], timeout=60)
    assert not alive
    process.wait()
    for mark in marks.glob("fast*"):
        mark.unlink()
    run(TASKS, computing(marks), folder, stamp)
    assert scores(folder) == RIGHT
    assert calls(marks) == dict.fromkeys(calls(marks), 1)
    assert len(calls(marks)) == len(TASKS)


@pytest.mark.parametrize("signalled", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_stops_its_workers_and_keeps_what_is_finished(interrupted, signalled):
    process, family, marks, folder = interrupted
    send = os.killpg if signalled == signal.SIGINT else os.kill  # as a terminal does it
    send(process.pid, signalled)
    assert process.wait(60) != 0
    _, alive = psutil.wait_procs(family[1:], timeout=10)  # Python's tracker ends after the rest
    assert not alive
    assert not list((marks.parent / "tmp").iterdir())
    assert scores(folder) == RIGHT[:4] + [None] * 4


def test_a_scheduler_out_of_reach_is_an_error_with_a_remedy(tmp_path, monkeypatch):
    monkeypatch.setattr(cluster, "CONNECT_S", 0.5)
    with pytest.raises(BuildFailed, match=r"no scheduler answers at tcp://127.0.0.1:9 .*start one"):
        run(TASKS, None, tmp_path, stamp, scheduler="tcp://127.0.0.1:9")
    with pytest.raises(BuildFailed, match="no scheduler answers at nonsense://x"):
        run(TASKS, None, tmp_path, stamp, scheduler="nonsense://x")


def test_a_cluster_is_used_by_its_address_if_it_computes_the_same(tmp_path, monkeypatch):
    def one_worker(threads=1, **changed):
        return LocalCluster(
            n_workers=1,
            threads_per_worker=threads,
            memory_limit=0,
            dashboard_address=None,
            local_directory=tmp_path,
            env=cluster.settings() | changed,
        )

    marks, folder = tmp_path / "marks", tmp_path / "kept"
    with one_worker() as own:
        address = own.scheduler_address
        run(TASKS, computing(marks), folder, stamp, scheduler=address)
        assert scores(folder) == RIGHT
        with Client(own, set_as_default=False) as client:  # still there, and it did the work
            process = client.submit(os.getpid).result()
        assert {kept(t, folder, stamp(t))["process"] for t in TASKS} == {process}

        monkeypatch.setattr(cluster, "SOURCE", "another")
        with pytest.raises(BuildFailed, match=r"worker tcp://.* the source of tsadbook is \w+"):
            run(TASKS, computing(marks), tmp_path / "other", stamp, scheduler=address)
        # A worker that comes too late to be looked at refuses by itself.
        monkeypatch.setattr(cluster._Run, "_refuse_other_conditions", lambda self: None)
        with pytest.raises(BuildFailed, match=r"worker tcp://.* the source of tsadbook is \w+"):
            run(TASKS, computing(marks), tmp_path / "other", stamp, scheduler=address)
        monkeypatch.undo()
    with (
        one_worker(threads=2, KERAS_BACKEND="torch") as own,
        pytest.raises(BuildFailed, match="threads is 2, here 1; KERAS_BACKEND is torch, here tens"),
    ):
        run(TASKS, computing(marks), tmp_path / "other", stamp, scheduler=own.scheduler_address)
    assert sum(calls(marks).values()) == len(TASKS)  # nothing was computed on those


@pytest.mark.parametrize("found", ["{'a': object()}", "{'stamp': 1}", "[1]"])
def test_what_cannot_be_kept_is_refused(found):
    with pytest.raises((TypeError, ValueError, AttributeError)):
        cluster._as_arrays(eval(found))


def test_the_time_left_minds_that_the_long_tasks_come_first(monkeypatch):
    now = 100.0
    monkeypatch.setattr(cluster.time, "monotonic", lambda: now)
    progress = cluster._Progress([Task(d, "c/x", i) for d in ("slow", "fast") for i in range(1000)])
    for task in [Task("slow", "c/x", i) for i in range(998)]:
        progress.count(task, 60.0, failed=task.seed < 3)
    progress.count(Task("fast", "c/x", 0), 0.12, failed=False)
    now += (998 * 60 + 0.12) / 2  # two workers
    assert str(progress) == "  999 of 2,000 tasks, 3 failed, about 2 min left"
