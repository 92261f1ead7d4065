"""pyproject.toml, constraints.txt and environment.yml agree, and so do README, CI and Makefile."""

import re
import tomllib

import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from tsadbook.build.paths import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def ranges(*extras: str) -> dict[str, Requirement]:
    """What the package needs, with some of its extras, or with all."""
    optional = PROJECT["optional-dependencies"]
    chosen = [r for extra in extras or optional for r in optional[extra]]
    listed = [Requirement(r) for r in [*PROJECT["dependencies"], *chosen]]
    return {canonicalize_name(r.name): r for r in listed if r.name != "tsadbook"}


def pins() -> dict[str, str]:
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    found = [line.split("==") for line in lines if line and not line.startswith("#")]
    return {canonicalize_name(name): version for name, version in found}


def conda() -> tuple[list[str], dict[str, str]]:
    listed = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
    (pip,) = [entry["pip"] for entry in listed if isinstance(entry, dict)]
    pinned = [line.split("==") for line in pip if "==" in line]
    named = {canonicalize_name(Requirement(name).name): version for name, version in pinned}
    return [e for e in listed if isinstance(e, str)], named


def test_constraints_pin_every_dependency_inside_its_range():
    for name, requirement in ranges().items():
        assert name in pins(), name
        assert requirement.specifier.contains(pins()[name]), requirement


def test_colab_has_nothing_outside_the_ranges():
    lines = (ROOT / "tests/colab/versions.txt").read_text().splitlines()
    colab = dict(line.split("==") for line in lines if line and not line.startswith("#"))
    colab = {canonicalize_name(name): version for name, version in colab.items()}
    needed = ranges("keras", "torch", "field")
    for name in needed.keys() & colab.keys():
        assert needed[name].specifier.contains(colab[name]), name
    assert {"numpy", "pandas", "tensorflow", "torch"} <= colab.keys()


def test_the_conda_environment_has_every_dependency_in_the_pinned_version():
    packages, pinned = conda()
    assert set(pinned) == set(ranges())
    assert pinned == {name: pins()[name] for name in pinned}
    (python,) = [p.split("=")[1] for p in packages if p.startswith("python=")]
    assert Version(python) in Requirement(f"python{PROJECT['requires-python']}").specifier


def test_every_line_of_the_conda_environment_is_explained():
    lines = (ROOT / "environment.yml").read_text().partition("dependencies:")[2].splitlines()
    assert not [line for line in lines if line.strip() and "#" not in line and "pip:" not in line]


def test_torch_is_pinned_without_a_local_suffix():
    assert re.fullmatch(r"[\d.]+", pins()["torch"])


def test_the_cpu_index_of_torch_is_named_once():
    named = [
        path.name
        for path in ROOT.iterdir()
        if path.is_file() and "download.pytorch.org" in path.read_text(errors="ignore")
    ]
    assert named == ["Makefile"]


def test_ci_runs_the_commands_of_the_readme():
    commands = ("make book", "make test")
    readme = (ROOT / "README.md").read_text()
    assert all(re.search(rf"^{command}\b", readme[:1000], re.M) for command in commands)
    run = (ROOT / ".ci" / "run").read_text()
    assert all(re.search(rf"^{command}$", run, re.M) for command in commands)
    workflow = yaml.safe_load((ROOT / ".github/workflows/book.yml").read_text())
    steps = [step.get("run", "") for step in workflow["jobs"]["book"]["steps"]]
    assert "make book TORCH=cpu" in steps
    assert "make test" in steps


def test_the_readme_names_only_targets_that_exist():
    makefile = (ROOT / "Makefile").read_text()
    for document in ("README.md", "CONTRIBUTING.md"):
        for target in set(re.findall(r"`make ([\w-]+)", (ROOT / document).read_text())):
            assert re.search(rf"^{target}:", makefile, re.M), (document, target)
