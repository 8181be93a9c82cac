"""One network of the options, for as long as the process runs: what lasts, and the connection that there is."""

import asyncio
import logging
import ssl
from collections.abc import Awaitable, Callable
from typing import Any

from interfaces.irc.client.channels import Channels
from interfaces.irc.client.dialogue import Memory, Settings
from interfaces.irc.client.history import History
from interfaces.irc.client.job import Job
from interfaces.irc.client.nicks import Regain
from interfaces.irc.client.secure import context_of
from interfaces.irc.client.sts import Policies
from interfaces.irc.client.talk import Talk
from interfaces.irc.client.voice import Voice
from interfaces.irc.networks import Network
from interfaces.irc.options_client import ClientOptions
from interfaces.irc.outcome import Outcome
from interfaces.shared.asgi import Application, Event
from interfaces.shared.interface import Context
from interfaces.shared.serving import Serving

__all__ = ["AWAY", "Home"]

log = logging.getLogger("interfaces.irc")
AWAY = 5.0
"""Seconds after which something is to be said again that found no connection."""


class Home:
    """Of ``network``; ``policies`` are shared by all."""

    def __init__(
        self,
        app: Application,
        options: ClientOptions,
        context: Context,
        network: Network,
        serving: Serving,
        policies: Policies,
    ) -> None:
        self.app = app
        self.options = options
        self.context = context
        self.network = network
        self.name = network.called
        self.serving = serving
        self.policies = policies
        self.tls: ssl.SSLContext = context_of(network)
        self.memory = Memory(
            Channels(network.channels), History(network.history), Regain(network.nick, network.regain)
        )
        self.settings = Settings(
            self.name, network.fallback, options.client_answer_timeout, options.client_rejoin
        )
        self.talk: Talk | None = None
        """The connection that stands."""
        self.voice: Voice | None = None
        """That of this connection, or of the last."""
        self.elsewhere: Callable[[Event], Awaitable[asyncio.Task[Event] | None]] | None = None
        """Takes what is said to another network."""
        self._tasks: set[asyncio.Task[Any]] = set()

    def __repr__(self) -> str:
        return f"<Home {self.name}{', connected' if self.talk is not None else ''}>"

    def answer(self, layer: Any, channel: str, event: Event) -> None:
        """Tell a result where it was asked for."""
        self.keep(asyncio.get_running_loop().create_task(self._answered(layer, channel, event)))

    def keep(self, task: "asyncio.Task[Any]") -> None:
        """Have it go on until the process ends."""
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _answered(self, layer: Any, channel: str, event: Event) -> None:
        try:
            await layer.send(channel, event)
        except Exception as error:  # noqa: BLE001 - a name may be none, its reader slow: what was said is said
            log.warning("%s: a result could not be told: %s", self.name, error)

    async def close(self) -> None:
        """The process ends: nothing of it goes on."""
        if self.voice is not None:
            await self.voice.over(0.1)
        for task in self._tasks:
            task.cancel()

    async def say(self, event: Event, commit: Callable[[], Awaitable[None]] | None = None) -> Outcome:
        """Say something, and hear what became of it. ApplicationError for what cannot be said.

        ``commit`` is awaited before the first line leaves; what it raises is raised here.
        """
        talk = self.talk
        if talk is None or talk.dialogue is None or talk.draining:
            return Outcome("deferred", f"{self.name} is not connected", retry_after=AWAY)
        draft = talk.dialogue.draft(event)
        if talk.queue.lines >= self.options.client_queue:
            return Outcome("deferred", f"{talk.queue.lines} lines wait for {self.name}", retry_after=AWAY)
        future: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()

        def told(came: Outcome) -> None:
            if not future.done():
                future.set_result(came)

        job = Job(draft, name=str(event.get("id") or ""), told=told, commit=commit)
        talk.add(job)
        try:
            came = await future
        except asyncio.CancelledError:
            job.left.clear()  # what was not written is not
            raise
        if job.raised is not None:
            raise job.raised
        return came
