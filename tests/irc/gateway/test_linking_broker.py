"""Two gateways over a broker of their own, which is killed and comes back."""

import asyncio
import logging
from collections.abc import Callable
from typing import Any

from interfaces.irc.gateway.linking import READY, Link
from interfaces.layers.redis import RedisChannelLayer
from tests.irc.gateway.support import Bench, Peer, scene
from tests.layers.conftest import _server, broker, fresh_broker  # noqa: F401 - fixtures


class Served:
    """A gateway that is linked over a layer of its own."""

    def __init__(self, name: str, host: Any) -> None:
        self.layer = RedisChannelLayer(host.hosts, prefix=host.prefix, timeout=1)
        self.bench = Bench(layer=self.layer)
        self.ready: dict[str, bool] = {}
        self.bench.context.on_ready = lambda what, ok, _why: self.ready.update({what: ok})
        self.link = self.bench.gateway.link = Link(self.bench.gateway, self.bench.context, name)

    async def close(self) -> None:
        """End all of it."""
        for peer in self.bench.peers:
            peer.transport.lose()
        for call in self.bench.calls:
            await call.finish()
        await self.link.close()
        await self.layer.close()


async def until(true: Callable[[], Any], served: list[Served]) -> None:
    """Wait for what comes by the broker, and look at it more often than once a second."""
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(20):
        while not true():
            for one in served:
                one.link.tick(loop.time())
            await asyncio.sleep(0.02)


def said(peer: Peer) -> list[str]:
    """What a client got, without who said it, and without the colon before a text."""
    return [line.partition(" ")[2].replace(" :", " ") for line in peer.take().decode().splitlines()]


def test_a_broker_that_is_killed_and_comes_back(fresh_broker: Any, caplog: Any) -> None:  # noqa: F811
    """Users go on without it, /readyz says so; once it is back, both containers have the same, and all is told."""
    caplog.set_level(logging.CRITICAL)
    host = fresh_broker()

    @scene
    async def run() -> None:
        both = [Served("a", host), Served("b", host)]
        one, other = both
        for each in both:
            await each.link.open()
        try:
            ann = await one.bench.member("ann", "#ops")
            bob = await other.bench.member("bob")
            await until(lambda: one.bench.gateway.roster.user("bob"), both)
            await until(lambda: other.bench.gateway.roster.user("ann"), both)
            await bob.say("JOIN #ops")
            await until(lambda: len(one.bench.gateway.roster.room("#ops").members) == 2, both)
            said(bob)
            await ann.tell({"type": "irc.send", "target": "#ops", "text": "hello", "nick": "ann"})
            await until(lambda: bob.transport.out, both)
            await other.bench.settle()
            assert said(bob) == ["PRIVMSG #ops hello"]
            host.kill()
            await until(lambda: not one.ready[READY] and not other.ready[READY], both)
            await ann.say("TOPIC #ops :alone")
            await bob.say("NICK bob2", "JOIN #new")
            host.restart()
            await until(lambda: one.ready[READY] and other.ready[READY], both)
            await until(lambda: one.bench.gateway.roster.room("#new"), both)
            await until(lambda: other.bench.gateway.roster.room("#ops").topic == "alone", both)
            assert {*one.bench.gateway.roster.users} == {*other.bench.gateway.roster.users} == {"ann", "bob2"}
            await other.bench.settle()
            assert "TOPIC #ops alone" in said(bob)
            told = [line.split()[0] for line in said(ann)]
            assert told.count("NICK") == 1
            assert "QUIT" not in told
        finally:
            for each in both:
                await each.close()

    run()
