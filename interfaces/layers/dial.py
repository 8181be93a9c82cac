"""How a connection to a broker is made, by redis-py, and how one is kept.

redis-py connects: TCP, TLS or unix socket, HELLO, AUTH, SELECT, CLIENT SETNAME; Sentinel tells who the master
is. Then its transport is ours: the protocol is changed for a Pipe and redis-py's object is emptied, so that
nothing of it closes the socket or warns of it.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from redis import exceptions
from redis.asyncio.connection import AbstractConnection, Connection, SSLConnection, UnixDomainSocketConnection
from redis.asyncio.retry import Retry
from redis.asyncio.sentinel import MasterNotFoundError, Sentinel
from redis.backoff import NoBackoff

from interfaces.layers.pipe import Pipe
from interfaces.layers.settings import Host, Settings
from interfaces.shared.errors import ConfigError, Unavailable

__all__ = ["Fence", "Line", "Pulse", "check_server", "dial", "take"]

_log = logging.getLogger("interfaces.layers")
_REFUSALS = (exceptions.AuthenticationError, exceptions.ResponseError, exceptions.DataError)
_FORMER = 16
"""Connections before this one that the broker may not have closed yet."""
_LOOKS = 5
"""How often a silent connection is looked at within a ping's interval, and within its deadline."""


async def dial(host: Host, pipe: Pipe, *, timeout: float, protocol: int | None = None) -> None:
    """Connect ``pipe`` to ``host`` within ``timeout`` seconds.

    ``protocol`` (2 or 3) overrides what the host's options say. Raises ConfigError when the broker refuses the
    user, the password or the database, Unavailable when it cannot be reached or does not show a good certificate.
    """
    try:
        async with asyncio.timeout(timeout):
            connection = await _connection(host, timeout, protocol)
            try:
                await connection.connect()  # type: ignore[no-untyped-call]
            except BaseException:
                await connection.disconnect(nowait=True)
                raise
    except TimeoutError:
        raise Unavailable(f"cannot connect to {host.name}: no answer within {timeout:g} s") from None
    except (exceptions.RedisError, OSError) as error:
        # Over a unix socket redis-py wraps what the broker said.
        if isinstance(error, _REFUSALS) or isinstance(error.__cause__, _REFUSALS):
            raise ConfigError(f"{host.name} refuses us: {_line(error)}") from None
        raise Unavailable(f"cannot connect to {host.name}: {_line(error)}") from None
    take(connection, pipe)


async def _connection(host: Host, timeout: float, protocol: int | None) -> AbstractConnection:
    """redis-py's object, not yet connected."""
    # Nothing of ours may be ended by redis-py's own default of 5 s: an idle subscriber is no dead one.
    arguments: dict[str, Any] = {"protocol": 2, "socket_connect_timeout": timeout, **host.arguments}
    arguments |= {"socket_timeout": None} | ({"protocol": protocol} if protocol else {})
    if "path" in arguments:
        return UnixDomainSocketConnection(**arguments)
    if host.sentinels:
        arguments["host"], arguments["port"] = await _master(host, timeout)
    return SSLConnection(**arguments) if host.tls else Connection(**arguments)


async def _master(host: Host, timeout: float) -> tuple[str, int]:
    """The address of the master, as the first sentinel says that answers and knows one."""
    each = timeout / (len(host.sentinels) + 1)  # a sentinel that hangs leaves time for the others
    once = Retry(NoBackoff(), 0)  # redis-py's own would wait for one that is gone
    asking = {
        "socket_timeout": each,
        "socket_connect_timeout": each,
        "retry": once,
        **host.sentinel_arguments,
    }
    sentinels = Sentinel(list(host.sentinels), sentinel_kwargs=asking)  # type: ignore[no-untyped-call]
    async with sentinels as sentinel:
        try:
            found: tuple[str, int] = await sentinel.discover_master(host.master_name)
        except MasterNotFoundError:  # its text has every option of every connection
            raise Unavailable(f"no sentinel of {host.name} answers and knows that master") from None
        return found


def take(connection: AbstractConnection, pipe: Pipe) -> None:
    """Make redis-py's transport ours, with what its reader had read."""
    reader, writer = connection._reader, connection._writer  # noqa: SLF001 - it has no public way out
    assert reader is not None  # noqa: S101 - it has just connected
    assert writer is not None  # noqa: S101 - as above
    connection._reader = connection._writer = None  # noqa: SLF001 - else it closes and warns
    transport = writer.transport
    pipe.keep = writer  # closes the transport when it is collected
    transport.set_protocol(pipe)
    pipe.connection_made(transport)
    if left := bytes(reader._buffer):  # type: ignore[attr-defined]  # noqa: SLF001 - as above
        pipe.data_received(left)
    if reader.at_eof() or transport.is_closing():
        pipe.abort(f"lost the connection to {pipe.name}: closed by the broker")


def _line(error: BaseException) -> str:
    """What an error says, in one line."""
    return " ".join(str(error).split()) or type(error).__name__


def check_server(name: str, reply: Any) -> None:
    """Raise unless the reply to HELLO, in RESP2, tells of a single master, Redis >= 7.0 or Valkey >= 7.2.

    ConfigError for what will never do, Unavailable for a replica, which may be promoted.
    """
    if isinstance(reply, exceptions.ResponseError) and "unknown command" in str(reply):
        raise ConfigError(f"{name} is older than Redis 6.0: Redis 7.0, Valkey 7.2 or later is needed")
    if isinstance(reply, Exception):
        raise reply
    hello = dict(zip(reply[::2], reply[1::2], strict=True))
    mode, version = hello[b"mode"].decode(), hello[b"version"].decode()
    if mode == "cluster":
        raise ConfigError(
            f"{name} is a Redis Cluster, which is not served yet: name one broker, or several as shards"
        )
    if mode == "sentinel":
        raise ConfigError(f"{name} is a sentinel: say redis+sentinel://host:port/master_name")
    kind, least = ("Valkey", (7, 2)) if hello[b"server"] == b"valkey" else ("Redis", (7, 0))
    if tuple(int(part) for part in version.split(".")[:2] if part.isdigit()) < least:
        raise ConfigError(f"{name} is {kind} {version}: Redis 7.0, Valkey 7.2 or later is needed")
    if hello[b"role"] != b"master":
        raise Unavailable(f"{name} is a replica")


class Fence:
    """Has the broker close our former connections: what a network still carries for them comes too late.

    A script of theirs that ran after those of a newer connection would undo them. Where the user may not do that,
    nothing can be done. A unix socket carries nothing late, and its clients have no addresses.
    """

    def __init__(self) -> None:
        self._former: deque[tuple[str, str]] = deque(maxlen=_FORMER)

    def close_former(self, pipe: Pipe, client: Any) -> None:
        """Before ``pipe`` is used; ``client`` is the broker's answer there to CLIENT INFO."""
        for number, address in tuple(self._former):
            then = partial(self._closed, (number, address))
            pipe.tell(then, "CLIENT", "KILL", "ID", number, "ADDR", address)
        if isinstance(client, bytes):
            words = dict(word.partition("=")[::2] for word in client.decode().split())
            if not words["addr"].endswith(":0"):
                self._former.append((words["id"], words["addr"]))

    def _closed(self, former: tuple[str, str], reply: Any) -> None:
        if not isinstance(reply, Exception) and former in self._former:
            self._former.remove(former)


class Pulse:
    """Whether a connection lives, told by how often it was looked at while it was silent.

    Looks are counted and no time is compared: a process that slept itself, stopped or in one long turn of
    its loop, takes one look afterwards and not many, and buries nobody.
    """

    def __init__(self, ping_after: int, dead_after: int) -> None:
        self._ping_after, self._dead_after = ping_after, ping_after + dead_after
        self._silent = 0

    def look(self, *, heard: bool) -> str:
        """``ping`` when it is time to ask, ``dead`` when nothing came of that, else nothing."""
        self._silent = 0 if heard else self._silent + 1
        if self._silent == self._ping_after:
            return "ping"
        return "dead" if self._silent >= self._dead_after else ""


class Line:
    """One connection that is kept: dialled, set up, watched, and dialled again when it is lost.

    ``setup(pipe)`` runs on each new connection before anyone else may use it; what it raises ends the attempt,
    and ConfigError, or the broker's NOPERM, before the first success ends the line.
    ``on_up(pipe)`` and ``on_down(reason)`` are called in turns, ``on_refused(ConfigError)`` at most once.
    ``jitter()`` is a number from 0 to 1.
    """

    def __init__(
        self,
        settings: Settings,
        host: Host,
        make: Callable[[], Pipe],
        setup: Callable[[Pipe], Awaitable[None]],
        *,
        jitter: Callable[[], float],
    ) -> None:
        self.pipe: Pipe | None = None
        """Ready for commands, or None."""
        self.reason = "not connected yet"
        """Why there is no pipe."""
        self.on_up: Callable[[Pipe], None] = lambda _pipe: None
        self.on_down: Callable[[str], None] = lambda _reason: None
        self.on_refused: Callable[[ConfigError], None] = lambda _error: None
        self.protocol: int | None = None
        """Of RESP, whatever the host's options say; None takes theirs."""
        self._settings, self._host = settings, host
        self._make, self._setup, self._jitter = make, setup, jitter
        self._task: asyncio.Task[None] | None = None
        self._failures = 0
        self._once = False

    def start(self) -> None:
        """Begin to connect."""
        self._task = asyncio.create_task(self._keep())

    async def close(self) -> None:
        """Stop, and close the connection after what was told is written."""
        if self._task:
            self._task.cancel()
            await asyncio.wait([self._task])
        if pipe := self.pipe:
            self.pipe = None
            pipe.on_lost = None
            await pipe.close()
        self.reason = "closed"

    async def _keep(self) -> None:
        """Connect again and again, with a longer and longer pause."""
        while True:
            before = self.reason
            try:
                pipe = await self._open()
            except ConfigError as error:
                self.reason = str(error)
                if not self._once:
                    self.on_refused(error)
                    return
            except Exception as error:  # noqa: BLE001 - whatever it is, the next attempt may do better
                self.reason = _line(error)
            else:
                self._once = True
                gone = asyncio.get_running_loop().create_future()
                pipe.on_lost = lambda lost, gone=gone: self._gone(lost, gone)
                self.pipe = pipe
                self.on_up(pipe)
                await self._watch(pipe, gone)
            if self.reason != before:
                _log.warning("%s: %s", self._host.name, self.reason)
            await asyncio.sleep(self.pause())

    def pause(self) -> float:
        """Seconds until the next attempt: twice as long each time, and never the same for all."""
        most, first = self._settings.retry_most, self._settings.retry_first
        self._failures += 1
        return min(most, first * 2.0 ** min(self._failures - 1, 30)) * (0.5 + self._jitter() / 2)

    async def _open(self) -> Pipe:
        """A connection that is set up, and alive."""
        pipe = self._make()
        try:
            await dial(self._host, pipe, timeout=self._settings.connect_timeout, protocol=self.protocol)
            await self._setup(pipe)
            if pipe.lost:
                raise Unavailable(str(pipe.lost))
        except (exceptions.NoPermissionError, exceptions.AuthenticationError) as error:
            await self._give_up(pipe)
            raise ConfigError(f"{self._host.name} refuses our user: {_line(error)}") from None
        except BaseException:
            await self._give_up(pipe)
            raise
        return pipe

    async def _give_up(self, pipe: Pipe) -> None:
        pipe.abort(f"{self._host.name}: given up while it was set up")
        await pipe.close()

    def _gone(self, lost: Unavailable, gone: asyncio.Future[None]) -> None:
        self.pipe, self.reason = None, str(lost)
        if not gone.done():
            gone.set_result(None)
        self.on_down(self.reason)

    async def _watch(self, pipe: Pipe, gone: asyncio.Future[None]) -> None:
        """Until it is lost: ping when it is silent, drop it when it says nothing to that."""
        looks = _LOOKS
        pulse = Pulse(looks, looks)
        timeouts = {True: self._settings.ping_timeout / looks, False: self._settings.ping_interval / looks}
        asked = False
        while not gone.done():
            await asyncio.wait([gone], timeout=timeouts[asked])
            verdict = pulse.look(heard=pipe.heard)
            asked = (asked and not pipe.heard) or verdict == "ping"
            if pipe.heard:
                self._failures = 0  # it lived for longer than one look
            pipe.heard = False
            if verdict == "ping" and not pipe.lost:
                pipe.tell(None, "PING")
            elif verdict == "dead":
                pipe.abort(f"{self._host.name} does not answer")
