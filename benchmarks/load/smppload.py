"""An SMSC of one bind that does as little as can be: smppload.py PORT MODE COUNT WINDOW.

submit: it answers each submit_sm, and gives a receipt for each behind that. deliver: it delivers COUNT messages, WINDOW
of them without their response yet. It ends when all is answered, and prints how long that took as JSON: secs, n, bad
(responses with an error).
"""

from __future__ import annotations

import asyncio
import json
import struct
import sys
import time
from typing import Any

__all__ = ["Smsc", "delivery", "receipt"]

HEADER = struct.Struct(">IIII")
SUBMIT, DELIVER, ENQUIRE, UNBIND = 4, 5, 0x15, 6
RESPONSE = 0x80000000
BINDS = (1, 2, 9)
NUMBER = b"\x01\x0141790000001\0", b"\x01\x0141445556677\0"
PATIENCE = 10.0
"""Seconds without anything, after which it gives up."""


def _deliver(esm_class: int, text: bytes, number: bytes = NUMBER[0]) -> bytes:
    return (
        b"\0"
        + number
        + NUMBER[1]
        + bytes((esm_class, 0, 0))
        + b"\0\0"
        + bytes((0, 0, 0, 0, len(text)))
        + text
    )


def receipt(name: bytes, number: int) -> bytes:
    """The body of a receipt; they are from a thousand people."""
    text = (
        b"id:%b sub:001 dlvrd:001 submit date:2611281415 done date:2611281415 stat:DELIVRD err:000 text:hello"
    )
    return _deliver(4, text % name, b"\x01\x014179%07d\0" % (number % 1000))


def delivery(number: int) -> bytes:
    """The body of message ``number``; they are of a thousand people."""
    return _deliver(0, b"message %08d" % number, b"\x01\x014179%07d\0" % (number % 1000))


class Smsc(asyncio.Protocol):
    """The one who binds. ``done`` has the figures."""

    def __init__(self, mode: str, count: int, window: int, done: asyncio.Future[dict[str, Any]]) -> None:
        self.mode, self.count, self.window, self.done = mode, count, window, done
        self.rest = b""
        self.sequence = self.submitted = self.answered = self.bad = 0
        self.begun = 0.0
        self.last = time.monotonic()

    def connection_made(self, transport: Any) -> None:
        """asyncio: it is there."""
        self.transport = transport

    def connection_lost(self, error: Exception | None) -> None:
        """asyncio: it is gone."""
        if not self.done.done():
            self.done.set_result({"error": f"it went after {self.answered} of {self.count}"})

    def data_received(self, data: bytes) -> None:
        """asyncio: bytes came."""
        self.last = time.monotonic()
        data = self.rest + data if self.rest else data
        at, out = 0, []
        while len(data) - at >= 16:
            size, command, status, sequence = HEADER.unpack_from(data, at)
            if len(data) - at < size:
                break
            self._take(command, status, sequence, out)
            at += size
        self.rest = data[at:]
        if out:
            self.transport.write(b"".join(out))
        if self.answered >= self.count and not self.done.done():
            secs = time.monotonic() - self.begun
            self.done.set_result({"secs": secs, "n": self.answered, "bad": self.bad})

    def _take(self, command: int, status: int, sequence: int, out: list[bytes]) -> None:
        if command == SUBMIT:
            self.begun = self.begun or time.monotonic()
            self.submitted += 1
            name = b"%X" % (0xABC000 + self.submitted)
            out.append(HEADER.pack(17 + len(name), SUBMIT | RESPONSE, 0, sequence) + name + b"\0")
            self._ask(receipt(name, self.submitted), out)
        elif command == DELIVER | RESPONSE:
            self.answered += 1
            self.bad += status != 0
            if self.mode == "deliver" and self.sequence < self.count:
                self._ask(delivery(self.sequence), out)
        elif command in BINDS:
            out.append(HEADER.pack(21, command | RESPONSE, 0, sequence) + b"fake\0")
            if self.mode == "deliver":
                self.begun = time.monotonic()
                for number in range(min(self.window, self.count)):
                    self._ask(delivery(number), out)
        elif command in (ENQUIRE, UNBIND):
            out.append(HEADER.pack(16, command | RESPONSE, 0, sequence))

    def _ask(self, body: bytes, out: list[bytes]) -> None:
        self.sequence += 1
        out.append(HEADER.pack(16 + len(body), DELIVER, 0, self.sequence) + body)


async def main(port: int, mode: str, count: int, window: int) -> dict[str, Any]:
    """Serve one who binds; the figures."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[dict[str, Any]] = loop.create_future()
    made: list[Smsc] = []

    def make() -> Smsc:
        made.append(Smsc(mode, count, window, done))
        return made[-1]

    server = await loop.create_server(make, "127.0.0.1", port)
    started = time.monotonic()
    while not done.done():
        await asyncio.wait({done}, timeout=0.5)
        last = made[-1].last if made else started
        if time.monotonic() - last > PATIENCE and not done.done():
            done.set_result(
                {"error": f"nothing came for {PATIENCE:g} s, {made[-1].answered if made else 0} were done"}
            )
    await asyncio.sleep(0.2)  # the last answer leaves
    server.close()
    return await done


if __name__ == "__main__":
    print(json.dumps(asyncio.run(main(int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4])))))
