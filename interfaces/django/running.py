"""Runs Django's tasks in a worker: one message of :mod:`interfaces.django.tasks` at a time.

A sync task runs on the strand of its message, a coroutine function in the event loop. What a task raises is logged,
counted, and told to ``task_finished`` with the status FAILED; it is not tried again. A message whose task cannot be
had is refused in one line.
"""

import asyncio
import logging
import os
import secrets
import socket
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime
from functools import partial
from inspect import iscoroutinefunction
from traceback import format_exception
from typing import Any

from asgiref.sync import sync_to_async
from django.core.exceptions import ImproperlyConfigured
from django.dispatch import Signal
from django.tasks import Task, TaskContext, TaskResult, TaskResultStatus, task_backends
from django.tasks.base import TaskError
from django.tasks.exceptions import InvalidTask
from django.tasks.signals import task_finished, task_started
from django.utils import timezone
from django.utils.json import normalize_json
from django.utils.module_loading import import_string

from interfaces.django.tasks import TYPE, channels_of
from interfaces.shared.asgi import Event
from interfaces.workers.background import STORES, Store, background
from interfaces.workers.calling import blocking
from interfaces.workers.message import Message, at_once
from interfaces.workers.outcome import Outcome

__all__ = ["COUNTS", "TaskRunner", "register", "run"]

log = logging.getLogger("interfaces.django")

COUNTS: Counter[str] = Counter()
"""In this process: "successful", "failed", "refused" (no such task), "cut" (by the end of a drain)."""
LOST = "(lost)"
"""Stands for the worker of an attempt that nobody has heard of again."""


class TaskRunner:
    """Runs the tasks that messages tell of; ``count`` is told of those that were not successful."""

    def __init__(self, count: Callable[[str, int], None] | None = None) -> None:
        self.worker = f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(2)}"
        self._count = count

    def __repr__(self) -> str:
        return f"<TaskRunner {self.worker}>"

    async def attempt(
        self, message: Event, session: Mapping[str, Any], channel: str, number: int = 1
    ) -> Outcome:
        """Run the task of one message, for the ``number``-th time; raises only when it is cancelled."""
        try:
            return await self._attempt(message, channel, number)
        except asyncio.CancelledError:
            self._counted("cut")
            log.warning("channel %s: task %s was cut", channel, message.get("id"))
            raise

    async def _attempt(self, message: Event, channel: str, number: int) -> Outcome:
        try:
            result = await blocking(_result, message, number, self.worker)
        except _Refused as error:
            self._counted("refused")
            log.error("channel %s: task %s was refused: %s", channel, message.get("id"), error)  # noqa: TRY400
            return Outcome(error="no-route", reason=str(error))
        sender = type(task_backends[result.backend])
        await _tell(task_started, sender, result)
        try:
            with at_once():
                value = normalize_json(await _called(result))
        except (Exception, SystemExit, asyncio.CancelledError) as error:
            here = asyncio.current_task()
            if isinstance(error, asyncio.CancelledError) and here is not None and here.cancelling():
                raise
            return await self._failed(result, error, sender)
        _become(result, TaskResultStatus.SUCCESSFUL, _return_value=value, finished_at=timezone.now())
        COUNTS["successful"] += 1
        await _tell(task_finished, sender, result)
        return Outcome()

    async def _failed(self, result: TaskResult, error: BaseException, sender: type) -> Outcome:
        """Tell of it, within the ``except`` block, where receivers find what was raised."""
        kind = type(error)
        path = f"{kind.__module__}.{kind.__qualname__}"
        result.errors.append(TaskError(exception_class_path=path, traceback="".join(format_exception(error))))
        _become(result, TaskResultStatus.FAILED, finished_at=timezone.now())
        self._counted("failed")
        log.error("task %s %s raised", result.task.module_path, result.id, exc_info=error)
        await _tell(task_finished, sender, result)
        return Outcome(error="raised", reason=f"{kind.__name__}: {error}")

    def _counted(self, what: str) -> None:
        COUNTS[what] += 1
        if self._count is not None:
            self._count(f"task.{what}", 1)


class _Refused(Exception):  # noqa: N818 - what becomes of a message
    """There is no such task here, or the message is none."""


def _result(message: Mapping[str, Any], attempt: int, worker: str) -> TaskResult:
    """The task of ``message``, about to run. Sync, since it may import the task's module."""
    if message.get("type") != TYPE:
        raise _Refused(f"its type is {message.get('type')!r}, not {TYPE!r}")
    try:
        task, now = _task(message["task"]), timezone.now()
        if not isinstance(message["args"], list) or not isinstance(message["kwargs"], dict):
            raise TypeError("args are a list, kwargs a dict")
        return TaskResult(
            task=replace(task, backend=message["backend"], queue_name=message["queue_name"]),
            id=message["id"],
            status=TaskResultStatus.RUNNING,
            enqueued_at=datetime.fromisoformat(message["enqueued_at"]),
            started_at=now,
            last_attempted_at=now,
            finished_at=None,
            args=message["args"],
            kwargs=message["kwargs"],
            backend=message["backend"],
            errors=[],
            worker_ids=[*[LOST] * (attempt - 1), worker],
        )
    except (InvalidTask, ImproperlyConfigured) as error:
        raise _Refused(f"{message['task']}: {error}") from None
    except (KeyError, TypeError, ValueError) as error:
        raise _Refused(f"the message does not fit: {type(error).__name__}: {error}") from None


def _task(path: Any) -> Task:
    """The task that ``path`` names."""
    if not isinstance(path, str):
        raise _Refused(f"{path!r} is no path")
    try:
        found = import_string(path)
    except Exception as error:  # noqa: BLE001 - whatever its module raises
        raise _Refused(f"{path} cannot be imported: {type(error).__name__}: {error}") from None
    if not isinstance(found, Task):
        raise _Refused(f"{path} is no task")
    return found


async def _called(result: TaskResult) -> Any:
    task, args = result.task, result.args
    if task.takes_context:
        args = [TaskContext(task_result=result), *args]
    if iscoroutinefunction(task.func):
        return await task.acall(*args, **result.kwargs)
    return await blocking(partial(task.call, *args, **result.kwargs))


async def _tell(signal: Signal, sender: type, result: TaskResult) -> None:
    """Tell its receivers, on a thread; one that raises is logged.

    Not by ``asend_robust``, which in Django 6.0 loses what is being handled: Django's own receiver logs that.
    """
    await sync_to_async(signal.send_robust)(sender, task_result=result)


def _become(result: TaskResult, status: TaskResultStatus, **changes: Any) -> None:
    """Change ``result``, which is frozen to all others."""
    for name, value in {"status": status, **changes}.items():
        object.__setattr__(result, name, value)


# --- in a worker that knows nothing of Django -----------------------------------------------------


async def run(message: Message) -> None:
    """Run a task as the function of its channel, for ``interfaces worker``."""
    await _runner().attempt(dict(message), {}, str(message.channel))


def register() -> None:
    """Make :func:`run` the function of the tasks' channels on the layer "default", which that worker reads.

    What durable queues keep is taken from there.
    """
    for channel, limits in channels_of("default").items():
        if limits is None:
            background(channel)(run)
        else:
            STORES[channel] = partial(_kept, limits)


@asynccontextmanager
async def _kept(limits: Mapping[str, Any], layer: Any) -> AsyncIterator[Store]:
    # what it needs is installed where a broker is used
    from interfaces.django.durable_tasks import DurableTasks  # noqa: PLC0415

    tasks = DurableTasks(layer.hub(), limits, _runner().attempt)
    try:
        await tasks.queues.open()
        yield tasks
    finally:
        await tasks.queues.close()


class _Process:
    """What there is one of in a process."""

    runner: TaskRunner | None = None
    pid = 0


def _runner() -> TaskRunner:
    if _Process.runner is None or _Process.pid != os.getpid():
        _Process.runner, _Process.pid = TaskRunner(), os.getpid()
    return _Process.runner
