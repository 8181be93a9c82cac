"""The demo as ``interfaces demo`` runs it, in a process of its own."""

import json
import os
import re
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

from websockets.sync.client import connect

ROOT = Path(__file__).resolve().parents[2]


def start(database, port=0, **environ):
    """Start it: (process, HOST:PORT), answering by the time it is returned."""
    process = subprocess.Popen(
        [sys.executable, "-W", "error", "-m", "interfaces", "demo", "--bind", f"127.0.0.1:{port}"],
        cwd=ROOT,
        env={**os.environ, "INTERFACES_DEMO_DB": str(database), **environ},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    said = []
    for line in process.stdout:
        said.append(line)
        if found := re.search(r"http ws on (\S+) for", line):
            return process, found[1]
    process.wait(10)
    process.stdout.close()
    raise AssertionError("".join(said))


def stop(process):
    """Drain it; gives the exit code and what it said."""
    process.terminate()
    said = process.stdout.read()
    process.stdout.close()
    return process.wait(10), said


@contextmanager
def demo(database, port=0, **environ):
    """The demo while the block runs; its end has to be a clean one."""
    process, where = start(database, port, **environ)
    try:
        yield where
    finally:
        code, said = stop(process)
    assert (code, "Traceback" in said) == (0, False), said


@contextmanager
def visitor(where, name="ada", room="lobby", origin=None):
    """A WebSocket in a room, after its welcome: (put, get)."""
    with connect(f"ws://{where}/ws/{room}/", origin=origin or f"http://{where}") as socket:

        def put(**frame):
            socket.send(json.dumps(frame))

        def get(kind):
            while (frame := json.loads(socket.recv(timeout=10)))["type"] != kind:
                pass
            return frame

        put(type="join", name=name, visitor=f"visitor-{name}")
        get("welcome")
        yield put, get
