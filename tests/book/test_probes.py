"""What each notebook is asked, against what it says and what is read of it."""

import ast
import re
from collections import Counter
from pathlib import Path

import jupytext
import pytest

from tsadbook.build.paths import NOTEBOOKS, PACKAGE, ROOT, chapters
from tsadbook.registers import errata, ledger, probes

TABLES = ("FINDINGS", "ERRATA", "SECONDS")


def asked(notebook: str, table: str) -> dict:
    return getattr(probes.module_of(notebook), table, {})


def code_cells(notebook: str) -> list:
    cells = jupytext.read(NOTEBOOKS / f"{notebook}.py").cells
    return [cell for cell in cells if cell.cell_type == "code"]


def parsed(cell) -> ast.Module:
    lines = [re.sub(r"^(\s*)[%!].*", r"\1pass", line) for line in cell.source.splitlines()]
    return ast.parse("\n".join(lines))


def assigned(tree: ast.AST) -> Counter:
    """How often each name is bound at the top level of a notebook, loops included."""
    found: Counter = Counter()
    for node in tree.body if hasattr(tree, "body") else []:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found[node.name] += 1
        elif isinstance(node, ast.Import | ast.ImportFrom):
            found.update((a.asname or a.name).split(".")[0] for a in node.names)
        else:
            own = [n for n in ast.walk(node) if isinstance(n, ast.Name)]
            comprehended = {
                id(name)
                for c in ast.walk(node)
                if isinstance(c, ast.comprehension)
                for name in ast.walk(c.target)
            }
            inner = {
                id(name)
                for f in ast.walk(node)
                if isinstance(f, ast.FunctionDef | ast.Lambda)
                for name in ast.walk(f)
            }
            stores = (n for n in own if isinstance(n.ctx, ast.Store))
            found.update({n.id for n in stores if id(n) not in comprehended | inner})
    return found


def test_names_are_counted_as_python_binds_them():
    source = (
        "a = 1\nfor b in [x for x in 'ab']:\n    c = 2\nd: int = 3\na += 1\ndef e(f):\n    g = 1\n"
    )
    assert assigned(ast.parse(source)) == Counter(a=2, b=1, c=1, d=1, e=1)


@pytest.mark.parametrize("notebook", chapters())
def test_a_name_that_a_probe_reads_is_assigned_once(notebook):
    path = PACKAGE / "registers" / "probes" / f"{probes.short(notebook)}.py"
    read = probes.names_read(path.read_text()) if path.exists() else set()
    bound = sum((assigned(parsed(cell)) for cell in code_cells(notebook)), Counter())
    assert {name: bound[name] for name in read if bound[name] != 1} == {}


@pytest.mark.parametrize("notebook", chapters())
def test_a_cell_that_only_draws_gives_nothing_to_others(notebook):
    """A sweep skips such cells."""
    path = PACKAGE / "registers" / "probes" / f"{probes.short(notebook)}.py"
    read = probes.names_read(path.read_text()) if path.exists() else set()
    drawing = [c for c in code_cells(notebook) if "figure" in c.metadata.get("tags", [])]
    others = [c for c in code_cells(notebook) if c not in drawing]
    given = set().union(*(assigned(parsed(cell)) for cell in drawing))
    used = {n.id for c in others for n in ast.walk(parsed(c)) if isinstance(n, ast.Name)}
    own = set().union(*(assigned(parsed(cell)) for cell in others))
    assert given & (read | used) - own == set()


def test_every_measured_entry_of_the_ledger_has_one_probe():
    counted = Counter(id for n in chapters() for t in ("FINDINGS", "SECONDS") for id in asked(n, t))
    wanted = {e.id for e in ledger.entries() if e.kind not in ("plot", "claim")}
    wanted |= {e.verdict["number"] for e in ledger.entries() if e.verdict}
    assert {id: counted[id] for id in wanted if counted[id] != 1} == {}
    assert {id: n for id, n in counted.items() if n > 1} == {}


def test_every_finding_is_read_by_something():
    """By the ledger, a notebook, a test, an erratum or a page: what nobody reads is not asked."""
    places = [ROOT / "notebooks", ROOT / "tests" / "book", PACKAGE / "build", PACKAGE / "benchmark"]
    texts = [p.read_text() for folder in places for p in Path(folder).glob("*.py")]
    texts += [(PACKAGE / "registers" / "published.yml").read_text()]
    everything = "\n".join(texts)
    ids = [id for notebook in chapters() for id in asked(notebook, "FINDINGS")]
    assert [id for id in ids if not re.search(rf"\b{re.escape(id)}\b", everything)] == []


def test_every_erratum_has_its_fields_from_one_notebook():
    given = Counter(id for notebook in chapters() for id in asked(notebook, "ERRATA"))
    wanted = {id for id, entry in errata.errata().items() if errata.fields_of(entry)}
    assert {id: given[id] for id in wanted if given[id] != 1} == {}
    assert set(given) <= set(errata.errata())


def test_a_probe_module_belongs_to_a_notebook():
    modules = {p.stem for p in (PACKAGE / "registers" / "probes").glob("*.py")} - {"__init__"}
    assert modules <= {probes.short(notebook) for notebook in chapters()}


@pytest.mark.parametrize("notebook", chapters())
def test_nothing_that_is_computed_rests_on_what_is_published(notebook):
    """Published values may be shown and drawn; no other name may be made of them."""
    made_of = {"published"}
    for cell in code_cells(notebook):
        if {"figure", "remove-input"} & set(cell.metadata.get("tags", [])):
            continue
        for node in ast.walk(parsed(cell)):
            if not isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign):
                continue
            names = {n.id for n in ast.walk(node.value) if isinstance(n, ast.Name)}
            attributes = {n.attr for n in ast.walk(node.value) if isinstance(n, ast.Attribute)}
            targets = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)} - names
            call = "published" in attributes and targets <= {"published"}
            assert call or not names & made_of, ast.unparse(node)
        imported = re.findall(r"from tsadbook\.registers(\.\w+)? import ([\w, ]+)", cell.source)
        for module, what in imported:
            allowed = {"reproduction", "settings", "sweeps"}
            assert not module and set(what.split(", ")) <= allowed, (module, what)
