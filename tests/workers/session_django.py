"""Run by test_channel_session.py: ``session_django.py PART DATABASE`` says "proven"."""

import asyncio
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from django.conf import settings

PART, NAME = sys.argv[1:]
settings.configure(
    SECRET_KEY="of this test",
    USE_TZ=True,
    INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "django.contrib.sessions"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": NAME}},
)

import django

django.setup()

from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.models import User
from django.contrib.sessions.backends.db import SessionStore
from django.core.management import call_command
from django.db import connections

from interfaces.workers.calling import call
from interfaces.workers.channel_session import (
    ChannelSession,
    channel_and_http_session,
    channel_session_user,
    channel_session_user_from_http,
    http_session,
    http_session_user,
)
from interfaces.workers.message import Message

call_command("migrate", verbosity=0)
USER = User.objects.create_user("ada")
STORE = SessionStore()
STORE["color"] = "red"
STORE[SESSION_KEY] = str(USER.pk)
STORE[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
STORE[HASH_SESSION_KEY] = USER.get_session_auth_hash()
STORE.save()


def connect(session, headers=None, query=b""):
    """The first event of somebody with the cookie."""
    cookie = [[b"cookie", b"a=b; sessionid=%b" % STORE.session_key.encode()]]
    content = {
        "reply_channel": "r!1",
        "headers": cookie if headers is None else headers,
        "query_string": query,
    }
    return Message(content, "websocket.connect", session)


def later(session):
    """A further event, which has no headers."""
    return Message({"reply_channel": "r!1", "text": "hi"}, "websocket.receive", session)


def http_session_():
    """Read by cookie or query, written back when it was changed, None for strangers."""

    @http_session
    def look(message):
        seen.append(message.http_session and message.http_session.get("color"))
        if message.http_session and "fail" in message:
            message.http_session["color"] = "lost"
            raise ZeroDivisionError
        if message.http_session:
            message.http_session["color"] += "!"

    seen = []
    look(connect({}))
    look(connect({}, headers=[], query=b"session_key=" + STORE.session_key.encode()))
    look(connect({}, headers=[[b"cookie", b"sessionid=unknown"]]))
    look(connect({}, headers=[]))
    look(later({}))
    failing = connect({})
    failing["fail"] = True
    try:
        look(failing)
    except ZeroDivisionError:
        pass
    assert seen == ["red", "red!", None, None, None, "red!!"], seen
    assert SessionStore(STORE.session_key)["color"] == "red!!"


def users():
    """Who connects is known in later events by the session of the connection alone."""
    seen = []

    @channel_session_user_from_http
    def first(message):
        seen.append(message.user.username)

    @channel_session_user
    def then(message):
        seen.append(message.user.username)

    @http_session_user
    def only(message):
        seen.append(message.user.username)

    session = ChannelSession({}, "r!1")
    first(connect(session))
    kept, _ = session.changes()
    then(later(ChannelSession(kept, "r!1")))
    only(connect({}))
    stranger = ChannelSession({})
    first(connect(stranger, headers=[]))
    then(later(stranger))
    only(connect({}, headers=[]))
    USER.set_password("new")
    USER.save()
    then(later(ChannelSession(kept, "r!1")))
    assert seen == ["ada", "ada", "ada", "", "", "", ""], seen


def coroutines():
    """In an async consumer the database is asked on the strand."""
    seen = []

    @channel_and_http_session
    async def look(message):
        message.http_session["count"] = message.http_session.get("count", 0) + 1
        seen.append(message.http_session["count"])

    @channel_session_user_from_http
    async def first(message):
        seen.append(message.user.username)

    @channel_session_user
    async def then(message):
        seen.append(message.user.username)

    async def run():
        session = ChannelSession({})
        await call(look, connect(session), {})
        await call(look, later(session), {})
        await call(first, connect(session), {})
        await call(then, later(session), {})

    asyncio.run(run())
    assert seen == [1, 2, "ada", "ada"], seen
    assert SessionStore(STORE.session_key)["count"] == 2


def engines():
    """Decorators one over another open the session once."""
    seen = []

    @http_session_user
    @http_session
    def look(message):
        seen.append(message.http_session)
        message.http_session["color"] = "green"

    message = connect({})
    look(message)
    assert seen == [message.http_session] and SessionStore(STORE.session_key)["color"] == "green"


{"http_session": http_session_, "users": users, "coroutines": coroutines, "engines": engines}[PART]()
connections.close_all()
print("proven")
