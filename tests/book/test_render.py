"""What the build does to an executed chapter before it is rendered."""

import json

import nbformat
import pytest

from tsadbook.build import render
from tsadbook.build.paths import chapters

TAG = "published-beside-reproduced"


@pytest.fixture
def pages_of(tmp_path, monkeypatch):
    """Write the pages of one executed notebook, given its cells: a function that returns them."""
    monkeypatch.setattr(render, "PAGES", tmp_path / "pages")
    monkeypatch.setattr(render, "EXECUTED", tmp_path)
    monkeypatch.setattr(render, "RESULTS", tmp_path)
    monkeypatch.setattr(render, "chapters", lambda: ["01_sp500"])
    monkeypatch.setattr(render.compare, "chapter_section", lambda comparison, of: f"table of {of}")
    (tmp_path / "01_sp500.times.json").write_text(json.dumps({"seconds": 12.4}))

    def write(*cells, data=()):
        (tmp_path / "01_sp500.json").write_text(json.dumps({"data": dict(data)}))
        made = nbformat.v4.new_notebook(cells=list(cells))
        nbformat.write(made, tmp_path / "01_sp500.ipynb")
        render.write_pages({})
        return nbformat.read(tmp_path / "pages/01_sp500.ipynb", as_version=4).cells

    return write


def test_the_comparison_is_shown_below_the_line_that_asks_for_it(pages_of):
    code = 'reproduction.show("01_sp500", globals())'
    ran = nbformat.v4.new_output("display_data", data={"text/markdown": "without links"})
    asked = nbformat.v4.new_code_cell(code, outputs=[ran], metadata={"tags": [TAG]})
    other = nbformat.v4.new_code_cell("1", outputs=[ran])
    _, shown, untouched = pages_of(nbformat.v4.new_markdown_cell("# S&P 500"), asked, other)
    assert shown.source == code
    assert [output.data for output in shown.outputs] == [{"text/markdown": "table of sp500"}]
    assert untouched.outputs == [ran]


def test_a_chapter_says_how_long_it_takes_below_its_colab_link(pages_of):
    link = "[Open this chapter in Colab](https://example.org)"
    first, _ = pages_of(
        nbformat.v4.new_markdown_cell(f"# S&P 500\n\n{link}\n\nThe question."),
        nbformat.v4.new_markdown_cell("word " * 390),
    )
    said = f"{link}\n\n*About 2 minutes to read. Running it took 12 seconds here.*\n\nThe question."
    assert said in first.source


def test_a_chapter_on_a_stand_in_says_so_below_its_first_cell(pages_of):
    first, banner = pages_of(nbformat.v4.new_markdown_cell("# S&P 500"), data={"sp500": "stand-in"})
    assert first.source == "# S&P 500"
    assert "built on generated stand-in data" in banner.source and "sp500" in banner.source


@pytest.mark.parametrize("name", [n for n in chapters() if n[:2] in ("01", "02", "03", "04")])
def test_each_walkthrough_shows_its_entries_and_links_to_them(name, pages):
    linked = 'href="../reproduction.html#entry-' in pages[f"notebooks/{name}.html"]
    assert linked == (not name.endswith("_repaired"))
