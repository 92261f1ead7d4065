"""What a reader of the package's pages finds at every public class."""

import ast

import pytest

from tsadbook.build.paths import PACKAGE

# The build is nobody's interface, and an error needs no example.
CLASSES = [
    (path, node)
    for path in sorted(PACKAGE.rglob("*.py"))
    if path.parent.name != "build"
    for node in ast.parse(path.read_text()).body
    if isinstance(node, ast.ClassDef) and not node.name.startswith("_")
    if not any(isinstance(b, ast.Name) and b.id.endswith("Error") for b in node.bases)
]


@pytest.mark.parametrize("path, node", CLASSES, ids=lambda value: getattr(value, "name", ""))
def test_every_public_class_has_an_example_that_runs(path, node):
    """That it runs is seen to by pytest, which runs all doctests below src."""
    text = ast.get_docstring(node) or ""
    examples = [line for line in text.splitlines() if line.lstrip().startswith(">>> ")]
    assert examples and not any("+SKIP" in line for line in examples), path


@pytest.mark.parametrize("path, node", CLASSES, ids=lambda value: getattr(value, "name", ""))
def test_every_setting_of_a_public_class_is_described(path, node):
    text = ast.get_docstring(node) or ""
    inits = [n for n in node.body if isinstance(n, ast.FunctionDef) and n.name == "__init__"]
    own = [arg.arg for init in inits for arg in init.args.args[1:]]
    fixed = {"corpus", "scores", "notebook", "names"}  # of what another call makes
    missing = [name for name in own if name not in fixed and name not in text]
    assert missing == [], path
