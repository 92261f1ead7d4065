"""What a result rests on, as one hash: if it changes, the result is out of date."""

from __future__ import annotations

import ast
import hashlib
import json
import os
import platform
import subprocess
from collections.abc import Iterable
from importlib.metadata import distributions
from pathlib import Path

from tsadbook.build.paths import NOTEBOOKS, PACKAGE, ROOT, SWEEPS
from tsadbook.datasets import sp500
from tsadbook.registers import settings

DATASETS = PACKAGE / "datasets"

PROBES = PACKAGE / "registers" / "probes"

# Cells that draw or install, or only show the comparison: they are in the book, not in a sweep.
COMPARISON = "published-beside-reproduced"
SHOWING = {"figure", "setup", COMPARISON}


def of_execution(notebook: str, data: dict[str, str]) -> str:
    """Of one notebook's execution: its source, the package, the data and every dependency."""
    counted = (".py", ".mplstyle", ".plotly.json", ".html", ".js")
    package = [p for p in _sources(PACKAGE.rglob("*")) if p.name.endswith(counted)]
    package = [p for p in package if p.parent != PACKAGE / "build" or p.name == "execute.py"]
    package = [p for p in package if p.parent != PROBES or p in _probes(notebook)]
    source = NOTEBOOKS / f"{notebook}.ipynb"
    kept = [SWEEPS / f"{notebook}.json"]
    if "tsadbook.benchmark" in source.read_text():
        kept += sorted((PACKAGE / "benchmark").glob("*.json"))
    kept = [path for path in kept if path.exists()]
    return _hash(
        [source, *package, PACKAGE / "registers" / "settings.yml", *kept],
        json.dumps([data, _installed(), kernel_settings()]),
    )


def of_measurement(notebook: str) -> str:
    """Of one notebook's sweep: the code that computes, in cells and modules, and the data's hashes.

    Comments, docstrings, blank lines, figures and prose do not count, so that they can be mended
    without measuring again; nor does what draws or keeps accounts. Of `tsadbook.datasets` what
    counts is what it delivers: the hashes that every file is checked against, and the code that
    reads it; of the registered settings, the chapter's own.
    """
    import nbformat  # the bake-off needs this module, and no notebooks

    cells = computing_cells(nbformat.read(NOTEBOOKS / f"{notebook}.ipynb", as_version=4))
    code = "\n".join(cell.source for cell in cells)
    modules, probes = _imported(code), _probes(notebook)
    modules |= set().union(*(_imported(path.read_text()) for path in probes), probes)
    modules = {path for path in modules if _computes(path)}
    modules |= {DATASETS / "reader.py", DATASETS / "labels.py"}
    texts = [bare(code), *(bare(path.read_text()) for path in sorted(modules))]
    texts += [(DATASETS / "nab_sha256.txt").read_text(), sp500.SHA256]
    if PACKAGE / "registers" / "settings.py" in modules:
        chapter = notebook.split("_", 1)[1].removesuffix("_repaired")
        plan = settings.registered(chapter)
        revised = [revision["settings"] for revision in plan["revised"]]
        texts.append(json.dumps([plan["settings"], revised]))
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()


def _computes(path: Path) -> bool:
    """Whether what a module does can change a finding."""
    accounts = path.parent == PACKAGE / "registers" and path.stem not in ("settings", "values")
    return not (accounts or path.parent in (DATASETS, PACKAGE / "plots"))


def _probes(notebook: str) -> set[Path]:
    """The modules in which a notebook is asked what it found; the machinery is no chapter's own."""
    path = PROBES / f"{notebook.split('_', 1)[1]}.py"
    return {PROBES / "__init__.py", path} if path.exists() else {PROBES / "__init__.py"}


def of_code(modules: Iterable[str], text: str = "") -> str:
    """Of some modules of the package, such as "evaluation.nab", and of those that they import."""
    paths = {PACKAGE.joinpath(*name.split(".")).with_suffix(".py") for name in modules}
    for path in list(paths):
        paths |= _imported(path.read_text())
    paths = {path for path in paths if not path.is_relative_to(PACKAGE / "build")}
    texts = [bare(path.read_text()) for path in sorted(paths)]
    return hashlib.sha256("\0".join([*texts, text]).encode()).hexdigest()


def of_site(inputs: Iterable[Path]) -> str:
    """Of everything that the pages are rendered from."""
    return _hash(_sources(inputs), json.dumps(_installed()))


def computing_cells(notebook) -> list:
    """The cells that a sweep executes."""
    return [c for c in notebook.cells if c.cell_type == "code" and not SHOWING & tags(c)]


def tags(cell) -> set[str]:
    return set(cell.metadata.get("tags", []))


def kernel_settings() -> dict[str, str]:
    """What is set in the environment of every kernel, so that runs agree and stay quiet."""
    return {
        "KERAS_BACKEND": "tensorflow",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "TF_ENABLE_ONEDNN_OPTS": "0",
        "OMP_NUM_THREADS": "1",  # torch adds up in another order with more threads
        "PYTHONHASHSEED": "0",
        "TSADBOOK_STAND_IN": os.environ.get("TSADBOOK_STAND_IN", "0"),
    }


def bare(code: str) -> str:
    """Python code without comments, docstrings and blank lines."""
    lines = code.splitlines()
    for node in ast.walk(ast.parse(_without_magics(code))):
        documented = isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        if documented and ast.get_docstring(node, clean=False) is not None:
            doc = node.body[0]
            lines[doc.lineno - 1 : doc.end_lineno] = [""] * (doc.end_lineno - doc.lineno + 1)
    kept = (line.rstrip() for line in lines)
    return "\n".join(line for line in kept if line and not line.lstrip().startswith("#"))


def _without_magics(code: str) -> str:
    """IPython's % lines as comments, so that the rest parses."""
    return "\n".join(
        line[: len(line) - len(line.lstrip())] + "pass" if line.lstrip().startswith("%") else line
        for line in code.splitlines()
    )


def _imported(code: str) -> set[Path]:
    """The package's modules that some code imports, directly or not."""
    found: set[Path] = set()
    waiting = [code]
    while waiting:
        for node in ast.walk(ast.parse(_without_magics(waiting.pop()))):
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.module:
                names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
            for path in filter(None, map(_module, names)):
                if path not in found:
                    found.add(path)
                    waiting.append(path.read_text())
    return found


def _module(name: str) -> Path | None:
    head, *rest = name.split(".")
    if head != "tsadbook" or not rest:
        return None
    base = PACKAGE.joinpath(*rest)
    for path in (base.with_suffix(".py"), base / "__init__.py"):
        if path.is_file():
            return path
    return None


def _installed() -> list[str]:
    """Python and every distribution that is installed, with its version."""
    versions = sorted({f"{d.name}=={d.version}" for d in distributions()})
    return [platform.python_version(), *versions]


def _sources(paths: Iterable[Path]) -> list[Path]:
    return sorted(p for p in paths if p.is_file() and "__pycache__" not in p.parts)


def _hash(paths: Iterable[Path], text: str = "") -> str:
    digest = hashlib.sha256(text.encode())
    for path in paths:
        name = path.relative_to(ROOT) if path.is_relative_to(ROOT) else path.name
        digest.update(f"\0{name}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def commit() -> str:
    """The commit that is checked out, with a + where files differ from it; "" if there is none."""
    command = ["git", "-C", str(ROOT), "describe", "--always", "--dirty=+", "--exclude=*"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""
