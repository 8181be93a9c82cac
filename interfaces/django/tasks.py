"""Django's tasks over a channel layer: a backend for the setting ``TASKS`` of Django 6.

::

    TASKS = {"default": {"BACKEND": "interfaces.django.tasks.LayerBackend", "OPTIONS": {"layer": "default"}}}

A task becomes a message on the channel ``django.tasks.<queue name>``, and ``manage.py runworker`` runs it
(:mod:`interfaces.django.running`). It is run once at most: what a worker was doing when it died is lost, and so is what
waited longer than the layer's ``expiry``. With ``OPTIONS = {"durable": True}`` it is kept by a durable queue, and run
at least once. Results are told to signals and kept nowhere.
"""

import asyncio
import secrets
import time
from collections.abc import Iterable, Mapping
from dataclasses import fields
from typing import Any

import django
from asgiref.sync import async_to_sync
from django.core.checks import CheckMessage, Error
from django.core.exceptions import ImproperlyConfigured

try:
    from django.tasks import Task, TaskResult, TaskResultStatus, task_backends
    from django.tasks.backends.base import BaseTaskBackend
    from django.tasks.exceptions import InvalidTask
    from django.tasks.signals import task_enqueued
except ImportError:
    raise ImproperlyConfigured(
        f"interfaces.django.tasks needs Django 6.0 or later, this is {django.get_version()}"
    ) from None

from django.utils import timezone
from django.utils.module_loading import import_string

from interfaces.layers.base import Layer
from interfaces.shared.errors import ConfigError
from interfaces.workers.message import NO_LAYER
from interfaces.workers.settings import layer_of

__all__ = ["PREFIX", "TYPE", "LayerBackend", "backends", "channels_of"]

PREFIX = "django.tasks."
"""What precedes the name of a queue in that of its channel."""
TYPE = "django.task"
"""The type of the messages."""
KNOWN = frozenset({"layer", "durable"})
"""Keys of OPTIONS."""


class LayerBackend(BaseTaskBackend):
    """Sends tasks to a channel layer.

    OPTIONS: ``layer``, a key of CHANNEL_LAYERS; ``durable``, True or a dict with limits of durable queues
    (:class:`interfaces.layers.durable_items.Limits`), the same wherever the project runs.
    """

    supports_defer = True
    supports_async_task = True
    supports_get_result = False
    supports_priority = False

    def __init__(self, alias: str, params: dict[str, Any]) -> None:
        super().__init__(alias, params)
        self.layer_alias: str = self.options.get("layer", "default")
        durable = self.options.get("durable", False)
        self.durable: Mapping[str, Any] | None = {} if durable is True else durable or None
        """The limits of its durable queues that are said; None where the layer's channels are used."""

    def __repr__(self) -> str:
        return f"<LayerBackend {self.alias} on the layer {self.layer_alias}{', durable' * (self.durable is not None)}>"

    @property
    def layer(self) -> Any:
        """The layer. ConfigError when CHANNEL_LAYERS has none of that name."""
        layer = layer_of(self.layer_alias)
        if layer is None:
            raise ConfigError(f"the setting CHANNEL_LAYERS has no {self.layer_alias!r}")
        return layer

    def validate_task(self, task: Task) -> None:
        """InvalidTask for what cannot be run, or not when it should be."""
        super().validate_task(task)
        try:
            NO_LAYER.require_valid_channel_name(PREFIX + task.queue_name)
        except TypeError:
            raise InvalidTask(f"{task.queue_name!r} cannot be a part of a channel's name") from None
        if task.run_after is not None and not isinstance(self.layer, Layer):
            raise InvalidTask(f"run_after: a {type(self.layer).__name__} cannot send later, our layers can")

    def enqueue(self, task: Task, args: Iterable[Any], kwargs: Mapping[str, Any]) -> TaskResult:
        """Send it, now, also inside a transaction.

        InvalidTask; TypeError and ValueError for arguments that are not JSON; ChannelFull, Unavailable and ConfigError
        for what hinders the layer; RuntimeError in an event loop, which this would hold up.
        """
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            pass
        else:
            raise RuntimeError("in async code a task is enqueued by `await task.aenqueue(…)`")
        result = self._result(task, args, kwargs)
        async_to_sync(self._send)(result)
        task_enqueued.send(type(self), task_result=result)
        return result

    async def aenqueue(self, task: Task, args: Iterable[Any], kwargs: Mapping[str, Any]) -> TaskResult:
        """As :meth:`enqueue`, in async code."""
        result = self._result(task, args, kwargs)
        await self._send(result)
        await task_enqueued.asend(type(self), task_result=result)
        return result

    def _result(self, task: Task, args: Iterable[Any], kwargs: Mapping[str, Any]) -> TaskResult:
        self.validate_task(task)
        return TaskResult(
            task=task,
            id=secrets.token_hex(16),
            status=TaskResultStatus.READY,
            enqueued_at=timezone.now(),
            started_at=None,
            last_attempted_at=None,
            finished_at=None,
            args=args,
            kwargs=kwargs,
            backend=self.alias,
            errors=[],
            worker_ids=[],
        )

    async def _send(self, result: TaskResult) -> None:
        task = result.task
        message = {
            "type": TYPE,
            "id": result.id,
            "task": task.module_path,
            "args": result.args,
            "kwargs": result.kwargs,
            "backend": result.backend,
            "queue_name": task.queue_name,
            "enqueued_at": result.enqueued_at.isoformat(),
        }
        channel, when = (
            PREFIX + task.queue_name,
            0.0 if task.run_after is None else task.run_after.timestamp(),
        )
        if self.durable is not None:
            # what it needs is installed where a broker is used
            from interfaces.django.durable_tasks import put  # noqa: PLC0415

            await put(self.layer, channel, message, self.durable, when)
        elif (seconds := when - time.time()) > 0:
            await self.layer.send_later(channel, message, seconds)
        else:
            await self.layer.send(channel, message)

    def check(self, **kwargs: Any) -> list[CheckMessage]:
        """E003: what is wrong with the entry of TASKS."""
        return [Error(f"TASKS[{self.alias!r}]: {line}", id="interfaces.E003") for line in self._mistakes()]

    def _mistakes(self) -> Iterable[str]:
        if unknown := self.options.keys() - KNOWN:
            yield f"OPTIONS has layer and durable, not {', '.join(sorted(map(str, unknown)))}"
        for name in sorted(self.queues):
            try:
                NO_LAYER.require_valid_channel_name(PREFIX + name)
            except TypeError:
                yield f"QUEUES: {name!r} cannot be a part of a channel's name"
        try:
            layer = self.layer
        except ConfigError as error:
            yield str(error)
            return
        if self.durable is not None:
            yield from _durable_mistakes(layer, self.durable)


def _durable_mistakes(layer: Any, limits: object) -> Iterable[str]:
    if not hasattr(layer, "hub"):
        yield f"durable: a {type(layer).__name__} has no durable queues, a RedisChannelLayer has"
        return
    from interfaces.layers.durable_items import Limits  # noqa: PLC0415 - as above

    names = {field.name for field in fields(Limits)}
    if not isinstance(limits, Mapping) or not limits.keys() <= names:
        yield f"durable is True, or a dict with some of {', '.join(sorted(names))}"


def backends() -> list[LayerBackend]:
    """Those of TASKS that are of this class; Django's checks tell of what cannot be imported."""
    found = []
    for alias, entry in task_backends.settings.items():
        try:
            kind = import_string(entry.get("BACKEND", ""))
        except ImportError:
            continue
        if isinstance(kind, type) and issubclass(kind, LayerBackend):
            found.append(task_backends[alias])
    return found


def channels_of(layer: str, named: Iterable[str] = ()) -> dict[str, Mapping[str, Any] | None]:
    """The channels of tasks on ``layer``, a key of CHANNEL_LAYERS: the limits of a durable queue, or None for others.

    A backend that takes any queue has those of the channels ``named``.
    """
    any_queue = {name.removeprefix(PREFIX) for name in named if name.startswith(PREFIX)}
    return {
        PREFIX + queue: backend.durable
        for backend in backends()
        if backend.layer_alias == layer
        for queue in sorted(backend.queues or any_queue)
    }
