"""examples/chat-2016: an application of 2016 with its imports changed, over real WebSockets."""

import asyncio
import json
import signal
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

from interfaces.layers.embedded import Embedded
from interfaces.shared.bind import Address
from interfaces.testing.websocket import Refused, WebSocketClient
from tests.process.server import ROOT, Server, until

FOLDER = ROOT / "examples" / "chat-2016"


def migrated(directory: Path) -> dict[str, str]:
    """The environment of an empty database that has its tables."""
    env = {"DATABASE": str(directory / "chat.sqlite3"), "PYTHONPATH": f"{ROOT}:{FOLDER}"}
    words = [sys.executable, "-B", "-W", "error", "manage.py", "migrate", "--verbosity=0"]
    subprocess.run(words, cwd=FOLDER, env=env, check=True, timeout=60)
    return env


def procfile(name: str, url: str) -> list[str]:
    """The words of a process, with a free port."""
    lines = dict(
        line.split(": ", 1) for line in (FOLDER / "Procfile").read_text(encoding="utf-8").splitlines()
    )
    words = lines[name].replace("$REDIS_URL", url).replace("127.0.0.1:8000", "127.0.0.1:0").split()
    assert words[0] == "interfaces"
    return [sys.executable, "-m", *words]


@pytest.fixture(scope="module", params=["one process", "a server and workers"])
def processes(request, tmp_path_factory):
    """The chat, served as its README says."""
    directory = tmp_path_factory.mktemp("chat")
    env = migrated(directory)
    if request.param == "one process":
        with Server(directory, app="chat.asgi:application", env=env) as server:
            yield server, []
        return
    with Embedded() as broker, ExitStack() as stack:
        env["REDIS_URL"] = broker.url
        workers = []
        for n in (1, 2):
            folder = directory / f"worker{n}"
            folder.mkdir()
            worker = Server(folder, command=procfile("worker", broker.url), env=env)
            workers.append(stack.enter_context(worker))
        server = stack.enter_context(Server(directory, command=procfile("web", broker.url), env=env))
        until(lambda: server.get("/lobby/")[0] == 200)
        yield server, workers


@pytest.fixture
def server(processes):
    """Who is asked."""
    return processes[0]


def address(server):
    """Where it listens."""
    return Address(kind="tcp", host="127.0.0.1", port=server.port)


def test_people_in_a_room_hear_each_other(server) -> None:
    """Each line reaches all of the room, once it is kept; the page of a latecomer shows what was said."""
    assert server.get("/lobby/")[0] == server.get("/quiet/")[0] == 200

    async def main():
        async with (
            await WebSocketClient.connect(address(server), "/chat/lobby") as one,
            await WebSocketClient.connect(address(server), "/chat/lobby") as two,
            await WebSocketClient.connect(address(server), "/chat/quiet") as other,
        ):
            for n, speaker in enumerate([one, two, one]):
                await speaker.send(json.dumps({"handle": "ada", "message": f"line {n}"}))
                heard = [json.loads(await client.receive()) for client in (one, two)]
                assert [line["message"] for line in heard] == [f"line {n}"] * 2 and heard[0][
                    "handle"
                ] == "ada"
            await one.send("no line")
            await two.close()
            await one.send(json.dumps({"handle": "ada", "message": "alone"}))
            assert json.loads(await one.receive())["message"] == "alone"
            await other.send(json.dumps({"handle": "bob", "message": "here"}))
            assert json.loads(await other.receive())["message"] == "here"

    asyncio.run(main())
    status, page = server.get("/lobby/")
    assert status == 200 and "line 2" in page and "here" not in page


def test_a_room_that_is_not_there_is_refused(server) -> None:
    """By the consumer, before the socket opens."""

    async def main():
        with pytest.raises(Refused) as refused:
            await WebSocketClient.connect(address(server), "/chat/nowhere")
        assert refused.value.response.status == 403

    asyncio.run(main())


def test_views_serve_what_has_no_consumer(server) -> None:
    """Requests go to Django, as they did."""
    assert server.get("/")[0] == 302 and server.get("/no/such/page")[0] == 404


def test_a_worker_may_stop(server, processes) -> None:
    """Nobody in the chat notices: the socket stays, and each line is heard once, by whoever is left."""
    assert server.get("/steady/")[0] == 200

    async def main():
        async with await WebSocketClient.connect(address(server), "/chat/steady") as client:
            said = 0
            for worker in (None, *processes[1][:-1]):
                if worker is not None:
                    worker.signal(signal.SIGTERM)
                for _ in range(20):
                    await client.send(json.dumps({"handle": "ada", "message": f"line {said}"}))
                    assert json.loads(await client.receive())["message"] == f"line {said}"
                    said += 1

    asyncio.run(main())


def test_the_migration_is_current(tmp_path) -> None:
    """The models and the tables are the same."""
    env = migrated(tmp_path)
    words = [sys.executable, "-B", "manage.py", "makemigrations", "--check", "--dry-run"]
    subprocess.run(words, cwd=FOLDER, env=env, check=True, timeout=60, stdout=subprocess.DEVNULL)
