"""``manage.py runworker``, and layers in views, over a real broker."""

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager

import pytest

from interfaces.layers.redis import RedisChannelLayer
from tests.django.test_project import PROJECT, ROOT, manage


@contextmanager
def started(*command, **environ):
    """A program in the project's folder that has said its banner; its end is the test's to ask for."""
    program = [sys.executable, "-W", "error", *command]
    whole = {**os.environ, "PYTHONPATH": str(ROOT), **environ}
    with subprocess.Popen(program, cwd=PROJECT, env=whole, stderr=subprocess.PIPE, text=True) as process:
        try:
            process.banner = process.stderr.readline()
            yield process
        finally:
            if process.poll() is None:
                process.kill()


def stopped(process):
    """Tell it to end; what it said, when it ended well."""
    process.send_signal(signal.SIGTERM)
    said = process.stderr.read()  # with what came right behind the banner, which communicate() would not see
    process.wait(60)
    assert process.returncode == 0, said
    return said


def until(true, seconds=60):
    """Wait for something in another process."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not come in time"
        time.sleep(0.005)


@pytest.fixture
def project(layer, tmp_path):
    """The variables of a project with this test's layer and database; ``notes()`` gives the lines it wrote."""
    notes = tmp_path / "notes"
    notes.touch()
    environ = {
        "PROJ_LAYER": json.dumps(layer),
        "PROJ_NOTES": str(notes),
        "PROJ_DB": str(tmp_path / "db.sqlite3"),
    }
    assert manage("migrate", "-v0", **environ).returncode == 0
    return environ, lambda: notes.read_text(encoding="ascii").splitlines()


def send(layer, *messages):
    """Send (channel, message) pairs."""

    async def main():
        redis = RedisChannelLayer(**layer["CONFIG"])
        for channel, message in messages:
            await redis.send(channel, message)
        await redis.close()

    asyncio.run(main())


def test_a_restart_loses_no_message(layer, project):
    """A worker that is told to stop under load finishes what it has; the next does the rest; none is done twice."""
    environ, notes = project
    send(layer, *(("work", {"type": "work.do", "n": n}) for n in range(300)))
    for _ in range(2):
        done = len(notes())
        with started("manage.py", "runworker", "--concurrency", "8", **environ) as worker:
            until(lambda before=done: len(notes()) > before + 20)
            stopped(worker)
    assert len(notes()) < 300
    with started("manage.py", "runworker", "work", **environ) as worker:
        until(lambda: len(notes()) >= 300)
        stopped(worker)
    assert sorted(map(int, notes())) == list(range(300))


def test_bad_messages_end_nothing(layer, project):
    """One without a type is told, one whose consumer raises is logged, and the others are handled."""
    environ, notes = project
    send(layer, ("work", {"n": 0}), ("work", {"type": "work.do", "n": 1, "fail": True}))
    send(layer, ("work", {"type": "work.do", "n": 2}), ("async-work", {"type": "work.do", "n": 3}))
    with started("manage.py", "runworker", **environ) as worker:
        assert "worker for proj.asgi:application" in worker.banner
        until(lambda: len(notes()) == 2)
        said = stopped(worker)
    assert sorted(notes()) == ["2", "async 3"]
    assert "without a type" in said
    assert "ZeroDivisionError" in said


def test_it_runs_what_containers_open(layer, project):
    """A container that imports no application answers with the project's views."""
    environ, _ = project
    config = layer["CONFIG"]
    url = f"{config['hosts'][0]}?prefix={config['prefix']}"
    serve = ("-m", "interfaces", "serve", "http", "--layer", url, "--bind", "127.0.0.1:0")
    with started("manage.py", "runworker", **environ) as worker, started(*serve) as container:
        where = re.search(r"http on (\S+) for", container.banner)[1]
        with urllib.request.urlopen(f"http://{where}/server/", timeout=30) as answer:
            assert answer.read() == b"ASGIRequest in a loop"
        with urllib.request.urlopen(f"http://{where}/users/", timeout=30) as answer:
            assert answer.read() == b"0 users, you are nobody"
        stopped(container)
        stopped(worker)


@pytest.mark.parametrize("command", [("runworker", "--outbox"), ("interfaces_outbox", "--poll", "0.05")])
def test_the_outbox_leaves(layer, project, command):
    """What a transaction has written is sent by the worker, or by the command of its own."""
    environ, notes = project
    write = 'from interfaces.django.outbox import send; send("work", {"type": "work.do", "n": 7})'
    assert manage("shell", "-c", write, **environ).returncode == 0
    if command[0] == "runworker":
        with started("manage.py", *command, **environ) as worker:
            until(lambda: notes() == ["7"])
            stopped(worker)
    else:
        with started("manage.py", "runworker", **environ) as worker:
            relay = subprocess.Popen(
                [sys.executable, "-W", "error", "manage.py", *command],
                cwd=PROJECT,
                env={**os.environ, "PYTHONPATH": str(ROOT), **environ},
                stderr=subprocess.PIPE,
                text=True,
            )
            with relay:
                until(lambda: notes() == ["7"])
                stopped(relay)
            stopped(worker)


def test_another_layer_will_do_for_channels(project):
    """Channels' own layer brings no scopes, but its channels are read; without any there is nothing to do."""
    environ, _ = project
    memory = {"PROJ_LAYER": '{"BACKEND": "channels.layers.InMemoryChannelLayer"}'}
    with started("manage.py", "runworker", "work", **environ | memory) as worker:
        assert "worker for proj.asgi:application" in worker.banner
        stopped(worker)
    done = manage("runworker", **environ | memory, PROJ_APPLICATION="proj.asgi.http")
    assert done.returncode == 2
    assert "nothing to do" in done.stderr


def test_mistakes_are_one_line(project):
    """A missing layer, a wrong option, a channel without a consumer and a broker that is away."""
    environ, _ = project
    away = {"PROJ_LAYER": '{"BACKEND": "interfaces.layers.redis.RedisChannelLayer", '
                          '"CONFIG": {"hosts": ["unix:///nowhere/x.sock"], "timeout": 0.1}}'}  # fmt: skip
    for arguments, more, code, words in [
        (["--layer", "other"], {}, 2, "CHANNEL_LAYERS has no 'other'"),
        (["--concurrency", "0"], {}, 2, "concurrency"),
        (["wrok"], {}, 2, "no consumer of channel 'wrok'; did you mean work?"),
        ([], {"PROJ_APPLICATION": "proj.asgi.nothing"}, 2, "proj.asgi has no"),
        ([], away, 1, "nowhere"),
    ]:
        done = manage("runworker", *arguments, **environ | more)
        told = [line for line in done.stderr.splitlines() if " WARNING interfaces.layers: " not in line]
        assert (done.returncode, len(told)) == (code, 1), done.stderr
        assert words in done.stderr


def test_a_project_as_in_2016(layer, project):
    """With ROUTING in the layer's entry there need be no ASGI_APPLICATION; functions get their channel's messages."""
    environ, notes = project
    routing = {"PROJ_LAYER": json.dumps({**layer, "ROUTING": "proj.routing.routes"}), "PROJ_APPLICATION": ""}
    send(layer, ("thumbnails.make", {"n": 5}))
    with started("manage.py", "runworker", **environ | routing) as worker:
        assert "the ROUTING of default" in worker.banner
        until(lambda: notes() == ["5"])
        stopped(worker)


def test_views_share_connections(project):
    """What proj/check_views.py proves."""
    environ, _ = project
    done = manage("test", "proj", "--pattern", "check_views.py", **environ)
    assert done.returncode == 0, done.stderr
