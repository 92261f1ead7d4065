"""The figures in which a threshold is moved: what they count is what the package counts."""

from importlib.resources import files

import numpy as np
import pandas as pd
import pytest
from plotly.offline import get_plotlyjs, get_plotlyjs_version

from tsadbook import datasets, rules
from tsadbook.evaluation import nab, points, ranges
from tsadbook.evaluation.events import label_rows, score_events
from tsadbook.plots import explorers
from tsadbook.thresholds import RollingThreshold

FIXED = {
    "sp-explorer": "01_sp500_repaired",
    "nab-explorer": "02_nab_next_step_repaired",
    "bat-explorer": "03_battery_repaired",
    "conv-explorer": "04_conv1d_repaired",
    "score-explorer": "05_scoring_detectors",
}
EXPLORERS = FIXED | {"bat-rolling-explorer": "03_battery"}
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
each_fixed = pytest.mark.parametrize("explorer", FIXED, indirect=True)


@each_fixed
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


@each_fixed
def test_any_value_can_be_typed(explorer):
    figure, counts = explorer
    figure.locator("input[type=number]").fill("1e6")
    assert counts()["flagged rows"].startswith("0 of ")


@pytest.mark.parametrize("explorer", ["nab-explorer"], indirect=True)
@pytest.mark.parametrize("k", [2.53, 3.37, 4.0, 7.01])
def test_the_counts_are_those_of_the_package(explorer, k, real_data):
    figure, counts = explorer
    data = datasets.load(SERIES)
    scores = rules.ZScore().fit(data.series[:750]).decision_function(data.series)[750:]
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


@pytest.mark.parametrize("explorer", ["bat-rolling-explorer"], indirect=True)
def test_a_row_cannot_cross_a_rolling_threshold_that_it_is_part_of(explorer):
    figure, counts = explorer
    window, k = (
        figure.get_by_label(f"{name}, as a number") for name in ("window length", "coefficient")
    )
    window.fill("40")
    k.fill("6.5")
    assert counts()["highest multiple that a row can reach"] == "6.17"
    assert counts()["flagged rows"].startswith("0 of ")
    figure.get_by_label("a row is in its own window").uncheck()
    assert counts()["highest multiple that a row can reach"] == "any"
    flagged = counts()["flagged rows"]
    assert not flagged.startswith("0 of ")
    window.fill("1")  # one row has no deviation: left aside
    assert counts()["flagged rows"] == flagged


@pytest.fixture(scope="module")
def counting(browser):
    """An empty page that can count."""
    page = browser.new_page()
    page.add_script_tag(content=files("tsadbook.plots").joinpath("counts.js").read_text())
    yield page
    page.close()


@pytest.mark.parametrize("own", [True, False])
@pytest.mark.parametrize(("window", "k"), [(2, 0.5), (7, 2.0), (40, 3.7)])
def test_rolling_thresholds_are_those_of_the_package(counting, window, k, own):
    scores = np.random.default_rng(0).lognormal(size=300)
    scores[[0, 1, 50, 51, 299]] = np.nan
    rows = {"scores": [None if np.isnan(s) else s for s in scores]}
    in_page = counting.evaluate(
        "([rows, now]) => counts.limits.rolling(rows, now).map((k) => Number.isNaN(k) ? null : k)",
        [rows, {"window": window, "k": k, "own": own}],
    )
    expected = RollingThreshold(window, k, sees_itself=own).thresholds(scores)
    assert np.allclose(np.array(in_page, dtype=float), expected, equal_nan=True)


@pytest.mark.parametrize("share", [0.0, 0.01, 0.2, 1.0])
def test_metrics_are_those_of_the_package(counting, share):
    rng = np.random.default_rng(1)
    index = pd.date_range("2026-01-01", periods=400, freq="h")
    windows = [(index[a], index[b]) for a, b in ((80, 99), (150, 150), (380, 399))]
    labelled, judged = label_rows(index, windows), slice(nab.probation(len(index)), None)
    flags = rng.random(len(index)) < share
    corpus = nab.Corpus({"a/b": (index, windows)})

    truth, flagged = labelled[judged], flags[judged]
    adjusted = points.point_adjusted(truth, flagged)
    expected = {
        "F1 of rows": points.precision_recall(truth, flagged)["f"],
        "F1, point-adjusted": points.precision_recall(truth, adjusted)["f"],
        "F1 of ranges": f1(**ranges.range_precision_recall(truth, flagged)),
        "F1 of affiliation": f1(**ranges.affiliation(truth, flagged)),
        "NAB score / 100": corpus.rank({"a/b": flags.astype(float)}).score(0.5) / 100,
    }
    in_page = counting.evaluate(
        "([labelled, flags]) => counts.metrics({labelled}, flags)",
        [truth.tolist(), flagged.tolist()],
    )
    assert in_page == pytest.approx(expected)


def f1(precision: float, recall: float) -> float:
    return 2 * precision * recall / (precision + recall) if precision > 0 and recall > 0 else 0.0


def test_in_a_notebook_an_explorer_fetches_the_script_that_the_site_brings(browser):
    assert f"plotly-{get_plotlyjs_version()}.min.js" in explorers.PLOTLY
    index = pd.date_range("2026-01-01", periods=9, freq="D")
    case = explorers.Case("rule", pd.Series(range(9), index), [(index[7], index[8])], 6.5)
    page = browser.new_page()
    page.route(explorers.PLOTLY, lambda route: route.fulfill(body=get_plotlyjs()))
    page.set_content(explorers.threshold("moved", [case], "caption", "days").data)
    page.locator(".counts dd").first.wait_for()
    assert page.locator(".counts dd").first.inner_text() == "2 of 9"
    assert page.locator(".still img").is_hidden()
    page.close()


@each
def test_on_paper_there_is_a_still_picture(explorer):
    figure, _ = explorer
    figure.page.emulate_media(media="print")
    assert figure.locator(".still img").is_visible()
    assert not figure.locator(".live").is_visible()
    figure.page.emulate_media(media="screen")
    assert not figure.locator(".still img").is_visible()
