"""The search of the site."""

import pytest

# A word that stands in the chapter.
WORDS = {
    "00_data_and_labels": "duplicate",
    "01_sp500": "autoencoder",
    "02_nab_next_step": "sigmoid",
    "02_nab_next_step_repaired": "persistence",
    "03_battery": "latency",
    "04_conv1d": "bottleneck",
    "05_scoring_detectors": "affiliation",
    "06_bake_off": "leaderboard",
}


@pytest.mark.parametrize("chapter", WORDS)
def test_search_finds_a_word_of_each_chapter(chapter, opened):
    page = opened(f"search.html?q={WORDS[chapter]}")
    page.locator("#search-results li a").first.wait_for()
    page.wait_for_timeout(300)
    links = page.locator("#search-results li a").evaluate_all("(all) => all.map((a) => a.href)")
    page.close()
    assert any(f"notebooks/{chapter}.html" in link for link in links)
