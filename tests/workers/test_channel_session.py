"""Sessions of a connection, and Django's session and user by its cookie."""

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

from interfaces.shared.errors import ApplicationError
from interfaces.workers.channel_session import SESSION_BYTES, ChannelSession, channel_session
from interfaces.workers.message import Message

DJANGO = Path(__file__).with_name("session_django.py")


def test_a_session_knows_what_changed() -> None:
    """New, different and lost keys, also what is changed deep inside of a value; nothing else travels."""
    stored = {"same": [1], "deep": {"list": [1]}, "flag": 1, "gone": 1}
    session = ChannelSession(stored)
    session["deep"]["list"].append(2)
    session["flag"] = True
    session["new"] = (1, 2)
    del session["gone"]
    assert session.changes() == ({"deep": {"list": [1, 2]}, "flag": True, "new": [1, 2]}, ["gone"])
    assert stored == {"same": [1], "deep": {"list": [1]}, "flag": 1, "gone": 1}


def test_a_session_has_what_django_sessions_have() -> None:
    """Code of 2016 that saves, flushes and marks it goes on working."""
    session = ChannelSession({"a": 1}, "key")
    assert not session.modified and session.session_key == "key"
    session.modified = True
    session.save()
    session.cycle_key()
    assert not session.modified
    session.flush()
    assert session.modified and session.changes() == ({}, ["a"])


def test_a_session_holds_plain_values_up_to_a_limit() -> None:
    """It travels with each event, so an object or too much of it is the application's mistake."""
    session = ChannelSession({})
    session["object"] = object()
    with pytest.raises(ApplicationError, match="channel_session"):
        session.changes()
    session["object"] = "x" * SESSION_BYTES
    with pytest.raises(ApplicationError, match="at most"):
        session.changes()


def test_the_decorator_takes_functions_methods_and_coroutines() -> None:
    """It leaves each what it is, and refuses messages that have no session."""
    message = Message({"reply_channel": "r!1"}, "websocket.connect", ChannelSession({}))

    @channel_session
    def plain(message, room):
        message.channel_session["room"] = room
        return "done"

    @channel_session
    async def coroutine(message):
        return message.channel_session["room"]

    class Chat:
        @channel_session
        def method(self, message):
            return message.channel_session["room"]

    assert plain(message, room="a") == "done" and Chat().method(message) == "a"
    assert asyncio.run(coroutine(message)) == "a" and asyncio.iscoroutinefunction(coroutine)
    with pytest.raises(ValueError, match="no reply_channel"):
        plain(Message({}, "tasks"), room="a")
    with pytest.raises(ValueError, match="without a Message"):
        plain("no message")


@pytest.mark.parametrize("part", ["http_session", "users", "coroutines", "engines"])
def test_with_django(part, tmp_path) -> None:
    """The session and the user of the cookie, kept over the events of a connection; on a database."""
    words = [sys.executable, "-W", "error", str(DJANGO), part, str(tmp_path / "db.sqlite3")]
    done = subprocess.run(words, capture_output=True, text=True, timeout=120)
    assert done.stdout.strip() == "proven", done.stdout + done.stderr
