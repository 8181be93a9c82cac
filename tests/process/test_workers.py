"""Several workers under a supervisor: shared sockets, restarts, rolling replacement, and no orphans."""

import os
import re
import signal
import socket
import sys
import threading
import time
from pathlib import Path

import pytest

from tests.process.server import Server, gone, until

OPS = ("--ops-bind", "127.0.0.1:0")


def pids(server: Server, count: int) -> set[int]:
    """The process ids of ``count`` workers, found out by asking until that many have answered."""
    found: set[int] = set()

    def enough() -> bool:
        status, body = server.get("/")
        if status == 200:
            found.add(int(body))
        return len(found) >= count

    until(enough)
    return found


def ready_workers(server: Server) -> int:
    """How many workers are ready, as /readyz has it."""
    return server.get("/readyz", server.ops)[1].count(": ok")


def test_workers_share_the_port_and_one_banner(tmp_path: Path) -> None:
    """Two processes answer on one port 0, the banner is printed once, /readyz names both."""
    with Server(tmp_path, "--workers", "2", *OPS) as server:
        until(lambda: ready_workers(server) == 2)
        assert len(pids(server, 2)) == 2
        assert server.process.pid not in pids(server, 2)
        assert server.get("/readyz", server.ops) == (200, "worker 1: ok\nworker 2: ok\n")
        assert server.said.count("http ws on 127.0.0.1:") == 1
        assert f"2 workers, pid {server.process.pid}, " in server.said


@pytest.mark.parametrize("workers", ["1", "2"])
def test_metrics_add_up_what_all_workers_count(tmp_path: Path, workers: str) -> None:
    """Of one process, of several, and of those that are gone."""

    def refused(count: int) -> bool:
        lines = server.get("/metrics", server.ops)[1].splitlines()
        return f"interfaces_http_refused_total {count}" in lines and "interfaces_ws_silent_total 0" in lines

    with Server(tmp_path, "--workers", workers, *OPS) as server:
        until(lambda: refused(0))
        for _ in range(5):
            assert server.get("/x#y")[0] == 400
        until(lambda: refused(5))
        if workers == "2":
            for victim in pids(server, 2):
                os.kill(victim, signal.SIGTERM)
            server.wait_for("ended with code 0", 2)
            until(lambda: ready_workers(server) == 2)
            assert server.get("/x#y")[0] == 400
            until(lambda: refused(6))


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGSEGV])
def test_a_worker_that_ends_is_replaced(tmp_path: Path, number: signal.Signals) -> None:
    """Whatever ends a worker, another takes its place; the log says what it was."""
    with Server(tmp_path, "--workers", "2", *OPS) as server:
        until(lambda: ready_workers(server) == 2)
        victim = min(pids(server, 2))
        os.kill(victim, number)
        how = "ended with code 0" if number == signal.SIGTERM else f"was ended by {number.name}"
        server.wait_for(rf"worker \d \(pid {victim}\) {how} after")
        until(lambda: ready_workers(server) == 2)
        assert victim not in pids(server, 2)
        server.signal(signal.SIGTERM)
        assert server.ended() == 0


def test_the_backlog_of_a_dead_worker_is_served_by_its_successor(tmp_path: Path) -> None:
    """With every worker dead, a connection waits in the shared socket instead of being refused."""
    with Server(tmp_path, "--workers", "2", *OPS) as server:
        until(lambda: ready_workers(server) == 2)
        port = server.port
        for victim in pids(server, 2):
            os.kill(victim, signal.SIGKILL)
        assert server.get("/", port)[0] == 200


@pytest.mark.parametrize("options", [(), ("--reuse-port",)], ids=["shared", "reuse-port"])
def test_sighup_replaces_workers_one_by_one_and_loses_nothing(
    tmp_path: Path, options: tuple[str, ...]
) -> None:
    """All pids are new after SIGHUP, one was ready at any time, and every request in between was answered."""
    with Server(tmp_path, "--workers", "2", *OPS, *options) as server:
        until(lambda: ready_workers(server) == 2)
        before = pids(server, 2)
        stop, counts = threading.Event(), {200: 0}
        unready: list[str] = []

        def ask() -> None:
            while not stop.is_set():
                status, _ = server.get("/")
                counts[status] = counts.get(status, 0) + 1
                code, text = server.get("/readyz", server.ops)
                if code != 200:
                    unready.append(text)

        threads = [threading.Thread(target=ask) for _ in range(4)]
        for thread in threads:
            thread.start()
        server.signal(signal.SIGHUP)
        server.wait_for("replaced 2 of 2 workers")
        stop.set()
        for thread in threads:
            thread.join()
        assert not pids(server, 2) & before
        assert counts.keys() == {200} and counts[200] > 20
        assert not unready
        until(lambda: all(gone(pid) for pid in before))
        server.signal(signal.SIGTERM)
        assert server.ended() == 0


def test_a_successor_that_cannot_start_leaves_the_old_worker(tmp_path: Path) -> None:
    """SIGHUP after a broken deployment: the old workers serve on, and the log says why."""
    broken = tmp_path / "broken"
    with Server(tmp_path, "--workers", "2", *OPS, env={"START": str(broken)}) as server:
        until(lambda: ready_workers(server) == 2)
        before = pids(server, 2)
        broken.touch()
        server.signal(signal.SIGHUP)
        server.wait_for("replaced 0 of 2 workers")
        assert "the application did not start: no database" in server.said
        assert "ended with code 1 before it was ready: the old one serves on" in server.said
        assert pids(server, 2) == before


def test_a_successor_that_hangs_is_ended(tmp_path: Path) -> None:
    """One that is not ready in time holds up no restart: it is killed, and the next SIGHUP replaces again."""
    stuck = tmp_path / "stuck.hang"
    options = ("--workers", "2", "--start-timeout", "3", *OPS)
    with Server(tmp_path, *options, env={"START": str(stuck)}) as server:
        until(lambda: ready_workers(server) == 2)
        before = pids(server, 2)
        stuck.touch()
        server.signal(signal.SIGHUP)
        server.wait_for("replaced 0 of 2 workers")
        assert pids(server, 2) == before
        stuck.unlink()
        server.signal(signal.SIGHUP)
        server.wait_for("replaced 2 of 2 workers")
        assert not pids(server, 2) & before


def test_a_killed_supervisor_leaves_no_orphans(tmp_path: Path) -> None:
    """kill -9 of the supervisor: its workers notice, finish what is in flight, and end."""
    with Server(tmp_path, "--workers", "2", *OPS) as server:
        until(lambda: ready_workers(server) == 2)
        workers = pids(server, 2)
        port = server.port
        answers: list[tuple[int, str]] = []
        thread = threading.Thread(target=lambda: answers.append(server.get("/slow", port)))
        thread.start()
        server.wait_for("application: slow")
        server.signal(signal.SIGKILL)
        thread.join()
        assert answers[0][0] == 200
        until(lambda: all(gone(pid) for pid in workers))


def test_ctrl_c_reaches_all_and_counts_once(tmp_path: Path) -> None:
    """SIGINT to the whole group, as a terminal sends it, drains; it is not taken for a second signal."""
    with Server(tmp_path, "--workers", "2", *OPS) as server:
        until(lambda: ready_workers(server) == 2)
        answers: list[tuple[int, str]] = []
        thread = threading.Thread(target=lambda: answers.append(server.get("/slow")))
        thread.start()
        server.wait_for("application: slow")
        os.killpg(server.process.pid, signal.SIGINT)
        assert server.ended() == 0
        thread.join()
        assert answers[0][0] == 200
        assert "Traceback" not in server.said


@pytest.mark.parametrize(
    ("arguments", "environ", "code", "words"),
    [
        (("--app", "nowhere:app"), {}, 2, "no module named nowhere"),
        (("--tls-cert", "nowhere.pem"), {}, 2, "nowhere.pem"),
        ((), {"START": "fail"}, 1, "the application did not start: no database"),
    ],
    ids=["no module", "no certificate", "failing lifespan"],
)
def test_what_cannot_start_ends_the_whole_with_one_line(
    tmp_path: Path, arguments: tuple[str, ...], environ: dict[str, str], code: int, words: str
) -> None:
    """The first worker's mistake is told once, with the exit code that one process would have had."""
    with Server(tmp_path, "--workers", "3", *arguments, env=environ) as server:
        assert server.ended() == code
        (line,) = server.said.splitlines()
        assert line.startswith("interfaces: ") and words in line


def test_a_port_in_use_is_one_line(tmp_path: Path) -> None:
    """The supervisor opens the sockets before it starts anything, and says what is wrong with them."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        where = f"127.0.0.1:{taken.getsockname()[1]}"
        with Server(tmp_path, "--workers", "2", "--http-bind", where, command=[
            sys.executable, "-m", "interfaces", "serve", "http", "--app", "tests.process.app:application",
        ]) as server:  # fmt: skip
            assert server.ended() == 2
            assert re.fullmatch(r"interfaces: bind .* is in use; .*\n", server.said)


def test_a_start_that_never_succeeds_again_ends_the_whole(tmp_path: Path) -> None:
    """When all workers are gone and none starts in five tries each, the process ends with their code."""
    broken = tmp_path / "broken"
    with Server(tmp_path, "--workers", "2", *OPS, env={"START": str(broken)}) as server:
        until(lambda: ready_workers(server) == 2)
        workers = pids(server, 2)
        broken.touch()
        for victim in workers:
            os.kill(victim, signal.SIGKILL)
        began = time.monotonic()
        assert server.ended(60) == 1
        assert time.monotonic() - began > 3  # the pauses grow
        assert server.said.count("no worker can be started: 5 in a row failed") == 1


def test_workers_from_code(tmp_path: Path) -> None:
    """interfaces.run(app, workers=2) in a program starts that program again, and stops with it."""
    (tmp_path / "program.py").write_text(
        "import interfaces\n"
        "from tests.process.app import application\n"
        "raise SystemExit(interfaces.run(application, http_bind=('127.0.0.1:0',), workers=2))\n"
    )
    with Server(tmp_path, command=[sys.executable, "program.py"]) as server:
        assert len(pids(server, 2)) == 2
        server.signal(signal.SIGTERM)
        assert server.ended() == 0


def test_unix_sockets_go_with_the_supervisor(tmp_path: Path) -> None:
    """A unix socket is made once, served by both workers, and its file is gone after the drain."""
    path = tmp_path / "sock"
    command = [sys.executable, "-m", "interfaces", "serve", "http", "--app", "tests.process.app:application"]
    with Server(tmp_path, "--workers", "2", "--bind", f"unix:{path}", command=command) as server:
        server.wait_for("2 workers")
        with socket.socket(socket.AF_UNIX) as conn:
            conn.connect(str(path))
            conn.sendall(b"GET / HTTP/1.1\r\nhost: test\r\n\r\n")
            assert conn.recv(65536).startswith(b"HTTP/1.1 200")
        server.signal(signal.SIGTERM)
        assert server.ended() == 0
        assert not path.exists()
