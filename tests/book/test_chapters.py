"""The chapters' files and their executed copies."""

import json
import re

import pytest

from tsadbook.build import compare, data, render, sync
from tsadbook.build.execute import figure_ids
from tsadbook.build.paths import NOTEBOOKS, RESULTS, chapters


def test_sources_and_twins_say_the_same():
    assert sync.differences() == []


def test_a_changed_word_or_tag_or_output_in_a_twin_is_noticed(tmp_path, monkeypatch):
    source = NOTEBOOKS / "04_conv1d.py"
    twin = json.loads(source.with_suffix(".ipynb").read_text())
    (tmp_path / source.name).write_text(source.read_text())
    monkeypatch.setattr(sync, "NOTEBOOKS", tmp_path)

    def differences_with(change):
        changed = json.loads(json.dumps(twin))
        change(next(c for c in changed["cells"] if c["cell_type"] == "code"))
        (tmp_path / "04_conv1d.ipynb").write_text(json.dumps(changed))
        return sync.differences()

    output = {"output_type": "stream", "name": "stdout", "text": ["1"]}
    assert differences_with(lambda cell: None) == []
    assert differences_with(lambda cell: cell["source"].append("\n1"))
    assert differences_with(lambda cell: cell["metadata"].update(tags=["other"]))
    assert differences_with(lambda cell: cell.update(outputs=[output]))


def test_no_chapter_leaves_warnings_on_the_page(executed):
    for name, notebook in executed.items():
        for cell in notebook.cells:
            for output in cell.get("outputs", []):
                assert output.get("name") != "stderr", (name, cell.source, output.text)


def test_nothing_that_only_the_site_understands_is_read_in_colab(executed):
    raw = re.compile(r"\{[a-z:-]+\}`|^:{3,}|^`{3,}\{|^\([a-z-]+\)=$", re.M)
    for name, notebook in executed.items():
        for cell in notebook.cells:
            texts = [cell.source] if cell.cell_type == "markdown" else []
            texts += [o.get("data", {}).get("text/markdown", "") for o in cell.get("outputs", [])]
            assert not any(map(raw.search, texts)), (name, texts)


def test_every_figure_has_a_caption_and_every_picture_an_alternative_text(executed):
    for name, notebook in executed.items():
        ids = figure_ids(notebook)
        assert ids, name
        assert len(set(ids)) == len(ids), name
        for cell in notebook.cells:
            for output in cell.get("outputs", []):
                page = output.get("data", {}).get("text/html", "")
                assert "image/png" not in output.get("data", {}), f"{name}: a figure without text"
                for alt in re.findall(r'<img [^>]*?alt="([^"]*)"', page):
                    assert len(alt) > 30, (name, alt)
                assert page.count("<img ") == len(re.findall(r'<img [^>]*?alt="', page)), name
                captions = re.findall(r"<figcaption [^>]*>[^<]{15,}", page)
                assert page.count("<figure ") == len(captions)


def test_the_records_rest_on_the_series_that_the_build_looked_for(reproduction):
    for name in chapters():
        record = json.loads((RESULTS / f"{name}.json").read_text())
        assert record["notebook"] == name
        assert set(record["data"]) <= set(data.SERIES), name


def test_a_stand_in_is_announced_on_its_page(pages):
    for name in chapters():
        stand_in = json.loads((RESULTS / f"{name}.json").read_text())["stand_in"]
        text = pages[f"notebooks/{name}.html"]
        assert ("was built on generated stand-in data" in text) == stand_in, name


def test_a_banner_names_the_stand_ins_and_no_real_series():
    banner = render._banner({"sp500": "ab12", "realTraffic/speed_6005": "stand-in"})
    assert "not be had: realTraffic/speed_6005. No number" in banner
    assert render._banner({"sp500": "ab12"}) == ""


@pytest.mark.parametrize("name", chapters())
def test_a_chapter_has_the_parts_that_a_reader_expects(name):
    text = (NOTEBOOKS / f"{name}.py").read_text()
    parts = ["**Question.**", "By the end of this chapter you", "## A function to take away"]
    walkthrough = name.split("_", 1)[1] in compare.TITLES
    if walkthrough:
        findings = [f"## {which} finding: " for which in ("First", "Second", "Third")]
        parts += ["> **Source.**", "## Published beside reproduced", *findings]
    else:
        parts += ["## What this does not show"]
    places = [text.find(part) for part in [*parts, "## Exercises"]]
    assert -1 not in places, parts[places.index(-1)]
    assert ("published-beside-reproduced" in text) == walkthrough
