"""The menus without a mouse."""

import pytest

from .conftest import SETTINGS

DESKTOP, _, PHONE = SETTINGS
CHAPTER = "notebooks/03_battery"


@pytest.fixture
def page(opened, request):
    page = opened(f"{CHAPTER}.html", getattr(request, "param", DESKTOP))
    yield page
    page.close()


def press_until(page, key: str, label: str) -> None:
    """Press Tab until what is focused has a label, then the key."""
    for _ in range(40):
        page.keyboard.press("Tab")
        said = page.evaluate(
            "(document.activeElement.ariaLabel ?? '') + document.activeElement.innerText"
        )
        if label in said:
            return page.keyboard.press(key)
    pytest.fail(f"40 steps with Tab do not lead to {label!r}")


def test_the_first_stop_leads_past_the_menus(page):
    press_until(page, "Enter", "Skip to main content")
    assert page.url.endswith("#main-content")


def test_the_colab_link_and_the_notebook_are_reached(page):
    press_until(page, "Enter", "Launch interactive content")
    press_until(page, "Escape", "Colab")
    press_until(page, "Enter", "Download this page")
    with page.expect_download() as download:
        press_until(page, "Enter", ".ipynb")
    assert download.value.suggested_filename == "03_battery.ipynb"


def test_the_theme_changes(page):
    press_until(page, "Enter", "Color mode")
    seen = set()
    for _ in range(3):  # the system's, light, dark
        seen.add(page.locator("html").get_attribute("data-theme"))
        page.keyboard.press("Enter")
    assert seen == {"light", "dark"}


def test_search_opens_and_closes(page):
    page.keyboard.press("Control+k")
    page.keyboard.type("latency")
    assert page.locator("dialog[open] input[type=search]").input_value() == "latency"
    page.keyboard.press("Escape")
    assert not page.locator("dialog[open]").count()


@pytest.mark.parametrize("page", [PHONE], indirect=True, ids=["phone"])
def test_on_a_phone_the_contents_open_and_lead_on(page):
    press_until(page, "Enter", "Toggle primary sidebar")
    press_until(page, "Enter", "Glossary")
    page.wait_for_url("**/glossary.html")
