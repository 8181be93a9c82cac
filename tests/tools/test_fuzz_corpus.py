"""What earlier runs of the fuzzer found worth keeping is tried again, all of it, in every run of the tests."""

from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tools.loading import ROOT, load

fuzz = load("tools/fuzz.py")
TARGETS = sorted(path.stem for path in (ROOT / "fuzz").glob("*.py"))


@pytest.mark.parametrize("name", TARGETS)
def test_a_target_holds_for_all_that_is_kept_of_it(name: str) -> None:
    """Each input raises nothing, the faults that were mended among them; nothing is left to chance."""
    target = fuzz.load(name)
    for data in fuzz.inputs(name):
        target.one(data)


@pytest.mark.parametrize("name", TARGETS)
def test_a_corpus_is_bounded(name: str) -> None:
    """There is one, no larger than it may be, and none of it is a seed or there twice."""
    kept, once = fuzz.inputs(name), fuzz.faults(name)
    assert 1 <= len(kept) <= fuzz.MOST + len(once)
    assert max(map(len, kept)) <= 2 * fuzz.LONGEST  # what is generated may go beyond what is changed
    assert len({*kept}) == len(kept)
    assert not ({*kept} - {*once}) & {*fuzz.load(name).SEEDS}


def test_there_is_no_corpus_without_a_target() -> None:
    """A target that goes takes its own along."""
    assert {path.stem for path in (ROOT / "fuzz/corpus").iterdir()} == {*TARGETS}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of targets, with one."""
    (tmp_path / "some.py").write_text("SEEDS = [b'a']\n\ndef one(data):\n    assert data != b'bad'\n")
    monkeypatch.setattr(fuzz, "TARGETS", tmp_path)
    monkeypatch.setattr(fuzz, "ROOT", tmp_path)
    return tmp_path


@given(st.lists(st.binary(max_size=50), unique=True), st.lists(st.binary(max_size=50), unique=True))
def test_what_is_written_is_read_again(tmp_path_factory, kept: list[bytes], faults: list[bytes]) -> None:
    """Any bytes, a line each; faults come first, and once."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(fuzz, "TARGETS", tmp_path_factory.getbasetemp())
        fuzz.write("any", kept, faults)
        assert fuzz.faults("any") == faults
        assert fuzz.inputs("any") == [*faults, *(data for data in kept if data not in faults)]


def test_the_shortest_that_reach_more_are_kept() -> None:
    """Of two that reach the same the shorter one; of those that reach what a seed reaches, none."""
    target = fuzz.load("chunked")
    more = b"5;a=b\r\nhello\r\n0\r\nx: y\r\n\r\n"
    found = fuzz.smallest(target, [*target.SEEDS, more + more, more, b"zz\r\n", b"zz\r\n\r\n"])
    assert b"zz\r\n\r\n" not in found and more + more not in found
    assert fuzz.smallest(target, target.SEEDS) == []


def test_a_run_begins_with_what_is_kept(folder: Path) -> None:
    """The corpus of the fuzzer is the seeds and the file."""
    fuzz.write("some", [b"b"], [b"c"])
    fuzzer = fuzz.Fuzzer(SimpleNamespace(SEEDS=[b"a"], one=lambda data: None), 1, fuzz.inputs("some"))
    assert fuzzer.corpus == [b"a", b"c", b"b"]


def test_a_fault_is_kept_for_good(folder: Path, monkeypatch, capsys) -> None:
    """By --again with --keep; a later run that finds more leaves it there."""
    path = folder / "found.bin"
    path.write_bytes(b"bad")
    monkeypatch.setattr("sys.argv", ["fuzz.py", "some", "--again", str(path), "--keep"])
    assert fuzz.main() == 1
    assert fuzz.faults("some") == [b"bad"]
    (folder / "some.py").write_text("SEEDS = [b'a']\n\ndef one(data):\n    pass\n")
    monkeypatch.setattr(fuzz, "time", SimpleNamespace(monotonic=iter(range(10)).__next__, time=lambda: 7))
    monkeypatch.setattr("sys.argv", ["fuzz.py", "--keep", "5", "some"])
    assert fuzz.main() == 0
    assert fuzz.faults("some") == fuzz.inputs("some") == [b"bad"]
    assert "nothing" in capsys.readouterr().out
