"""Acknowledgement ``accepted``: a message is answered once it is kept, and the application hears of it after that.

What it says then is not told to the client any more. "Try again" is tried again by us, for the recipients it was said
of; a refusal becomes a report to the sender where one is sent, else a dead letter with the reason. A message whose
attempts are used up is a dead letter, too: also one that has ended the process each time.
"""

import asyncio
import errno
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import IO, Any

import msgspec

from interfaces.email import calls
from interfaces.email.accepting_store import Content, Store
from interfaces.email.body import Body
from interfaces.email.deliveries import Run
from interfaces.email.headers import Headers
from interfaces.email.kept import Mark, order, packed, unpacked
from interfaces.email.service import Service, log
from interfaces.email.translate import Transaction
from interfaces.shared.delivery import ACCEPTED, DEFERRED, Verdict
from interfaces.shared.meter import here, stored
from interfaces.shared.pacing import back_off

__all__ = ["FULL", "Accepting"]

FULL = Verdict("defer", {"code": 452, "enhanced": "4.3.1", "text": "No room for messages, try again later"})
EVERYTHING = 1 << 30
"""Fields of a header that was taken: what was accepted is never refused for their number."""
SHORT = (errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EAGAIN, errno.EIO, errno.ESTALE)
"""Errors of reading what is kept that may be over the next time."""
BEGINNING = 2**20
"""Bytes of a large content that are read for its header."""


class Accepting:
    """Keeps what comes to ``service`` in ``store``, and gives it to the application, ``at_once`` messages at a time."""

    def __init__(self, service: Service, store: Store, *, at_once: int, attempts: int) -> None:
        self.service = service
        self.store = store
        self.at_once = at_once
        self.attempts = attempts
        self.running: set[Any] = set()
        self.leaving = False
        self.others: set[Accepting] = set()
        """Those of what was taken over."""
        self._room = asyncio.Event()
        stored("email.accepted", store)
        self._waits = here().histogram("queue.wait", queue="email.accepted")

    def __repr__(self) -> str:
        return f"<Accepting to {self.store!r}: {len(self.running)} running>"

    # --- in ---------------------------------------------------------------------------------------

    def keep(self, transaction: Transaction, headers: Headers, run: Run, more: dict[str, Any] | None) -> None:
        """Keep a message in place of calling the application; ``run`` is decided once that is done."""
        body, service = transaction.body, self.service
        source = body.descriptor
        kept = self.store.put(
            packed(transaction, more),
            body.whole if source < 0 else b"",
            partial(self._is_kept, transaction, run),
            conversation=order(headers),
            source=source,
            size=body.size if source >= 0 else 0,
        )
        if not kept:
            service.count("email.accepted_full")
            service.loop.call_soon(calls.over, service, transaction, run, [FULL] * len(run.keys))

    def _is_kept(self, transaction: Transaction, run: Run, ok: bool) -> None:
        calls.over(self.service, transaction, run, [ACCEPTED if ok else FULL] * len(run.keys))

    # --- out --------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Give what is kept to the application, until :meth:`leave`."""
        while True:
            room = self.at_once - len(self.running)
            if room <= 0:
                self._room.clear()
                await self._room.wait()
                continue
            found = await self.store.take(room)
            if not found:
                return
            for kept in found:
                self.running.add(kept)
                self.service.run(self._begin(kept))

    def leave(self) -> None:
        """The server stops: no more is begun."""
        self.leaving = True
        self.store.leave()
        for other in list(self.others):
            other.leave()

    async def _begin(self, kept: Any) -> None:
        if self.leaving:
            self._left(kept, self.store.give_back)
            return
        if kept.attempt == 1:
            self._waits.add(max(0.0, self.service.time() - kept.put_at))
        try:
            if kept.attempt > self.attempts:  # the last one has ended with its process
                mark = _mark(kept)
                self._given_up(kept, mark.reason or "it ended with its process, each time")
                return
            transaction, more = await self._loaded(kept)
        except asyncio.CancelledError:
            self._left(kept, self.store.give_back)
            raise
        except (OSError, ValueError) as error:
            if _passes(error) and kept.attempt < self.attempts:
                log.warning("message %s is tried again: %s", getattr(kept, "number", ""), error)
                self._later(kept, msgspec.structs.replace(_mark(kept), reason=str(error)))
            else:
                self._given_up(kept, str(error))
            return
        mark = _mark(kept)
        part = transaction if mark.left is None else transaction.only(mark.left)
        run = Run(part.keys())
        run.heirs.append(partial(self._decided, kept, part, mark))
        headers = part.headers(EVERYTHING) or Headers()
        more["attempt"] = more.get("attempt", 1) + kept.attempt - 1
        calls.start(self.service, part, headers, run, more)

    async def _loaded(self, kept: Any) -> tuple[Transaction, dict[str, Any]]:
        """The message; what it takes of memory and files counts from now on."""
        put: Content = await self.store.load(kept)
        path, content = self.store.path(kept), put.content
        file: IO[bytes] | None = None
        if path is not None:
            file, content = await asyncio.to_thread(_opened, path)
        body = Body.kept(content, file, path.stat().st_size if path is not None else len(content))
        try:
            found = unpacked(put.head, body)
        except BaseException:
            body.close()
            raise
        self.service.in_flight += body.held
        self.service.spooled += body.filed
        return found

    def _decided(self, kept: Any, part: Transaction, mark: Mark, run: Run) -> None:
        """The application is done with it, or with this part of it."""
        verdicts = [run.verdicts[key] for key in run.keys]
        refused = [at for at, said in enumerate(verdicts) if said.kind == "reject"]
        if not refused:
            self._settled(kept, mark, verdicts)
        elif self.service.bounces is not None and part.mail.sender.text:
            self.service.run(self._bounced(kept, part, mark, verdicts))
        else:
            reason = _said(verdicts[refused[0]])
            log.warning("%s: refused after it was accepted: %s", part.id, reason)
            self.service.count("email.refused_later")
            if len(refused) == len(verdicts):
                self._given_up(kept, reason)
            else:
                names = ", ".join(part.recipients[at].address.text for at in refused)
                self.store.dead(kept, f"{names}: {reason}", copy=True)
                self._settled(kept, mark, verdicts)

    async def _bounced(self, kept: Any, part: Transaction, mark: Mark, verdicts: list[Verdict]) -> None:
        """Report to the sender who is refused; while that cannot be done, those are tried again."""
        try:
            verdicts = await calls.bounced(self.service, part, part.keys(), verdicts)
        except asyncio.CancelledError:
            self._left(kept, self.store.give_back)
            raise
        self._settled(kept, mark, verdicts)

    def _settled(self, kept: Any, mark: Mark, verdicts: list[Verdict]) -> None:
        late = [at for at, said in enumerate(verdicts) if said.kind == "defer"]
        if not late:
            self._left(kept, self.store.done)
        elif self.leaving and all(said is DEFERRED for said in verdicts):
            self._left(kept, self.store.give_back)  # it was cut
        elif kept.attempt >= self.attempts:
            self._given_up(kept, f"{kept.attempt} attempts: {_said(verdicts[late[0]])}")
        else:
            self._later(kept, mark.again(late, len(verdicts), _said(verdicts[late[0]])))

    def _later(self, kept: Any, mark: Mark) -> None:
        note = msgspec.msgpack.encode(mark)
        self.service.count("email.tried_again")
        self._left(kept, lambda one: self.store.later(one, back_off(one.attempt), note))

    def _given_up(self, kept: Any, reason: str) -> None:
        log.error("message %s is given up: %s", getattr(kept, "number", ""), reason)
        self.service.count("email.given_up")
        self._left(kept, lambda one: self.store.dead(one, reason))

    def _left(self, kept: Any, settle: Callable[[Any], None]) -> None:
        settle(kept)
        self.running.discard(kept)
        self._room.set()


def _passes(error: Exception) -> bool:
    """Whether the machine is short of something: what is kept is as good as before."""
    why = error if getattr(error, "errno", None) is not None else error.__cause__
    return isinstance(why, OSError) and why.errno in SHORT


def _mark(kept: Any) -> Mark:
    return msgspec.msgpack.decode(kept.note, type=Mark) if kept.note else Mark()


def _said(verdict: Verdict) -> str:
    detail = verdict.detail
    if not detail:
        return "the application raised, or said: try again" if verdict.kind == "defer" else verdict.kind
    return " ".join(str(detail[key]) for key in ("code", "enhanced", "text") if detail.get(key))


def _opened(path: Path) -> tuple[IO[bytes], bytes]:
    """In a thread: the file of a content, and its beginning, which has the header."""
    file = path.open("rb", buffering=0)
    try:
        return file, file.read(BEGINNING) or b""
    except BaseException:
        file.close()
        raise
