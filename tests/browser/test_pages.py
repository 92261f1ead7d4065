"""Every page, in every setting."""

LIGHT_ENOUGH = 1.5e6  # bytes of a page and its images


def test_a_page_opens_quietly_and_alone(name, setting, visit):
    seen = visit(name, setting)
    assert not seen.messages
    assert not seen.failed
    assert not seen.foreign


def test_a_page_never_scrolls_sideways(name, setting, visit):
    assert visit(name, setting).too_wide <= 0


def test_a_page_keeps_the_guidelines_for_accessible_content(name, setting, visit):
    assert not visit(name, setting).violations


def test_every_figure_says_what_it_shows(name, visit):
    assert not visit(name).without_words


def test_a_page_is_light(name, visit):
    assert visit(name).weight <= LIGHT_ENOUGH
