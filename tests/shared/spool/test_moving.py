"""interfaces.shared.spool.moving: messages that stay are written again behind all others."""

import os

from interfaces.shared.spool.moving import moved, state_of
from interfaces.shared.spool.recovery import recovered
from interfaces.shared.spool.segments import Segments
from tests.shared.spool.test_recovery import put


def opened(folder, *writes):
    """Segments with these, and what is known of them."""
    segments = Segments(folder)
    segments.open()
    segments.add(writes)
    segments.file("f").touch()
    segments.close()
    again = Segments(folder)
    return again, recovered(again)


def test_a_message_is_the_same_elsewhere(tmp_path):
    """With what has become of it meanwhile; the segment it was in can go."""
    segments, found = opened(tmp_path, put(1, conversation="talk", file="f", size=3), put(2))
    one = found[1]
    one.attempt, one.not_before, one.note = 3, 9.0, b"note"
    (place,) = moved(segments, [state_of(one)])
    assert place.segment == 2
    segments.drop(1)
    segments.close()
    again = Segments(tmp_path)
    (kept,) = recovered(again).values()
    assert (kept.number, kept.attempt, kept.not_before, kept.note) == (1, 3, 9.0, b"note")
    assert (kept.conversation, kept.file, kept.place) == ("talk", "f", place)
    assert kept.size == place.length + 3
    again.close()


def test_one_that_is_damaged_holds_nobody_up(tmp_path, caplog):
    """It is told, and the segment is kept for somebody to look at."""
    segments, found = opened(tmp_path, put(1), put(2))
    with segments.path(1).open("r+b") as file:
        file.seek(found[1].place.at + 30)
        file.write(b"\xff")
    places = moved(segments, [state_of(found[1]), state_of(found[2])])
    assert places[0] is None and places[1].segment == 2
    assert "message 1 is lost" in caplog.text and list(tmp_path.glob("*.damaged"))
    segments.close()


def test_nothing_is_moved_where_nothing_can_be(tmp_path):
    """All of them damaged: no segment is begun for that."""
    segments, found = opened(tmp_path, put(1))
    os.truncate(segments.path(1), 60)
    assert moved(segments, [state_of(found[1])]) == [None]
    assert 2 not in segments.sizes
    segments.close()
