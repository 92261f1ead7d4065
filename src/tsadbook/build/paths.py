"""Where things stand in a checkout of the book."""

from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1]  # also where the package is installed
ROOT = PACKAGE.parents[1]
BOOK = ROOT / "book"
NOTEBOOKS = ROOT / "notebooks"
SWEEPS = PACKAGE / "registers" / "sweeps"

BUILD = BOOK / "_build"
EXECUTED = BUILD / "executed"  # finished executions, kept until something they rest on changes
FAILED = BUILD / "failed"  # copies of executions that stopped, for reading
RESULTS = BUILD / "results"
HTML = BUILD / "html"
# Jupyter Book ignores sources below a folder named _build, so the pages it renders lie here.
# The path is also what makes the Colab button point to the notebook in the repository.
PAGES = BOOK / "notebooks"


def chapters() -> list[str]:
    """The names of the notebooks, in the order of the book."""
    return sorted(path.stem for path in NOTEBOOKS.glob("*.ipynb"))
