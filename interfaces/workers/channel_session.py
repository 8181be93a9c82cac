"""Sessions: what lasts as long as a connection, and Django's session and user of whoever opened it.

The session of a channel is kept by the interface server and travels with each event, so any worker can handle it; what
a consumer changed in it travels back. Django is imported only by who uses its sessions.
"""

from collections.abc import Callable, Mapping, MutableMapping
from http.cookies import CookieError, SimpleCookie
from importlib import import_module
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs

import msgspec

from interfaces.layers.base import copied
from interfaces.shared.errors import ApplicationError
from interfaces.workers.calling import Consumer, wrapped
from interfaces.workers.message import Message

__all__ = ["SESSION_BYTES", "ChannelSession", "channel_and_http_session", "channel_session", "channel_session_user",
           "channel_session_user_from_http", "http_session", "http_session_user", "transfer_user"]  # fmt: skip

SESSION_BYTES = 64 << 10
"""What a session may hold, as msgpack: it travels with each event."""

HTTP_KEY = "__http_session"
"""Under which :func:`channel_and_http_session` remembers the key of Django's session."""


def _base(value: Any) -> Any:
    """Of a subclass of str, such as Django's SafeString."""
    if isinstance(value, str):
        return str.__str__(value)
    raise TypeError(f"{type(value).__name__} cannot cross a process")


_size = msgspec.msgpack.Encoder(enc_hook=_base).encode


class ChannelSession(dict[str, Any]):
    """A copy of the session in which one consumer works; ``changes()`` says what it did, also deep inside of values."""

    def __init__(self, stored: Mapping[str, Any], session_key: str = "") -> None:
        super().__init__(copied(dict(stored)))
        self.session_key = session_key
        self._stored = stored

    def changes(self) -> tuple[dict[str, Any], list[str]]:
        """(what is new or different, which keys are gone). ApplicationError for what no session can hold."""
        try:
            now = copied(dict(self))
            size = len(_size(now))
        except TypeError as error:
            raise ApplicationError(f"channel_session: {error}") from None
        if size > SESSION_BYTES:
            raise ApplicationError(f"channel_session: {size} bytes; {SESSION_BYTES} at most")
        old = self._stored
        changed = {key: value for key, value in now.items() if key not in old or not _same(old[key], value)}
        return changed, [key for key in old if key not in now]

    @property
    def modified(self) -> bool:
        """Whether there are changes; setting it does nothing, since they are found by themselves."""
        return any(self.changes())

    @modified.setter
    def modified(self, value: bool) -> None:
        """As Django's is set."""

    def save(self) -> None:
        """Does nothing: changes are kept when the consumer has ended."""

    def cycle_key(self) -> None:
        """Does nothing: the key is the reply channel's."""

    def flush(self) -> None:
        """Forget everything."""
        self.clear()


def _same(one: Any, other: Any) -> bool:
    return type(one) is type(other) and bool(one == other)  # True is not 1


def _session_of(message: Message) -> MutableMapping[str, Any]:
    session: MutableMapping[str, Any] | None = message.channel_session
    if session is None:
        raise ValueError(
            f"{message!r} has no reply_channel, so nothing that a channel_session could last for"
        )
    return session


def channel_session(consumer: Consumer) -> Consumer:
    """Say that the consumer uses ``message.channel_session``. ValueError for messages that can have none."""

    def prepare(message: Message) -> None:
        _session_of(message)

    return wrapped(consumer, prepare, blocks=False)


# --- Django's -------------------------------------------------------------------------------------


def http_session(consumer: Consumer) -> Consumer:
    """Give ``message.http_session``: Django's session by the cookie, or by ``session_key`` in the query string.

    None where the message names none that there is: only ``http.request`` and ``websocket.connect`` have headers. It
    is saved after the consumer when it was modified; no cookie is ever set.
    """
    return wrapped(consumer, _open, blocks=True)


def channel_and_http_session(consumer: Consumer) -> Consumer:
    """As :func:`http_session`, and for the later events of a connection too."""

    def prepare(message: Message) -> Callable[[], None] | None:
        session = _session_of(message)
        finish = _open(message, session.get(HTTP_KEY))
        if message.http_session is not None:
            session[HTTP_KEY] = message.http_session.session_key
        return finish

    return wrapped(consumer, prepare, blocks=True)


def http_session_user(consumer: Consumer) -> Consumer:
    """As :func:`http_session`, and ``message.user`` of it: AnonymousUser for nobody."""

    def prepare(message: Message) -> Callable[[], None] | None:
        finish = _open(message)
        message.user = _user(message.http_session)
        return finish

    return wrapped(consumer, prepare, blocks=True)


def channel_session_user(consumer: Consumer) -> Consumer:
    """Give ``message.user`` of the channel's session, where :func:`transfer_user` has put it."""

    def prepare(message: Message) -> None:
        message.user = _user(_session_of(message))

    return wrapped(consumer, prepare, blocks=True)


def channel_session_user_from_http(consumer: Consumer) -> Consumer:
    """As :func:`http_session_user`, and put the user into the channel's session for the events to come."""

    def prepare(message: Message) -> Callable[[], None] | None:
        session = _session_of(message)
        finish = _open(message)
        if message.http_session is not None:
            transfer_user(message.http_session, session)
        message.user = _user(session)
        return finish

    return wrapped(consumer, prepare, blocks=True)


def transfer_user(source: Mapping[str, Any], target: MutableMapping[str, Any]) -> None:
    """Copy who is logged in from one session to another."""
    auth = import_module("django.contrib.auth")
    for key in (auth.SESSION_KEY, auth.BACKEND_SESSION_KEY, auth.HASH_SESSION_KEY):
        if key in source:
            target[key] = source[key]


def _open(message: Message, known: str | None = None) -> Callable[[], None] | None:
    """Put Django's session into ``message``; gives what saves it. One that is there stays."""
    if getattr(message, "http_session", None) is not None:
        return None
    key = _key(message) or known
    if key is None:
        message.http_session = None
        return None
    settings = import_module("django.conf").settings
    session = import_module(settings.SESSION_ENGINE).SessionStore(session_key=key)
    session.get(HTTP_KEY)  # loads it, here where that may block; an unknown one loses its key
    message.http_session = session if session.session_key else None

    def finish() -> None:
        if session.modified:
            session.save()

    return finish


def _key(message: Message) -> str | None:
    """The key of Django's session that the peer has shown."""
    query = parse_qs(message.get("query_string", b"").decode("latin-1"))
    if "session_key" in query:
        return str(query["session_key"][0])
    name: str = import_module("django.conf").settings.SESSION_COOKIE_NAME
    for header, value in message.get("headers", ()):
        if header == b"cookie":
            try:
                cookies = SimpleCookie(value.decode("latin-1"))
            except CookieError:
                continue
            if name in cookies:
                return str(cookies[name].value)
    return None


def _user(session: Any) -> Any:
    auth = import_module("django.contrib.auth")
    if session is None:
        return import_module("django.contrib.auth.models").AnonymousUser()
    return auth.get_user(SimpleNamespace(session=session))
