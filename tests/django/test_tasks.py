"""Django's tasks over a channel layer: the backend, and workers over a real broker. Django 6 asks for Python 3.12."""

import importlib
import json
import subprocess
import sys

import django
import pytest
from django.core.exceptions import ImproperlyConfigured

from interfaces.layers.embedded import Embedded
from tests.django.test_project import manage
from tests.django.test_runworker import project as _project
from tests.django.test_runworker import send, started, stopped, until

needs_tasks = pytest.mark.skipif(django.VERSION < (6, 0), reason="needs Python 3.12, as Django 6 does")
BACKEND = "interfaces.django.tasks.LayerBackend"
project = _project


@pytest.fixture
def keeping(tmp_path, layer):
    """An entry of CHANNEL_LAYERS whose broker keeps what it is given."""
    with Embedded(tmp_path / "broker", appendonly=True, fsync=True) as server:
        yield {**layer, "CONFIG": {**layer["CONFIG"], "hosts": [server.url]}}


def tasks(environ, **entry):
    """The variables of ``project`` with our backend, whose queues are "default" and "mail"."""
    return environ | {"PROJ_TASKS": json.dumps({"BACKEND": BACKEND, **entry})}


def enqueue(code, environ):
    """Run ``code`` in a shell of the project."""
    done = manage("shell", "-v0", "-c", f"from proj.tasks import *\n{code}", **environ)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_an_older_django_is_told_in_one_line(monkeypatch):
    """Where there is no django.tasks, importing the backend says what it needs."""
    monkeypatch.delitem(sys.modules, "interfaces.django.tasks", raising=False)
    monkeypatch.setitem(sys.modules, "django.tasks", None)
    with pytest.raises(ImproperlyConfigured) as told:
        importlib.import_module("interfaces.django.tasks")
    assert (
        str(told.value)
        == f"interfaces.django.tasks needs Django 6.0 or later, this is {django.get_version()}"
    )
    assert told.value.__suppress_context__


@needs_tasks
def test_the_suite_passes(tmp_path):
    """What proj/check_tasks.py proves, with Django's own runner."""
    done = manage("test", "proj", "--pattern", "check_tasks.py", PROJ_TEST_DB=str(tmp_path / "test.sqlite3"))
    assert done.returncode == 0, done.stderr
    assert "Ran 18 tests" in done.stderr


@needs_tasks
def test_runworker_runs_tasks(layer, project):
    """Of all queues, sync, async and later ones; what raises or does not exist ends nothing, a drain loses nothing."""
    environ, notes = project
    environ = tasks(environ)
    enqueue(
        "from datetime import timedelta; from django.utils import timezone\n"
        "for n in range(100): write.enqueue(n)\n"
        "import asyncio; asyncio.run(write_async.aenqueue(1)); tell.enqueue('mail'); fail.enqueue(); leave.enqueue()\n"
        "write.using(run_after=timezone.now() + timedelta(seconds=0.5)).enqueue('later')",
        environ,
    )
    bad = {"type": "django.task", "id": "t9", "task": "proj.tasks.gone", "args": [], "kwargs": {}}
    send(layer, ("django.tasks.default", bad), ("work", {"type": "work.do", "n": "work"}))
    for _ in range(2):
        with started("manage.py", "runworker", "--concurrency", "4", **environ) as worker:
            until(lambda: len(notes()) > 50)
            stopped(worker)
    with started("manage.py", "runworker", **environ) as worker:
        until(lambda: len(notes()) >= 104)
        stopped(worker)
    assert sorted(notes()) == sorted([*map(str, range(100)), "async 1", "mail 1", "later", "work"])


@needs_tasks
def test_what_goes_wrong_is_told(layer, project):
    """A traceback for a task that raised, one line for one that is not there."""
    environ, notes = project
    environ = tasks(environ) | {"PROJ_DEBUG": "0"}
    bad = {"type": "django.task", "id": "t9", "task": "proj.tasks.gone", "args": [], "kwargs": {}}
    send(layer, ("django.tasks.default", bad))
    enqueue("fail.enqueue(); write.enqueue(1)", environ)
    with started("manage.py", "runworker", "--concurrency", "1", **environ) as worker:
        until(lambda: notes() == ["1"])
        said = stopped(worker)
    assert "task t9 was refused: proj.tasks.gone cannot be imported: ImportError: " in said
    assert said.count("Traceback") == said.count("ZeroDivisionError: as it has to") == 1


@needs_tasks
def test_a_worker_of_one_queue(layer, project):
    """Channels that are named leave the others to others."""
    environ, notes = project
    environ = tasks(environ)
    enqueue("write.enqueue(1); [tell.enqueue(n) for n in range(3)]", environ)
    with started("manage.py", "runworker", "django.tasks.mail", **environ) as worker:
        until(lambda: len(notes()) == 3)
        stopped(worker)
    with started("manage.py", "runworker", **environ) as worker:
        until(lambda: len(notes()) == 4)
        stopped(worker)
    assert sorted(notes()) == ["0 1", "1", "1 1", "2 1"]


@needs_tasks
def test_interfaces_worker_runs_tasks(layer, project):
    """On a layer that is said by its URL, for an application without functions of its own."""
    environ, notes = project
    environ = tasks(environ)
    config = layer["CONFIG"]
    url = f"{config['hosts'][0]}?prefix={config['prefix']}"
    enqueue("write.enqueue(1); write_async.enqueue(2)", environ)
    command = ("-m", "interfaces", "worker", "--app", "proj.asgi:application", "--layer", url)
    with started(*command, DJANGO_SETTINGS_MODULE="proj.settings", **environ) as worker:
        until(lambda: len(notes()) == 2)
        stopped(worker)
    assert sorted(notes()) == ["1", "async 2"]


@needs_tasks
def test_a_durable_task_outlives_its_worker(keeping, project):
    """Killed while it ran, it is run again as the second attempt; one that raised is a dead letter."""
    environ, notes = project
    environ = tasks(environ, OPTIONS={"durable": {"lease": 1}}) | {"PROJ_LAYER": json.dumps(keeping)}
    enqueue(
        "from datetime import timedelta; from django.utils import timezone\n"
        "later = timezone.now() + timedelta(seconds=1)\n"
        "hang_once.enqueue(); write.using(run_after=later).enqueue(7); fail.enqueue()",
        environ,
    )
    with started("manage.py", "runworker", "--concurrency", "1", **environ) as worker:
        until(lambda: notes() == ["attempt 1"])
        worker.kill()
    with started("manage.py", "runworker", **environ) as worker:
        until(lambda: len(notes()) == 3)
        stopped(worker)
    assert sorted(notes()) == ["7", "attempt 1", "attempt 2"]
    config = keeping["CONFIG"]
    url = f"{config['hosts'][0]}?prefix={config['prefix']}"
    listed = subprocess.run(
        [sys.executable, "-m", "interfaces", "dead", "list", "--json", "--layer", url],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    rows = [json.loads(line) for line in listed.stdout.splitlines()]
    assert rows == [{"queue": "django.tasks.default", "items": 0, "dead": 1}]


@needs_tasks
def test_a_worker_without_django_runs_durable_tasks(keeping, project):
    """``interfaces worker`` takes what durable queues keep; one that was killed is run again as the second attempt."""
    environ, notes = project
    config = keeping["CONFIG"]
    environ = tasks(environ, OPTIONS={"durable": {"lease": 1}}) | {"PROJ_LAYER": json.dumps(keeping)}
    enqueue("hang_once.enqueue(); write.enqueue(7)", environ)
    url = f"{config['hosts'][0]}?prefix={config['prefix']}"
    command = ("-m", "interfaces", "worker", "--app", "proj.asgi:application", "--layer", url)
    environ |= {"DJANGO_SETTINGS_MODULE": "proj.settings"}
    with started(*command, **environ) as worker:
        until(lambda: len(notes()) == 2)
        worker.kill()
    with started(*command, **environ) as worker:
        until(lambda: len(notes()) == 3)
        stopped(worker)
    assert sorted(notes()) == ["7", "attempt 1", "attempt 2"]
    environ["PROJ_LAYER"] = project[0]["PROJ_LAYER"]
    config = json.loads(environ["PROJ_LAYER"])["CONFIG"]
    with started(*command[:-1], f"{config['hosts'][0]}?prefix={config['prefix']}", **environ) as worker:
        assert worker.wait(60) == 2
    assert "appendonly yes" in worker.banner  # its only line


@needs_tasks
def test_a_durable_task_that_is_cut_is_run_again(keeping, project):
    """A drain that is over before the task is gives it to the next worker."""
    environ, notes = project
    environ = tasks(environ, OPTIONS={"durable": True}) | {"PROJ_LAYER": json.dumps(keeping)}
    enqueue("hang_once.enqueue()", environ)
    with started("manage.py", "runworker", "--drain", "0.1", **environ) as worker:
        until(lambda: notes() == ["attempt 1"])
        worker.terminate()
        with started("manage.py", "runworker", **environ) as other:
            until(lambda: notes() == ["attempt 1", "attempt 2"])
            stopped(other)
        worker.kill()


@needs_tasks
def test_a_broker_that_keeps_nothing_is_refused(project):
    """By the worker in one line, and by who enqueues."""
    environ, _ = project
    environ = tasks(environ, OPTIONS={"durable": True})
    done = manage("runworker", **environ)
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1), done.stderr
    assert "appendonly yes" in done.stderr
    assert (
        "ConfigError"
        in manage("shell", "-v0", "-c", "from proj.tasks import *; write.enqueue(1)", **environ).stderr
    )
