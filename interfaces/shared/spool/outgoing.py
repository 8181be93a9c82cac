"""The store of an outbox in a spool: what waits to go out of one process, without a broker, survives its machine.

Messages are in the spool's segments, what became of their attempts beside them in SQLite, synced before it is answered.
"""

import asyncio
import logging
import os
import sqlite3
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from secrets import token_hex
from typing import Any, Final

import msgspec

from interfaces.shared.asgi import Event
from interfaces.shared.errors import ConfigError, Unavailable
from interfaces.shared.sendings import NOTHING, Held, Record, conversation, moment
from interfaces.shared.spool.recovery import Kept
from interfaces.shared.spool.store import Rules, Spool

__all__ = ["RESERVE", "SHOWN", "SWEEP", "Records", "SpoolStore", "Terms"]

log = logging.getLogger("interfaces.spool")

SWEEP: Final = 1000
"""Records that are written between two times that old ones are deleted."""
RESERVE: Final = 16 * 2**20
"""Octets that messages leave free on the disk: without room for records nothing could be sent, and nothing would go."""
SHOWN: Final = ("id", "dedupe_key", "from_address", "to", "subject", "channel")
"""What ``interfaces spool show`` tells of a message, where it has that."""
_TABLE = """
CREATE TABLE IF NOT EXISTS record (
  key TEXT PRIMARY KEY, n INTEGER, begun INTEGER, final INTEGER, owner TEXT, told BLOB, until REAL) WITHOUT ROWID
"""
_READ = "SELECT n, begun, final, owner, told FROM record WHERE key = ? AND until > ?"
_WRITE = "INSERT OR REPLACE INTO record VALUES (?, ?, ?, ?, ?, ?, ?)"


class Records:
    """What became of attempts, in the file ``path``; used in one thread. ``clock`` gives Unix seconds."""

    def __init__(self, path: Path, clock: Callable[[], float] = time.time) -> None:
        self.clock = clock
        self._written = 0
        try:
            self._base = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
            self._base.execute("PRAGMA journal_mode=WAL")
            self._base.execute("PRAGMA synchronous=FULL")
            self._base.execute(_TABLE)
        except sqlite3.Error as error:
            raise ConfigError(f"{path}: {error}") from None

    def close(self) -> None:
        """Let the file go."""
        self._base.close()

    def read(self, key: str) -> Record:
        """As a store's."""
        row = self._base.execute(_READ, (key, self.clock())).fetchone()
        if row is None:
            return NOTHING
        number, begun, final, owner, told = row
        return Record(
            number=number,
            begun=bool(begun),
            final=bool(final),
            owner=owner,
            told=msgspec.msgpack.decode(told),
        )

    def begin(self, key: str, seen: int, keep: float) -> bool:
        """As a store's."""
        return self._write(key, self.read(key).beginning(seen), keep)

    def settle(self, key: str, record: Record, keep: float) -> bool:
        """As a store's."""
        return self._write(key, self.read(key).settled(record), keep)

    def _write(self, key: str, record: Record | None, keep: float) -> bool:
        """Whether there is one to write."""
        if record is None:
            return False
        now, told = self.clock(), msgspec.msgpack.encode(record.told)
        values = (key, record.number, record.begun, record.final, record.owner, told, now + keep)
        self._base.execute(_WRITE, values)
        self._written += 1
        if self._written % SWEEP == 0:
            self._base.execute("DELETE FROM record WHERE until <= ?", (now,))
        return True


def _anything(_message: Event) -> bool:
    """Every message."""
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What holds for the messages of a store."""

    keep_dead: Callable[[Event], bool] = _anything
    """Whether a message that was given up may be kept."""
    ordered_by: tuple[str, ...] = ()
    """The keys of a message that name its conversation, see :func:`interfaces.shared.sendings.conversation`."""


TERMS: Final = Terms()
"""What holds when nothing is said."""


class SpoolStore:
    """A store of an outbox in ``folder``: see :class:`interfaces.shared.sendings.Store`.

    What ``source`` gives, a channel of this process, is put into it as soon as it comes; what is put by :meth:`put` is
    on the disk when that returns.
    """

    durable = True

    def __init__(
        self,
        folder: Path,
        source: AsyncIterator[Event],
        *,
        rules: Rules | None = None,
        terms: Terms = TERMS,
        count: Callable[[str, int], None] = lambda _name, _by: None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.spool = Spool(
            folder, rules=replace(rules or Rules(), strict=bool(terms.ordered_by)), count=count, clock=clock
        )
        self.clock = clock
        self.terms = terms
        self._folder = folder
        self._source = source
        self._thread = ThreadPoolExecutor(1, "records")
        self._records: Records | None = None
        self._pump: asyncio.Task[None] | None = None

    def __repr__(self) -> str:
        return f"<SpoolStore {self.spool!r}>"

    def __len__(self) -> int:
        """As of the spool."""
        return len(self.spool)

    def age(self) -> float:
        """As of the spool."""
        return self.spool.age()

    async def open(self) -> None:
        """As the protocol says."""
        await self.spool.open()
        try:
            path = self._folder / "results.sqlite3"
            self._records = await self._in_thread(partial(Records, path, self.clock))
        except BaseException:
            await self.spool.close()
            raise
        self._pump = asyncio.ensure_future(self._read())

    async def close(self) -> None:
        """As the protocol says."""
        if self._pump is not None:
            self._pump.cancel()
            await asyncio.wait({self._pump})
        await self.spool.close()
        records, self._records = self._records, None
        if records is not None:
            await self._in_thread(records.close)
        self._thread.shutdown(wait=False)

    def leave(self) -> None:
        """As the protocol says."""
        self.spool.leave()

    def describe(self) -> str:
        """As the protocol says."""
        return f"a {self.spool.describe()}"

    async def _in_thread(self, work: Callable[[], Any]) -> Any:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, work)
        except sqlite3.Error as error:
            raise Unavailable(f"{self._folder}: {error}") from error

    # --- messages ---------------------------------------------------------------------------------

    async def put(self, message: Event) -> None:
        """Keep it: on the disk when this returns. Unavailable when there is no room, or the disk cannot be written."""
        self._check_room()
        kept: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        shown = {name: message[name] for name in SHOWN if message.get(name)}
        head = msgspec.msgpack.encode({**shown, "spooled": token_hex(12)})
        data = msgspec.msgpack.encode(dict(message))
        if not self.spool.put(
            head, data, kept.set_result, conversation=conversation(message, self.terms.ordered_by)
        ):
            raise Unavailable(f"{self._folder}: there is no room for another message")
        if not await asyncio.shield(kept):
            raise Unavailable(f"{self._folder}: a message cannot be written")

    def _check_room(self) -> None:
        disk = os.statvfs(self._folder)
        if disk.f_bavail * disk.f_frsize < RESERVE:
            raise Unavailable(f"{self._folder}: less than {RESERVE} octets of its disk are free")

    async def _read(self) -> None:
        """Put what the channel has; while that cannot be, the channel fills up."""
        async for message in self._source:
            while True:
                try:
                    await self.put(message)
                    break
                except Unavailable as error:
                    log.warning("a message has to wait: %s", error)
                    await asyncio.sleep(1)

    async def take(self, n: int) -> list[Held]:
        """As the protocol says."""
        while True:
            found = await self.spool.take(n)
            held = [one for kept in found if (one := await self._loaded(kept)) is not None]
            if held or not found:
                return held

    async def _loaded(self, kept: Kept) -> Held | None:
        try:
            put = await self.spool.load(kept)
            message, name = msgspec.msgpack.decode(put.content), msgspec.msgpack.decode(put.head)["spooled"]
        except (OSError, msgspec.MsgspecError, KeyError, TypeError) as error:
            self.spool.dead(kept, f"it cannot be read: {error}")
            return None
        start = moment(message.get("not_before"))
        if start > self.clock():
            self.spool.give_back(kept, start - self.clock(), passed=True)
            return None
        return Held(name, message, kept.attempt, kept.put_at, kept, kept.conversation)

    async def done(self, held: Held) -> None:
        """As the protocol says."""
        self.spool.done(held.item)

    async def retry(self, held: Held, delay: float, reason: str) -> None:
        """As the protocol says."""
        self.spool.later(held.item, delay)

    async def dead(self, held: Held, reason: str) -> None:
        """A letter in ``DIR/dead``."""
        if self.terms.keep_dead(held.message):
            self.spool.dead(held.item, reason)
        else:
            self.spool.done(held.item)

    async def give_back(self, held: Held, delay: float = 0.0) -> None:
        """As the protocol says."""
        self.spool.give_back(held.item, delay)

    # --- records ----------------------------------------------------------------------------------

    async def read(self, key: str) -> Record:
        """As the protocol says."""
        found: Record = await self._in_thread(partial(self._known.read, key))
        return found

    async def begin(self, key: str, seen: int, keep: float) -> bool:
        """As the protocol says."""
        return bool(await self._in_thread(partial(self._known.begin, key, seen, keep)))

    async def settle(self, key: str, record: Record, keep: float) -> bool:
        """As the protocol says."""
        return bool(await self._in_thread(partial(self._known.settle, key, record, keep)))

    @property
    def _known(self) -> Records:
        if self._records is None:
            raise Unavailable(f"{self._folder}: it is not open")
        return self._records
