"""The commands of manifests and units as processes, with their flags as they stand there: ready, alive, gone with 0.

Those of compose.yaml are run by houses.py, or say nothing that those of the manifests do not (test_compose.py).
Different are addresses only: what is 0.0.0.0 or a port of its own there is a free port of loopback here. What a unit
is handed by systemd, it is handed here: a listening socket, a place to say READY=1, a time for the watchdog.
"""

import contextlib
import json
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import redis

from interfaces.layers.embedded import Embedded
from interfaces.layers.scripts import queue_keys
from interfaces.layers.settings import Settings
from interfaces.workers.transports.redis import OPENINGS
from tests.deploy.files import commands, deployments, manifests, section, units
from tests.process.server import Server, until

COMMANDS = {place: words for place, words in commands().items() if not place.startswith("compose/")}
ADDRESS = re.compile(r"(0\.0\.0\.0|127\.0\.0\.1):\d+")
HANDED = """
import os, sys
os.dup2(int(sys.argv[1]), 3)
os.environ["LISTEN_PID"] = str(os.getpid())
os.execv(sys.argv[2], sys.argv[2:])
"""
APPLICATION = """
async def application(scope, receive, send):
    if scope["type"] != "http":
        raise NotImplementedError(scope["type"])
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"from the application"})
"""
SECRETS = {
    found["key"]: found["value"]
    for one in manifests()
    if one["kind"] == "Secret"
    for found in ({"key": key, "value": value} for key, value in one["stringData"].items())
}
VARIABLES = {
    "INTERFACES_SLACK_SIGNING_SECRET": SECRETS["slack-signing-secret"],
    "INTERFACES_SLACK_BOT_TOKEN": SECRETS["slack-bot-token"],
    "INTERFACES_SMS_ACCOUNTS": SECRETS["sms-accounts"],
}
LISTENS = {"http": "http ws", "http-ws": "http ws"}
"""What a part calls what it serves, where that is not its own name."""


class Slack(BaseHTTPRequestHandler):
    """As much of Slack as says whose token it is."""

    def do_POST(self) -> None:
        """Any method."""
        who = {"ok": True, "team_id": "T1", "user_id": "U1", "bot_id": "B1", "url": "https://x.slack.com/"}
        body = json.dumps(who).encode()
        self.rfile.read(int(self.headers.get("content-length", 0)))
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """Nothing."""


@pytest.fixture(scope="module")
def slack() -> Iterator[str]:
    """The URL of that."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Slack) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}/api/"
        server.shutdown()
        thread.join()


class Part:
    """A command of deploy/ that runs; ``notes`` is what it told systemd."""

    def __init__(self, place: str, directory: Path, env: dict[str, str], stack: contextlib.ExitStack) -> None:
        self.place, self.name = place.split("/")
        self.notes: list[str] = []
        words = [ADDRESS.sub("127.0.0.1:0", word) for word in COMMANDS[place]]
        command = [sys.executable, "-m", "interfaces", *words]
        if self.place == "systemd":
            command, env = self._handed(command, directory, env, stack)
        fds = [self.socket.fileno()] if self.place == "systemd" and self.name in units("socket") else []
        self.server = stack.enter_context(Server(directory, command=command, env=env, pass_fds=fds))

    def _handed(
        self, command: list[str], directory: Path, env: dict[str, str], stack: contextlib.ExitStack
    ) -> tuple[list[str], dict[str, str]]:
        """What systemd gives beside the command."""
        service = section(units("service")[self.name], "Service")
        self.notify = stack.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM))
        self.notify.bind(str(directory / "notify"))
        self.notify.setblocking(False)
        micros = 1_000_000 * int(service["WatchdogSec"][0])
        env = {**env, "NOTIFY_SOCKET": str(directory / "notify"), "WATCHDOG_USEC": str(micros)}
        if self.name not in units("socket"):
            return command, env
        (name,) = section(units("socket")[self.name], "Socket")["FileDescriptorName"]
        self.socket = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        handing = [sys.executable, "-I", "-S", "-c", HANDED, str(self.socket.fileno())]
        return [*handing, *command], {**env, "LISTEN_FDS": "1", "LISTEN_FDNAMES": name}

    def told(self, word: str) -> bool:
        """Whether systemd was told this."""
        with contextlib.suppress(BlockingIOError):
            while True:
                self.notes += self.notify.recv(4096).decode().splitlines()
        return word in self.notes


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory, slack: str) -> Iterator[dict[str, Part]]:
    """All of them, at once: those of one place are on one layer; those of systemd have the application themselves."""
    srv = tmp_path_factory.mktemp("srv")
    for package in ("chat", "proj"):
        (srv / package).mkdir()
        (srv / package / "asgi.py").write_text(APPLICATION)
    clean = {
        "PYTHONPATH": f"{Path(__file__).parents[2]}:{srv}",
        "INTERFACES_SLACK_API_URL": slack,
        **VARIABLES,
    }
    with Embedded() as broker, contextlib.ExitStack() as stack:
        made = {}
        for place in COMMANDS:
            where = place.partition("/")[0]
            env = {**clean, "INTERFACES_LAYER": f"{broker.url}?prefix={where}"}
            if where == "systemd":
                env["INTERFACES_APP"] = "proj.asgi:application"
            made[place] = Part(place, tmp_path_factory.mktemp(place.replace("/", "-")), env, stack)
        yield made


@pytest.mark.parametrize("place", COMMANDS)
def test_a_part_becomes_ready(parts: dict[str, Part], place: str) -> None:
    """It takes its flags, opens the operations port where a probe looks, lives, and may be given work."""
    part = parts[place]
    part.server.wait_for("readyz on", seconds=90)  # all of them start at once, beside other tests
    ops = part.server.ops
    until(lambda: part.server.get("/readyz", ops)[0] == 200)
    assert part.server.get("/livez", ops) == (200, "ok\n")
    name = LISTENS.get(part.name, part.name)
    part.server.wait_for("worker for" if name == "worker" else f"interfaces: {name} on ")
    if part.place == "systemd":
        assert until(lambda: part.told("READY=1"))
        if part.name in units("socket"):
            assert f":{part.socket.getsockname()[1]}" in part.server.said, "it listens where it was told"


@pytest.mark.parametrize("place", ["k8s", "systemd"])
def test_a_request_is_answered_by_the_application(parts: dict[str, Part], place: str) -> None:
    """By the container and a worker on its layer, or by the one process on systemd's socket."""
    server = next(
        part for name, part in parts.items() if name in {f"{place}/{http}" for http in LISTENS}
    ).server
    assert until(lambda: server.get("/")) == (200, "from the application")


def test_the_length_of_a_stream_is_what_waits(tmp_path: Path) -> None:
    """KEDA's trigger: a request that no worker has taken is one entry, and not a pending one."""
    (keda,) = [found for found in manifests() if found["kind"] == "ScaledObject"]
    stream = queue_keys(Settings.of().prefix, f"{OPENINGS}http").stream
    assert stream == keda["spec"]["triggers"][0]["metadata"]["stream"]
    words = [ADDRESS.sub("127.0.0.1:0", word) for word in COMMANDS["k8s/http-ws"] if "ops" not in word]
    with Embedded() as server, redis.Redis.from_url(server.url) as broker:
        env = {"INTERFACES_LAYER": server.url, "INTERFACES_RELAY_WAIT": "1"}
        with Server(tmp_path, command=[sys.executable, "-m", "interfaces", *words], env=env) as container:
            asking = threading.Thread(target=container.get, args=("/",))
            container.wait_for("http ws on")
            asking.start()
            until(lambda: broker.xlen(stream) == 1)
            assert broker.xpending(stream, "g")["pending"] == 0
            asking.join()


def test_the_health_check_of_the_image_tells_life_from_death(parts: dict[str, Part]) -> None:
    """Its command ends with 0 beside a process that lives, and not with 0 beside none."""
    text = (Path(__file__).parents[2] / "deploy/Dockerfile").read_text(encoding="utf-8")
    (found,) = re.findall(r"^HEALTHCHECK .*\\\n\s+CMD (\[.*\])$", text, re.MULTILINE)
    _, option, code = json.loads(found)
    ports = {parts["k8s/http-ws"].server.ops: 0, 9: 1}
    for port, expected in ports.items():
        program = code.replace(":9000", f":{port}")
        done = subprocess.run([sys.executable, option, program], capture_output=True)
        assert done.returncode == expected, done.stderr


def test_sigterm_ends_every_part_in_its_time(parts: dict[str, Part]) -> None:
    """With 0; where listeners stay open for a while, /readyz says 503 in it; systemd hears STOPPING=1. Comes last."""
    for part in parts.values():
        part.server.signal(signal.SIGTERM)
    for name in deployments():
        server = parts[f"k8s/{name.removeprefix('interfaces-')}"].server
        if "--drain-delay=5" in COMMANDS[f"k8s/{name.removeprefix('interfaces-')}"]:
            until(lambda server=server: server.get("/readyz", server.ops)[0] == 503)
    ends = {name: part.server.ended(30) for name, part in parts.items()}
    assert ends == dict.fromkeys(ends, 0)
    assert [name for name, part in parts.items() if "Traceback" in part.server.said] == []
    assert all(part.told("STOPPING=1") for part in parts.values() if part.place == "systemd")
