"""A plugin: each verdict and each erratum is earned by one test, and that test has passed.

`@pytest.mark.decides("sp-claim-few", "contradicted")` stands on the test that earns the word. The
run fails where the register says another word, names another test, or where there is not exactly
one such test, passed. Of a run of some tests only those are checked. A test that was skipped
because there is no real data decides nothing: that is said, and is a failure where there is data.
"""

from __future__ import annotations

from collections import defaultdict

import pytest

from tsadbook.registers import errata, ledger

PROPERTY = "decides"  # on the reports, so that it also arrives from the workers of pytest-xdist


def register() -> dict[str, tuple[str, str]]:
    """The word and the name of the test, by the id of a verdict or an erratum."""
    words = {e.id: (e.verdict["status"], e.verdict["test"]) for e in ledger.entries() if e.verdict}
    for id, erratum in errata.errata().items():
        assert id not in words, f"{id}: a verdict and an erratum need ids of their own"
        words[id] = ("withdrawn" if erratum.withdrawn else "erratum", erratum.test)
    return words


class Decides:
    """The plugin; `data_at_hand` says whether a skipped test is a failure."""

    def __init__(self, config, words: dict[str, tuple[str, str]], data_at_hand: bool):
        self.words, self.data_at_hand = words, data_at_hand
        chosen = ("keyword", "markexpr", "lf", "deselect", "ignore", "ignore_glob", "collectonly")
        self.whole = config.args_source is not config.ArgsSource.ARGS and not any(
            config.getoption(name, None) for name in chosen
        )
        self.outcomes = defaultdict(set)  # of a test, all its parameters and phases together
        self.marks = defaultdict(set)  # (word, test) by id
        self.problems, self.undecided = [], []

    def pytest_itemcollected(self, item):
        for mark in item.iter_markers("decides"):
            item.user_properties.append((PROPERTY, tuple(mark.args)))

    def pytest_runtest_logreport(self, report):
        test = report.nodeid.partition("[")[0]
        for name, value in report.user_properties:
            if name == PROPERTY:
                id, word = value
                self.marks[id].add((word, test))
                self.outcomes[test].add("passed" if hasattr(report, "wasxfail") else report.outcome)
                if hasattr(report, "wasxfail"):
                    self.outcomes[test].add("expected to fail")

    def pytest_sessionfinish(self, session):
        if hasattr(session.config, "workerinput"):
            return  # the controller sees every report
        whole = self.whole and not (session.shouldstop or session.shouldfail)
        for id in sorted(set(self.marks) | (set(self.words) if whole else set())):
            self._check(id)
        if self.problems and session.exitstatus in (0, pytest.ExitCode.NO_TESTS_COLLECTED):
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def _check(self, id: str) -> None:
        marks = sorted(self.marks[id])
        if id not in self.words:
            self.problems.append(f"{id}: {marks[0][1]} decides it, and no register has it")
            return
        word, named = self.words[id]
        if not marks:
            self.problems.append(f"{id}: the register says {word!r} by {named}; no test decides it")
        if len({test for _, test in marks}) > 1:
            tests = ", ".join(test for _, test in marks)
            self.problems.append(f"{id}: one test decides it, not several: {tests}")
        for said, test in marks:
            if said != word:
                self.problems.append(f"{id}: the register says {word!r}, {test} earns {said!r}")
            if test.rpartition("::")[2] != named:
                self.problems.append(f"{id}: the register names {named}, {test} decides it")
            odd = self.outcomes[test] - {"passed"}
            if odd == {"skipped"}:
                (self.problems if self.data_at_hand else self.undecided).append(
                    f"{id}: {test} was skipped"
                )
            elif odd:
                self.problems.append(f"{id}: {test} has not passed")

    def pytest_terminal_summary(self, terminalreporter):
        for title, lines in (
            ("NOT DECIDED: THERE IS NO REAL DATA AT HAND", self.undecided),
            ("verdicts and errata that no test has earned", self.problems),
        ):
            if lines:
                terminalreporter.section(title, red=True, bold=True)
                for line in lines:
                    terminalreporter.line(line)
