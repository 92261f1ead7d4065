"""Fixtures that the tests share."""

import os
from pathlib import Path

import pytest
from decides import Decides, register
from hypothesis import settings

ROOT = Path(__file__).resolve().parents[1]

# The same examples in every run, however slow the machine is.
settings.register_profile("book", deadline=None, derandomize=True)
settings.load_profile("book")


def folder_of_data() -> Path:
    """The folder that TSADBOOK_DATA names, else shared/data beside the repository."""
    return Path(os.environ.get("TSADBOOK_DATA") or ROOT.parent / "shared" / "data")


def pytest_configure(config) -> None:
    at_hand = folder_of_data().is_dir()
    config.pluginmanager.register(Decides(config, register(), data_at_hand=at_hand))


@pytest.fixture(scope="session")
def data_folder() -> Path:
    return folder_of_data()


@pytest.fixture(scope="session")
def real_data(data_folder) -> Path:
    """The same folder, for tests that need the whole of NAB."""
    if not data_folder.is_dir():
        pytest.skip(f"needs the real data: TSADBOOK_DATA is not set and there is no {data_folder}")
    return data_folder


@pytest.fixture
def cache(monkeypatch, tmp_path) -> Path:
    """An empty cache, and none of the user's own settings."""
    for name in ("TSADBOOK_DATA", "TSADBOOK_STAND_IN", "TSADBOOK_RECORD"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TSADBOOK_CACHE", str(tmp_path / "cache"))
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, "127.0.0.1")
    return tmp_path / "cache"
