"""interfaces.email.body: content in memory or in a file, read back as it came, let go when nobody needs it."""

import hashlib
import os
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interfaces.email import body as module
from interfaces.email.body import Body, content, opened


def event_of(body):
    """As the server makes it."""
    return {"body": b"" if body.reference else body.whole, "body_ref": body.reference}


@given(st.lists(st.binary(max_size=40), max_size=12), st.integers(0, 120))
def test_what_was_added_is_read_back(pieces, memory):
    """Wherever it lies, the content is all that came, with its size and digest; memory holds no more than it may."""
    body, whole = Body(memory), b"".join(pieces)
    for piece in pieces:
        body.add(piece)
    assert (body.size, body.digest) == (len(whole), hashlib.sha256(whole).hexdigest())
    assert (body.reference is not None) == (len(whole) > memory)
    assert body.held <= max(memory, module.BEGINNING) and whole.startswith(body.whole)
    assert content(event_of(body)) == whole
    with opened(event_of(body)) as file:
        assert file.read() == whole
    body.close()


def test_the_file_is_gone_when_it_is_closed():
    """It has no name in a folder, and its path is dead after that."""
    body = Body(1)
    body.add(b"two")
    path = Path(body.reference["path"])
    assert path.read_bytes() == b"two"
    body.close()
    assert not path.exists()


def test_it_is_read_again_from_the_beginning():
    """Two readers do not share a place in the file."""
    body = Body(1)
    body.add(b"abc")
    with opened(event_of(body)) as one, opened(event_of(body)) as two:
        assert (one.read(2), two.read(), one.read()) == (b"ab", b"abc", b"c")
    body.close()


def test_a_folder_that_is_full_or_missing_is_an_oserror(tmp_path):
    """Whoever adds is told."""
    body = Body(1, str(tmp_path / "missing"))
    with pytest.raises(OSError, match="missing"):
        body.add(b"two")


def test_without_paths_for_descriptors_all_stays_in_memory(monkeypatch):
    """Where the system has none, the limit of a message bounds it."""
    monkeypatch.setattr(module, "DESCRIPTORS", Path("/nowhere/fd"))
    body = Body(1)
    body.add(b"two")
    assert (body.reference, body.whole, body.held) == (None, b"two", 3)


@pytest.mark.parametrize("memory", [1 << 20, 10])
def test_another_beginning(memory: int) -> None:
    """The first bytes are replaced, in memory and in the file, and what was added keeps its digest."""
    body = Body(memory, head=b"head:")
    body.add(b"0123456789")
    digest = body.digest
    body.begin(b"another head:", 7)
    event = {"body": body.whole, "body_ref": body.reference}
    assert content(event) == b"another head:23456789"
    assert (body.size, body.digest, body.filed) == (21, digest, 21 if memory == 10 else 0)
    assert body.held == len(body.whole)
    body.close()


@pytest.mark.parametrize("memory", [100, 3])
def test_a_head_is_in_the_content_and_not_in_the_digest(memory):
    """Received is ours: a repeat has another one, and has to be known by what its client said."""
    body = Body(memory, head=b"Received: x\r\n")
    body.add(b"one")
    body.add(b"two")
    assert body.digest == hashlib.sha256(b"onetwo").hexdigest()
    assert content(event_of(body)) == b"Received: x\r\nonetwo" and body.size == 19
    body.close()


@pytest.mark.parametrize(("size", "filed"), [(9, 0), (10, 0), (11, 11)])
def test_as_much_as_may_be_is_in_memory(size, filed):
    """At the limit nothing is written, one byte above it everything is."""
    body = Body(10)
    for _ in range(size):
        body.add(b"x")
    assert (body.filed, body.descriptor >= 0, body.reference is not None) == (filed, filed > 0, filed > 0)
    body.close()


@given(st.lists(st.binary(min_size=1, max_size=9), max_size=9), st.integers(0, 9))
def test_what_flows_is_held_nowhere(pieces, begin):
    """It goes elsewhere as it comes; size and digest are those of all of it, whenever it begins to flow."""
    body, whole = Body(1 << 20, head=b"head"), b"".join(pieces)
    for at, piece in enumerate(pieces):
        if at == begin:
            body.flow()
        body.add(piece)
    body.flow()
    assert (body.held, body.filed, body.whole) == (0, 0, b"")
    assert (body.size, body.digest) == (4 + len(whole), hashlib.sha256(whole).hexdigest())


def test_an_empty_piece_is_none():
    """A client's empty packet makes no file, and no digest anew."""
    body = Body(0)
    body.add(b"")
    assert (body.size, body.filed, body.digest) == (0, 0, hashlib.sha256().hexdigest())


@pytest.mark.parametrize("memory", [1 << 20, 1])
def test_what_a_repeat_is_known_by_may_be_said_until_more_comes(memory):
    """What was kept is not read again for its digest; one that is added to has another."""
    body = Body(memory)
    body.add(b"one")
    body.known("said")
    assert body.digest == "said"
    body.add(b"two")
    assert body.digest == hashlib.sha256(b"onetwo").hexdigest()
    body.close()


def test_what_was_kept_is_there_again(tmp_path):
    """From its bytes, or from the file that has them with their beginning beside it."""
    small = Body.kept(b"all of it", None, 9)
    assert (content(event_of(small)), small.size, small.filed) == (b"all of it", 9, 0)
    path = tmp_path / "large"
    path.write_bytes(b"all of it")
    large = Body.kept(b"all", path.open("rb"), 9)
    assert content(event_of(large)) == b"all of it"
    assert (large.whole, large.size, large.filed) == (b"all", 9, 9)
    large.close()


class Full(BytesIO):
    """A file on a disk with room for five more bytes."""

    room = 5

    def write(self, data):
        if not self.room:
            raise OSError(28, "No space left on device")
        part = bytes(data[: self.room])
        self.room -= len(part)
        return super().write(part)


def test_a_disk_that_becomes_full_keeps_the_old_beginning(monkeypatch):
    """The message is whole as it was: who wanted another beginning is told, and nothing else has changed."""
    body = Body(3, head=b"head:")
    body.add(b"0123456789")
    made = []
    monkeypatch.setattr(module.tempfile, "TemporaryFile", lambda **_: made.append(Full()) or made[-1])
    with pytest.raises(OSError, match="No space"):
        body.begin(b"another:", 5)
    assert content(event_of(body)) == b"head:0123456789" and body.size == 15
    assert made[0].closed
    body.close()


@pytest.mark.parametrize("folder", [True, False])
def test_a_file_system_without_unnamed_files_will_do(tmp_path, monkeypatch, folder):
    """The standard library's way is taken there: as unseen, but it cannot be given a name."""
    monkeypatch.setattr(module.tempfile, "_O_TMPFILE_WORKS", False)  # it would remember what follows
    monkeypatch.setattr(module.os, "O_TMPFILE", os.O_RDONLY)
    body = Body(1, str(tmp_path) if folder else None)
    body.add(b"two")
    assert content(event_of(body)) == b"two"
    assert [*tmp_path.iterdir()] == []
    body.close()


def test_a_file_in_a_folder_of_ones_own_can_be_given_a_name(tmp_path):
    """So what is accepted into a spool there is linked, and not copied."""
    body = Body(1, str(tmp_path))
    body.add(b"two")
    here = os.open(tmp_path, os.O_RDONLY)
    os.link(
        f"/proc/self/fd/{body.descriptor}", "named", src_dir_fd=here, dst_dir_fd=here, follow_symlinks=True
    )
    os.close(here)
    body.close()
    assert (tmp_path / "named").read_bytes() == b"two"


def test_the_beginning_of_a_large_one_stays_in_memory():
    """Its header is read there, in however many pieces it came; no more than BEGINNING."""
    body = Body(10)
    for at in range(3 * module.BEGINNING // 1000):
        body.add(b"%c" % (97 + at % 26) * 1000)
    assert body.held == len(body.whole) == module.BEGINNING
    with opened(event_of(body)) as file:
        assert file.read(module.BEGINNING) == body.whole
    body.close()
