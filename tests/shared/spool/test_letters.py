"""interfaces.shared.spool.letters: what was given up, and what is to be tried again."""

import stat

import pytest

from interfaces.shared.spool.letters import Letter, Letters, names, read, remove, replay


@pytest.fixture
def spool(tmp_path):
    """The folders of one."""
    for name in ("dead", "again", "files"):
        (tmp_path / name).mkdir()
    return tmp_path


def letter(**more):
    """One."""
    return Letter(**{"reason": "refused", "died_at": 2.0, "put_at": 1.0, "attempts": 3, "conversation": None,
                     "head": b"head", "content": b"content", **more})  # fmt: skip


def test_a_letter_is_kept_and_read(spool):
    """With its reason; nobody else may read it."""
    assert Letters(spool / "dead").write("1", letter(), None) == 0
    assert list(names(spool / "dead")) == ["1"]
    assert read(spool / "dead", "1") == (letter(), None)
    (path,) = (spool / "dead").iterdir()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_large_content_stands_beside_it(spool):
    """Linked: the spool's own may go."""
    file = spool / "files" / "a"
    file.write_bytes(b"large")
    Letters(spool / "dead").write("1", letter(content=b"", size=5), file)
    file.unlink()
    found, content = read(spool / "dead", "1")
    assert found.size == 5 and content.read_bytes() == b"large"
    remove(spool / "dead", "1")
    assert list((spool / "dead").iterdir()) == []


def test_the_oldest_go(spool):
    """When there are more than are kept, those of a life before too; how many is told."""
    Letters(spool / "dead").write("1", letter(), None)
    box = Letters(spool / "dead", most=2)
    assert [box.write(name, letter(), None) for name in "234"] == [0, 1, 1]
    assert list(names(spool / "dead")) == ["3", "4"]


def test_a_letter_is_handed_to_its_server(spool):
    """It moves to where the server looks, with its content; one that is not there is told."""
    (spool / "files" / "a").write_bytes(b"large")
    Letters(spool / "dead").write("1", letter(content=b"", size=5), spool / "files" / "a")
    assert replay(spool, "1") and not replay(spool, "1")
    assert list(names(spool / "dead")) == [] and list(names(spool / "again")) == ["1"]
    assert read(spool / "again", "1")[1].read_bytes() == b"large"
