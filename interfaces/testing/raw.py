"""A client of raw bytes, which can be slow, rude, silent or gone; and a reader of HTTP/1.1 responses."""

import asyncio
import socket
import ssl
import struct
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

from interfaces.shared.bind import Address

__all__ = ["RawClient", "Response"]

_TIMEOUT = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """What came back; names of ``headers`` are in lower case, in order, repeated as they came."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes = b""
    trailers: list[tuple[bytes, bytes]] = field(default_factory=list)
    version: bytes = b"HTTP/1.1"
    reason: bytes = b""

    def __getitem__(self, name: str) -> Any:
        """As Channels' users write it: ``response["status"]``."""
        return getattr(self, name)

    def header(self, name: bytes) -> bytes | None:
        """The first value of ``name``."""
        return next((value for found, value in self.headers if found == name), None)


class RawClient:
    """``async with await RawClient.connect(address) as client``; each wait ends after ``timeout`` seconds."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    @classmethod
    async def connect(
        cls,
        address: Address,
        *,
        tls: ssl.SSLContext | None = None,
        server_hostname: str | None = None,
        receive_buffer: int = 0,
    ) -> Self:
        """Connect to where a server says that it listens, tcp or unix; OSError when it does not.

        ``receive_buffer`` is the size of the kernel's, in bytes: a small one makes a slow reader soon felt.
        """
        unix = address.kind == "unix"
        family = socket.AF_UNIX if unix else socket.AF_INET6 if ":" in address.host else socket.AF_INET
        sock = socket.socket(family)
        try:
            sock.setblocking(False)
            if receive_buffer:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
            target = address.path if unix else (address.host, address.port)
            async with asyncio.timeout(_TIMEOUT):
                await asyncio.get_running_loop().sock_connect(sock, target)
                if tls is None:
                    return cls(*await asyncio.open_connection(sock=sock))
                name = server_hostname or address.host or "localhost"
                return cls(*await asyncio.open_connection(sock=sock, ssl=tls, server_hostname=name))
        except BaseException:
            sock.close()
            raise

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def send(self, data: bytes, *, every: int = 0, pause: float = 0.0) -> None:
        """Send ``data``: whole, or in parts of ``every`` bytes, ``pause`` seconds apart."""
        for at in range(0, len(data), every or max(1, len(data))):
            self.writer.write(data[at : at + every] if every else data)
            await self.writer.drain()
            await asyncio.sleep(pause)

    async def read(self, size: int, timeout: float = _TIMEOUT) -> bytes:
        """Exactly ``size`` bytes; IncompleteReadError when fewer come before the end."""
        async with asyncio.timeout(timeout):
            return await self.reader.readexactly(size)

    async def read_until(self, end: bytes, timeout: float = _TIMEOUT) -> bytes:
        """All up to and with ``end``; IncompleteReadError as :meth:`read`."""
        async with asyncio.timeout(timeout):
            return await self.reader.readuntil(end)

    async def read_all(self, timeout: float = _TIMEOUT) -> bytes:
        """All that comes until the server ends its side, or resets the connection."""
        parts: list[bytes] = []
        async with asyncio.timeout(timeout):
            try:
                while data := await self.reader.read(65536):
                    parts.append(data)
            except ConnectionError:
                pass
        return b"".join(parts)

    async def response(self, *, head: bool = False, timeout: float = _TIMEOUT) -> Response:
        """The next response, interim ones (1xx) too. ``head``: it answers HEAD, and has no body."""
        async with asyncio.timeout(timeout):
            first, *lines = (await self.reader.readuntil(b"\r\n\r\n"))[:-4].split(b"\r\n")
            version, status, reason = [*first.split(b" ", 2), b""][:3]
            headers = [_field(line) for line in lines]
            found = dict(headers)
            body = b""
            trailers: list[tuple[bytes, bytes]] = []
            if head or int(status) < 200 or int(status) in (204, 304):
                pass
            elif found.get(b"transfer-encoding") == b"chunked":
                body, trailers = await self._chunked()
            elif b"content-length" in found:
                body = await self.reader.readexactly(int(found[b"content-length"]))
            else:
                body = await self.reader.read()
        return Response(version=version, status=int(status), reason=reason, headers=headers, body=body,
                        trailers=trailers)  # fmt: skip

    async def _chunked(self) -> tuple[bytes, list[tuple[bytes, bytes]]]:
        body = b""
        while size := int((await self.reader.readuntil(b"\r\n")).partition(b";")[0], 16):
            body += (await self.reader.readexactly(size + 2))[:-2]
        trailers = []
        while (line := await self.reader.readuntil(b"\r\n")) != b"\r\n":
            trailers.append(_field(line[:-2]))
        return body, trailers

    def stop_reading(self) -> None:
        """Read nothing more: the kernel's buffers fill up, then the server's."""
        self.writer.transport.pause_reading()  # type: ignore[attr-defined] # a stream's transport reads

    def resume_reading(self) -> None:
        """Read again."""
        self.writer.transport.resume_reading()  # type: ignore[attr-defined] # as above

    def half_close(self) -> None:
        """Send no more, and go on reading (FIN); not with TLS."""
        self.writer.write_eof()

    def reset(self) -> None:
        """Go away without a word (RST)."""
        sock = self.writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()

    async def close(self) -> None:
        """Close in good order; the server may have gone before."""
        self.writer.close()
        try:
            async with asyncio.timeout(_TIMEOUT):
                await self.writer.wait_closed()
        except (OSError, ssl.SSLError):
            pass


def _field(line: bytes) -> tuple[bytes, bytes]:
    name, _, value = line.partition(b":")
    return name.lower(), value.strip()
