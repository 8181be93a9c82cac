"""compose.yaml itself, without Docker: its services as processes, with the application it names."""

import asyncio
import json
import subprocess
import sys
from pathlib import Path

from interfaces.layers.embedded import Embedded
from interfaces.testing.websocket import WebSocketClient
from tests.deploy.files import DEPLOY, commands, compose
from tests.deploy.houses import House
from tests.process.server import until

APPLICATION = DEPLOY.parent / "examples/chat-2016"
RUN = {"http_ws", "worker", "migrate"}
"""The services that are run below, and by tests/deploy/houses.py."""


def test_compose_itself_takes_the_file() -> None:
    """Docker Compose's own reading of it, with every profile: keys, values, references; it needs no Docker for that."""
    words = [Path(sys.executable).with_name("docker-compose"), "-f", DEPLOY / "compose.yaml"]
    done = subprocess.run([*words, "--profile", "*", "config", "--quiet"], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def test_other_services_say_what_the_manifests_say() -> None:
    """So that a process of the one is a proof of the other; they leave out what has a default."""
    services, all_words = compose(), commands()
    others = [
        name for name, service in services.items() if service.get("image") == "interfaces" and name not in RUN
    ]
    assert sorted(others) == sorted(
        name for service in services.values() for name in service.get("profiles", [])
    )
    for name in others:
        told = " ".join(all_words[f"compose/{name}"]).replace(" --", "\0--")
        words = {
            part.replace(" ", "=", 1) if part.startswith("--") else part for part in told.split("\0")
        } - {f"serve {name}"}
        assert all_words[f"compose/{name}"][:2] == all_words[f"k8s/{name}"][:2] == ["serve", name]
        assert words <= {*all_words[f"k8s/{name}"]}


def test_no_service_may_more_than_it_needs() -> None:
    """Ours: a root file system that is read, no capability, no new rights; and nothing of the host's."""
    services = compose()
    for name, service in services.items():
        assert service["read_only"] is True, name
        assert "no-new-privileges:true" in service["security_opt"]
        assert not {"privileged", "network_mode", "pid", "cap_add", "devices", "user"} & {*service}
        if service.get("image") == "interfaces":
            assert (service["cap_drop"], service["tmpfs"]) == (["ALL"], ["/tmp"])


def test_the_world_reaches_what_speaks_to_it() -> None:
    """The broker has no port outside; webhooks, whose TLS ends elsewhere, only one on this machine."""
    ports = {name: service.get("ports", []) for name, service in compose().items()}
    assert ports["redis"] == ports["worker"] == ports["migrate"] == []
    assert all(port.startswith("127.0.0.1:") for name in ("slack", "sms") for port in ports[name])
    assert not any(":9000" in port for told in ports.values() for port in told)


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
