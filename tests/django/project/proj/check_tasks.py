"""interfaces.django.tasks and .running. Run by test_tasks.py with Django's own runner, on Django 6."""

import asyncio
import logging
import sys
import threading
from contextlib import contextmanager
from datetime import timedelta

import pytest
from asgiref.sync import async_to_sync
from django.core.checks import run_checks
from django.db import connection
from django.tasks import TaskResultStatus, default_task_backend, task_backends
from django.tasks.base import Task
from django.tasks.exceptions import InvalidTask
from django.tasks.signals import task_enqueued, task_finished, task_started
from django.test import SimpleTestCase, TransactionTestCase, override_settings
from django.utils import timezone

from interfaces.django.channels import tasks_of
from interfaces.django.running import COUNTS, LOST, TaskRunner, register
from interfaces.django.running import run as run_function
from interfaces.layers.local import LocalChannelLayer
from interfaces.shared.strand import shutdown
from interfaces.workers.background import FUNCTIONS
from interfaces.workers.message import Group
from interfaces.workers.routing import Routing
from interfaces.workers.settings import layer_of
from proj import tasks

OURS = "interfaces.django.tasks.LayerBackend"
QUEUES = ["default", "mail"]
LOCAL = {"BACKEND": "interfaces.layers.local.LocalChannelLayer"}
MEMORY = {"BACKEND": "channels.layers.InMemoryChannelLayer"}
SETTINGS = {
    "CHANNEL_LAYERS": {"default": LOCAL, "memory": MEMORY},
    "TASKS": {
        "default": {"BACKEND": OURS, "QUEUES": QUEUES},
        "memory": {"BACKEND": OURS, "OPTIONS": {"layer": "memory"}},
        "other": {"BACKEND": "django.tasks.backends.dummy.DummyBackend"},
    },
}
LATER = timedelta(seconds=100)


@contextmanager
def heard(*signals):
    """What the signals tell: (signal, sender, status, what was being handled)."""
    seen = []

    def receiver(signal, sender, task_result, **rest):
        seen.append((signal, sender, task_result.status, sys.exc_info()[0]))

    for signal in signals:
        signal.connect(receiver)
    try:
        yield seen
    finally:
        for signal in signals:
            signal.disconnect(receiver)


@override_settings(**SETTINGS)
class BackendTests(SimpleTestCase):
    """What is sent, and what is refused before."""

    def setUp(self):
        """Nothing is left of another test."""
        async_to_sync(layer_of().flush)()

    def taken(self, channel="django.tasks.default", alias="default"):
        """The next message of a channel."""
        return async_to_sync(layer_of(alias).receive)(channel)

    def test_a_task_becomes_a_message(self):
        """By both ways; all that its worker has to know, on the channel of its queue; then the signal is sent."""
        with heard(task_enqueued) as seen:
            results = [tasks.write.enqueue(1), async_to_sync(tasks.write.aenqueue)(n=1)]
        for result, args, kwargs in zip(results, ([1], []), ({}, {"n": 1}), strict=True):
            assert self.taken() == {
                "type": "django.task",
                "id": result.id,
                "task": "proj.tasks.write",
                "args": args,
                "kwargs": kwargs,
                "backend": "default",
                "queue_name": "default",
                "enqueued_at": result.enqueued_at.isoformat(),
            }
            assert (result.status, result.attempts, result.args) == (TaskResultStatus.READY, 0, args)
        assert [(signal, status) for signal, _, status, _ in seen] == [
            (task_enqueued, TaskResultStatus.READY)
        ] * 2
        assert seen[0][1].__name__ == "LayerBackend"

    def test_queues_and_layers_are_as_they_say(self):
        """A queue has a channel of its own, a backend its layer."""
        tasks.tell.enqueue("a")
        tasks.write.using(backend="memory").enqueue(2)
        assert self.taken("django.tasks.mail")["args"] == ["a"]
        assert self.taken(alias="memory")["backend"] == "memory"

    def test_what_is_refused(self):
        """In Django's words where Django refuses; nothing has been sent then."""

        def inner():
            """A function of a function."""

        naive = timezone.now().replace(tzinfo=None)
        for changes in ({"queue_name": "x"}, {"priority": 1}, {"func": inner}, {"run_after": naive}):
            given = {
                "func": tasks.write.func,
                "queue_name": "default",
                "priority": 0,
                "backend": "default",
                "run_after": None,
                **changes,
            }
            with pytest.raises(InvalidTask):
                Task(**given)
        with pytest.raises(InvalidTask, match="InMemoryChannelLayer cannot send later"):
            tasks.write.using(backend="memory", run_after=timezone.now() + LATER)
        for argument in (object(), {1, 2}, b"\xff"):
            with pytest.raises((TypeError, ValueError)):
                tasks.write.enqueue(argument)
        assert async_to_sync(layer_of().statistics)()["messages"] == 0

    def test_a_queue_that_cannot_be_a_channel(self):
        """Of a backend that takes any."""
        with (
            override_settings(TASKS={"default": {"BACKEND": OURS, "QUEUES": []}}),
            pytest.raises(InvalidTask, match="part of a channel's name"),
        ):
            tasks.write.using(queue_name="my queue")

    def test_in_an_event_loop_it_has_to_be_awaited(self):
        """What would hold the loop up says what to write instead."""

        async def main():
            with pytest.raises(RuntimeError, match="aenqueue"):
                tasks.write.enqueue(1)

        asyncio.run(main())

    def test_a_task_for_later_is_sent_later(self):
        """Nothing is there before its time, and one whose time is over is there."""
        tasks.write.using(run_after=timezone.now() + LATER).enqueue(1)
        tasks.write.using(run_after=timezone.now() - LATER).enqueue(2)
        assert self.taken()["args"] == [2]
        found = async_to_sync(layer_of().statistics)()
        assert (found["messages"], found["delayed"]) == (0, 1)

    def test_results_are_not_kept(self):
        """And the backend says so."""
        result = tasks.write.enqueue(1)
        assert not default_task_backend.supports_get_result
        with pytest.raises(NotImplementedError):
            tasks.write.get_result(result.id)

    def test_the_checks_tell_what_is_wrong(self):
        """A line for each mistake, and none without."""
        mistakes = {
            "unknown": {"OPTIONS": {"layers": "x"}},
            "queue": {"QUEUES": ["my queue"]},
            "layer": {"OPTIONS": {"layer": "none"}},
            "durable": {"OPTIONS": {"durable": True}},
        }
        with override_settings(TASKS={name: {"BACKEND": OURS, **entry} for name, entry in mistakes.items()}):
            told = [error for error in run_checks() if error.id == "interfaces.E003"]
        assert [str(error.msg) for error in told] == [
            "TASKS['unknown']: OPTIONS has layer and durable, not layers",
            "TASKS['queue']: QUEUES: 'my queue' cannot be a part of a channel's name",
            "TASKS['layer']: the setting CHANNEL_LAYERS has no 'none'",
            "TASKS['durable']: durable: a LocalChannelLayer has no durable queues, a RedisChannelLayer has",
        ]
        assert not [error for error in run_checks() if error.id == "interfaces.E003"]

    def test_limits_of_durable_queues_have_names(self):
        """True, or some of the limits that there are."""
        redis = {
            "BACKEND": "interfaces.layers.redis.RedisChannelLayer",
            "CONFIG": {"hosts": ["redis://127.0.0.1:1"]},
        }
        for durable, count in ((True, 0), ({"lease": 5}, 0), ({"leases": 5}, 1), ("yes", 1)):
            entry = {"BACKEND": OURS, "OPTIONS": {"durable": durable}}
            with override_settings(TASKS={"default": entry}, CHANNEL_LAYERS={"default": redis}):
                assert len(default_task_backend.check()) == count, durable

    def test_channels_of_a_layer(self):
        """Those of our backends on it; where any queue is taken, those that are named."""
        assert tasks_of("default") == {"django.tasks.default": None, "django.tasks.mail": None}
        assert tasks_of("memory") == {"django.tasks.default": None}
        assert tasks_of("none") == {}
        entry = {"BACKEND": OURS, "QUEUES": [], "OPTIONS": {"durable": {"lease": 9}}}
        with override_settings(TASKS={"default": entry, "gone": {"BACKEND": "no.such.Backend"}}):
            assert tasks_of("default") == {}
            assert tasks_of("default", ["django.tasks.any", "work"]) == {"django.tasks.any": {"lease": 9}}


def message(task="proj.tasks.write", *args, **changes):
    """A message as the backend sends it."""
    return {
        "type": "django.task",
        "id": "t1",
        "task": task,
        "args": list(args),
        "kwargs": {},
        "backend": "default",
        "queue_name": "default",
        "enqueued_at": timezone.now().isoformat(),
        **changes,
    }


@override_settings(**SETTINGS)
class RunnerTests(TransactionTestCase):
    """What a worker does with a message."""

    def setUp(self):
        """Notes and counts of this test."""
        self.notes, self.counts, self.results = [], {}, []
        self.old, tasks.note = tasks.note, self.notes.append
        COUNTS.clear()

    def tearDown(self):
        """Threads have left nothing."""
        tasks.note = self.old
        shutdown()
        connection.close()

    def attempt(self, given, number=1):
        """The outcome of one message; ``results`` gets what task_finished was told."""

        def finished(task_result, **rest):
            self.results.append(task_result)

        task_finished.connect(finished)
        try:
            runner = TaskRunner(self.counts.__setitem__)
            return asyncio.run(runner.attempt(given, {}, "django.tasks.default", number))
        finally:
            task_finished.disconnect(finished)

    def test_sync_and_async_tasks_run(self):
        """Started, then finished; what they return is in the result, and nothing is counted as a failure."""
        with heard(task_started, task_finished) as seen:
            assert self.attempt(message("proj.tasks.write", 1)).error == ""
            assert self.attempt(message("proj.tasks.write_async", kwargs={"n": 2})).error == ""
        assert self.notes == [1, "async 2"]
        running, done = TaskResultStatus.RUNNING, TaskResultStatus.SUCCESSFUL
        assert [one[2:] for one in seen] == [(running, None), (done, None)] * 2
        first = self.results[0]
        assert (first.id, first.return_value, first.attempts, first.task) == ("t1", 1, 1, tasks.write)
        assert first.enqueued_at <= first.started_at == first.last_attempted_at <= first.finished_at
        assert (self.counts, COUNTS) == ({}, {"successful": 2})

    def test_the_context_says_which_attempt_it_is(self):
        """Of a task that takes it; workers of earlier attempts are lost."""
        assert self.attempt(message("proj.tasks.tell", "x", queue_name="mail"), 3).error == ""
        assert self.notes == ["x 3"]
        assert self.results[0].worker_ids[:2] == [LOST, LOST]

    def test_a_sync_task_is_not_in_the_loop(self):
        """It may block: it has a thread, and an async one has none."""
        threads = []
        tasks.note = lambda n: threads.append(threading.current_thread() is threading.main_thread())
        self.attempt(message("proj.tasks.write", 1))
        self.attempt(message("proj.tasks.write_async", 1))
        assert threads == [False, True]

    def test_what_a_task_raises(self):
        """Is logged with its frames, counted, and told with what was raised; no worker ends by it."""
        for path, error in (("fail", ZeroDivisionError), ("leave", SystemExit), ("odd", TypeError)):
            with heard(task_finished) as seen, self.assertLogs("interfaces.django") as logs:
                outcome = self.attempt(message(f"proj.tasks.{path}"))
            assert [one[2:] for one in seen] == [(TaskResultStatus.FAILED, error)]
            assert outcome.error == "raised" and outcome.reason.startswith(error.__name__)
            (record,) = logs.records
            assert record.levelno == logging.ERROR and f"proj.tasks.{path} t1 raised" in record.getMessage()
            assert record.exc_info[0] is error
            failure = self.results[-1].errors[0]
            assert failure.exception_class is error and error.__name__ in failure.traceback
            assert self.results[-1].finished_at
        assert self.counts == {"task.failed": 1}
        assert COUNTS == {"failed": 3}

    def test_what_cannot_be_run_is_refused_in_one_line(self):
        """A message with no task here, or of a shape that is none; no signal tells of it."""
        for given, words in [
            (message("proj.nowhere.write"), "proj.nowhere.write cannot be imported: ModuleNotFoundError"),
            (message("proj.tasks.unknown"), "cannot be imported: ImportError"),
            (message("proj.tasks.plain"), "proj.tasks.plain is no task"),
            (message("os.system"), "os.system is no task"),
            (message(7), "7 is no path"),
            (message(backend="none"), "proj.tasks.write: The connection 'none' doesn't exist."),
            (message(queue_name="none"), "Queue 'none' is not valid for backend."),
            (
                message(args=3, kwargs=3),
                "the message does not fit: TypeError: args are a list, kwargs a dict",
            ),
            (message(enqueued_at="soon"), "the message does not fit: ValueError"),
            ({"type": "django.task", "id": "t1"}, "the message does not fit: KeyError: 'task'"),
            ({"type": "do"}, "its type is 'do', not 'django.task'"),
        ]:
            with heard(task_started, task_finished) as seen, self.assertLogs("interfaces.django") as logs:
                outcome = self.attempt(given)
            (record,) = logs.records
            assert words in record.getMessage() and "\n" not in record.getMessage(), record.getMessage()
            assert (outcome.error, record.exc_info, seen) == ("no-route", None, [])
        assert self.counts == {"task.refused": 1}
        assert not self.notes

    def test_a_receiver_that_raises_hinders_no_task(self):
        """Django logs it."""

        def bad(**facts):
            raise ZeroDivisionError

        for signal in (task_started, task_finished):
            signal.connect(bad)
        try:
            with self.assertLogs("django.dispatch") as logs:
                assert self.attempt(message("proj.tasks.write", 1)).error == ""
        finally:
            for signal in (task_started, task_finished):
                signal.disconnect(bad)
        assert len(logs.records) == 2 and self.notes == [1]

    def test_one_that_is_cut_is_told(self):
        """Its cancellation goes on to who drains; one that a task makes up is a failure like any other."""

        async def main():
            given = message("proj.tasks.write_async", 1)
            with heard(task_started, task_finished) as seen:
                running = asyncio.ensure_future(TaskRunner(self.counts.__setitem__).attempt(given, {}, "c"))
                while len(seen) < 1:
                    await asyncio.sleep(0)
                running.cancel()
                await asyncio.wait({running})
            assert running.cancelled()
            tasks.note = cancels
            assert (await TaskRunner().attempt(given, {}, "c")).error == "raised"

        def cancels(n):
            raise asyncio.CancelledError

        with self.assertLogs("interfaces.django"):
            asyncio.run(main())
        assert (COUNTS["cut"], COUNTS["failed"], self.counts) == (1, 1, {"task.cut": 1})

    def test_as_functions_of_their_channels(self):
        """For `interfaces worker`: what a task sends is sent at once, not when it has ended."""
        register()
        try:
            assert FUNCTIONS["django.tasks.default"] is FUNCTIONS["django.tasks.mail"] is run_function
            layer = LocalChannelLayer()

            async def main():
                channel = await layer.new_channel()
                await layer.group_add("g", channel)
                tasks.note = lambda n: Group("g", layer).send({"n": n})
                outcome = await Routing([], layer=layer).attempt(
                    message("proj.tasks.write", 5), {}, "django.tasks.default"
                )
                assert (outcome.error, outcome.sends) == ("", [])
                assert await layer.receive(channel) == {"n": 5}

            asyncio.run(main())
        finally:
            for queue in ("default", "mail"):
                del FUNCTIONS[f"django.tasks.{queue}"]
        assert COUNTS == {"successful": 1}
        assert set(task_backends) == {*SETTINGS["TASKS"]}
