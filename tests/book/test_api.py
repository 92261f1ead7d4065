"""The page of the package."""

import ast
import importlib.util
import re

import pytest

from tsadbook.build import form
from tsadbook.build.paths import BOOK, chapters

LISTED = set(re.findall(r"automodule:: (\S+)", (BOOK / "api.md").read_text()))


def imported(code: str) -> set[str]:
    """The modules of the package that code imports, each by its full name."""
    found = set()
    for node in ast.walk(ast.parse(form.MAGIC.sub(r"\1pass", code))):
        if isinstance(node, ast.ImportFrom) and node.module.split(".")[0] == "tsadbook":
            for name in node.names:
                inner = f"{node.module}.{name.name}"
                found.add(inner if _is(inner) else node.module)
    return found


def _is(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:
        return False


@pytest.mark.parametrize("name", chapters())
def test_what_a_chapter_imports_is_on_the_page(name):
    code = [cell.source for cell in form.read(name).cells if cell.cell_type == "code"]
    assert set().union(*map(imported, code)) <= LISTED


def test_every_documented_name_of_these_modules_has_an_anchor(pages):
    for module in LISTED:
        source = importlib.util.find_spec(module).origin
        with open(source) as file:
            tree = ast.parse(file.read())
        kinds = (ast.FunctionDef, ast.ClassDef)
        public = [n for n in tree.body if isinstance(n, kinds) and n.name[0] != "_"]
        names = [n.name for n in public if ast.get_docstring(n)]
        if module == "tsadbook.registers.reproduction":
            names = ["show", "published"]  # the rest is the build's
        for name in names:
            assert f'id="{module}.{name}"' in pages["api.html"], f"{module}.{name}"
