"""A WebSocket client on a plain socket, as little as these tests need."""

import socket
import struct
from types import TracebackType
from typing import Self

UPGRADE = (
    b"GET %b HTTP/1.1\r\nhost: test\r\nupgrade: websocket\r\nconnection: upgrade\r\n"
    b"sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)


class Client:
    """``with Client(port) as client``: an open WebSocket; messages are short texts."""

    def __init__(self, port: int, path: str = "/") -> None:
        self.sock = socket.create_connection(("127.0.0.1", port), timeout=20)
        self.sock.sendall(UPGRADE % path.encode())
        self.file = self.sock.makefile("rb")
        self.status = int(self.file.readline().split()[1])
        while self.file.readline() != b"\r\n":
            pass

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.file.close()
        self.sock.close()

    def send(self, text: str) -> None:
        """Send a message."""
        self._frame(0x81, text.encode())

    def receive(self) -> tuple[int, bytes]:
        """The next frame: its opcode and payload."""
        first, length = self.file.read(2)
        return first & 15, self.file.read(length)

    def closed(self) -> int:
        """The code of the close frame that comes next, which is answered."""
        opcode, payload = self.receive()
        assert opcode == 8, (opcode, payload)
        self._frame(0x88, payload[:2])
        code: int = struct.unpack("!H", payload[:2])[0]
        return code

    def _frame(self, first: int, payload: bytes) -> None:
        # A mask of zeros is one too.
        self.sock.sendall(bytes((first, 0x80 | len(payload))) + bytes(4) + payload)
