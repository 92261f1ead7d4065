"""Windows against loops that are slow and plainly right."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tsadbook.windows import all_windows_agree, score_rows, sliding_windows


@st.composite
def window_values(draw, elements):
    """Size, number of rows and one value per window."""
    size = draw(st.integers(1, 8))
    n_windows = draw(st.integers(1, 20))
    values = draw(st.lists(elements, min_size=n_windows, max_size=n_windows))
    return size, n_windows + size - 1, values


def covering(row: int, size: int, n_rows: int) -> list[int]:
    """The windows that hold a row, by looking into each."""
    return [i for i in range(n_rows - size + 1) if row in range(i, i + size)]


@pytest.mark.parametrize("shape", [(10,), (10, 1), (10, 3)])
@pytest.mark.parametrize("size", [1, 4, 10])
def test_windows_are_a_view_and_hold_the_right_rows(shape, size):
    values = np.arange(np.prod(shape), dtype=float).reshape(shape)
    windows = sliding_windows(values, size)
    table = values.reshape(10, -1)
    slow = [[table[i + k] for k in range(size)] for i in range(10 - size + 1)]
    np.testing.assert_array_equal(windows, slow)
    assert np.shares_memory(windows, values)
    with pytest.raises(ValueError, match="read-only"):
        windows[0] = 0


def test_errors_of_windows_name_the_lengths():
    with pytest.raises(ValueError, match=r"5 rows.* 6"):
        sliding_windows(np.zeros(5), 6)
    with pytest.raises(ValueError, match="not 0"):
        sliding_windows(np.zeros(5), 0)
    with pytest.raises(ValueError, match=r"\(2, 2, 2\)"):
        sliding_windows(np.zeros((2, 2, 2)), 1)


@pytest.mark.parametrize("function", [score_rows, all_windows_agree])
def test_one_value_per_window_is_asked_for(function):
    with pytest.raises(ValueError, match=r"10 rows has 8 windows of 3.*\(10,\)"):
        function(np.zeros(10), 3, 10)
    with pytest.raises(ValueError, match=r"2 rows.* 3"):
        function(np.zeros(0), 3, 2)


@given(window_values(st.floats(-1e6, 1e6)), st.sampled_from(["mean", "min", "max"]))
def test_score_rows_takes_every_window_over_the_row(drawn, how):
    size, n_rows, scores = drawn
    over = {"mean": np.mean, "min": min, "max": max}[how]
    slow = [over([scores[i] for i in covering(r, size, n_rows)]) for r in range(n_rows)]
    np.testing.assert_allclose(score_rows(scores, size, n_rows, how), slow, rtol=1e-12, atol=1e-9)


@given(window_values(st.floats(-1e6, 1e6)), st.data())
def test_how_last_does_not_look_ahead(drawn, data):
    size, n_rows, scores = drawn
    rows = score_rows(scores, size, n_rows, "last")
    assert len(rows) == n_rows
    assert np.isnan(rows[: size - 1]).all()
    changed_at = data.draw(st.integers(0, len(scores) - 1))
    changed = scores[:changed_at] + [s + 1e7 for s in scores[changed_at:]]
    ends_at = changed_at + size - 1  # the first row at which a changed window is complete
    after = score_rows(changed, size, n_rows, "last")
    np.testing.assert_array_equal(after[:ends_at], rows[:ends_at])
    assert (after[ends_at:] != rows[ends_at:]).all()


def test_an_unknown_how_is_refused():
    with pytest.raises(ValueError, match="median"):
        score_rows([1, 2], 2, 3, "median")


@given(window_values(st.sampled_from([True, True, True, False])))
def test_all_windows_agree(drawn):
    size, n_rows, flags = drawn
    over = [covering(row, size, n_rows) for row in range(n_rows)]
    slow = [len(windows) == size and all(flags[i] for i in windows) for windows in over]
    agreed = all_windows_agree(flags, size, n_rows)
    assert agreed.dtype == bool
    assert agreed.tolist() == slow


def test_all_windows_agree_on_the_example_of_source_004():
    """Ten values, windows of three: if windows 3, 4 and 5 are anomalous, point 5 is."""
    flags = np.isin(np.arange(8), [3, 4, 5])
    assert np.flatnonzero(all_windows_agree(flags, 3, 10)).tolist() == [5]
