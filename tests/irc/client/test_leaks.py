"""What many reconnects leave behind: nothing."""

import asyncio
import gc
import logging
import os
from pathlib import Path

from interfaces.irc.client import networks
from interfaces.irc.client.dialogue import Dialogue
from interfaces.irc.client.link import Link
from interfaces.irc.client.talk import Talk
from interfaces.irc.client.voice import Instance, Voice
from interfaces.irc.state import State
from interfaces.shared.interface import Context
from interfaces.shared.upstream import Patience
from interfaces.testing.irc import FakeNetwork
from tests.irc.client.kit import Desk, Options
from tests.runner.virtual import run

AT_ONCE = Patience(first=0.0, longest=0.0, good=0.0, opening=5.0, closing=1.0)
"""No back-off."""
ROUNDS = 1000 if os.environ.get("CI") == "true" else 250
"""What one of them leaves shows either way: the figures after the last are those after the tenth."""


class Brief(Desk):
    """Keeps its last call alone."""

    connects = 0

    async def __call__(self, scope, receive, send):
        """The application."""
        self.calls.clear()
        if scope["type"] == "irc":
            self.connects += 1
        await super().__call__(scope, receive, send)


def sockets():
    """How many this process has open."""
    found = [str(one.readlink()) for one in Path("/proc/self/fd").iterdir() if one.is_symlink()]
    return sum(one.startswith("socket:") for one in found)


def kept():
    """How many objects of each connection there are."""
    kinds = (Talk, Link, Dialogue, Voice, State, Instance)
    return sum(issubclass(type(one), kinds) for one in gc.get_objects())  # a lazy object says another class


def reconnected(end):
    """The rounds; ``end(fake, number)`` ends a connection. Tasks, sockets and objects early and at the end."""

    async def main():
        desk, fake, found = Brief(), FakeNetwork(), []
        async with fake:
            made = Options(networks=(fake.network(channels=("#a",)),), client_grace=1.0)
            context = Context(drain=1.0)
            async with networks(desk, made, context, patience=AT_ONCE):
                for number in range(ROUNDS):
                    await fake.here(channel="#a")
                    if number in (9, ROUNDS - 1):
                        await asyncio.sleep(1)
                        gc.collect()
                        found.append((len(asyncio.all_tasks()), sockets(), kept()))
                    before = fake.dialled
                    end(fake, number)
                    await fake.until(lambda before=before: fake.dialled > before)
                assert desk.connects >= ROUNDS
                assert context.telemetry.counts["irc.client.lost"] >= ROUNDS
        return *found, len(asyncio.all_tasks())

    before = sockets()
    logging.disable(logging.CRITICAL)
    try:
        first, last, tasks = run(main())
    finally:
        logging.disable(logging.NOTSET)
    return first, last, tasks, sockets() - before


def test_reconnects_leave_no_task_no_socket_and_no_object():
    """However the connections end: cut, closed with a word, in the middle of a message, with an application at work."""

    def end(fake, number):
        way = number % 4
        if way == 0:
            fake.drop()
        elif way == 1:
            fake.kill("bye")
        elif way == 2:
            fake.send(b":ann!a@h PRIVMSG #a :hi\r\n:ann!a@h PRIV")
            fake.drop()
        else:
            fake.faults.drop_after = 1
            fake.join("ann", "#a")
            fake.say("ann", "#a", "hi")
            fake.drop()
            fake.faults.drop_after = 0

    first, last, tasks, left = reconnected(end)
    assert last <= first
    assert last[2] <= 6 * 2
    assert (tasks, left) == (1, 0)


def test_connections_that_come_to_nothing_leave_nothing():
    """Refused at once, or in the middle of the registration."""

    async def main():
        desk, fake, found = Brief(), FakeNetwork(), []
        async with fake:
            fake.faults.greeting = "ERROR :no"
            made = Options(networks=(fake.network(),))
            async with networks(desk, made, Context(drain=1.0), patience=AT_ONCE):
                for number in (20, 200):
                    await fake.until(lambda number=number: fake.dialled >= number)
                    await asyncio.sleep(0)
                    gc.collect()
                    found.append((len(asyncio.all_tasks()), kept()))
                    fake.faults.greeting = ":s 001 bot :Welcome"
        return found

    logging.disable(logging.CRITICAL)
    try:
        first, last = run(main())
    finally:
        logging.disable(logging.NOTSET)
    assert last[0] <= first[0] + 1
    assert last[1] <= 2
