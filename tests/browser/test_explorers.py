"""The figures in which a threshold is moved: what they count is what the package counts."""

import pytest

from tsadbook import baselines, datasets
from tsadbook.evaluation import label_rows, score_events

EXPLORERS = {
    "sp-explorer": "01_sp500",
    "nab-explorer": "02_nab_next_step",
    "bat-explorer": "03_battery",
    "conv-explorer": "04_conv1d",
}
SERIES = "realKnownCause/machine_temperature_system_failure"


@pytest.fixture
def explorer(opened, request):
    """The page with an explorer, and a function that reads its counts."""
    page = opened(f"notebooks/{EXPLORERS[request.param]}.html")
    figure = page.locator(f"#{request.param}")
    figure.locator(".counts dd").first.wait_for()

    def counts() -> dict[str, str]:
        page.wait_for_timeout(200)  # drawn with the next frame
        cells = [figure.locator(f".counts {tag}").all_inner_texts() for tag in ("dt", "dd")]
        return dict(zip(*cells, strict=True))

    yield figure, counts
    page.close()


each = pytest.mark.parametrize("explorer", EXPLORERS, indirect=True)


@each
def test_the_slider_changes_the_counts_by_keyboard(explorer):
    figure, counts = explorer
    before, slider = counts(), figure.locator("input[type=range]")
    slider.focus()
    slider.press("Home")
    lowest = counts()
    assert lowest != before
    slider.press("End")
    assert counts()["false alerts"] == "0"
    slider.press("PageDown")
    assert counts() != lowest


@each
def test_any_value_can_be_typed(explorer):
    figure, counts = explorer
    figure.locator("input[type=number]").fill("1e6")
    assert counts()["flagged rows"].startswith("0 of ")


@pytest.mark.parametrize("explorer", ["nab-explorer"], indirect=True)
@pytest.mark.parametrize("k", [2.53, 3.37, 4.0, 7.01])
def test_the_counts_are_those_of_the_package(explorer, k, real_data):
    figure, counts = explorer
    data = datasets.load(SERIES)
    scores = baselines.ZScore().fit(data.series[:750]).decision_function(data.series)[750:]
    index, flags = data.series.index[750:], scores > k
    found, labelled = score_events(index, flags, data.windows), label_rows(index, data.windows)
    figure.locator("input[type=number]").fill(str(k))
    assert counts() == {
        "flagged rows": f"{flags.sum()} of {len(flags)}",
        "label windows found": f"{found['found']} of {found['events']}",
        "false alerts": str(found["false_alerts"]),
        "a week": f"{found['false_alerts_a_week']:.2f}",
        "precision of rows": f"{(flags & labelled).sum() / flags.sum():.2f}",
        "recall of rows": f"{(flags & labelled).sum() / labelled.sum():.2f}",
    }


@each
def test_on_paper_there_is_a_still_picture(explorer):
    figure, _ = explorer
    figure.page.emulate_media(media="print")
    assert figure.locator(".still img").is_visible()
    assert not figure.locator(".live").is_visible()
    figure.page.emulate_media(media="screen")
    assert not figure.locator(".still img").is_visible()
