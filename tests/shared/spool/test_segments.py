"""interfaces.shared.spool.segments: the files of a spool."""

import errno
import os
import stat
import tempfile

import pytest

from interfaces.shared.errors import ConfigError
from interfaces.shared.spool.records import PUT, TOP, Found, scan
from interfaces.shared.spool.segments import Place, Segments, Write


@pytest.fixture
def segments(tmp_path):
    """Those of a new folder, which are open."""
    found = Segments(tmp_path / "spool", segment=1000)
    assert found.open() == []
    yield found
    found.close()


def puts(*bodies, **more):
    """Messages to be written."""
    return [Write(PUT, number, body, sync=True, **more) for number, body in enumerate(bodies)]


def numbers(segments, number):
    """Of what a segment has."""
    mark, data = segments.load(number)
    return [one.number for one in scan(mark, data) if isinstance(one, Found)]


def test_what_is_written_is_read(segments):
    """Where it was said to be; nobody else may read it."""
    places = segments.add(puts(b"one", b"two"))
    assert [segments.read(place) for place in places] == [b"one", b"two"]
    assert stat.S_IMODE(segments.path(1).stat().st_mode) == 0o600
    assert stat.S_IMODE(segments.folder.stat().st_mode) == 0o700
    with pytest.raises(OSError, match="damaged"):
        segments.read(Place(1, places[0].at + 1, places[0].length))


def test_a_group_of_many_is_written(segments):
    """More than one call of the system takes."""
    places = segments.add(puts(*(b"%d" % number for number in range(1500))))
    assert segments.read(places[-1]) == b"1499" and len(numbers(segments, 1)) == 1500


def test_a_folder_has_one_server(segments):
    """The second is told so in one line, and hurts nobody."""
    with pytest.raises(ConfigError, match="another server's"):
        Segments(segments.folder).open()
    segments.close()
    other = Segments(segments.folder)
    assert other.open() == []
    other.close()


def test_a_folder_that_cannot_be_made(tmp_path):
    """One line again."""
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match="cannot be used"):
        Segments(tmp_path / "file").open()


def test_segments_follow_each_other(segments):
    """The next begins when one is full; the oldest goes first, and never the last."""
    for _ in range(3):
        segments.add(puts(b"x" * 600))
    assert sorted(segments.sizes) == [1, 2] and segments.oldest == 1
    segments.drop(1)
    assert segments.oldest is None and not segments.path(1).exists()


def test_a_start_begins_a_new_segment(segments):
    """What a crash has left at an end is never written behind."""
    segments.add(puts(b"one"))
    segments.close()
    again = Segments(segments.folder)
    assert again.open() == [1]
    again.load(1)
    (place,) = again.add(puts(b"two"))
    assert place.segment == 2
    again.close()


@pytest.mark.parametrize("call", ["fdatasync", "pwritev"])
def test_after_a_failure_the_next_group_goes_elsewhere(segments, monkeypatch, call):
    """What the disk did not take is not there later; what it had is, and what comes goes to a new segment."""

    def fails(*words):
        raise OSError(errno.ENOSPC, "No space left on device")

    (first,) = segments.add(puts(b"one"))
    with monkeypatch.context() as patched:
        patched.setattr(os, call, fails)
        with pytest.raises(OSError, match="No space"):
            segments.add(puts(b"two"))
    (third,) = segments.add(puts(b"three"))
    assert (first.segment, third.segment) == (1, 2)
    assert segments.read(first) == b"one" and segments.read(third) == b"three"
    assert segments.sizes[1] == segments.path(1).stat().st_size == first.at + first.length


def test_a_short_write_goes_on(segments, monkeypatch):
    """The kernel may take a part only."""
    real = os.pwritev
    monkeypatch.setattr(os, "pwritev", lambda out, data, at: real(out, [b"".join(data)[:30]], at))
    places = segments.add(puts(b"one" * 20, b"two" * 20))
    assert [segments.read(place) for place in places] == [b"one" * 20, b"two" * 20]


def test_a_large_content_is_linked(segments):
    """A file without a name gets one, and no copy."""
    source = os.open(segments.folder, os.O_TMPFILE | os.O_RDWR, 0o600)
    os.write(source, b"large")
    segments.add(puts(b"head", file="a", source=source))
    path = segments.file("a")
    assert path.read_bytes() == b"large" and path.stat().st_ino == os.fstat(source).st_ino
    os.close(source)


def test_a_large_content_from_elsewhere_is_copied(segments):
    """What cannot be linked, as what Python's tempfile makes."""
    with tempfile.TemporaryFile(dir=segments.folder) as source:
        source.write(b"large" * 500_000)
        source.flush()
        segments.add(puts(b"head", file="a", source=source.fileno()))
    assert segments.file("a").read_bytes() == b"large" * 500_000


def test_a_damaged_segment_is_kept_for_somebody(segments):
    """Beside it, under a name of its own."""
    segments.add(puts(b"one"))
    path = segments.aside(1)
    segments.drop(1)
    assert path.stat().st_size > TOP and segments.open is not None


def fails(*words, **named):
    """A disk that takes nothing."""
    raise OSError(errno.EIO, "Input/output error")


@pytest.mark.parametrize("call", ["pwrite", "fsync"])
def test_a_segment_that_cannot_begin_is_not_there(segments, monkeypatch, call):
    """Nobody finds half of a top after a crash; the next group begins it anew, and nothing of the first is told."""
    with monkeypatch.context() as patched:
        patched.setattr(os, call, fails)
        with pytest.raises(OSError, match="Input/output"):
            segments.add(puts(b"one"))
    assert not segments.path(1).exists() and segments.sizes == {}
    (place,) = segments.add(puts(b"two"))
    assert place.segment == 1 and segments.read(place) == b"two"


def test_a_disk_that_cannot_even_cut_is_told_as_the_first_failure(segments, monkeypatch):
    """What stands behind the last told record is none of ours: the next start does not find it either."""
    (first,) = segments.add(puts(b"one"))
    with monkeypatch.context() as patched:
        patched.setattr(os, "fdatasync", fails)
        patched.setattr(os, "ftruncate", lambda *words: (_ for _ in ()).throw(OSError("no cut")))
        with pytest.raises(OSError, match="Input/output"):
            segments.add(puts(b"two"))
    assert segments.sizes[1] == first.at + first.length
    (third,) = segments.add(puts(b"three"))
    assert third.segment == 2


def test_what_need_not_be_on_the_disk_waits_for_no_disk(segments, monkeypatch):
    """What became of a message may be forgotten by a host that dies: it comes again, which is allowed."""
    segments.add(puts(b"one"))
    monkeypatch.setattr(os, "fdatasync", fails)
    (place,) = segments.add([Write(PUT, 7, b"two")])
    assert segments.read(place) == b"two"
    with pytest.raises(OSError, match="Input/output"):
        segments.add([Write(PUT, 8, b"three"), *puts(b"four")])


def test_the_one_that_is_written_to_may_go_when_nothing_is_needed(segments):
    """At the end of a process: the folder is empty then, and what comes begins a new segment all the same."""
    for _ in range(2):
        segments.add(puts(b"x" * 1000))
    segments.clear()
    assert segments.sizes == {} and list(segments.folder.glob("*.log")) == [] and segments.oldest is None
    (place,) = segments.add(puts(b"two"))
    assert place.segment == 3 and segments.read(place) == b"two"


def test_one_that_failed_is_the_oldest_though_it_was_the_last(segments, monkeypatch):
    """Else what was dealt with would hold a full disk."""
    segments.add(puts(b"one"))
    assert segments.oldest is None
    with monkeypatch.context() as patched:
        patched.setattr(os, "pwritev", fails)
        with pytest.raises(OSError, match="Input/output"):
            segments.add(puts(b"two"))
    assert segments.oldest == 1


def test_an_end_is_cut(segments):
    """What a crash has left behind the last record is gone, and the records before it are read."""
    one, _ = segments.add(puts(b"one", b"two"))
    segments.cut(1, one.at + one.length)
    assert numbers(segments, 1) == [0] and segments.sizes[1] == one.at + one.length
    assert segments.read(one) == b"one"


@pytest.mark.parametrize("place", [Place(1, 10**6, 20), Place(1, 0, 4), Place(9, TOP, 20)])
def test_a_place_where_nothing_is(segments, place):
    """Behind the end, in the top, in a segment that is gone: OSError, and no other."""
    segments.add(puts(b"one"))
    with pytest.raises(OSError, match=r"damaged|No such file"):
        segments.read(place)


def test_a_content_of_the_same_name_is_replaced(segments):
    """What a crash has left of a message that was never told is no reason to refuse the next."""
    segments.file("a").write_bytes(b"left by a crash")
    with tempfile.TemporaryFile(dir=segments.folder) as source:
        source.write(b"new")
        source.flush()
        segments.add(puts(b"head", file="a", source=source.fileno()))
    assert segments.file("a").read_bytes() == b"new"
    assert stat.S_IMODE(segments.file("a").stat().st_mode) == 0o600


def test_a_content_that_cannot_be_kept_is_no_message(segments, monkeypatch):
    """Its record is not written: a message and its content are there together, or not at all."""
    (first,) = segments.add(puts(b"one"))
    with tempfile.TemporaryFile(dir=segments.folder) as source, monkeypatch.context() as patched:
        patched.setattr(os, "pread", fails)
        with pytest.raises(OSError, match="Input/output"):
            segments.add(puts(b"head", file="a", source=source.fileno()))
    assert numbers(segments, 1) == [0]
    assert segments.read(first) == b"one"


def test_files_of_others_are_no_segments(segments):
    """An editor's copy, or what was kept of damage, is neither read nor removed."""
    segments.add(puts(b"one"))
    segments.aside(1)
    segments.aside(1)
    for name in ("notes.log", "1.log~", "-1.log"):
        (segments.folder / name).touch()
    segments.close()
    again = Segments(segments.folder)
    assert again.open() == [1]
    again.close()
    assert (segments.folder / "notes.log").exists()


def test_a_folder_is_let_go_once(segments):
    """To close twice closes nobody else's descriptor."""
    segments.close()
    segments.close()
    assert "0>" in repr(segments)
