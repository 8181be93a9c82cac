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


def start(state, *options, port=0, console="", **environ):
    """Start it: (process, what it said), answering by the time it is returned."""
    process = subprocess.Popen(
        [sys.executable, "-W", "error", "-m", "interfaces", "demo", "--port-base", "0", "--state", str(state),
         "--bind", f"127.0.0.1:{port}", "--console", console, *options],
        cwd=ROOT, env={**os.environ, **environ}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    said = []
    for line in process.stdout:
        said.append(line)
        if "press take" in line:
            return process, "".join(said)
    process.wait(10)
    process.stdout.close()
    raise AssertionError("".join(said))


def page_of(said):
    """HOST:PORT of the pages."""
    return re.search(r"is open: http://(\S+)/", said)[1]


def mail_of(said):
    """Host and port of mail."""
    host, port = re.search(r"mail +(\S+):(\d+) to", said).groups()
    return host, int(port)


def stop(process):
    """Drain it; gives the exit code and what it said."""
    process.terminate()
    said = process.stdout.read()
    process.stdout.close()
    return process.wait(10), said


@contextmanager
def demo(state, *options, **more):
    """The demo while the block runs: HOST:PORT of its pages; its end has to be a clean one."""
    with whole(state, *options, **more) as said:
        yield page_of(said)


@contextmanager
def whole(state, *options, **more):
    """The same, that gives what it said."""
    process, told = start(state, *options, **more)
    try:
        yield told
    finally:
        code, said = stop(process)
    assert (code, "Traceback" in said) == (0, False), said


@contextmanager
def visitor(where, name="ada", room="desk", origin=None):
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
