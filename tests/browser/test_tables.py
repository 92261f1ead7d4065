"""Long tables: sorted, filtered and saved in the page."""

import csv

import pytest


@pytest.fixture
def page(opened):
    page = opened("reproduction.html")
    yield page
    page.close()


def test_a_table_is_sorted_by_a_column_both_ways(page):
    table = page.locator("article table").nth(1)
    rows = table.locator("tbody tr td:first-child")
    head = table.locator("th").first
    before = sorted(rows.all_inner_texts())
    head.get_by_role("button").press("Enter")
    assert head.get_attribute("aria-sort") == "ascending"
    assert rows.all_inner_texts() == sorted(before)
    head.get_by_role("button").press("Enter")
    assert rows.all_inner_texts() == sorted(before, reverse=True)


def test_a_table_is_filtered_and_what_is_seen_is_saved(page):
    page.get_by_label("filter the rows of table 1").fill("contradicted")
    table = page.locator("article table").nth(1)  # the scorecard before it is short
    seen = table.locator("tbody tr:visible").count()
    assert 0 < seen < table.locator("tbody tr").count()
    with page.expect_download() as saved:
        page.locator(".table-tools a").first.click()
    with open(saved.value.path(), newline="") as file:
        head, *rows = csv.reader(file)
    assert head[0] == "Entry" and len(rows) == seen
    assert all("contradicted" in row for row in rows)
