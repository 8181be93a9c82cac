"""How the processes under test are started, found, measured and ended."""

import os
import resource
import select
import signal
import socket
import subprocess
import sys

import pytest

from tests.tools.loading import load

procs = load("benchmarks/lib/procs.py")

LISTENS = """
import socket, subprocess, sys, time
server = socket.create_server(("127.0.0.1", int(sys.argv[1])))
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
print(child.pid, flush=True)
time.sleep(60)
"""


def server(tmp_path, program, *, patience=20.0, argv=None):
    """A server, not yet started."""
    port = procs.free_port()
    words = argv or [sys.executable, "-c", program, str(port)]
    log = tmp_path / "log"
    return procs.Server("it", words, port, cwd=tmp_path, env={}, cpu=None, log=log, patience=patience)


def test_a_listener_is_seen_without_a_connection():
    """The kernel's tables say it, in both families; after it is closed they do not."""
    with socket.create_server(("127.0.0.1", 0)) as sock:
        port = sock.getsockname()[1]
        assert procs.listens(port)
        sock.settimeout(0)
        with pytest.raises(BlockingIOError):
            sock.accept()
    assert not procs.listens(port)


def test_a_free_port_can_be_listened_on():
    """Nobody has it, and the socket that found it is closed."""
    port = procs.free_port()
    assert not procs.listens(port)
    socket.create_server(("127.0.0.1", port)).close()


def test_a_server_and_its_children_are_one(tmp_path):
    """CPU time and memory are those of all; when it is stopped, none is left, whatever the children think."""
    with server(tmp_path, LISTENS) as running:
        first, child = running.pids
        ends = [os.pidfd_open(pid) for pid in (first, child)]
        assert child == int((tmp_path / "log").read_text())
        assert running.cpu_ns() >= procs.cpu_ns([first]) > 1_000_000
        assert running.rss_kb() == pytest.approx(
            procs.memory_kb(first, "VmRSS") + procs.memory_kb(child, "VmRSS"), rel=0.5
        )
        assert running.peak_mb() * 1024 >= max(procs.memory_kb(pid, "VmRSS") for pid in (first, child)) * 0.9
    for end in ends:
        assert select.select([end], [], [], 10)[0], "it lives on"
        os.close(end)


def test_a_server_that_ends_is_not_waited_for(tmp_path):
    """The end of what it said is the reason, and its children end with it."""
    ends = "import sys; print('x' * 300 + ' the port is taken'); sys.exit(3)"
    with pytest.raises(procs.NotStarted, match=r"x the port is taken$") as error, server(tmp_path, ends):
        pass
    assert len(str(error.value)) == 200


def test_a_server_that_does_not_listen_is_ended(tmp_path):
    """After the time that it was given; nothing of it is left to spoil the next measurement."""
    never = server(tmp_path, "import time; time.sleep(60)", patience=0.0)
    with pytest.raises(procs.NotStarted, match="did not listen"), never:
        pass
    assert never._process.returncode == -signal.SIGTERM


def test_a_program_that_is_not_there_is_told_by_name(tmp_path):
    """As NotStarted, like all that keeps a server from being measured."""
    missing = server(tmp_path, "", argv=["/nowhere/at/all"])
    with pytest.raises(procs.NotStarted, match="/nowhere/at/all"), missing:
        pass


def test_what_a_tool_prints_comes_back():
    """Bytes that are no UTF-8 do not hinder it."""
    said = procs.run_tool([sys.executable, "-c", "import os; os.write(1, b'a\\xffb')"], None, 60)
    assert said == "a\N{REPLACEMENT CHARACTER}b"


@pytest.mark.parametrize(
    ("program", "said"),
    [
        ("import sys; print('out'); sys.exit('why not')", "why not"),
        ("import sys; print('only out'); sys.exit(3)", "only out"),
        ("import sys; sys.exit(3)", "exit 3"),
    ],
)
def test_a_tool_that_fails_says_why(program, said):
    """What it wrote to stderr, else to stdout, else its exit code."""
    with pytest.raises(RuntimeError, match=f"^{said}$"):
        procs.run_tool([sys.executable, "-c", program], None, 60)


def test_a_tool_may_open_as_many_files_as_the_machine_lets_it():
    """The soft limit becomes the hard one, up to what a load needs; and it runs on its CPU."""
    asked = "import os, resource; print(resource.getrlimit(resource.RLIMIT_NOFILE), sorted(os.sched_getaffinity(0)))"
    cpu = min(os.sched_getaffinity(0))
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    wanted = procs.NOFILE if hard == resource.RLIM_INFINITY else min(procs.NOFILE, hard)
    assert procs.run_tool([sys.executable, "-c", asked], cpu, 60).strip() == f"({wanted}, {hard}) [{cpu}]"


def test_processes_that_are_gone_count_nothing():
    """One may end between the list and the look."""
    done = subprocess.Popen([sys.executable, "-c", ""])
    done.wait()
    assert procs.tree(done.pid) == [done.pid]
    assert procs.memory_kb(done.pid, "VmRSS") == 0
    assert procs.cpu_ns([done.pid]) == 0


def test_memory_is_a_field_by_its_name():
    """The peak is no less than what is there now; what is no field is zero."""
    me = os.getpid()
    assert procs.memory_kb(me, "VmHWM") >= procs.memory_kb(me, "VmRSS") > 0
    assert procs.memory_kb(me, "VmNothing") == 0


def test_cpu_time_is_that_of_work():
    """It grows by what was spent, and the threads that have ended stay in it."""
    before = procs.cpu_ns([os.getpid()])
    sum(range(300_000))
    assert procs.cpu_ns([os.getpid()]) - before > 500_000
