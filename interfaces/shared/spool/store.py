"""A spool in an event loop: messages go in, and are on the disk when that is told; they come out in their order.

What is put while a group is being written, or within one turn of the loop, is the next group, with one
fsync (:mod:`interfaces.shared.spool.writer`). The loop never waits for the disk.
"""

import asyncio
import logging
import secrets
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

import msgspec

from interfaces.shared.pacing import back_off
from interfaces.shared.schedule import Schedule
from interfaces.shared.spool import letters
from interfaces.shared.spool.again import put_again
from interfaces.shared.spool.filesystem import survives
from interfaces.shared.spool.moving import moved, state_of
from interfaces.shared.spool.records import BEGUN, DONE, LATER, PUT, Begun, Later, Put
from interfaces.shared.spool.recovery import Kept, recovered
from interfaces.shared.spool.segments import Place, Segments, Write
from interfaces.shared.spool.writer import Writer

__all__ = ["COUNTS", "LOOK", "Rules", "Spool"]

log = logging.getLogger("interfaces.spool")

LOOK: Final = 5.0
"""Seconds between two looks for what is to be tried again."""
COUNTS: Final = ("kept", "refused", "failed", "dead", "letters_dropped")
"""What is counted, behind "spool."."""

Then = Callable[[bool], None]


def _uncounted(_name: str, _by: int) -> None:
    """Where nobody asked for counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """The bounds of a spool."""

    max_messages: int = 100_000
    max_size: int = 2**30
    """Bytes of all messages."""
    at_once: int = 100
    """Messages that are begun as soon as they are there."""
    strict: bool = False
    """Whether one that is to be tried again holds its conversation up."""


class Spool:
    """The messages of ``folder``: put, taken, and settled by exactly one of done, later, dead and give_back.

    ``clock`` gives Unix seconds.
    """

    def __init__(
        self,
        folder: Path,
        *,
        rules: Rules | None = None,
        count: Callable[[str, int], None] = _uncounted,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.rules = rules or Rules()
        self.clock = clock
        self.segments = Segments(folder)
        self.size = 0
        """Bytes of all that is here."""
        self.held: set[Kept] = set()
        """What was taken."""
        self._count = count
        self._all: dict[int, Kept] = {}
        self._in: defaultdict[int, set[Kept]] = defaultdict(set)
        """What each segment has that is needed."""
        self._number = 0
        self._schedule = Schedule(strict=self.rules.strict)
        self._putting = 0
        self._tidying = self._leaving = False
        self._letters = letters.Letters(folder / "dead")
        self._bell = asyncio.Event()
        self._deeds: set[asyncio.Task[None]] = set()
        for name in COUNTS:
            count(f"spool.{name}", 0)

    def __len__(self) -> int:
        """How many are here."""
        return len(self._all)

    def __repr__(self) -> str:
        return f"<Spool {self.segments.folder}: {len(self)}, {len(self.held)} of them held>"

    def age(self) -> float:
        """Seconds since the oldest of them was put; 0.0 for none."""
        oldest = next(iter(self._all.values()), None)
        return self.clock() - oldest.put_at if oldest is not None else 0.0

    # --- life -------------------------------------------------------------------------------------

    async def open(self) -> None:
        """Hold the folder, and find what is there. ConfigError when that cannot be."""
        self._loop = asyncio.get_running_loop()
        self._writer = Writer(self.segments, self._loop)
        now = self.clock()
        try:
            found = await self._writer.run(partial(recovered, self.segments))
        except BaseException:
            await self._writer.close()
            self.segments.close()
            raise
        for number, kept in sorted(found.items()):
            self._all[number] = kept
            self._in[kept.place.segment].add(kept)
            self.size += kept.size
            self._number = max(self._number, number)
            suspect = kept.begun and kept.attempt > 1  # perhaps it is what ends the process
            if suspect:
                kept.not_before = now + back_off(kept.attempt - 1)
            kept.begun = False
            # alone: the others shall not use up their attempts by that
            self._wait(kept, alone=suspect, again=self.rules.strict and kept.attempt > 0)
        self._looking = self._loop.create_task(self._look())
        self._tidy()

    async def close(self) -> None:
        """Write what is to be written, and let the folder go."""
        self.leave()
        if self._deeds:
            await asyncio.wait(self._deeds)
        self._looking.cancel()
        await asyncio.wait({self._looking})
        for kept in list(self.held):
            self.give_back(kept)
        await self._writer.close()
        if not self._all:
            await asyncio.to_thread(self.segments.clear)
        self.segments.close()

    def leave(self) -> None:
        """The process is to end: nothing more is taken."""
        self._leaving = True
        self._bell.set()

    def describe(self) -> str:
        """How well it keeps what is put: one line for the start."""
        waiting = f", {len(self)} from before" if self._all else ""
        return f"spool {self.segments.folder}: {survives(self.segments.folder)}{waiting}"

    # --- in ---------------------------------------------------------------------------------------

    def put(
        self, head: bytes, content: bytes, then: Then, *, conversation: str | None = None,
        source: int = -1, size: int = 0,
    ) -> bool:  # fmt: skip
        """Keep a message; ``then(True)`` is called once it is on the disk, ``then(False)`` when it cannot be written.

        A large content comes in a file without a name, ``source``, of ``size`` bytes: it has to be open until then.
        False, and nothing is called, when there is no room.
        """
        whole = len(head) + len(content) + size
        if (
            len(self._all) + self._putting >= self.rules.max_messages
            or self.size + whole > self.rules.max_size
        ):
            self._count("spool.refused", 1)
            return False
        self._number += 1
        begun = len(self.held) + self._schedule.ready + self._putting < self.rules.at_once
        begun = begun and not self._leaving
        name = f"{self._number:010}-{secrets.token_hex(4)}" if source >= 0 else ""
        put = Put(self.clock(), int(begun), conversation, head, content, name, size)
        kept = Kept(self._number, conversation, put.put_at, int(begun), file=name, size=whole, begun=begun)
        kept.put = put if begun else None
        self.size += whole
        self._putting += 1
        body = msgspec.msgpack.encode(put)
        write = Write(PUT, kept.number, body, sync=True, again=False, file=name, source=source)
        self._writer.add(write, partial(self._is_put, kept, then))
        return True

    def _is_put(self, kept: Kept, then: Then, place: Place | None) -> None:
        self._putting -= 1
        if place is not None:
            kept.place = place
            self._in[place.segment].add(kept)
            self._count("spool.kept", 1)
            self._all[kept.number] = kept
            self._wait(kept)
        else:
            self._count("spool.failed", 1)
            self.size -= kept.size
        then(place is not None)

    def _wait(self, kept: Kept, *, alone: bool = False, again: bool = False) -> None:
        if again or kept.not_before > self.clock():
            self._schedule.add_later(kept, kept.not_before, alone=alone, again=again)
        else:
            self._schedule.add(kept)
        self._bell.set()

    # --- out --------------------------------------------------------------------------------------

    async def take(self, n: int) -> list[Kept]:
        """Wait for 1 to ``n`` messages; each attempt is written down before it is given. None once it is to end."""
        while not self._leaving:
            self._bell.clear()
            found: list[Kept] = self._schedule.take(n, self.clock())
            if found:
                self.held.update(found)
                await self._begin(found)
                return found
            due = self._schedule.due()
            try:
                async with asyncio.timeout(None if due is None else max(0.0, due - self.clock())):
                    await self._bell.wait()
            except TimeoutError:
                pass
        return []

    async def _begin(self, found: list[Kept]) -> None:
        written: asyncio.Future[None] | None = None
        for kept in found:
            if kept.begun:
                kept.begun = False
                continue
            kept.attempt += 1
            kept.not_before = 0.0
            written = self._loop.create_future()
            body = msgspec.msgpack.encode(Begun(kept.attempt))
            # a disk that is full holds nobody up: what is done makes room
            self._writer.add(Write(BEGUN, kept.number, body, again=False), partial(_told, written))
        if written is None:
            return
        try:
            await written
        except asyncio.CancelledError:
            for kept in found:
                self.give_back(kept)
            raise

    async def load(self, kept: Kept) -> Put:
        """What was put. OSError when it is damaged."""
        if kept.put is not None:
            return kept.put
        while True:
            place = kept.place
            try:
                data = await asyncio.to_thread(self.segments.read, place)
                return msgspec.msgpack.decode(data, type=Put)
            except (OSError, msgspec.MsgspecError) as error:
                if kept.place is place:  # else it was moved meanwhile
                    raise OSError(f"message {kept.number} cannot be read: {error}") from error

    def path(self, kept: Kept) -> Path | None:
        """The file that has its content, where that is large; there until it is settled."""
        return self.segments.file(kept.file) if kept.file else None

    # --- what became of it ------------------------------------------------------------------------

    def done(self, kept: Kept) -> None:
        """It is dealt with."""
        if not self._left(kept):
            return
        self._schedule.leave(kept)
        self._forget(kept)

    def _forget(self, kept: Kept) -> None:
        del self._all[kept.number]
        self.size -= kept.size
        self._bell.set()
        # at once: where the disk is full, the room for the record is made by what it is about
        self._in[kept.place.segment].discard(kept)
        if kept.file:
            self._writer.job(partial(self.segments.file(kept.file).unlink, missing_ok=True), _ignored)
        self._writer.add(Write(DONE, kept.number, b""), lambda _place: self._tidy())
        self._tidy()

    def later(self, kept: Kept, delay: float, note: bytes = b"") -> None:
        """It is to be given again in ``delay`` seconds; ``note`` is what its owner wants to know then."""
        if not self._left(kept):
            return
        kept.not_before, kept.note, kept.put = self.clock() + delay, note, None
        self._noted(kept)
        self._schedule.later(kept, kept.not_before)
        self._bell.set()

    def give_back(self, kept: Kept, delay: float = 0.0, *, passed: bool = False) -> None:
        """It was not begun, or not through any fault of its own: that does not count.

        It is the next, after ``delay`` seconds; ``passed``: the others of its conversation do not wait for it.
        """
        if not self._left(kept):
            return
        kept.attempt -= 1
        kept.not_before = self.clock() + delay if passed else 0.0
        self._noted(kept)
        if delay > 0:
            kept.put = None
            self._schedule.later(kept, self.clock() + delay, passed=passed)
        else:
            self._schedule.give_back(kept)
        self._bell.set()

    def _noted(self, kept: Kept) -> None:
        body = msgspec.msgpack.encode(Later(kept.attempt, kept.not_before, kept.note))
        self._writer.add(Write(LATER, kept.number, body))

    def dead(self, kept: Kept, reason: str, *, copy: bool = False) -> None:
        """It is given up, and kept in ``DIR/dead``; ``copy``: that is all, and it is settled apart."""
        task = self._loop.create_task(self._bury(kept, reason, copy=copy))
        self._deeds.add(task)
        task.add_done_callback(self._deeds.discard)

    async def _bury(self, kept: Kept, reason: str, *, copy: bool) -> None:
        self._count("spool.dead", 1)
        try:
            put = await self.load(kept)
        except OSError as error:
            put, reason = Put(kept.put_at, kept.attempt, kept.conversation, b"", b""), f"{reason}; {error}"
        letter = letters.Letter(
            reason, self.clock(), kept.put_at, kept.attempt, put.conversation, put.head, put.content, put.size
        )
        file, name = self.path(kept) if put.size else None, f"{kept.number:010}-{secrets.token_hex(4)}"
        try:
            dropped = await asyncio.to_thread(self._letters.write, name, letter, file)
            self._count("spool.letters_dropped", dropped)
        except OSError as error:
            log.error("message %d is given up (%s), which %s", kept.number, reason, error)  # noqa: TRY400
            if not copy:  # what is not kept is not given up
                self.later(kept, back_off(kept.attempt), kept.note)
            return
        if not copy:
            self.done(kept)

    def _left(self, kept: Kept) -> bool:
        """Whether it was held; it is no more."""
        if kept not in self.held:
            return False
        self.held.discard(kept)
        return True

    # --- the folder -------------------------------------------------------------------------------

    def _tidy(self) -> None:
        """Let go of segments that nothing is needed of; move what stays long, before it holds up too much."""
        oldest = self.segments.oldest
        if oldest is None or self._tidying:
            return
        needed = [kept for kept in self._in.get(oldest, ()) if kept.number in self._all]
        if not needed:
            self._tidying = True
            self._in.pop(oldest, None)
            self._writer.job(partial(self.segments.drop, oldest), self._tidied)
        elif sum(self.segments.sizes.values()) > 2 * (self.size + self.segments.segment):
            self._tidying = True
            states = [state_of(kept) for kept in needed]
            self._writer.job(partial(moved, self.segments, states), partial(self._has_moved, needed))

    def _tidied(self, result: Any) -> None:
        self._tidying = False
        if not isinstance(result, OSError):
            self._tidy()

    def _has_moved(self, needed: list[Kept], result: Any) -> None:
        if isinstance(result, list):
            for kept, place in zip(needed, result, strict=True):
                self._in[kept.place.segment].discard(kept)
                if place is not None:
                    kept.place = place
                if place is not None and kept.number in self._all:
                    self._in[place.segment].add(kept)
        self._tidied(result)

    async def _look(self) -> None:
        """What somebody has put into ``DIR/again`` is put as if it were new."""
        folder = self.segments.folder / "again"
        while True:
            await put_again(folder, self.put)
            await asyncio.sleep(LOOK)


def _told(future: "asyncio.Future[None]", _place: Place | None) -> None:
    if not future.done():
        future.set_result(None)


def _ignored(_result: Any) -> None:
    """Where nobody waits for a job."""
