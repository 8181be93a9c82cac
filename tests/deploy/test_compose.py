"""compose.yaml itself, without Docker: its services as processes, with the application it names."""

import asyncio
import json
import subprocess
import sys
from pathlib import Path

from interfaces.layers.embedded import Embedded
from interfaces.testing.websocket import WebSocketClient
from tests.deploy.files import DEPLOY, compose
from tests.deploy.houses import House
from tests.process.server import until

APPLICATION = DEPLOY.parent / "examples/chat-2016"


def test_the_chat_that_compose_starts(tmp_path: Path) -> None:
    """Migrations, a container and two workers: two people hear each other. The variables are those of the services."""
    services = compose()
    volume, target, _ = services["worker"]["volumes"][0].split(":")
    assert ((DEPLOY / volume).resolve(), target) == (APPLICATION, "/srv")
    with Embedded() as broker:
        env = dict(services["worker"]["environment"])
        changed = {"redis://redis:6379": broker.url, "/data/chat.sqlite3": str(tmp_path / "chat.sqlite3")}
        env = {name: changed[value] for name, value in env.items()}
        env["PYTHONPATH"] = f"{DEPLOY.parent}:{APPLICATION}"
        program, *words = services["migrate"]["entrypoint"]
        assert program == "python"
        subprocess.run([sys.executable, "-B", *words, "--verbosity=0"], cwd=APPLICATION, env=env, check=True)
        with House(tmp_path, "redis", "chat.asgi:application", broker.url, env=env) as house:
            until(lambda: house.server.get("/lobby/")[0] == 200)

            async def main() -> None:
                async with (
                    await WebSocketClient.connect(house.address, "/chat/lobby") as one,
                    await WebSocketClient.connect(house.address, "/chat/lobby") as two,
                ):
                    await one.send(json.dumps({"handle": "ada", "message": "hello"}))
                    for client in (one, two):
                        assert json.loads(str(await client.receive()))["message"] == "hello"

            asyncio.run(main())
