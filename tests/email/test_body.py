"""interfaces.email.body: content in memory or in a file, read back as it came, let go when nobody needs it."""

import hashlib
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
