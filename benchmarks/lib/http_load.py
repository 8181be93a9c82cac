"""The HTTP and WebSocket tests: what is asked, with which tool, and how its answer is read."""

from __future__ import annotations

import http.client
import re
import resource
import socket
import ssl
import sys
from dataclasses import dataclass
from pathlib import Path

from kit import LOAD, Kit
from procs import Server, run_tool

__all__ = ["TESTS", "Figures", "Test", "check", "idle_kb", "run"]

BODY = b"0123456789abcdef" * 640
SIZES = {"/": 12, "/10k": 10240, "/echo": 10240, "/stream": 102400, "/django": 12}
IDLE = 2000
UNITS = {"us": 1.0, "ms": 1e3, "s": 1e6, "m": 6e7}


@dataclass(frozen=True)
class Test:
    """``tool`` is wrk, h2load, ws, h2ws or idle; ``extra`` are words for it."""

    tool: str
    path: str = "/"
    tls: bool = False
    extra: tuple[str, ...] = ()


TESTS = {
    "hello": Test("wrk"),
    "browser": Test("wrk", extra=("-s", "browser.lua")),
    "10k": Test("wrk", "/10k"),
    "post10k": Test("wrk", "/echo", extra=("-s", "post10k.lua")),
    "stream": Test("wrk", "/stream"),
    "django": Test("wrk", "/django"),
    "tls": Test("wrk", tls=True),
    "h2c": Test("h2load"),
    "h2c10k": Test("h2load", "/10k"),
    "h2tls": Test("h2load", tls=True),
    "h2tls10k": Test("h2load", "/10k", tls=True),
    "h2tlspost10k": Test("h2load", "/echo", tls=True),
    "ws32": Test("ws", "/ws", extra=("32", "text")),
    "ws8k": Test("ws", "/ws", extra=("8192", "bin")),
    "h2ws32": Test("h2ws", "/ws", extra=("32", "text")),
    "wsidle": Test("idle", "/ws"),
}


@dataclass(frozen=True)
class Figures:
    """What a load tool saw."""

    n: int
    secs: float
    p50_us: float | None = None
    p99_us: float | None = None
    note: str = ""


def check(kit: Kit, server: Server, test: Test) -> None:
    """RuntimeError unless the server answers this test rightly."""
    if test.tool == "wrk":
        _check_http1(server.port, test)
    elif test.tool == "h2load":
        words = ["h2load", "-n16", "-c1", "-m4", *_h2_words(kit, server, test)]
        out = run_tool(words, kit.load_cpu, 20)
        data = re.search(r"\((\d+)\) data", out)
        if "Application protocol: h2" not in out or "16 2xx" not in out:
            raise RuntimeError("no HTTP/2")
        if not data or int(data[1]) != 16 * SIZES[test.path]:
            raise RuntimeError("wrong answers")


def run(kit: Kit, server: Server, test: Test, secs: int) -> Figures:
    """Load ``server`` for ``secs`` seconds."""
    url = f"http{'s' * test.tls}://127.0.0.1:{server.port}{test.path}"
    if test.tool == "wrk":
        extra = [str(LOAD / word) if word.endswith(".lua") else word for word in test.extra]
        words = ["wrk", "-t1", "-c64", f"-d{secs}s", "--latency", *extra, url]
        return _read_wrk(run_tool(words, kit.load_cpu, secs + 30))
    if test.tool == "h2load":
        log = kit.log("h2load")
        log.unlink(missing_ok=True)
        words = [
            "h2load",
            "-t1",
            "-c8",
            "-m32",
            f"-D{secs}",
            f"--log-file={log}",
            *_h2_words(kit, server, test),
        ]
        return _read_h2load(run_tool(words, kit.load_cpu, secs + 30), log, secs)
    tool: list[str | Path] = [kit.workdir / "wsload", str(server.port), test.path, "64"]
    if test.tool == "h2ws":
        tool = [sys.executable, LOAD / "h2wsload.py", str(server.port), test.path, "8", "64"]
    size, kind = test.extra
    out = run_tool([*tool, size, str(secs), kind], kit.load_cpu, secs + 30)
    found = dict(re.findall(r'"(\w+)": ([\d.]+)', out))
    return Figures(int(found["n"]), float(found["secs"]), float(found["p50_us"]), float(found["p99_us"]))


def idle_kb(server: Server) -> float:
    """Kilobytes of server memory for each of 2,000 open WebSockets that do nothing."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(2 * IDLE, hard) if hard > 0 else 2 * IDLE, hard))
    before, conns = server.rss_kb(), []
    try:
        conns.extend(_websocket(server.port) for _ in range(IDLE))
        for conn in conns:
            if not conn.recv(64):
                raise RuntimeError("closed")
        return (server.rss_kb() - before) / IDLE
    finally:
        for conn in conns:
            conn.close()


def _websocket(port: int) -> socket.socket:
    """An open WebSocket that has sent one small message, so that the application runs."""
    conn = socket.create_connection(("127.0.0.1", port), 10)
    try:
        _upgrade(conn)
    except BaseException:
        conn.close()
        raise
    return conn


def _upgrade(conn: socket.socket) -> None:
    conn.sendall(
        b"GET /ws HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )
    answer = b""
    while not answer.endswith(b"\r\n\r\n"):
        data = conn.recv(1)
        if not data:
            raise RuntimeError("handshake cut short")
        answer += data
    if b" 101 " not in answer[:20]:
        raise RuntimeError("handshake refused")
    conn.sendall(b"\x81\x82\0\0\0\0hi")


def _check_http1(port: int, test: Test) -> None:
    insecure = ssl.create_default_context()
    insecure.check_hostname, insecure.verify_mode = False, ssl.CERT_NONE
    conn = (
        http.client.HTTPSConnection("127.0.0.1", port, timeout=10, context=insecure)
        if test.tls
        else http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    )
    try:
        if test.path == "/echo":
            conn.request("POST", test.path, BODY, {"Content-Type": "application/octet-stream"})
        else:
            conn.request("GET", test.path)
        answer = conn.getresponse()
        body = answer.read()
    except (OSError, http.client.HTTPException) as error:
        raise RuntimeError(f"no answer: {error!r}") from None
    finally:
        conn.close()
    if answer.status != 200 or len(body) != SIZES[test.path]:
        raise RuntimeError(f"wrong answer: {answer.status}, {len(body)} bytes")


def _h2_words(kit: Kit, server: Server, test: Test) -> list[str]:
    words = [f"http{'s' * test.tls}://127.0.0.1:{server.port}{test.path}"]
    if test.path == "/echo":
        body = kit.workdir / "body10k"
        body.write_bytes(BODY)
        words = ["-d", str(body), *words]
    return words


def _read_wrk(out: str) -> Figures:
    count = re.search(r"(\d+) requests in ([\d.]+)(\w+)", out)
    if not count:
        raise RuntimeError("wrk measured nothing")
    trouble = " ".join(re.findall(r"Non-2xx.*|Socket errors.*", out))
    if "Non-2xx" in trouble:
        raise RuntimeError(trouble)
    p50, p99 = (_us(m[1]) or None if (m := re.search(rf"{p}%\s+(\S+)", out)) else None for p in (50, 99))
    return Figures(int(count[1]), float(count[2]) * UNITS[count[3]] / 1e6, p50, p99, trouble)


def _read_h2load(out: str, log: Path, secs: int) -> Figures:
    count = re.search(r"(\d+) done, (\d+) succeeded, (\d+) failed", out)
    if not count or not int(count[2]):
        raise RuntimeError("h2load measured nothing")
    took = sorted(
        int(f[2]) for f in (line.split("\t") for line in log.read_text().splitlines()) if len(f) > 2
    )
    note = "" if count[3] == "0" else f"{count[3]} failed"
    if not took:
        return Figures(int(count[2]), secs, note=note)
    return Figures(int(count[2]), secs, took[len(took) // 2], took[int(len(took) * 0.99)], note)


def _us(text: str) -> float:
    number = re.match(r"([\d.]+)(\w+)", text)
    return float(number[1]) * UNITS[number[2]] if number else 0.0
