"""One connection to a network, once it is registered: a link of an upstream."""

import asyncio
import logging
import secrets
import time
from collections.abc import Callable
from functools import partial
from itertools import count
from typing import Any, Final

from interfaces.irc.client.backlog import Backlog
from interfaces.irc.client.dialogue import Dialogue
from interfaces.irc.client.home import Home
from interfaces.irc.client.job import Job
from interfaces.irc.client.secure import told
from interfaces.irc.client.talk import Talk
from interfaces.irc.client.voice import Voice
from interfaces.irc.outcome import Outcome, result
from interfaces.shared.asgi import Event
from interfaces.shared.errors import ApplicationError, PeerGone, Unavailable

__all__ = ["COUNTS", "Link"]

log = logging.getLogger("interfaces.irc")
COUNTS: Final = ("dropped", "lines_refused", "restarts", "unanswered", "unsaid", "untracked")
"""What is counted, behind "irc.client."."""
BYE: Final = 2.0
"""Seconds for the network to close the connection after QUIT."""
SHARE: Final = 0.5
"""Of the time to drain in, for what the application has not dealt with yet."""


class Link:
    """Of ``talk``, which is registered."""

    def __init__(self, home: Home, talk: Talk) -> None:
        self.home = home
        self.talk = talk
        prefix, numbers = secrets.token_hex(8), count(1)
        names: Callable[[], str] = lambda: f"{prefix}-{next(numbers)}"  # noqa: E731 - of two names that nobody else has
        self.dialogue = Dialogue(talk.registration, home.memory, home.settings, time.time, names)
        options = home.options
        backlog = Backlog(options.client_backlog, options.client_backlog_size, self._dropped, self._gap)
        self.voice = Voice(
            home.app,
            backlog,
            scope=self._scope,
            resumed=self._resumed,
            send=self.send,
            restart=options.client_restart,
        )
        self.dialogue.tell = self.voice.tell

    def __repr__(self) -> str:
        return f"<Link {self.talk!r}>"

    # --- a link of an upstream --------------------------------------------------------------------

    async def run(self, replace: Callable[[], None]) -> None:
        """Listen until it ends. Raises why."""
        home, talk = self.home, self.talk
        before: Voice | None = home.voice
        home.voice = self.voice
        self.voice.tell(self.dialogue.connected(resumed=False))
        talk.begin(self.dialogue)
        home.talk = talk
        try:
            if before is not None:  # the events of a network are in order
                await before.over(home.options.client_grace)
                before = None  # what is raised here knows this frame, and each would know the one before it
            if not talk.lost:
                self.voice.start()
            await talk.ended
        finally:
            if home.talk is talk:
                home.talk = None
            self._over()
        raise talk.error or Unavailable("it has ended")

    async def drain(self, seconds: float) -> None:
        """Let the application finish, and what it has said leave; then QUIT."""
        loop, talk = asyncio.get_running_loop(), self.talk
        end = loop.time() + seconds
        await _until(lambda: self.voice.idle or talk.lost, SHARE * seconds)
        talk.draining = True
        left = max(0.0, end - loop.time() - BYE)
        await _until(lambda: talk.lost or not (len(talk.queue) or self.dialogue.asks.waiting), left)
        talk.leave(self.home.options.client_quit, 1012)
        await asyncio.wait({talk.ended}, timeout=BYE)
        talk.abort()
        await asyncio.wait({talk.ended}, timeout=BYE)
        self._over()
        await self.voice.over(max(0.1, end - loop.time()))

    async def close(self) -> None:
        """End it, whatever is in flight."""
        self.talk.leave(self.home.options.client_quit, 1012)
        self.talk.end(Unavailable("closed from here"))

    def _over(self) -> None:
        """It has ended: the application hears that last."""
        talk = self.talk
        if talk.network.tls or talk.transport.get_extra_info("ssl_object") is not None:
            self.home.policies.left(talk.network.host, time.time())
        reason = str(talk.error or "")
        event = self.dialogue.events.plain("irc.disconnect", time.time(), code=talk.code, reason=reason)
        self.voice.finish(event)

    # --- the application --------------------------------------------------------------------------

    async def send(self, event: Event) -> None:
        """What the application says. ApplicationError for what cannot be said, PeerGone after the end."""
        talk = self.talk
        if event.get("type") == "irc.close":
            reason: Any = event.get("reason") or ""
            if not isinstance(reason, str) or any(sign in reason for sign in "\r\n\0"):
                raise ApplicationError("irc.close: reason is one line")
            talk.leave(reason, 1000)
            return
        if event.get("network") not in (None, "", self.home.name):
            await self._elsewhere(event)
            return
        draft = self.dialogue.draft(event)
        await talk.room(self.home.options.client_queue)
        if talk.lost or talk.code != 1006:
            await asyncio.wait({talk.ended})
            raise PeerGone("the connection to the network has ended")
        name = event.get("id")
        heard = partial(self._result, str(name), event.get("reply_channel")) if name else None
        talk.add(Job(draft, name=str(name or ""), told=heard))

    async def _elsewhere(self, event: Event) -> None:
        """To another network: as if it came from anywhere."""
        home = self.home
        task = await home.elsewhere(event) if home.elsewhere is not None else None
        if task is not None:
            home.keep(task)
            task.add_done_callback(self._heard)

    def _heard(self, task: "asyncio.Task[Event]") -> None:
        if not task.cancelled() and task.exception() is None:
            self.voice.tell(task.result())

    def _result(self, name: str, channel: Any, came: Outcome) -> None:
        """What became of it: an event, unless it is to be told elsewhere."""
        if came.status == "deferred":  # nobody tries it again here
            came = came._replace(status="failed")
        event = result(name, came)
        layer = self.home.context.layer
        if channel and layer is not None:
            self.home.answer(layer, channel, event)
        else:
            self.voice.tell(event)

    def _resumed(self) -> Event:
        self.home.serving.count("irc.client.restarts")
        return self.dialogue.connected(resumed=True)

    def _gap(self, number: int) -> Event:
        return self.dialogue.events.plain("irc.gap", time.time(), count=number)

    def _dropped(self, number: int) -> None:
        self.home.context.telemetry.count("irc.client.dropped", number)

    def _scope(self) -> dict[str, Any]:
        talk, dialogue, home = self.talk, self.dialogue, self.home
        peer = talk.transport.get_extra_info("peername")
        return {
            "type": "irc",
            "asgi": {"version": "3.0", "spec_version": "1.0"},
            "mode": "client",
            "network": home.name,
            "server": (talk.network.host, peer[1]) if isinstance(peer, tuple) else None,
            "client": None,
            "tls": told(talk.transport.get_extra_info("ssl_object")),
            "nick": dialogue.state.nick,
            "account": None,
            "caps": sorted(dialogue.caps.agreed),
            "isupport": dict(dialogue.state.isupport.tokens),
            "path": f"client/{home.name}",
            "conversation": home.name,
            "state": dict(home.context.state),
            "extensions": {},
        }


async def _until(done: Callable[[], bool], seconds: float) -> None:
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    while not done() and loop.time() < end:  # noqa: ASYNC110 - at the end alone, where nothing has to tell
        await asyncio.sleep(0.01)
