"""Frames of sessions in a hub's mail: what the transport ``redis`` sends after a worker has taken an opening."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from typing import Any

from interfaces.layers.base import ChannelFull
from interfaces.shared.errors import PeerGone, Unavailable
from interfaces.workers.wire import Frame, decode, encode

__all__ = ["KIND", "Post", "Postbox"]

log = logging.getLogger("interfaces.workers")

KIND = 16
"""The mail's kind for our frames."""


class Post:
    """What takes frames to one other hub; what finds no credit there waits here, and ``blocked`` says so."""

    def __init__(self, mail: Any, to: str) -> None:
        self.to = to
        self.blocked = False
        self.gone = False
        self.version = 0
        """Of the protocol, as soon as it is known."""
        self._mail = mail
        self._late: deque[bytes] = deque()
        self._task: asyncio.Task[None] | None = None
        self._writers: list[asyncio.Future[None]] = []

    def __repr__(self) -> str:
        return f"<Post to {self.to}{' gone' if self.gone else ''}>"

    def post(self, kind: int, session: int, payload: Any) -> int:
        """Send a frame; its bytes. RuntimeError for what cannot travel; a lost peer swallows it."""
        body = encode(kind, session, payload)
        if self.gone:
            return len(body)
        if not self._late:
            try:
                self._mail.post(self.to, KIND, body)
            except ChannelFull:
                pass
            except Unavailable:
                return len(body)
            else:
                return len(body)
        self._late.append(body)
        if self._task is None:
            self.blocked = True
            self._task = asyncio.ensure_future(self._catch_up())
        return len(body)

    async def writable(self) -> None:
        """Wait while it is blocked."""
        while self.blocked and not self.gone:
            writer = asyncio.get_running_loop().create_future()
            self._writers.append(writer)
            await writer

    def end(self) -> None:
        """The other hub is gone."""
        self.gone = True
        self._late.clear()
        self._free()

    async def _catch_up(self) -> None:
        try:
            while self._late:
                await self._mail.room(self.to, len(self._late[0]) + 8)
                self._mail.post(self.to, KIND, self._late[0])
                self._late.popleft()
        except (PeerGone, Unavailable, ChannelFull, IndexError):
            self._late.clear()  # that the other hub is gone is told to who watches it
        finally:
            self._task = None
            self._free()

    def _free(self) -> None:
        self.blocked = False
        writers, self._writers = self._writers, []
        for writer in writers:
            if not writer.done():
                writer.set_result(None)


class Postbox:
    """The frames that come to this hub, and who sent them; one :class:`Post` for each other hub.

    ``heard(post, frame)`` is called for each frame, ``lost(post, reason)`` once when a hub is gone, or frames were;
    ``malformed(what, why)`` for what is no frame, or none that can be understood.
    """

    def __init__(
        self,
        mail: Any,
        heard: Callable[[Post, Frame], None],
        lost: Callable[[Post, str], None],
        malformed: Callable[[str, object], None],
    ) -> None:
        self._mail = mail
        self._heard = heard
        self._lost = lost
        self._malformed = malformed
        self._posts: dict[str, Post] = {}
        mail.handlers[KIND] = self._arrived

    def to(self, hub: str) -> Post:
        """The way to ``hub``, which is watched from now on."""
        post = self._posts.get(hub)
        if post is None:
            post = self._posts[hub] = Post(self._mail, hub)
            self._mail.watch(hub, self._gone)
        return post

    def forget(self, post: Post) -> None:
        """Nothing is going on with it any more."""
        if self._posts.pop(post.to, None) is not None:
            self._mail.unwatch(post.to, self._gone)

    def close(self) -> None:
        """Hear no more."""
        self._mail.handlers.pop(KIND, None)
        for post in list(self._posts.values()):
            self.forget(post)
            post.end()

    def _arrived(self, sender: str, item: Any, size: int) -> None:
        self._mail.consumed(sender, size)  # sessions have a credit of their own
        try:
            self._heard(self.to(sender), decode(item))
        except Exception as error:
            log.debug("hub %s sent what cannot be understood", sender, exc_info=error)
            self._malformed(f"hub {sender} sent what cannot be understood", error)

    def _gone(self, hub: str, reason: str) -> None:
        post = self._posts.pop(hub, None)
        if post is not None:
            post.end()
            self._lost(post, reason)
