"""Groups: one subscription a hub and group, membership and fan-out are local.

Members are channels of this hub, channels of other hubs (their owner keeps those, and confirms) and queues (the broker
keeps those). What is sent to a group is published once; each hub that has members gives each of them a copy, in the
order of publication.
"""

import asyncio
import itertools
from collections import defaultdict
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from redis.exceptions import ResponseError

from interfaces.layers.base import ChannelFull, Message, copied
from interfaces.layers.frames import FrameError, decode_group, encode_group, opened, sealed
from interfaces.layers.inbox import Inbox
from interfaces.layers.mail import JOIN, LEAVE, MEMBERS, Mail
from interfaces.layers.node import Node
from interfaces.layers.peers import HUB, owner
from interfaces.layers.scripts import GROUP_JOIN, GROUP_SEND
from interfaces.shared.errors import PeerGone, Unavailable

__all__ = ["HELD", "JOIN_TIMEOUT", "Group", "Groups"]

JOIN_TIMEOUT = 5.0
"""Seconds that another hub may take to confirm a join."""
ASK_TIMEOUT = 1.0
"""Seconds that other hubs may take to name their members of a group."""
ASKED = 10000
"""Members of a group that one hub names."""
JOINS = 10000
"""Joins that this hub works on for others at once; beyond, they are refused, which is counted."""
HELD = 10000
"""Sends to groups with members here that wait until one broker's subscriptions are back; beyond, Unavailable."""


class Group:
    """What this hub has of one group: members and since when, and its subscription."""

    __slots__ = ("live", "members", "subscribing")

    def __init__(self) -> None:
        self.members: dict[str, float] = {}
        self.live = False
        self.subscribing: asyncio.Task[None] | None = None


class _Asking:
    """A question for the members of a group: how many hubs have still to answer, and what they said."""

    __slots__ = ("done", "left", "names")

    def __init__(self) -> None:
        self.left = 0
        self.names: dict[str, None] = {}
        self.done = asyncio.Event()

    def say(self, names: list[Any], hubs: int) -> None:
        """One more answer (left -1), or how many hubs were asked."""
        self.names.update(dict.fromkeys(name for name in names if isinstance(name, str)))
        self.left += hubs
        if not self.left:
            self.done.set()


class _Gate:
    """Sends that wait until a broker's subscriptions are back, in their order."""

    __slots__ = ("lock", "waiting")

    def __init__(self) -> None:
        self.lock = asyncio.Lock()
        self.waiting = 0


class Groups:
    """One hub's groups, within one event loop.

    ``node_of(group)``: the broker on which a group is. ``push(queue, message)``: sends to a queue, as ``Layer.send``.
    ``group_expiry``: seconds that a channel stays in a group without being added again. The owner of a node gives what
    comes under ``<prefix>:g:…`` to :meth:`feed`. Prefix, cipher, clock and counts are the mail's.
    """

    def __init__(
        self,
        mail: Mail,
        inbox: Inbox,
        node_of: Callable[[str], Node],
        push: Callable[[str, Message], Awaitable[None]],
        *,
        group_expiry: float = 86400,
    ) -> None:
        self.join_timeout = JOIN_TIMEOUT
        self._mail, self._inbox, self._node_of, self._push = mail, inbox, node_of, push
        self._topics = f"{mail.prefix}:g:"
        self._queues = f"{mail.prefix}:m:"
        self._expiry, self._clock = group_expiry, mail.clock
        self._groups: dict[str, Group] = {}
        self._of: dict[str, set[str]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._idle: dict[str, None] = {}
        self._swept = mail.clock()
        self._asking: dict[int, _Asking] = {}
        self._gates: defaultdict[Node, _Gate] = defaultdict(_Gate)
        self._tokens = itertools.count(1)
        mail.handlers[MEMBERS] = self._named
        mail.handlers[JOIN] = self._asked_to_join
        mail.handlers[LEAVE] = self._asked_to_leave
        mail.on_beat.append(self.sweep)

    def __repr__(self) -> str:
        return f"<Groups, {len(self._groups)} with members here>"

    def __len__(self) -> int:
        """How many groups have members here."""
        return sum(bool(group.members) for group in self._groups.values())

    # --- membership -------------------------------------------------------------------------------

    async def add(self, group: str, channel: str) -> None:
        """Make ``channel`` a member, or renew that; on return what is sent to the group reaches it.

        Raises Unavailable without a broker, or when the owner of the channel does not confirm. An owner that is gone
        gets no members; that is counted (``layer.no_owner``).
        """
        hub = owner(channel)
        if hub == self._mail.address:
            await self._join(group, channel)
        elif hub:
            await self._ask(hub, JOIN, group, channel)
        else:
            keys = [self._queues + group]
            await self._node_of(group).run(GROUP_JOIN, keys, [channel, int(self._expiry * 1000)])

    async def discard(self, group: str, channel: str) -> None:
        """Take ``channel`` out; on return nothing sent to the group later reaches it. Errors as :meth:`add`."""
        hub = owner(channel)
        if hub == self._mail.address:
            self._leave(group, channel)
        elif hub:
            await self._ask(hub, LEAVE, group, channel)
        else:
            await self._node_of(group).call("ZREM", self._queues + group, channel)

    def forget(self, channel: str) -> None:
        """A channel of this hub is no more: out of all groups with it."""
        for group in list(self._of.get(channel, ())):
            self._leave(group, channel)

    def clear(self) -> None:
        """Take all channels of this hub out of all groups."""
        for channel in list(self._of):
            self.forget(channel)

    async def channels(self, group: str) -> list[str]:
        """The members of ``group``: queues, and the channels that the hubs name within ASK_TIMEOUT seconds.

        Hubs that do not answer in time are counted (``layer.members_unknown``). Raises Unavailable.
        """
        node, topic = self._node_of(group), self._topics + group
        token, asking = next(self._tokens), _Asking()
        self._asking[token] = asking
        payload = sealed(self._mail.cipher, topic.encode(), encode_group({}, (self._mail.address, token)))
        since = int((node.server_time() - self._expiry) * 1000)
        try:
            hubs, queues = await asyncio.gather(
                node.call("PUBLISH", topic, payload),
                node.call("ZRANGEBYSCORE", self._queues + group, since, "+inf"),
            )
            asking.say([queue.decode() for queue in queues], hubs)
            async with asyncio.timeout(ASK_TIMEOUT):
                await asking.done.wait()
        except TimeoutError:
            self._mail.count("layer.members_unknown", asking.left)
        finally:
            del self._asking[token]
        return list(asking.names)

    def _name(self, group: Group, hub: str, token: int) -> None:
        """Another hub, or this one, wants to know our members."""
        if HUB.fullmatch(hub):
            try:
                self._mail.post(hub, MEMBERS, [token, list(itertools.islice(group.members, ASKED))])
            except Unavailable:
                pass  # this hub is being closed: it has no members any more

    def _named(self, _sender: str, item: Any, _size: int) -> None:
        token, names = item
        if asking := self._asking.get(token):
            asking.say(names, -1)

    async def _join(self, group: str, channel: str) -> None:
        known = self._groups.get(group)
        if known is None:
            known = self._groups[group] = Group()
        renewed = channel in known.members
        known.members[channel] = self._clock()
        self._of.setdefault(channel, set()).add(group)
        node = self._node_of(group)
        try:
            while channel in known.members and not known.live:
                if known.subscribing is None:
                    known.subscribing = self._start(self._subscribe(group, known))
                await asyncio.shield(known.subscribing)
            if not node.up:  # the subscription was lost, and is on its way
                await node.ready(node.timeout)
        except Exception:
            if not renewed:
                self._leave(group, channel)
            raise

    async def _subscribe(self, name: str, group: Group) -> None:
        try:
            await self._node_of(name).subscribe(self._topics + name)
            group.live = True
        finally:
            group.subscribing = None

    def _leave(self, group: str, channel: str) -> None:
        known = self._groups.get(group)
        if known is None or known.members.pop(channel, None) is None:
            return
        groups = self._of[channel]
        groups.discard(group)
        if not groups:
            del self._of[channel]
        if not known.members:
            if not self._idle:
                asyncio.get_running_loop().call_soon(self._tidy)
            self._idle[group] = None

    def _tidy(self) -> None:
        """Unsubscribe, in one command a broker, from the groups that this turn left without members."""
        idle, self._idle = self._idle, {}
        for name in idle:
            group = self._groups.get(name)
            if group is None or group.members:
                continue
            if group.subscribing is not None:
                group.subscribing.add_done_callback(partial(self._tidy_later, name))
                continue
            del self._groups[name]
            if group.live:
                group.live = False
                self._start(self._node_of(name).unsubscribe(self._topics + name))

    def _tidy_later(self, name: str, _task: asyncio.Task[None]) -> None:
        self._idle[name] = None
        self._tidy()

    def _start(self, work: Any) -> asyncio.Task[None]:
        task: asyncio.Task[None] = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled():
            task.exception()  # who waited for it has it

    def sweep(self) -> None:
        """Take out who was not added again for ``group_expiry`` seconds; looks ten times in that time."""
        now = self._clock()
        if now - self._swept < self._expiry / 10:
            return
        self._swept = now
        gone = [
            (name, channel)
            for name, group in self._groups.items()
            for channel, since in group.members.items()
            if since <= now - self._expiry
        ]
        for name, channel in gone:
            self._leave(name, channel)
        if gone:
            self._mail.count("layer.group_expired", len(gone))

    async def close(self) -> None:
        """End what is on its way; the subscriptions end with the node."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._groups.clear()
        self._of.clear()

    # --- channels of other hubs -------------------------------------------------------------------

    async def _ask(self, hub: str, kind: int, group: str, channel: str) -> None:
        try:
            done = await self._mail.request(hub, kind, [group, channel], self.join_timeout)
        except PeerGone:
            self._mail.count("layer.no_owner", 1)
            return
        if not done:
            raise Unavailable(f"hub {hub} could not change the groups of {channel}")

    def _asked_to_join(self, sender: str, item: Any, _size: int) -> None:
        token, (group, channel) = item
        if owner(channel) != self._mail.address or len(self._tasks) >= JOINS:
            self._mail.count("layer.join_refused", 1)
            self._mail.confirm(sender, token, False)
            return
        self._start(self._join_for(sender, token, group, channel))

    async def _join_for(self, sender: str, token: object, group: str, channel: str) -> None:
        try:
            await self._join(group, channel)
        except (Unavailable, ResponseError):
            self._mail.confirm(sender, token, False)
        else:
            self._mail.confirm(sender, token, True)

    def _asked_to_leave(self, sender: str, item: Any, _size: int) -> None:
        token, (group, channel) = item
        self._leave(group, channel)
        self._mail.confirm(sender, token, True)

    # --- messages ---------------------------------------------------------------------------------

    async def send(self, group: str, message: Message) -> None:
        """Publish to all members. TypeError, ValueError and Unavailable; full members are left out and counted.

        Members here hear what is published: while the subscriptions of this hub are lost, it waits for them.
        """
        topic = self._topics + group
        data = encode_group(copied(message))  # refused here, as every member copies it
        payload = sealed(self._mail.cipher, topic.encode(), data)
        keys, node = [topic, self._queues + group], self._node_of(group)
        known = self._groups.get(group)
        subscribed = known is not None and known.live
        if subscribed and (not node.up or self._gates[node].waiting):
            await self._until_up(node)
        heard, queues = await node.run(GROUP_SEND, keys, [payload, int(self._expiry * 1000)])
        if subscribed and not heard and known is self._groups.get(group):
            raise Unavailable(f"{node.host.name} had lost the subscriptions of this process: nobody was told")
        if queues:
            await self._push_all([queue.decode() for queue in queues], message)

    async def _push_all(self, queues: list[str], message: Message) -> None:
        """To the members that are queues; full ones are counted."""
        pushes = [self._push(queue, message) for queue in queues]
        for result in await asyncio.gather(*pushes, return_exceptions=True):
            if isinstance(result, ChannelFull):
                self._mail.count("layer.full", 1)
            elif isinstance(result, BaseException):
                raise result

    async def _until_up(self, node: Node) -> None:
        """Wait for the subscriptions, as long as a command would for its connection, and for those who came before."""
        gate = self._gates[node]
        if gate.waiting >= HELD:
            raise Unavailable(f"{node.host.name}: {node.reason}, and {HELD} sends to groups wait for it")
        gate.waiting += 1
        try:
            async with asyncio.timeout(node.timeout), gate.lock:
                await node.ready(node.timeout)
        except TimeoutError:
            raise Unavailable(f"{node.host.name}: {node.reason}") from None
        finally:
            gate.waiting -= 1

    def feed(self, name: bytes, payload: bytes) -> None:
        """What came under the name of a group; never raises."""
        known = self._groups.get(name[len(self._topics.encode()) :].decode("utf-8", "replace"))
        if known is None:
            return
        plain = opened(self._mail.cipher, name, payload)
        if plain is None:
            self._mail.count("layer.unsealed", 1)
            return
        try:
            message, ask = decode_group(plain)
            message = copied(message)  # none that its receivers could not copy
        except (FrameError, TypeError) as error:
            self._mail.count(f"layer.frame_{getattr(error, 'reason', 'damaged')}", 1)
            return
        if ask is None:
            self._inbox.fan_out(known.members, message)
        else:
            self._name(known, *ask)
