"""interfaces.shared.spool.recovery: what the records of a folder say."""

import msgspec
import pytest

from interfaces.shared.errors import ConfigError
from interfaces.shared.spool.records import BEGUN, DONE, LATER, PUT, Begun, Later, Put
from interfaces.shared.spool.recovery import recovered
from interfaces.shared.spool.segments import Segments, Write


def put(number, **more):
    """A message."""
    body = msgspec.msgpack.encode(Put(**{"put_at": 1.0, "attempt": 0, "conversation": None, "head": b"head",
                                         "content": b"content", **more}))  # fmt: skip
    return Write(PUT, number, body, sync=True)


def said(kind, number, body=None):
    """What became of one."""
    return Write(kind, number, b"" if body is None else msgspec.msgpack.encode(body))


def after(folder, *groups):
    """What is there after these were written."""
    segments = Segments(folder)
    segments.open()
    for group in groups:
        segments.add(group)
    segments.close()
    again = Segments(folder)
    found = recovered(again)
    again.close()
    return found


def test_nothing_is_nothing(tmp_path):
    """A new folder."""
    assert after(tmp_path) == {}


def test_what_was_said_last_holds(tmp_path):
    """Attempts, pauses and notes; who was begun and not settled is known."""
    found = after(
        tmp_path,
        [put(1), put(2, conversation="talk"), put(3, attempt=1), put(4)],
        [said(BEGUN, 1, Begun(1)), said(LATER, 1, Later(1, 50.0, b"note")), said(DONE, 4)],
        [said(BEGUN, 2, Begun(1)), said(BEGUN, 9, Begun(1))],
    )
    assert sorted(found) == [1, 2, 3]
    one, two, three = (found[number] for number in (1, 2, 3))
    assert (one.attempt, one.not_before, one.note, one.begun) == (1, 50.0, b"note", False)
    assert (two.attempt, two.conversation, two.begun) == (1, "talk", True)
    assert (three.attempt, three.begun) == (1, True)


def test_a_message_that_was_moved_is_one(tmp_path):
    """Where it was put last."""
    found = after(tmp_path, [put(1)], [put(1, attempt=2, not_before=9.0)])
    assert len(found) == 1 and (found[1].attempt, found[1].not_before, found[1].begun) == (2, 9.0, False)
    assert found[1].place.at > 50


def test_files_of_nobody_go(tmp_path):
    """Those of a message stay."""
    segments = Segments(tmp_path)
    segments.open()
    for name in ("mine", "nobody-s"):
        segments.file(name).touch()
    segments.close()
    after(tmp_path, [put(1, file="mine", size=5)])
    assert [path.name for path in (tmp_path / "files").iterdir()] == ["mine"]


def test_a_content_goes_before_its_record(tmp_path, caplog):
    """A message whose file is gone was dealt with."""
    assert after(tmp_path, [put(1, file="gone", size=5)]) == {}
    assert "no content any more" in caplog.text


def test_a_torn_top_is_nothing(tmp_path, caplog):
    """A segment that had just been made; one that is damaged there is told and kept."""
    after(tmp_path, [put(1)])
    (tmp_path / "0000000002.log").write_bytes(b"inter")
    assert sorted(after(tmp_path)) == [1] and "damaged" not in caplog.text
    (tmp_path / "0000000001.log").write_bytes(b"x" * 100)
    assert sorted(after(tmp_path)) == []
    assert "is damaged" in caplog.text and (tmp_path / "0000000001.damaged").exists()


def test_a_torn_end_is_cut(tmp_path, caplog):
    """So that it is no damage at the start after the next."""
    after(tmp_path, [put(1), put(2)])
    path = tmp_path / "0000000001.log"
    path.write_bytes(path.read_bytes()[:-3])
    assert sorted(after(tmp_path)) == [1]
    (tmp_path / "0000000002.log").write_bytes(b"")
    assert sorted(after(tmp_path)) == [1] and "damaged" not in caplog.text


def test_a_folder_of_another(tmp_path):
    """Is not read."""
    segments = Segments(tmp_path)
    segments.open()
    with pytest.raises(ConfigError):
        recovered(Segments(tmp_path))
    segments.close()


def test_a_folder_that_cannot_be_read(tmp_path):
    """One line, whatever is wrong with it: a folder in place of a segment, records of another kind."""
    (tmp_path / "0000000001.log").mkdir()
    with pytest.raises(ConfigError, match="cannot be read"):
        after(tmp_path)
    (tmp_path / "0000000001.log").rmdir()
    with pytest.raises(ConfigError, match="cannot be read"):
        after(tmp_path, [said(PUT, 1, {"later": "version"})])
