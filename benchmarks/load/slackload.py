"""Slack's side of the Events API: signed messages over connections that stay open, one at a time on each.

    slackload.py PORT PATH SECRET SECONDS COUNT [CONNECTIONS]

All COUNT requests are made before the first one is sent, each with an event_id of its own. Prints a line of JSON: n,
secs, p50_us, p99_us. Exit code 1 for an answer that is not 200.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
import selectors
import socket
import sys
import time
from contextlib import ExitStack
from typing import Self

__all__ = ["Connection", "answered", "asked", "bodies", "load", "requests", "signed"]

CHANNELS = 100
"""Conversations that the messages are of."""
TEXT = (
    "Could somebody look at the build of <#C0LAN2Q65|release>? It is red since <@U0MEMBER2> merged it :eyes:"
)
PATIENCE = 10.0
"""Seconds in which any answer has to come."""


def bodies(count: int) -> list[bytes]:
    """So many messages as Slack posts them, each an event of its own."""
    run, now = secrets.token_hex(3).upper(), int(time.time())
    message = {
        "client_msg_id": "d1b4c6c0-8d0b-4f6e-9f3b-4d2c9b7a1e55", "type": "message", "text": TEXT, "user": "U0MEMBER1",
        "ts": f"{now}.@NUMBER@", "team": "T0BENCH01", "channel": "@CHANNEL@", "event_ts": f"{now}.@NUMBER@",
        "channel_type": "channel",
        "blocks": [{
            "type": "rich_text", "block_id": "a7Fb",
            "elements": [{"type": "rich_text_section", "elements": [
                {"type": "text", "text": "Could somebody look at the build of "},
                {"type": "channel", "channel_id": "C0LAN2Q65"}, {"type": "text", "text": "? It is red since "},
                {"type": "user", "user_id": "U0MEMBER2"}, {"type": "text", "text": " merged it "},
                {"type": "emoji", "name": "eyes", "unicode": "1f440"},
            ]}],
        }],
    }  # fmt: skip
    envelope = {
        "token": "one-that-is-not-used", "team_id": "T0BENCH01", "context_team_id": "T0BENCH01",
        "context_enterprise_id": None, "api_app_id": "A0BENCH01", "event": message, "type": "event_callback",
        "event_id": f"Ev{run}@NUMBER@", "event_time": now,
        "authorizations": [{
            "enterprise_id": None, "team_id": "T0BENCH01", "user_id": "U0BOT", "is_bot": True,
            "is_enterprise_install": False,
        }],
        "is_ext_shared_channel": False, "event_context": "4-eyJldCI6Im1lc3NhZ2UiLCJ0aWQiOiJUMEJFTkNIMDEifQ",
    }  # fmt: skip
    text = json.dumps(envelope, separators=(",", ":"))
    return [
        text.replace("@NUMBER@", f"{number:06}")
        .replace("@CHANNEL@", f"C0CHANNEL{number % CHANNELS:02}")
        .encode()
        for number in range(count)
    ]


def signed(secret: str, body: bytes, timestamp: int) -> str:
    """The header X-Slack-Signature."""
    said = b"v0:%d:%s" % (timestamp, body)
    return "v0=" + hmac.new(secret.encode(), said, hashlib.sha256).hexdigest()


def asked(path: str, body: bytes, signature: str, timestamp: int, kind: str = "application/json") -> bytes:
    """A request with the headers that Slack's have."""
    return (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        "User-Agent: Slackbot 1.0 (+https://api.slack.com/robots)\r\nAccept-Encoding: gzip,deflate\r\nAccept: */*\r\n"
        f"X-Slack-Signature: {signature}\r\nX-Slack-Request-Timestamp: {timestamp}\r\n"
        f"Content-Length: {len(body)}\r\nContent-Type: {kind}\r\n\r\n"
    ).encode() + body


def requests(count: int, path: str, secret: str) -> list[bytes]:
    """What is sent, ready to leave."""
    now = int(time.time())
    return [asked(path, body, signed(secret, body, now), now) for body in bodies(count)]


def answered(data: bytes) -> tuple[int, bytes] | None:
    """Status and body of an answer; None until all of it is there."""
    head, end, body = data.partition(b"\r\n\r\n")
    if not end:
        return None
    fields = head.lower()
    _, _, length = fields.partition(b"\r\ncontent-length:")
    wanted = int(length.partition(b"\r\n")[0] or 0)
    if b"\r\ntransfer-encoding:" in fields or b"\r\nconnection: close" in fields or len(body) > wanted:
        raise ValueError(f"an answer that is not expected: {data[:300]!r}")
    return (int(head[9:12]), body) if len(body) == wanted else None


class Connection:
    """One that stays open."""

    def __init__(self, port: int) -> None:
        self.sock = socket.create_connection(("127.0.0.1", port), PATIENCE)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.began = 0.0
        self._data = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.sock.close()

    def send(self, request: bytes) -> None:
        """Ask."""
        self._data = b""
        self.began = time.perf_counter()
        self.sock.sendall(request)

    def read(self) -> tuple[int, bytes] | None:
        """The answer, when it is whole. ConnectionError when there will be none."""
        more = self.sock.recv(65536)
        if not more:
            raise ConnectionError(f"the server has closed: {self._data[:200]!r}")
        self._data += more
        return answered(self._data)

    def ask(self, request: bytes) -> tuple[int, bytes]:
        """Ask, and wait for the answer."""
        self.send(request)
        while True:
            found = self.read()
            if found is not None:
                return found


def load(port: int, ready: list[bytes], seconds: float, connections: int) -> dict[str, float]:
    """Send what is ready, until that or the time is used up, and read every answer."""
    took: list[float] = []
    left = iter(ready)
    with selectors.DefaultSelector() as selector, ExitStack() as stack:
        open_ = connections
        for _ in range(connections):
            connection = stack.enter_context(Connection(port))
            selector.register(connection.sock, selectors.EVENT_READ, connection)
        began = time.perf_counter()
        until = began + seconds
        for key in list(selector.get_map().values()):
            key.data.send(next(left))
        while open_:
            happened = selector.select(PATIENCE)
            if not happened:
                raise TimeoutError("no answer")
            for key, _ in happened:
                connection = key.data
                found = connection.read()
                if found is None:
                    continue
                if found[0] != 200:
                    raise ValueError(f"answered {found}")
                now = time.perf_counter()
                took.append(now - connection.began)
                request = next(left, None) if now < until else None
                if request is None:
                    selector.unregister(connection.sock)
                    open_ -= 1
                else:
                    connection.send(request)
        spent = time.perf_counter() - began
    took.sort()
    p50, p99 = (took[int(len(took) * part)] * 1e6 for part in (0.5, 0.99))
    return {"n": len(took), "secs": spent, "p50_us": p50, "p99_us": p99}


def main(words: list[str]) -> int:
    """The command line."""
    port, path, secret, seconds, count, *more = words
    connections = int(more[0]) if more else 32
    found = load(int(port), requests(int(count), path, secret), float(seconds), connections)
    print(json.dumps(found))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
