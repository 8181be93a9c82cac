"""One effect: a message that comes again, with the same ``dedupe_key``, does nothing the second time.

::

    @once
    def charge(message): ...            # a consumer, or a method of one

    with once(message) as first:        # inside one
        if first: ...

The row that says so is written in the transaction of the effect itself, so that both are there or neither is. While
one transaction handles a message, another with the same message waits for its end (PostgreSQL), or is told to come
again (:class:`Busy`; SQLite, when it waited longer than the database's ``timeout``, or has read before). So is one
whose effect meets a deadlock or a lock. A database error that the consumer swallows outside of an ``atomic()`` of its
own has spoiled the transaction, and is TransactionManagementError: the message must not count as handled without its
effect.

An async function has no transaction. ``@once`` on one, and ``async with once(message)``, keep a row that says "running"
and then "done": a repeat is skipped, an exception frees the message; but who was killed half-way, or takes longer than
LEASE seconds, is done again then, with what it had done before. Put effects that must not be there twice into a sync
function.
"""

import functools
import hashlib
import logging
import sqlite3
import sys
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime, timedelta
from inspect import isasyncgenfunction, isawaitable, isgeneratorfunction
from types import TracebackType
from typing import Any, TypeVar, overload

from asgiref.sync import iscoroutinefunction
from channels.db import database_sync_to_async
from django.db import IntegrityError, OperationalError, connections, router, transaction
from django.utils import timezone

from interfaces.django.models import Inbox
from interfaces.workers.outcome import ConsumeLater

__all__ = ["COUNTS", "LEASE", "Busy", "Once", "fitting", "once"]

log = logging.getLogger("interfaces.django")

COUNTS: Counter[str] = Counter()
"""In this process: "first", "repeated" (skipped), "busy" (told to come again)."""
LEASE = 300.0
"""Seconds after which the message of an async consumer that was killed may be handled again."""
_IN_ERROR = 3
"""libpq's state of a transaction that it will take back, whatever is said."""
_POSTGRESQL_LATER = {"55P03", "57014", "40001", "40P01"}
"""A lock or a statement has waited too long, no serial order, a deadlock."""
_MYSQL_LATER = {1205, 1213}
"""A lock has waited too long, a deadlock."""
Function = TypeVar("Function", bound=Callable[..., Any])


class Busy(ConsumeLater):
    """Message or effect are locked now: it is to come again, as a Routing and the protocols make it."""


@overload
def once(what: Function, *, consumer: str = "", using: str | None = None) -> Function: ...
@overload
def once(what: Mapping[str, Any] | str, *, consumer: str = "", using: str | None = None) -> "Once": ...
@overload
def once(
    what: None = None, *, consumer: str = "", using: str | None = None
) -> Callable[[Function], Function]: ...


def once(what: Any = None, *, consumer: str = "", using: str | None = None) -> Any:
    """Do it once for each message: a decorator, or a context manager that says whether this is the first time.

    ``what`` is the function, or the message or its ``dedupe_key``. ``consumer`` is who handles it: unless given the
    function's own name (of an inherited method: the class's and its own), or that of the function which has the
    ``with``; give one, and it may be renamed. ``using`` is the database of the effect. A decorated function gives None
    for a repeat.

    ValueError for a message without ``dedupe_key``, and for a function that has no name but others', such as a local
    one; TypeError for what runs after its transaction, such as a generator; Busy.
    """
    if what is None:
        return functools.partial(once, consumer=consumer, using=using)
    if callable(what):
        return _decorated(what, consumer, using)
    if not consumer:
        frame = sys._getframe(1)  # noqa: SLF001 - as logging finds its caller
        consumer = f"{frame.f_globals.get('__name__', '')}.{frame.f_code.co_qualname}"
    return Once(what, consumer, using)


class Once:
    """``with`` it, or ``async with``: whether ``consumer`` has not yet handled ``message``."""

    def __init__(self, message: Mapping[str, Any] | str, consumer: str, using: str | None = None) -> None:
        self.key = fitting(message if isinstance(message, str) else key_of(message), 255)
        self.consumer = fitting(consumer, 200)
        self.using = using or router.db_for_write(Inbox)
        self._open: Any = None

    def __repr__(self) -> str:
        return f"<Once {self.key} for {self.consumer}>"

    def __enter__(self) -> bool:
        self._open = self._in_transaction()
        return bool(self._open.__enter__())

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.__exit__(kind, error, trace)

    async def __aenter__(self) -> bool:
        self._open = self._with_lease()
        return bool(await self._open.__aenter__())

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._open.__aexit__(kind, error, trace)

    @contextmanager
    def _in_transaction(self) -> Iterator[bool]:
        try:
            with transaction.atomic(using=self.using):
                yield self._counted(self._inserted(done=True) is not None)
                self._must_stand()
        except OperationalError as error:
            if _passes(error):
                raise self._busy(error) from error
            raise

    def _inserted(self, *, done: bool) -> datetime | None:
        """When the row was made; None when there was one. What waits for a lock has to wait here, first of all."""
        row = Inbox(consumer=self.consumer, dedupe_key=self.key, done=done)
        try:
            with transaction.atomic(using=self.using):
                row.save(using=self.using, force_insert=True)
        except IntegrityError:
            return None
        since: datetime = row.created_at
        return since

    def _must_stand(self) -> None:
        """TransactionManagementError for a transaction that would be taken back without a word."""
        info = getattr(connections[self.using].connection, "info", None)
        broken = getattr(info, "transaction_status", None) == _IN_ERROR
        if broken or transaction.get_rollback(using=self.using):
            raise transaction.TransactionManagementError(
                f"{self.consumer} has swallowed a database error, which takes back all that it did for {self.key}: "
                "put what may fail into an atomic() of its own"
            )

    def _counted(self, first: bool) -> bool:
        COUNTS["first" if first else "repeated"] += 1
        return first

    def _busy(self, why: Exception | str) -> Busy:
        COUNTS["busy"] += 1
        return Busy(f"{self.consumer} cannot handle {self.key} now: {why}")

    # --- without a transaction --------------------------------------------------------------------

    @asynccontextmanager
    async def _with_lease(self) -> AsyncIterator[bool]:
        since = await database_sync_to_async(self._claim)()
        try:
            yield self._counted(since is not None)
        except BaseException:
            if since is not None:
                await database_sync_to_async(self._free)(since)
            raise
        if since is not None:
            await database_sync_to_async(self._end)(since)

    def _row(self, **more: Any) -> Any:
        return Inbox.objects.using(self.using).filter(consumer=self.consumer, dedupe_key=self.key, **more)

    def _claim(self) -> datetime | None:
        """Since when it is ours to handle; None when it is done. Busy while another has it."""
        try:
            if since := self._inserted(done=False):
                return since
            if self._row(done=True).exists():
                return None
            now: datetime = timezone.now()
            if self._row(done=False, created_at__lt=now - timedelta(seconds=LEASE)).update(created_at=now):
                return now
        except OperationalError as error:
            if _passes(error):
                raise self._busy(error) from error
            raise
        raise self._busy("it is being handled")

    def _free(self, since: datetime) -> None:
        """Let others have it, unless one has by now."""
        if not self._row(done=False, created_at=since).delete()[0]:
            self._late()

    def _end(self, since: datetime) -> None:
        """It is done, unless another is about to say so."""
        if not self._row(done=False, created_at=since).update(done=True):
            self._late()
            self._inserted(done=True)

    def _late(self) -> None:
        log.warning(
            "%s has taken longer than %g s for %s, which others may do again", self.consumer, LEASE, self.key
        )


def _passes(error: OperationalError) -> bool:
    """Whether it is for others' sake (locks, deadlocks), so that coming again helps."""
    cause = error.__cause__
    number = getattr(cause, "sqlite_errorcode", None)
    if number is not None:
        return number & 0xFF in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
    state = getattr(cause, "sqlstate", None) or getattr(cause, "pgcode", None)
    return state in _POSTGRESQL_LATER or (error.args or [None])[0] in _MYSQL_LATER


def key_of(message: Mapping[str, Any]) -> str:
    """The ``dedupe_key`` of ``message``. ValueError when it has none."""
    key = message.get("dedupe_key")
    if not isinstance(key, str) or not key:
        raise ValueError(
            f"a message of type {message.get('type')!r} has no dedupe_key, so it cannot be known again"
        )
    return key


def fitting(text: str, most: int) -> str:
    """``text``, or its digest where no column would take it."""
    data = text.encode("utf-8", "surrogatepass")
    if len(text) <= most and "\0" not in text and data.decode("utf-8", "replace") == text:
        return text
    return hashlib.sha256(data).hexdigest()


def _decorated(function: Any, consumer: str, using: str | None) -> Any:
    own = consumer or _own_name(function)
    if isgeneratorfunction(function) or isasyncgenfunction(function):
        raise TypeError(f"{own} is a generator, which runs when its transaction has ended")

    def one(args: tuple[Any, ...]) -> Once:
        message, owner = _message(args)
        return Once(message, consumer or _inherited(own, owner), using)

    if iscoroutinefunction(function):

        @functools.wraps(function)
        async def coroutine(*args: Any, **kwargs: Any) -> Any:
            async with one(args) as first:
                return await function(*args, **kwargs) if first else None

        return coroutine

    @functools.wraps(function)
    def plain(*args: Any, **kwargs: Any) -> Any:
        with one(args) as first:
            return _ended(function(*args, **kwargs), own) if first else None

    return plain


def _own_name(function: Any) -> str:
    """The name by which ``function`` is known in its module. ValueError when others there may have the same."""
    name = getattr(function, "__qualname__", "")
    if not name or "<" in name:
        raise ValueError(f'{name or function!r} is no name of its own: @once(consumer="…") gives it one')
    return f"{function.__module__}.{name}"


def _inherited(own: str, owner: Any) -> str:
    """The name of a method for the class of ``owner``, which may have inherited it."""
    kind = type(owner)
    holders = [f"{base.__module__}.{base.__qualname__}" for base in kind.__mro__]
    return f"{holders[0]}/{own}" if own.rpartition(".")[0] in holders[1:] else own


def _ended(result: Any, own: str) -> Any:
    """``result``. TypeError when there is still something to be done."""
    if isawaitable(result):
        getattr(result, "close", bool)()  # a coroutine would complain that nobody has awaited it
        raise TypeError(f"{own} has given something to be awaited, which runs when its transaction has ended")
    return result


def _message(args: tuple[Any, ...]) -> tuple[Mapping[str, Any], Any]:
    """The message among the arguments of a function or a method, and whose method that is."""
    for owner, arg in zip((None, *args[:1]), args[:2], strict=False):
        if isinstance(arg, Mapping):
            return arg, owner
    raise ValueError("a function with @once has to be called with a message")
