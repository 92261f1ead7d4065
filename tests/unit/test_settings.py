"""What was registered beforehand can be read, and no reader changes it for the next one."""

import pytest

from tsadbook.registers import settings

CHAPTERS = ["sp500", "nab_next_step", "battery", "conv1d"]


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_every_chapter_has_its_settings_and_all_that_was_tried(chapter):
    plan = settings.registered(chapter)
    assert {"registered", "settings", "criterion", "tried", "revised"} <= plan.keys()
    table = settings.tried(chapter)
    assert len(table) == len(plan["tried"]) > 1
    for row, tried in zip(table.to_dict("records"), plan["tried"], strict=True):
        assert {key: value for key, value in row.items() if key in tried} == tried
        assert {value for key, value in row.items() if key not in tried} <= {"–"}


def test_a_changed_copy_changes_nothing():
    settings.registered("sp500")["settings"]["window"] = 999
    assert settings.registered("sp500")["settings"]["window"] == 10


def test_an_unknown_chapter_is_named_with_those_that_there_are():
    with pytest.raises(ValueError, match=r"'01_sp500'; there is .*'sp500'"):
        settings.registered("01_sp500")
