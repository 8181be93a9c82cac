"""How a process starts: order, errors, what it tells its service manager, what it imports."""

import json
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import trustme

from tests.process.server import ROOT, Server, gone, until

OPS = ("--ops-bind", "127.0.0.1:0")


@pytest.fixture
def manager(tmp_path: Path):
    """What a service manager is told: NOTIFY_SOCKET's receiving end."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.bind(str(tmp_path / "notify"))
        sock.settimeout(20)
        yield sock


def told(manager: socket.socket) -> dict[str, str]:
    """The next datagram."""
    return dict(line.split("=", 1) for line in manager.recv(4096).decode().splitlines())


def test_a_failing_startup_is_the_applications_word_and_code_1(tmp_path: Path) -> None:
    """lifespan.startup.failed ends the process with the message, and nothing else."""
    with Server(tmp_path, env={"START": "fail"}) as server:
        assert server.ended() == 1
        assert server.said == "interfaces: the application did not start: no database\n"


def test_a_raising_startup_shows_the_users_frames(tmp_path: Path) -> None:
    """With --lifespan on, an exception ends the process; the frames are the application's, none are ours."""
    with Server(tmp_path, "--lifespan", "on", env={"START": "raise"}) as server:
        assert server.ended() == 1
        assert "ValueError: the database is not there" in server.said
        assert "tests/process/app.py" in server.said
        assert "/interfaces/" not in server.said.replace(str(ROOT / "tests"), "")


def test_a_raising_startup_is_told_and_served_without(tmp_path: Path) -> None:
    """With --lifespan auto the specification says: continue. The log says what was raised."""
    with Server(tmp_path, env={"START": "raise"}) as server:
        assert server.get("/")[0] == 200
        assert "it is served without" in server.said
        assert "ValueError: the database is not there" in server.said


def test_the_operations_port_is_there_before_the_application(tmp_path: Path) -> None:
    """While the application starts, /livez says 200 and /readyz 503, and nothing listens for its clients."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        ops = free.getsockname()[1]
    with Server(tmp_path, "--ops-bind", f"127.0.0.1:{ops}", env={"START": "hang"}) as server:
        until(lambda: server.get("/livez", ops) == (200, "ok\n"))
        assert server.get("/readyz", ops) == (503, "starting\n")
        assert "http ws on" not in server.said


def test_the_service_manager_is_told(tmp_path: Path, manager: socket.socket) -> None:
    """READY=1 when it listens, RELOADING=1 and READY=1 on SIGHUP, STOPPING=1 at the drain (sd_notify)."""
    with Server(tmp_path, env={"NOTIFY_SOCKET": str(tmp_path / "notify")}) as server:
        assert told(manager)["READY"] == "1"
        server.signal(signal.SIGHUP)
        reloading = told(manager)
        assert reloading["RELOADING"] == "1" and int(reloading["MONOTONIC_USEC"]) > 0
        assert told(manager)["READY"] == "1"
        server.signal(signal.SIGTERM)
        assert told(manager)["STOPPING"] == "1"
        assert server.ended() == 0


@pytest.mark.parametrize("arguments", [(), ("--workers", "2")], ids=["one process", "workers"])
def test_the_watchdog_is_fed(tmp_path: Path, manager: socket.socket, arguments: tuple[str, ...]) -> None:
    """With WATCHDOG_USEC, WATCHDOG=1 comes again and again, from one process, and READY=1 once."""
    environ = {"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "200000"}
    with Server(tmp_path, *arguments, env=environ) as server:
        heard = [told(manager) for _ in range(4)]
        assert [facts for facts in heard if "READY" in facts] == heard[:1]
        assert heard[1:] == [{"WATCHDOG": "1"}] * 3
        server.signal(signal.SIGTERM)


def test_workers_tell_the_service_manager_as_one(tmp_path: Path, manager: socket.socket) -> None:
    """The supervisor alone speaks to it; a rolling replacement is a reload."""
    with Server(tmp_path, "--workers", "2", env={"NOTIFY_SOCKET": str(tmp_path / "notify")}) as server:
        assert told(manager) == {"READY": "1", "STATUS": "2 workers"}
        server.signal(signal.SIGHUP)
        assert told(manager)["RELOADING"] == "1"
        assert told(manager)["READY"] == "1"
        server.signal(signal.SIGTERM)
        assert told(manager)["STOPPING"] == "1"


def serial(server: Server, authority: trustme.CA) -> int:
    """The serial number of the certificate that it shows."""
    code = (
        "import ssl,sys\n"
        "c = ssl.create_default_context(cafile=sys.argv[2])\n"
        "import socket, json\n"
        "s = socket.create_connection(('127.0.0.1', int(sys.argv[1])))\n"
        "s = c.wrap_socket(s, server_hostname='localhost')\n"
        "print(json.dumps(s.getpeercert()['serialNumber']))\n"
    )
    with authority.cert_pem.tempfile() as path:
        found = subprocess.run(
            [sys.executable, "-c", code, str(server.port), path], capture_output=True, check=True
        )
    return int(json.loads(found.stdout), 16)


@pytest.mark.parametrize("arguments", [(), ("--workers", "2")], ids=["one process", "workers"])
def test_sighup_reads_the_certificates_again(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    """After SIGHUP new connections see the new certificate, in one process and by replaced workers."""
    authority = trustme.CA()
    path = tmp_path / "cert.pem"

    def issue() -> None:
        authority.issue_cert("localhost").private_key_and_cert_chain_pem.write_to_path(path)

    issue()
    with Server(tmp_path, "--tls-cert", str(path), *arguments) as server:
        before = serial(server, authority)
        issue()
        server.signal(signal.SIGHUP)
        until(lambda: serial(server, authority) != before)


def test_what_serves_http_imports_nothing_else(tmp_path: Path) -> None:
    """A process with one protocol imports that protocol, its loop, and no framework, broker or test tool."""
    with Server(tmp_path) as server:
        modules = server.get("/modules")[1].split("\n")
    ours = {name for name in modules if name.startswith("interfaces.")}
    folders = {name.split(".")[1] for name in ours}
    assert folders == {"cli", "http_ws", "registry", "runner", "shared"}
    others = {name.partition(".")[0] for name in modules} - set(sys.stdlib_module_names)
    foreign = {name for name in others if not name.startswith("_")} - {"interfaces", "tests"}
    brought = {"cython_runtime", "sitecustomize", "typing_extensions"}  # by uvloop, the machine, msgspec
    assert foreign - brought <= {"click", "httptools", "msgspec", "mypy_extensions", "uvloop", "websockets"}
    assert not any(name.startswith(("websockets.asyncio", "websockets.legacy")) for name in modules)


def test_importing_the_package_is_cheap() -> None:
    """``import interfaces`` loads its own file, and neither asyncio nor anything else of ours."""
    code = (
        "import sys; import interfaces; "
        "print([name for name in sys.modules if name.startswith(('interfaces', 'asyncio'))])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert found.stdout.strip() == "['interfaces']"


def test_debug_mode_is_asyncios_variable(tmp_path: Path) -> None:
    """PYTHONASYNCIODEBUG=1 switches asyncio's debug mode on, with either loop."""
    (tmp_path / "debugging.py").write_text(
        "import asyncio\n"
        "async def application(scope, receive, send):\n"
        "    assert scope['type'] == 'http'\n"
        "    body = str(asyncio.get_running_loop().get_debug()).encode()\n"
        "    await send({'type': 'http.response.start', 'status': 200, 'headers': []})\n"
        "    await send({'type': 'http.response.body', 'body': body})\n"
    )
    for loop in ("uvloop", "asyncio"):
        with Server(tmp_path, "--loop", loop, app="debugging", env={"PYTHONASYNCIODEBUG": "1"}) as server:
            assert server.get("/") == (200, "True")


def test_what_the_application_starts_does_not_hold_the_sockets(tmp_path: Path) -> None:
    """A child process of the application inherits neither sockets nor the supervisor's line."""
    (tmp_path / "starting.py").write_text(
        "import subprocess, sys\n"
        "child = subprocess.Popen(['sleep', '60'], close_fds=False)\n"
        "async def application(scope, receive, send):\n"
        "    if scope['type'] == 'http':\n"
        "        await send({'type': 'http.response.start', 'status': 200, 'headers': []})\n"
        "        await send({'type': 'http.response.body', 'body': str(child.pid).encode()})\n"
    )
    with Server(tmp_path, "--workers", "2", app="starting") as server:
        child = int(server.get("/")[1])
        links = [str(fd.readlink()) for fd in Path(f"/proc/{child}/fd").iterdir()]
        assert not [link for link in links if link.startswith("socket:")]
        assert not gone(child)
