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
