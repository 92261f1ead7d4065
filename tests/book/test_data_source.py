"""With the data at hand, a stand-in is never used."""

from tsadbook.build.paths import ROOT


def test_a_build_beside_the_data_is_a_build_on_it(reproduction):
    if (ROOT.parent / "shared" / "data" / "SHA256SUMS").exists():
        assert not reproduction["stand_in"], "shared/data is there, and the book did not use it"
