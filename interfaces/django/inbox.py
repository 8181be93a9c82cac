"""One effect: a message that comes again, with the same ``dedupe_key``, does nothing the second time.

::

    @once
    def charge(message): ...            # a consumer, or a method of one

    with once(message) as first:        # inside one
        if first: ...

The row that says so is written in the transaction of the effect itself, so that both are there or neither is. While
one transaction handles a message, another with the same message waits for its end (PostgreSQL), or is told to come
again (:class:`Busy`; SQLite, when it waited longer than the database's ``timeout``, or has read before).

An async function has no transaction. ``@once`` on one, and ``async with once(message)``, keep a row that says "running"
and then "done": a repeat is skipped, an exception frees the message; but who was killed half-way is done again after
LEASE seconds, with what it had done before. Put effects that must not be there twice into a sync function.
"""

import functools
import hashlib
import sys
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from datetime import timedelta
from inspect import iscoroutinefunction
from types import TracebackType
from typing import Any, TypeVar, overload

from channels.db import database_sync_to_async
from django.db import IntegrityError, OperationalError, router, transaction
from django.utils import timezone

from interfaces.django.models import Inbox
from interfaces.workers.outcome import ConsumeLater

__all__ = ["COUNTS", "LEASE", "Busy", "Once", "once"]

COUNTS: Counter[str] = Counter()
"""In this process: "first", "repeated" (skipped), "busy" (told to come again)."""
LEASE = 300.0
"""Seconds after which the message of an async consumer that was killed may be handled again."""
Function = TypeVar("Function", bound=Callable[..., Any])


class Busy(ConsumeLater):
    """Another handles the same message now: it is to come again, as a Routing and the protocols make it."""


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
    function's own name, or that of the function which has the ``with``; give one, and it may be renamed. ``using`` is
    the database of the effect. A decorated function gives None for a repeat.

    ValueError for a message without ``dedupe_key``; Busy.
    """
    if what is None:
        return functools.partial(once, consumer=consumer, using=using)
    if callable(what):
        return _decorated(what, consumer or f"{what.__module__}.{what.__qualname__}", using)
    if not consumer:
        frame = sys._getframe(1)  # noqa: SLF001 - as logging finds its caller
        consumer = f"{frame.f_globals.get('__name__', '')}.{frame.f_code.co_qualname}"
    return Once(what, consumer, using)


class Once:
    """``with`` it, or ``async with``: whether ``consumer`` has not yet handled ``message``."""

    def __init__(self, message: Mapping[str, Any] | str, consumer: str, using: str | None = None) -> None:
        self.key = _fitting(message if isinstance(message, str) else key_of(message), 255)
        self.consumer = _fitting(consumer, 200)
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
        with transaction.atomic(using=self.using):
            yield self._counted(self._inserted(done=True))

    def _inserted(self, *, done: bool) -> bool:
        """Whether there was no such row. Written first of all: what waits for a lock has to wait here."""
        try:
            with transaction.atomic(using=self.using):
                Inbox(consumer=self.consumer, dedupe_key=self.key, done=done).save(
                    using=self.using, force_insert=True
                )
        except IntegrityError:
            return False
        except OperationalError as error:
            raise self._busy() from error
        return True

    def _counted(self, first: bool) -> bool:
        COUNTS["first" if first else "repeated"] += 1
        return first

    def _busy(self) -> Busy:
        COUNTS["busy"] += 1
        return Busy(f"{self.consumer} handles {self.key} elsewhere")

    # --- without a transaction --------------------------------------------------------------------

    @asynccontextmanager
    async def _with_lease(self) -> AsyncIterator[bool]:
        first = self._counted(await database_sync_to_async(self._claim)())
        try:
            yield first
        except BaseException:
            if first:
                await database_sync_to_async(self._row().delete)()
            raise
        if first:
            await database_sync_to_async(self._row().update)(done=True)

    def _row(self) -> Any:
        return Inbox.objects.using(self.using).filter(consumer=self.consumer, dedupe_key=self.key)

    def _claim(self) -> bool:
        """Whether it is ours to handle; False when it is done. Busy while another has it."""
        if self._inserted(done=False):
            return True
        if self._row().filter(done=True).exists():
            return False
        now = timezone.now()
        lapsed = self._row().filter(done=False, created_at__lt=now - timedelta(seconds=LEASE))
        if lapsed.update(created_at=now):
            return True
        raise self._busy()


def key_of(message: Mapping[str, Any]) -> str:
    """The ``dedupe_key`` of ``message``. ValueError when it has none."""
    key = message.get("dedupe_key")
    if not isinstance(key, str) or not key:
        raise ValueError(
            f"a message of type {message.get('type')!r} has no dedupe_key, so it cannot be known again"
        )
    return key


def _fitting(text: str, most: int) -> str:
    """``text``, or its digest where no column would take it."""
    if len(text) <= most and "\0" not in text:
        return text
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _decorated(function: Any, consumer: str, using: str | None) -> Any:
    if iscoroutinefunction(function):

        @functools.wraps(function)
        async def coroutine(*args: Any, **kwargs: Any) -> Any:
            async with Once(_message(args), consumer, using) as first:
                return await function(*args, **kwargs) if first else None

        return coroutine

    @functools.wraps(function)
    def plain(*args: Any, **kwargs: Any) -> Any:
        with Once(_message(args), consumer, using) as first:
            return function(*args, **kwargs) if first else None

    return plain


def _message(args: tuple[Any, ...]) -> Mapping[str, Any]:
    """The message among the arguments of a function or a method."""
    for arg in args[:2]:
        if isinstance(arg, Mapping):
            return arg
    raise ValueError("a function with @once has to be called with a message")
