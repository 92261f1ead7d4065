"""The package is built from the ground up: each room imports from those below it alone."""

import ast
import hashlib
import os
import subprocess
import sys
from itertools import pairwise

import pytest

from tsadbook.build.paths import PACKAGE, ROOT

# From the ground up. What is beside one another stands in one line.
FLOORS = [
    {"checks", "datasets"},
    {"windows"},
    {"treatments"},
    {"rules"},
    {"detectors", "thresholds"},
    {"evaluation"},
    {"plots"},
    {"registers"},
    {"benchmark"},
    {"build"},
]
MODULES = sorted(PACKAGE.rglob("*.py"))


def room(path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(tree):
    """(node, module) of each import from the package."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        yield from ((node, name) for name in names if name.startswith("tsadbook."))


def test_every_room_has_its_floor():
    rooms = {room(path) for path in MODULES} - {"__init__"}
    assert rooms == set().union(*FLOORS)


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_a_module_imports_from_below_and_at_its_top(path):
    floor = {name: number for number, names in enumerate(FLOORS) for name in names}
    tree = ast.parse(path.read_text())
    at_top = set(tree.body)
    for node, module in imports(tree):
        other = module.split(".")[1]
        if other == room(path) or room(path) == "__init__":
            continue
        assert floor.get(other, -1) < floor[room(path)], f"imports {module} from above"
        # The doctor imports after it has seen that the libraries are there.
        assert node in at_top or path.name == "doctor.py", f"hides its import of {module}"


def test_the_floors_would_notice_an_arrow_upwards():
    floor = {name: number for number, names in enumerate(FLOORS) for name in names}
    assert all(floor[a] <= floor[b] for a, b in pairwise(n for names in FLOORS for n in names))
    found = dict.fromkeys(m for _, m in imports(ast.parse("def f():\n import tsadbook.build.x")))
    assert list(found) == ["tsadbook.build.x"]


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """The package as a wheel brings it, in a folder without the rest of the checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "-q"]
    source = folder / "source"
    names = ["pyproject.toml", "README.md", "LICENSE", "src"]
    source.mkdir()
    for name in names:
        subprocess.run(["cp", "-r", str(ROOT / name), str(source / name)], check=True)
    options = ["--no-deps", "--no-build-isolation"]
    subprocess.run([*pip, "wheel", *options, "-w", str(folder), str(source)], check=True)
    (wheel,) = folder.glob("*.whl")
    target = folder / "installed"
    subprocess.run([*pip, "install", "--no-deps", "--target", str(target), str(wheel)], check=True)
    return target


def run(folder, code: str, **environment) -> str:
    there = os.environ | {"PYTHONPATH": str(folder)} | environment
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, env=there, cwd=folder)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_an_installed_package_hashes_its_own_sources(installed):
    code = "import tsadbook; from tsadbook.build import cluster; print(tsadbook.__file__)"
    code += "; print(cluster.SOURCE)"
    where, before = run(installed, code).split()
    assert where.startswith(str(installed))
    assert before != hashlib.sha256().hexdigest()[:12]  # the hash of nothing
    with open(installed / "tsadbook" / "windows.py", "a") as file:
        file.write("\n# changed\n")
    assert run(installed, code).split()[1] != before


def test_an_installed_package_runs_a_task_of_the_benchmark(installed, real_data):
    code = (
        "from tsadbook.benchmark import tasks; from tsadbook.build import bake_off\n"
        "task = tasks.Task('|z|', 'artificialNoAnomaly/art_noisy', 0)\n"
        "print(len(bake_off.stamp(task)) > 20, len(tasks.compute(task)['scores']))"
    )
    assert run(installed, code, TSADBOOK_DATA=str(real_data)) == "True 4032"
