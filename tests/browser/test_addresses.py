"""Addresses that lead nowhere, and those that have changed."""

import pytest

from tsadbook.build.paths import BOOK

from .conftest import serve

HEAD = """<!DOCTYPE html><title>x</title><link rel="icon" href="data:,">
<script src="../_static/book.js"></script>
<nav><a href="../errata.html">errata</a> <a href="01_made_repaired.html">repaired</a></nav>"""


def test_a_wrong_address_shows_the_404_page_in_the_look_of_the_book(opened):
    page = opened("notebooks/deep/nothing.html")
    assert page.seen["failed"] == [f"404 {page.url}"]  # the page itself, and nothing that it loads
    assert page.locator("article h1").inner_text() == "There is no such page"
    page.get_by_role("link", name="search", exact=True).click()
    page.wait_for_url("**/search.html")


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A walkthrough, its repair and the errata, in small; the address of their server."""
    folder = tmp_path_factory.mktemp("site")
    for name in ("_static", "notebooks"):
        (folder / name).mkdir()
    (folder / "_static/book.js").write_bytes((BOOK / "_static/book.js").read_bytes())
    (folder / "errata.html").write_text('<p id="sp-flat">the erratum</p>')
    (folder / "notebooks/01_made.html").write_text(f'{HEAD}<p id="stays"></p><a name="old"></a>')
    (folder / "notebooks/01_made_repaired.html").write_text(
        f'{HEAD}<p id="moved"></p><p id="stays">'
    )
    (folder / "notebooks/02_alone.html").write_text(HEAD)
    with serve(folder) as address:
        yield address


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("01_made.html#moved", "01_made_repaired.html#moved"),
        ("01_made.html#stays", "01_made.html#stays"),
        ("01_made.html#old", "01_made.html#old"),
        ("01_made.html#never", "01_made.html#never"),
        ("01_made.html#erratum-sp-flat", "../errata.html#sp-flat"),
        ("01_made_repaired.html#erratum-sp-flat", "../errata.html#sp-flat"),
        ("01_made.html#erratum-never", "01_made.html#erratum-never"),
        ("01_made_repaired.html#never", "01_made_repaired.html#never"),
        ("02_alone.html#moved", "02_alone.html#moved"),
        ("01_made.html", "01_made.html"),
    ],
)
def test_an_address_that_moved_leads_on(browser, made, old, new):
    page = browser.new_page()
    failed = []
    page.on("response", lambda r: r.status < 400 or failed.append(r.url))
    page.goto(f"{made}/notebooks/{old}")
    address = f"{made}/{new.removeprefix('../')}" if new[0] == "." else f"{made}/notebooks/{new}"
    if new != old:
        page.wait_for_url(address)
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(200)
    assert page.url == address
    assert not failed
    page.close()


def test_a_link_that_is_clicked_on_the_page_leads_on(browser, made):
    page = browser.new_page()
    page.goto(f"{made}/notebooks/01_made.html")
    page.evaluate("location.hash = 'moved'")
    page.wait_for_url("**/01_made_repaired.html#moved")
    page.close()


def test_on_the_site_an_erratums_old_address_leads_to_the_errata(opened):
    page = opened("notebooks/01_sp500.html#erratum-sp-flat-target")
    page.wait_for_url("**/errata.html#sp-flat-target")
    page.close()
