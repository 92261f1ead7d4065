"""Each notebook alone, in an environment of the versions that Colab has.

The notebook lies in an empty folder and brings the package by its own first cell; git is told to
take the public address from this repository's last commit. `make colab` runs this: it installs
some 7 GB, less with the CPU build of PyTorch.
"""

import json
import os
import shutil
import subprocess
import time
from pathlib import Path

import papermill
import pytest
from packaging.utils import canonicalize_name

from tsadbook.build.paths import ROOT, chapters
from tsadbook.build.sync import repository

VERSIONS = Path(__file__).with_name("versions.txt")
PYTHON = "3.12"  # as VERSIONS says
# What Colab lacks, beside the package.
LACKING = {name: set() for name in chapters()}
LACKING["05_scoring_detectors"] = LACKING["06_bake_off"] = {"aeon", "deprecated", "pyod"}


def find_python() -> str | None:
    """An interpreter of Colab's version, on the path or among pyenv's."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    for name in (f"python{PYTHON}", *map(str, pyenv.glob(f"versions/{PYTHON}.*/bin/python"))):
        try:
            said = subprocess.run([name, "--version"], capture_output=True, text=True)
        except OSError:
            continue
        if said.stdout.startswith(f"Python {PYTHON}."):
            return name
    return None


@pytest.fixture(scope="session")
def colab(tmp_path_factory) -> Path:
    """An environment with Colab's versions, and nothing of this book."""
    if os.environ.get("TSADBOOK_COLAB") != "required":
        pytest.skip("NOT RUN ALONE: run `make colab`, which installs what Colab has")
    python = find_python()
    assert python, f"Python {PYTHON}, which Colab has in {VERSIONS.name}, was not found"
    folder = tmp_path_factory.mktemp("colab") / "environment"
    subprocess.run([python, "-m", "venv", folder], check=True)
    for wanted in (["pip==" + version_of("pip")], ["-r", VERSIONS]):
        pip = [folder / "bin" / "python", "-m", "pip", "install", "-qq", *wanted]
        subprocess.run(pip, check=True)
    return folder


def version_of(package: str) -> str:
    lines = VERSIONS.read_text().splitlines()
    return next(line.partition("==")[2] for line in lines if line.startswith(f"{package}=="))


@pytest.fixture
def alone(colab, tmp_path, monkeypatch) -> Path:
    """An empty folder, and a kernel "colab" in a copy of the environment."""
    environment, folder = tmp_path / "environment", tmp_path / "empty"
    shutil.copytree(colab, environment, symlinks=True, copy_function=os.link)  # fast: hard links
    kernels = tmp_path / "jupyter" / "kernels" / "colab"
    kernels.mkdir(parents=True)
    folder.mkdir()
    python = environment / "bin" / "python"
    command = [str(python), "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    kernel = {"argv": command, "display_name": "Colab", "language": "python"}
    (kernels / "kernel.json").write_text(json.dumps(kernel))
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "jupyter"))
    monkeypatch.setenv("PIP_DISABLE_PIP_VERSION_CHECK", "1")
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", f"url.file://{ROOT}.insteadOf")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", repository())
    for name in ("PYTHONPATH", "VIRTUAL_ENV", "TSADBOOK_RECORD", "MPLBACKEND"):
        monkeypatch.delenv(name, raising=False)
    return folder


def installed(environment: Path) -> dict[str, str]:
    command = [environment / "bin" / "python", "-m", "pip", "list", "--format=freeze"]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    pairs = [line.split("==") for line in said.splitlines()]
    return {canonicalize_name(name): version for name, version in pairs}


@pytest.mark.parametrize("name", chapters())
def test_a_notebook_runs_alone_and_changes_nothing_that_colab_has(name, alone, capsys):
    environment = alone.parent / "environment"
    notebook = alone / f"{name}.ipynb"
    committed = ["git", "-C", ROOT, "show", f"HEAD:notebooks/{name}.ipynb"]  # as the package is
    notebook.write_bytes(subprocess.run(committed, check=True, capture_output=True).stdout)
    before, started = installed(environment), time.perf_counter()
    papermill.execute_notebook(
        notebook, notebook, kernel_name="colab", cwd=alone, progress_bar=False
    )
    seconds = time.perf_counter() - started
    after = installed(environment)
    assert {package: after.get(package) for package in before} == before
    assert set(after) - set(before) == {"tsadbook"} | LACKING[name]
    with capsys.disabled():
        print(f"\n{name}: {seconds:.0f} s, installed {', '.join(sorted(set(after) - set(before)))}")
