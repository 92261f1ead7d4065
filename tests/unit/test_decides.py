"""A verdict that no passed test has earned fails the run."""

import decides
import pytest

CONFTEST = """
import decides

def pytest_configure(config):
    words = {{"claim": ("confirmed", "test_claim"), "misprint": ("erratum", "test_misprint")}}
    config.addinivalue_line("markers", "decides(id, word)")
    config.pluginmanager.register(decides.Decides(config, words, data_at_hand={data}))
"""
GOOD = """
import pytest

@pytest.mark.decides("claim", "confirmed")
@pytest.mark.parametrize("seed", [1, 2])
def test_claim(seed):
    pass

@pytest.mark.decides("misprint", "erratum")
def test_misprint():
    pass

def test_of_something_else():
    pass
"""


@pytest.fixture
def run(pytester):
    def run(source: str, *arguments: str, data: bool = True):
        pytester.makeconftest(CONFTEST.format(data=data))
        pytester.makepyfile(test_small=source)
        return pytester.runpytest_inprocess("-p", "no:cacheprovider", *arguments)

    return run


def changed(old: str, new: str) -> str:
    assert old in GOOD
    return GOOD.replace(old, new)


def test_a_run_in_which_each_is_earned_passes(run):
    result = run(GOOD)
    assert result.ret == 0
    result.assert_outcomes(passed=4)
    result.stdout.no_fnmatch_line("*no test has earned*")


TWICE = GOOD + '\n@pytest.mark.decides("claim", "confirmed")\ndef test_again():\n    pass\n'
BREAKS = {
    "word turned round": (
        changed('"claim", "confirmed"', '"claim", "contradicted"'),
        "claim: the register says 'confirmed', * earns 'contradicted'",
    ),
    "mark lost": (
        changed('@pytest.mark.decides("misprint", "erratum")', ""),
        "misprint: the register says 'erratum' by test_misprint; no test decides it",
    ),
    "test lost": (
        GOOD[: GOOD.index("@pytest.mark.decides(")] + "def test_nothing():\n    pass\n",
        "claim: *no test decides it",
    ),
    "another name": (
        changed("def test_claim", "def test_other"),
        "claim: the register names test_claim, *test_other decides it",
    ),
    "two tests": (TWICE, "claim: one test decides it, not several: *"),
    "unknown id": (changed('"misprint"', '"misprnt"'), "misprnt: *no register has it"),
    "skipped": (
        changed("misprint():\n    pass", "misprint():\n    pytest.skip('x')"),
        "misprint: *test_misprint was skipped",
    ),
    "skipped with one of its parameters": (
        changed("seed):\n    pass", "seed):\n    seed == 1 or pytest.skip('x')"),
        "claim: *test_claim was skipped",
    ),
    "expected to fail": (
        changed("misprint():\n    pass", "misprint():\n    pytest.xfail('x')"),
        "misprint: *test_misprint has not passed",
    ),
}


@pytest.mark.parametrize(("source", "says"), BREAKS.values(), ids=BREAKS)
def test_a_verdict_that_is_not_earned_fails_the_run(run, source, says):
    result = run(source)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["*no test has earned*", says])


def test_without_data_a_skipped_test_is_said_loudly_and_is_no_failure(run):
    result = run(BREAKS["skipped"][0], data=False)
    assert result.ret == 0
    result.stdout.fnmatch_lines(["*NOT DECIDED*", "misprint: *was skipped"])


@pytest.mark.parametrize("chosen", [("-k", "claim"), ("test_small.py::test_claim",)], ids=str)
def test_a_run_of_some_tests_is_checked_for_these_alone(run, chosen):
    assert run(GOOD, *chosen).ret == 0
    result = run(BREAKS["word turned round"][0], *chosen)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.no_fnmatch_line("*misprint:*")


def test_the_register_has_each_verdict_and_each_erratum():
    words = decides.register()
    assert words["sp-claim-few"] == ("contradicted", "test_the_code_is_wider_than_the_window")
    assert words["sp-wide-code"] == ("erratum", "test_the_code_is_wider_than_the_window")
    assert {word for word, _ in words.values()} <= {
        *("confirmed", "explained", "contradicted"),
        *("erratum", "withdrawn"),
    }
