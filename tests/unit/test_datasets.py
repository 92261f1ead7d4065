"""The download, the cache and the checks, against a server on this machine."""

import hashlib
import json
import os
import subprocess
import sys
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pandas as pd
import pytest

from tsadbook import datasets
from tsadbook.datasets import DataError, DataUnavailable, files, sp500

NAME = "realSmall/three_rows"
PATH = f"data/{NAME}.csv"
ROWS = "timestamp,value\n2014-01-01 00:00:00,1.5\n2014-01-01 00:05:00,2.5\n2014-01-01 00:10:00,9\n"


class Server:
    """Serves a folder on 127.0.0.1, and remembers what it was asked for."""

    def __init__(self, folder: Path):
        self.folder, self.asked, self.bytes_held_back = folder, [], 0
        server = self

        class Handler(SimpleHTTPRequestHandler):
            def do_GET(self):
                server.asked.append(self.path)
                path = folder / self.path.lstrip("/")
                if not path.is_file():
                    return self.send_error(404)
                body = path.read_bytes()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body[: len(body) - server.bytes_held_back])

            def log_message(self, *args):
                pass

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._http.server_port}/"
        threading.Thread(target=self._http.serve_forever, args=(0.01,), daemon=True).start()

    def stop(self):
        if self._http:
            self._http.shutdown()
            self._http.server_close()
            self._http = None


@pytest.fixture
def server(cache, tmp_path):
    (tmp_path / "upstream").mkdir()
    server = Server(tmp_path / "upstream")
    yield server
    server.stop()


@pytest.fixture
def nab(server, monkeypatch):
    """A NAB of one series with one label, upstream on the server."""
    window = ["2014-01-01 00:05:00.000000", "2014-01-01 00:10:00.000000"]
    _write(server.folder / PATH, ROWS)
    _write(
        server.folder / "labels/combined_labels.json",
        json.dumps({f"{NAME}.csv": ["2014-01-01 00:10:00"]}),
    )
    _write(
        server.folder / "labels/combined_windows.json",
        json.dumps({f"{NAME}.csv": [window]}),
    )
    registry = {
        p.relative_to(server.folder).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest()
        for p in server.folder.rglob("*.*")
    }
    monkeypatch.setattr(files, "_registry", lambda: registry)
    monkeypatch.setattr(files, "NAB_URL", server.url)
    return server


@pytest.fixture
def index_file(server, monkeypatch):
    """An S&P 500 of four rows, upstream in another form and with rows of other years."""
    rows = "1986-01-02,209.59\n1986-01-03,210.88\n2000-01-03,1455.22\n2018-06-29,2718.37\n"
    _write(
        server.folder / "spx.csv",
        "datestamp,spx,cpi\n1985-12-31,211.28,109.3\n1986-01-02,209.59,109.6\n"
        "1986-01-03,210.88,109.6\n2000-01-03,1455.22,168.8\n2018-06-29,2718.37,252\n"
        "2018-07-02,2726.71,252\n",
    )
    monkeypatch.setattr(sp500, "SHA256", hashlib.sha256(rows.encode()).hexdigest())
    monkeypatch.setattr(sp500, "ROWS", 4)
    monkeypatch.setattr(sp500, "URLS", (server.url + "spx.csv",))
    return server.folder / "spx.csv"


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def _change_one_byte(path: Path) -> bytes:
    """Change the last digit of a file; return what it holds now."""
    content = bytearray(path.read_bytes())
    at = max(i for i, byte in enumerate(content) if chr(byte).isdigit())
    content[at] ^= 1
    path.write_bytes(content)
    return bytes(content)


def _files(folder: Path) -> set[str]:
    return {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}


# NAB: download and cache


def test_a_load_fills_the_cache_and_the_next_needs_no_server(nab, cache):
    first = datasets.load(NAME)
    nab.stop()
    second = datasets.load(f"{NAME}.csv")
    assert first.series.tolist() == [1.5, 2.5, 9.0]
    assert list(first.instants) == [pd.Timestamp("2014-01-01 00:10:00")]
    assert first.windows == (
        (pd.Timestamp("2014-01-01 00:05:00"), pd.Timestamp("2014-01-01 00:10:00")),
    )
    assert not first.stand_in
    assert Path(first.origin) == cache / "nab" / PATH
    assert first.sha256 == hashlib.sha256(ROWS.encode()).hexdigest()
    assert second.name == first.name
    pd.testing.assert_series_equal(second.series, first.series)
    assert _files(cache) == {
        f"nab/{PATH}",
        "nab/labels/combined_labels.json",
        "nab/labels/combined_windows.json",
    }


def test_another_file_than_the_pinned_one_is_refused(nab, cache):
    _change_one_byte(nab.folder / PATH)
    with pytest.raises(DataUnavailable, match=rf"{nab.url}.*does not match its SHA-256"):
        datasets.load(NAME)
    assert _files(cache) == set()


@pytest.mark.parametrize("hashed", [True, False])
def test_a_transfer_that_breaks_off_leaves_nothing(nab, cache, hashed):
    nab.bytes_held_back = 1
    target = cache / "nab" / PATH
    with pytest.raises(DataUnavailable):
        files.download(nab.url + PATH, target, files.nab_sha256(PATH) if hashed else None)
    assert nab.asked
    assert _files(cache) == set()


def test_a_file_that_the_server_lacks_is_an_error_with_a_way_out(nab, cache):
    (nab.folder / PATH).unlink()
    with pytest.raises(DataUnavailable, match=r"404.*TSADBOOK_DATA.*TSADBOOK_STAND_IN=1"):
        datasets.load(NAME)
    assert _files(cache) == set()


def test_a_changed_byte_in_the_cache_is_reported_and_mended(nab, cache, capsys):
    datasets.load(NAME)
    assert capsys.readouterr().err == ""
    cached = cache / "nab" / PATH
    _change_one_byte(cached)
    assert datasets.load(NAME).series.tolist() == [1.5, 2.5, 9.0]
    assert str(cached) in capsys.readouterr().err
    assert cached.read_text() == ROWS


def test_a_changed_byte_in_the_cache_is_never_used(nab, cache, capsys):
    datasets.load(NAME)
    altered = _change_one_byte(cache / "nab" / PATH)
    nab.stop()
    with pytest.raises(DataUnavailable):
        datasets.load(NAME)
    assert str(cache / "nab" / PATH) in capsys.readouterr().err
    assert (cache / "nab" / PATH).read_bytes() == altered


def test_changed_labels_are_noticed_too(nab, cache):
    datasets.load(NAME)
    _change_one_byte(cache / "nab/labels/combined_windows.json")
    nab.stop()
    with pytest.raises(DataUnavailable, match=r"combined_windows\.json"):
        datasets.load(NAME)


# The folder that TSADBOOK_DATA names


def _mirror(server: Server, folder: Path, monkeypatch) -> Path:
    """The server's files under a folder that TSADBOOK_DATA names."""
    for name in _files(server.folder):
        _write(folder / "nab" / name, (server.folder / name).read_text())
    monkeypatch.setenv("TSADBOOK_DATA", str(folder))
    return folder / "nab" / PATH


def test_the_readers_folder_comes_first(nab, cache, tmp_path, monkeypatch):
    path = _mirror(nab, tmp_path / "mirror", monkeypatch)
    assert Path(datasets.load(NAME).origin) == path
    assert nab.asked == []
    assert _files(cache) == set()


def test_what_the_readers_folder_lacks_is_downloaded(nab, cache, tmp_path, monkeypatch):
    _mirror(nab, tmp_path / "mirror", monkeypatch).unlink()
    assert Path(datasets.load(NAME).origin) == cache / "nab" / PATH
    assert nab.asked == [f"/{PATH}"]


@pytest.mark.parametrize("stand_in", ["0", "1"])
def test_a_changed_byte_in_the_readers_folder_is_an_error(
    nab, tmp_path, monkeypatch, stand_in, cache
):
    path = _mirror(nab, tmp_path / "mirror", monkeypatch)
    altered = _change_one_byte(path)
    monkeypatch.setenv("TSADBOOK_STAND_IN", stand_in)
    with pytest.raises(DataError, match=str(path)):
        datasets.load(NAME)
    assert path.read_bytes() == altered
    assert nab.asked == []


@pytest.mark.parametrize("name", [NAME, "sp500"])
def test_a_folder_that_is_not_there_is_an_error(nab, index_file, tmp_path, monkeypatch, name):
    monkeypatch.setenv("TSADBOOK_DATA", str(tmp_path / "misspelt"))
    with pytest.raises(DataError, match="misspelt: there is no such folder"):
        datasets.load(name)


# The S&P 500


def test_another_form_becomes_the_canonical_file(server, index_file, cache):
    first = datasets.load("sp500")
    server.stop()
    again = datasets.load("sp500")
    assert (cache / "sp500/spx.csv").read_text() == (
        "date,close\n1986-01-02,209.59\n1986-01-03,210.88\n2000-01-03,1455.22\n2018-06-29,2718.37\n"
    )
    assert _files(cache) == {"sp500/spx.csv"}
    assert first.series.tolist() == [209.59, 210.88, 1455.22, 2718.37]
    assert (first.series.name, first.series.index.name) == ("close", "date")
    assert (first.windows, len(first.instants)) == ((), 0)
    pd.testing.assert_series_equal(again.series, first.series)


SPOILT = {
    "a value altered": ("1455.22", "1455.23"),
    "a row missing": ("2000-01-03,1455.22,168.8\n", ""),
    "cut short": ("2018-06-29,2718.37,252\n2018-07-02,2726.71,252\n", ""),
    "columns unknown": ("datestamp,spx", "day,price"),
    "no table": ("datestamp,spx,cpi\n", "<html>too many requests</html>\n"),
}


@pytest.mark.parametrize("old, new", SPOILT.values(), ids=SPOILT)
def test_other_rows_never_reach_the_cache(index_file, server, cache, old, new):
    _write(index_file, index_file.read_text().replace(old, new))
    with pytest.raises(DataUnavailable, match=rf"{server.url}spx\.csv"):
        datasets.load("sp500")
    assert _files(cache) == set()


@pytest.mark.parametrize("old, new", SPOILT.values(), ids=SPOILT)
def test_other_rows_in_the_readers_folder_are_an_error(
    index_file, server, tmp_path, monkeypatch, old, new
):
    path = tmp_path / "mirror/sp500/spx.csv"
    _write(path, index_file.read_text().replace(old, new))
    monkeypatch.setenv("TSADBOOK_DATA", str(tmp_path / "mirror"))
    with pytest.raises(DataError, match=str(path)):
        datasets.load("sp500")
    assert server.asked == []


@pytest.mark.parametrize(
    "columns", ["date,close", "datestamp,spx", "Date,Close", '\ufeff"Date","Close"']
)
def test_the_readers_folder_may_hold_any_known_form(
    index_file, server, cache, tmp_path, monkeypatch, columns
):
    path = tmp_path / "mirror/sp500/spx.csv"
    _write(path, index_file.read_text().replace("datestamp,spx", columns))
    monkeypatch.setenv("TSADBOOK_DATA", str(tmp_path / "mirror"))
    index = datasets.load("sp500")
    assert index.series.tolist() == [209.59, 210.88, 1455.22, 2718.37]
    assert (index.series.name, index.series.index.name) == ("close", "date")
    assert Path(index.origin) == path
    assert (server.asked, _files(cache)) == ([], set())


def test_altered_rows_in_the_cache_are_reported_and_mended(index_file, cache, capsys):
    good = datasets.load("sp500")
    _change_one_byte(cache / "sp500/spx.csv")
    again = datasets.load("sp500")
    assert str(cache / "sp500/spx.csv") in capsys.readouterr().err
    pd.testing.assert_series_equal(again.series, good.series)


def test_altered_rows_in_the_cache_are_never_used(index_file, server, cache):
    datasets.load("sp500")
    _change_one_byte(cache / "sp500/spx.csv")
    server.stop()
    with pytest.raises(DataUnavailable):
        datasets.load("sp500")


def test_the_second_address_is_tried(index_file, server, cache, monkeypatch):
    urls = (server.url + "gone.csv", server.url + "spx.csv")
    monkeypatch.setattr(sp500, "URLS", urls)
    assert len(datasets.load("sp500").series) == 4
    index_file.unlink()
    (cache / "sp500/spx.csv").unlink()
    with pytest.raises(DataUnavailable, match=rf"{urls[0]}.*{urls[1]}"):
        datasets.load("sp500")


# Stand-ins


def test_stand_ins_only_where_they_are_asked_for(nab, index_file, monkeypatch):
    monkeypatch.setenv("TSADBOOK_STAND_IN", "1")
    generated = [datasets.load("sp500"), datasets.load(NAME)]
    assert [(d.stand_in, d.sha256, d.origin) for d in generated] == [(True, "", "stand-in")] * 2
    assert nab.asked == []  # with stand-ins nothing is downloaded

    monkeypatch.setenv("TSADBOOK_STAND_IN", "0")
    real = [datasets.load("sp500"), datasets.load(NAME)]
    assert not any(d.stand_in for d in real)


def test_no_stand_in_when_the_server_is_down_and_none_was_asked_for(nab, index_file):
    nab.stop()
    for name in ("sp500", NAME):
        with pytest.raises(DataUnavailable):
            datasets.load(name)


def test_no_stand_in_when_the_data_is_at_hand(nab, index_file, tmp_path, monkeypatch):
    for name in ("sp500", NAME):
        datasets.load(name)  # into the cache
    monkeypatch.setenv("TSADBOOK_STAND_IN", "1")
    assert not datasets.load("sp500").stand_in
    assert not datasets.load(NAME).stand_in
    monkeypatch.setenv("TSADBOOK_CACHE", str(tmp_path / "another"))
    _mirror(nab, tmp_path / "mirror", monkeypatch)
    assert not datasets.load(NAME).stand_in


HASH_STAND_INS = """
import hashlib
import pandas as pd
from tsadbook.datasets import load, names
for name in names():
    d = load(name)
    assert d.stand_in
    rows = pd.util.hash_pandas_object(d.series).to_numpy().tobytes()
    print(name, hashlib.sha256(rows).hexdigest(), *d.instants, *d.windows)
"""


def test_stand_ins_are_the_same_in_every_process(cache):
    def made(hash_seed):
        setting = {"TSADBOOK_STAND_IN": "1", "PYTHONHASHSEED": hash_seed}
        command = [sys.executable, "-c", HASH_STAND_INS]
        return subprocess.run(
            command, env=os.environ | setting, capture_output=True, text=True, check=True
        ).stdout

    first = made("1")
    assert len(first.splitlines()) == 59
    assert made("2") == first


def test_stand_ins_have_their_labels_on_their_rows(cache, monkeypatch):
    monkeypatch.setenv("TSADBOOK_STAND_IN", "1")
    for name in datasets.names():
        d = datasets.load(name)
        assert d.series.index.is_monotonic_increasing, name
        assert d.series.notna().all(), name
        assert d.instants.isin(d.series.index).all(), name
        assert len(d.windows) == len(d.instants), name
        for instant, (start, end) in zip(d.instants, d.windows, strict=True):
            assert start <= instant <= end, name


@pytest.mark.parametrize("name", ["nyc_taxi", "realKnownCause/nyc", "SP500", ""])
@pytest.mark.parametrize("stand_in", ["0", "1"])
def test_an_unknown_name_is_a_key_error(cache, monkeypatch, name, stand_in):
    monkeypatch.setenv("TSADBOOK_STAND_IN", stand_in)
    with pytest.raises(KeyError, match="no series is called"):
        datasets.load(name)


# The real data


def test_the_real_files_come_over_http_as_upstream_lays_them_out(
    real_data, cache, tmp_path, monkeypatch
):
    server = Server(real_data / "nab")
    monkeypatch.setattr(files, "NAB_URL", server.url)
    try:
        machine = datasets.load("realKnownCause/machine_temperature_system_failure")
    finally:
        server.stop()
    assert machine.series.shape == (22695,)
    assert len(machine.windows) == 4  # the corpus' own README speaks of 3
    assert machine.series.index[0] == pd.Timestamp("2013-12-02 21:15:00")
    assert machine.series.iloc[0] == 73.96732206999999


@pytest.fixture
def corpus(real_data, cache, monkeypatch):
    monkeypatch.setenv("TSADBOOK_DATA", str(real_data))
    return {name: datasets.load(name) for name in datasets.names() if name != "sp500"}


def test_facts_of_the_corpus(corpus):
    assert len(corpus) == 58
    assert sum(len(d.series) for d in corpus.values()) == 365_558
    assert sum(len(d.windows) for d in corpus.values()) == 116
    assert sum(len(d.instants) for d in corpus.values()) == 120
    assert sum(not d.windows for d in corpus.values()) == 6

    found = {name: datasets.irregularities(d.series) for name, d in corpus.items()}
    assert sum(f["duplicates"] > 0 or f["backward"] > 0 for f in found.values()) == 8
    machine = found["realKnownCause/machine_temperature_system_failure"]
    assert (machine["duplicates"], machine["gaps"]) == (12, 0)
    latency = found["realKnownCause/ec2_request_latency_system_failure"]
    assert latency == {"duplicates": 11, "backward": 0, "gaps": 2}


def test_every_label_of_the_corpus_lies_on_its_series(corpus):
    for name, d in corpus.items():
        assert d.instants.isin(d.series.index).all(), name
        for start, end in d.windows:
            assert d.series.index.min() <= start <= end <= d.series.index.max(), name


def test_facts_of_the_index(real_data, cache, monkeypatch):
    monkeypatch.setenv("TSADBOOK_DATA", str(real_data))
    close = datasets.load("sp500").series
    assert len(close) == 8192
    assert close.iloc[0] == 209.59
    assert [str(day.date()) for day in close.index[[0, -1]]] == ["1986-01-02", "2018-06-29"]
