"""The rendered site."""

import html
import json
import re
from collections import Counter
from html.parser import HTMLParser
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

import jupytext
import pytest
import yaml

import tsadbook
from tsadbook.build import compare, sync
from tsadbook.build.paths import BOOK, HTML, NOTEBOOKS, ROOT, chapters
from tsadbook.registers import ledger

LOADING = {
    ("script", "src"),
    ("link", "href"),
    ("img", "src"),
    ("iframe", "src"),
    ("source", "src"),
    ("video", "src"),
    ("audio", "src"),
    ("object", "data"),
    ("embed", "src"),
}
# Where the site lies on GitHub, below its host.
ROOT_OF_SITE = f"/{sync.repository().rpartition('/')[2]}/"
NOT_LOADED = {"canonical", "alternate", "author", "license", "next", "prev", "search", "index"}


class Page(HTMLParser):
    """What a page loads, links to, and can be linked by."""

    def __init__(self, text):
        super().__init__()
        self.loads, self.links, self.ids = [], [], set()
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.ids |= {attributes[key] for key in ("id", "name") if attributes.get(key)}
        for key, value in attributes.items():
            if (tag, key) in LOADING and attributes.get("rel") not in NOT_LOADED:
                self.loads.append(value)
        if tag == "a" and attributes.get("href"):
            self.links.append(attributes["href"])


@pytest.fixture(scope="module")
def parsed(pages):
    return {name: Page(text) for name, text in pages.items()}


def test_the_site_has_its_pages(pages):
    expected = {"index.html", "intro.html", "reproduction.html", "errata.html", "references.html"}
    expected |= {"search.html", "404.html", "numbers.html", "glossary.html"}
    assert expected | {f"notebooks/{name}.html" for name in chapters()} <= set(pages)


def test_no_page_asks_another_host_for_anything(parsed):
    for name, page in parsed.items():
        foreign = [a for a in page.loads if urlsplit(a).scheme not in ("", "data")]
        assert not foreign + [a for a in page.loads if a.startswith("//")], name


def test_no_style_sheet_or_script_of_ours_asks_another_host(pages):
    for path in [*(HTML / "_static").glob("book*.css"), *(HTML / "_static").glob("book*.js")]:
        assert "//" not in re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.S), path


def test_internal_links_and_anchors_resolve(parsed):
    for name, page in parsed.items():
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme or link.startswith("//"):
                continue
            path = unquote(parts.path).replace(ROOT_OF_SITE, "../" * name.count("/"), 1)
            target = str(PurePosixPath(name).parent / path) if path else name
            resolved = (HTML / target).resolve()
            assert resolved.is_file(), f"{name} links to {link}"
            key = str(resolved.relative_to(HTML.resolve()))
            if parts.fragment and key in parsed:
                assert unquote(parts.fragment) in parsed[key].ids, f"{name} links to {link}"


def test_the_contents_list_every_notebook_by_its_number(pages):
    contents = yaml.safe_load((BOOK / "_toc.yml").read_text())["parts"][0]["chapters"]
    assert [entry["file"] for entry in contents] == [f"notebooks/{name}" for name in chapters()]
    for entry, name in zip(contents, chapters(), strict=True):
        number, title = entry["title"].split(" ", 1)
        repaired = name.endswith("_repaired")
        assert number == f"{int(name[:2])}{'b' if repaired else ''}"
        assert title.endswith("repaired") == repaired
        link = rf'href="notebooks/{name}.html">\s*{re.escape(html.escape(entry["title"]))}\s*</a>'
        assert re.search(link, pages["intro.html"]), name


def test_each_chapters_colab_button_opens_its_notebook(pages):
    slug = sync.repository().removeprefix("https://github.com/")
    for name in chapters():
        links = re.findall(
            r"https://colab\.research\.google\.com/github/([^\"]+)", pages[f"notebooks/{name}.html"]
        )
        assert links, name
        assert set(links) == {f"{slug}/blob/main/notebooks/{name}.ipynb"}
        assert (NOTEBOOKS / f"{name}.ipynb").is_file()


def test_the_reproduction_page_has_every_entry(parsed):
    anchors = {f"entry-{entry.id}" for entry in ledger.entries()}
    assert anchors <= parsed["reproduction.html"].ids


def test_a_plot_of_the_ledger_is_an_anchor_of_its_chapter(parsed):
    ids = set().union(*(page.ids for page in parsed.values()))
    assert {entry.id for entry in ledger.entries() if entry.kind == "plot"} <= ids


def test_boxes_are_boxes(pages):
    """A mark that is misspelt would stay a quotation."""
    for name, text in pages.items():
        assert not re.search(r"<blockquote>\s*<div><p><strong>", text), name
    assert 'class="source admonition"' in pages["notebooks/02_nab_next_step.html"]


def test_the_series_of_the_index_is_nowhere_handed_on(pages):
    """Plots and a few dates, never the series in a form that a machine reads back."""
    for name, text in pages.items():
        assert len(re.findall(r"\b(?:19|20)\d\d-\d\d-\d\d\b", text)) < 100, name


def test_the_landing_page_has_the_scorecard_of_this_build(pages, compared):
    status = Counter(entry["status"] for entry in compared)
    text = re.sub(r"<[^>]+>", " ", pages["intro.html"])
    tested, as_published, otherwise = (
        sum(status[name] for name in names)
        for names in (compare.GROUPS["tested"], compare.AS_PUBLISHED, compare.OTHERWISE)
    )
    assert re.search(rf"\b{tested}\s+published figures and claims put to the test", text)
    assert re.search(rf"\b{as_published}\s+of these come out as published", text)
    assert re.search(rf"\b{otherwise}\s+follow from something else", text)
    assert as_published + otherwise == tested


def test_machines_find_every_page_and_all_results(pages, reproduction):
    named = (HTML / "sitemap.xml").read_text(), (HTML / "llms.txt").read_text()
    for name in pages:
        if name not in ("index.html", "search.html", "404.html"):
            assert all(f"/{name}" in text for text in named), name
    for name in ("reproduction", "controls", "errata", "scoreboard", "leaderboard"):
        assert json.loads((HTML / f"results/{name}.json").read_text())
        assert len((HTML / f"results/{name}.csv").read_text().splitlines()) > 20, name


def test_the_404_page_works_at_any_address(parsed):
    """GitHub shows it in place of whatever is missing, however deep."""
    page = parsed["404.html"]
    local = [a for a in page.loads + page.links if not urlsplit(a).scheme and not a.startswith("#")]
    assert local
    assert not [a for a in local if not a.startswith(ROOT_OF_SITE)]
    for a in page.loads:
        if not urlsplit(a).scheme:
            assert (HTML / urlsplit(a).path.removeprefix(ROOT_OF_SITE)).is_file(), a


def test_a_shared_link_says_what_the_page_is_about(pages):
    address = f"https://{sync.repository().split('/')[3]}.github.io{ROOT_OF_SITE}"
    for name, text in pages.items():
        if name in ("index.html", "search.html", "404.html"):
            continue
        tags = re.findall(
            r'<meta (?:name|property)="(og:[^"]+|description)" content="([^"]*)"', text
        )
        card = {key: html.unescape(said) for key, said in tags}
        assert len(tags) == len(card), name  # each once
        assert card["og:url"] == f"{address}{name}"
        assert card["og:description"] == card["description"]
        assert 60 < len(card["description"]) < 400, (name, card["description"])
        if "og:image" in card:
            assert (HTML / card["og:image"].removeprefix(address)).is_file()
    for name in chapters():
        asked = next(
            cell.source.partition("**Question.**")[2].strip().partition("\n\n")[0]
            for cell in jupytext.read(NOTEBOOKS / f"{name}.py").cells
            if "**Question.**" in cell.source
        )
        words = re.findall(r"\w+", asked)[:6]
        assert re.findall(r"\w+", description(pages[f"notebooks/{name}.html"]))[:6] == words, name


def description(text: str) -> str:
    return html.unescape(re.search(r'<meta name="description" content="([^"]*)"', text)[1])


def test_the_citation_is_that_of_the_citation_file(pages):
    cited, shown = yaml.safe_load((ROOT / "CITATION.cff").read_text()), pages["references.html"]
    for said in (cited["title"], cited["authors"][0]["name"], str(cited["version"])):
        assert said in html.unescape(re.sub("<[^>]+>", "", shown)), said
    assert str(cited["version"]) == tsadbook.__version__


def test_a_chapter_says_how_long_it_takes(pages):
    for name in chapters():
        assert re.search(r"About \d+ minutes to read\. Running it took \d+ (seconds|minutes) here",
                         pages[f"notebooks/{name}.html"]), name  # fmt: skip
